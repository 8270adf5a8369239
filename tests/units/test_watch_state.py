"""WatchState as a function of times and answers: what is due, what ends a watch and how."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from vbsjob.errors import (
    ApiError,
    AuthError,
    InvalidBodyError,
    JobNotFoundError,
    UnavailableError,
    UnexpectedResponseError,
    VbsjobError,
)
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.watch.estimate import Estimates
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from vbsjob.watch.state import Event

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DOWN = UnavailableError("connection refused.")
GONE = JobNotFoundError("job j was not found.")
NO_JOB = UnexpectedResponseError("the answer contains no job.", is_page=True)
PAGE = ApiError("a portal answers.").replace(is_page=True)
NO_JSON = InvalidBodyError("not JSON.", is_page=True)


def job(job_id: str = "j", status: str | None = "RUNNING", **members: Any) -> Job:
    return Job({"job_id": job_id, "job_type": "backup", "status": status, **members})


def watch(*ids: str, **rules: Any) -> WatchState:
    """Return a watch that began at 0 s; no chance makes an interval shorter or longer."""
    return WatchState(ids or ("j",), WatchRules(**rules), 0.0, lambda: 0.5)


def record(
    state: WatchState, result: Job | VbsjobError, now: float, job_id: str = "j"
) -> list[Event]:
    """Poll one job at the time when it is due, and record the result."""
    state.take_due(math.inf, 999)
    return state.record_result(job_id, result, now)


def due(state: WatchState) -> float:
    return round(state.next_due(), 6)


def test_all_jobs_are_due_at_the_start_and_each_is_taken_once_up_to_the_limit() -> None:
    state = watch("a", "b", "c")
    assert state.take_due(-0.1, 9) == []
    assert state.take_due(0.0, 2) == ["a", "b"]
    assert state.take_due(0.0, 2) == ["c"]
    assert state.take_due(0.0, 2) == []
    assert state.next_due() == math.inf
    assert not state.finished


def test_an_equal_answer_keeps_the_job_so_that_its_screen_is_kept() -> None:
    state, first = watch(), job()
    record(state, first, 0.0)
    record(state, job(), 10.0)
    assert state.tracked["j"].job is first


def test_the_job_that_is_due_for_the_longest_time_is_polled_first() -> None:
    state = watch("a", "b", interval=10.0)
    state.take_due(0.0, 2)
    state.record_result("a", job("a"), 0.0)
    state.record_result("b", UnavailableError("later.", retry_after=9.0), 0.0)
    assert [state.take_due(10.0, 1) for _ in "ab"] == [["b"], ["a"]]


def test_more_jobs_than_the_request_rate_allows_are_polled_less_often() -> None:
    ids = [f"j{number}" for number in range(300)]
    state = watch(*ids, interval=10.0)
    record(state, job("j0"), 0.0, "j0")
    assert state.next_due() == 15.0  # 300 jobs at 20 requests a second
    for job_id in ids[1:201]:
        state.record_result(job_id, job(job_id, "SUCCESS"), 0.0)
    record(state, job("j0"), 15.0, "j0")
    assert state.next_due() == 25.0  # 100 jobs leave room for the interval


@pytest.mark.parametrize("durations", [(), [600.0, 630.0, 660.0]])
def test_jobs_near_their_end_get_equal_turns_and_none_waits_longer(durations: list[float]) -> None:
    polls: dict[str, list[float]] = {f"j{number}": [] for number in range(400)}
    estimates, draw = Estimates(lambda _job_type: durations), random.Random(1)
    state = WatchState(list(polls), WatchRules(), 0.0, draw.random, estimates=estimates)
    while (now := state.next_due()) < 100.0:
        (job_id,) = state.take_due(now, 1)
        polls[job_id].append(now)
        state.record_result(job_id, job(job_id), now, 580.0 + now)
    # At 20 requests a second, 400 jobs need 20 seconds.
    assert list(polls.values()) == [[0.0, 20.0, 40.0, 60.0, 80.0]] * 400


def test_a_change_makes_the_interval_shorter_in_relation_to_the_age() -> None:
    def interval(age: float | None, *answers: Job) -> float:
        state = watch()
        for answer in answers:
            state.take_due(math.inf, 9)
            state.record_result("j", answer, 0.0, age)
        return due(state)

    same = [job()] * 4
    assert interval(60.0, *same) == 12.0
    assert interval(60.0, *same, job(status="RUNNING", entities={"a": 1})) == 6.0
    assert interval(250.0, *same, job(status="RUNNING", entities={"a": 1})) == 10.0
    assert interval(None, *same, job(status="RUNNING", entities={"a": 1})) == 6.0


def test_with_history_a_job_is_polled_rarely_unless_a_person_looks() -> None:
    def interval(**fields: Any) -> float:
        estimates = Estimates(lambda _job_type: [3600.0, 3500.0, 3700.0])
        state = WatchState(["j"], WatchRules(), 0.0, lambda: 0.5, estimates=estimates, **fields)
        for _ in range(9):
            state.take_due(math.inf, 9)
            state.record_result("j", job(), 0.0, 1000.0)
        return due(state)

    assert interval() > 60.0
    assert interval(interactive=False) == interval()
    assert interval(interactive=True) == 12.0


def test_a_job_that_has_not_started_is_polled_every_five_seconds() -> None:
    state = watch()
    for now in (0.0, 10.0, 20.0, 30.0):
        record(state, job(status="INIT"), now)
    assert due(state) == 35.0


def test_what_comes_after_the_end_changes_nothing() -> None:
    state = watch("a", "b", timeout=10.0)
    state.record_result("a", job("a", "SUCCESS"), 1.0)
    assert state.record_result("a", job("a", "FAIL"), 2.0) == []
    state.expire(10.0)
    assert state.record_result("b", job("b", "FAIL"), 11.0) == []
    assert state.tracked["b"].job is None
    assert state.outcome(NOW).exit_code == ExitCode.TIMEOUT


def test_a_timeout_that_comes_after_the_end_is_none() -> None:
    state = watch("a", "b", timeout=10.0, fail_fast=True)
    state.record_result("a", job("a", "FAIL"), 1.0)
    assert state.finished
    state.expire(10.0)
    assert state.tracked["b"].exit_code is None


def test_f11_one_failure_is_neither_told_nor_recovered_from() -> None:
    state = watch()
    record(state, job(), 0.0)
    record(state, DOWN, 10.0)
    assert record(state, job(), 11.0) == []
    record(state, DOWN, 20.0)
    assert due(state) == 20.5  # the first failure again
    assert record(state, job(), 21.0) == []


def test_f11_the_last_attempt_is_when_retry_for_ends() -> None:
    for retry_for in (1.0, 25.0, 40.0, 900.0):
        state, now = watch(retry_for=retry_for), 0.0
        record(state, job(), now)
        began = now = 5.0
        record(state, DOWN, now)
        while not state.finished:
            now = state.next_due()
            record(state, DOWN, now)
        assert retry_for <= now - began <= retry_for + 0.1


def test_f11_the_last_attempt_is_not_before_the_time_that_the_service_requests() -> None:
    state = watch(retry_for=10.0)
    record(state, UnavailableError("busy", retry_after=60.0), 5.0)
    assert state.next_due() >= 65.0


def test_f11_all_jobs_are_given_up_when_none_was_answered_for_retry_for() -> None:
    state = watch("a", "b", "c", "d", retry_for=60.0)
    record(state, job("a", "SUCCESS"), 0.0, "a")
    record(state, DOWN, 1.0, "b")
    record(state, UnavailableError("slower.", base_delay=1.0), 50.0, "c")
    record(state, DOWN, 60.9, "c")
    assert not state.finished
    assert record(state, DOWN, 61.0, "c") == []
    assert state.finished
    codes = {name: tracked.exit_code for name, tracked in state.tracked.items()}
    assert codes == {"a": ExitCode.OK} | dict.fromkeys("bcd", ExitCode.UNAVAILABLE)
    told_last = {name: str(tracked.error) for name, tracked in state.tracked.items()}
    assert told_last["d"] == "connection refused. The service never answered."


def test_f11_an_answer_about_one_job_begins_the_time_of_the_others_again() -> None:
    state = watch("a", "b", "c", retry_for=60.0)
    record(state, DOWN, 0.0, "a")
    record(state, job("b"), 30.0, "b")
    record(state, DOWN, 40.0, "c")
    record(state, DOWN, 59.9, "a")
    record(state, DOWN, 99.9, "c")
    assert state.tracked["c"].exit_code is None
    record(state, DOWN, 60.0, "a")
    assert state.tracked["a"].exit_code == ExitCode.UNAVAILABLE
    assert state.tracked["c"].exit_code is None


def test_the_third_answer_without_a_job_ends_it_unless_a_job_was_answered_before() -> None:
    state = watch()
    for error in (NO_JOB, NO_JSON, DOWN, NO_JOB, NO_JSON, NO_JSON, NO_JSON):
        record(state, error, 0.0)
    assert state.tracked["j"].exit_code is None
    record(state, NO_JOB, 2.0)
    assert state.tracked["j"].exit_code == ExitCode.API_ERROR
    assert state.tracked["j"].error is NO_JOB


@pytest.mark.parametrize("error", [DOWN, NO_JOB, PAGE, NO_JSON])
@pytest.mark.parametrize("answered", [False, True])
def test_the_error_of_a_job_has_the_exit_code_of_the_job(
    error: VbsjobError, *, answered: bool
) -> None:
    state, now = watch(retry_for=0.0), 1.0
    if answered:
        record(state, job(), 0.0)
    while not state.finished:
        record(state, error, now)
        now += 60.0
    (outcome,) = state.outcome(NOW).jobs
    assert outcome.error is not None
    assert outcome.error.exit_code is outcome.exit_code


def test_f25_after_an_answer_about_any_job_a_page_is_an_outage() -> None:
    for page in (PAGE, NO_JOB, NO_JSON):
        state = watch("a", "b", retry_for=60.0)
        record(state, job("a"), 0.0, "a")
        for second in range(60):
            record(state, page, float(second), "b")
        assert state.tracked["b"].exit_code is None
        record(state, page, 60.0, "b")
        assert state.tracked["b"].exit_code == ExitCode.UNAVAILABLE
        assert state.tracked["b"].error.exit_code == ExitCode.UNAVAILABLE


def test_f47_three_answers_with_an_end_and_an_unknown_status_end_the_job() -> None:
    for status in ("ERROR", "success", "", None):
        ended = job("j", status, end_time="2026-05-01T00:00:00Z")
        state = watch()
        for second in (0.0, 29.0, 29.9):
            record(state, ended, second)
        assert not state.finished
        record(state, job(), 29.95)  # a known status: the count begins again
        for second in (30.0, 59.0):
            record(state, ended, second)
        record(state, job("j", status, end_time=""), 59.5)
        for second in (60.0, 89.9):
            record(state, ended, second)
        assert not state.finished
        assert record(state, ended, 90.0) == []
        assert state.outcome(NOW).exit_code == ExitCode.API_ERROR
        assert "None" not in str(state.tracked["j"].error)


def test_f47_a_status_before_the_end_of_other_services_is_not_an_end() -> None:
    state = watch()
    for second in (0.0, 30.0, 60.0, 90.0):
        record(state, job("j", "WAITING_EXECUTE", end_time="2026-05-01T00:00:00Z"), second)
    assert not state.finished


def test_f15_a_sleep_of_the_machine_does_not_end_a_retry_after() -> None:
    state = watch()
    record(state, UnavailableError("busy.", base_delay=1.0, retry_after=120.0), 0.0)
    state.poll_now(40.0)
    assert state.next_due() == 120.0


def test_f14_the_error_of_a_job_that_is_gone_has_its_last_status_and_age() -> None:
    for status, words in (
        ("RUNNING", "its last status was RUNNING, 13 s ago."),
        (None, "its last answer, 13 s ago, had no status."),
    ):
        state = watch(wait_for_job=0.0)
        for result, now in ((job("j", status), 0.0), (GONE, 1.0), (GONE, 12.0)):
            record(state, result, now)
        assert not state.finished  # two answers
        record(state, GONE, 13.0)
        assert state.outcome(NOW).exit_code == ExitCode.NOT_FOUND
        assert str(state.tracked["j"].error) == f"the service no longer knows job j: {words}"


def test_f14_the_wait_for_a_new_id_ends_with_the_time_limit() -> None:
    for at, timeout, seconds in ((1.0, 100.0, 30.0), (1.0, 11.0, 10.0), (20.0, 11.0, 0.0)):
        (event,) = record(watch(timeout=timeout), GONE, at)
        assert (event.kind, event.seconds) == ("waiting", seconds)


def test_f14_an_answer_begins_the_count_of_not_found_again() -> None:
    state = watch()
    for result, now in ((job(), 0), (GONE, 1), (GONE, 5), (job(), 9), (GONE, 20), (GONE, 24)):
        record(state, result, now)
    assert state.next_due() == 28.0
    record(state, GONE, 28.0)
    assert not state.finished  # 8 seconds
    record(state, GONE, 30.0)
    assert state.finished


def test_f14_not_found_is_an_answer_of_the_service_and_ends_an_outage() -> None:
    state = watch(retry_for=60.0)
    record(state, job(), 0.0)
    record(state, DOWN, 10.0)
    record(state, DOWN, 12.0)
    (event,) = record(state, GONE, 15.0)
    assert (event.kind, event.seconds) == ("recovered", 5.0)
    record(state, DOWN, 69.0)
    record(state, DOWN, 70.0)
    assert not state.finished


def test_f66_after_a_sleep_of_the_machine_all_jobs_are_due_and_all_times_begin_again() -> None:
    state = watch("late", "soon", "asked", "over", retry_for=60.0)
    state.take_due(0.0, 9)
    state.record_result("over", job("over", "SUCCESS"), 0.0)
    state.record_result("soon", DOWN, 10.0)
    state.record_result("late", job("late"), 50.0)
    state.record_result("soon", DOWN, 50.0)
    state.poll_now(500.0)
    assert sorted(state.take_due(500.0, 9)) == ["late", "soon"]
    state.record_result("soon", DOWN, 559.9)
    assert not state.finished
    assert state.tracked["soon"].exit_code is None
    state.record_result("soon", DOWN, 560.0)
    assert state.tracked["soon"].exit_code == ExitCode.UNAVAILABLE


def test_f66_after_a_sleep_the_jobs_are_polled_in_the_order_in_which_they_were_due() -> None:
    state = watch("a", "b", "c", interval=10.0)
    state.take_due(0.0, 9)
    for job_id, now in (("a", 3.0), ("b", 2.0), ("c", 1.0)):
        state.record_result(job_id, job(job_id), now)
    state.poll_now(500.0)
    assert state.take_due(500.0, 9) == ["c", "b", "a"]


def test_f66_the_grace_of_a_new_id_begins_again_after_a_sleep() -> None:
    state = watch(wait_for_job=30.0)
    record(state, GONE, 0.0)
    record(state, GONE, 4.0)
    state.poll_now(500.0)
    record(state, GONE, 529.0)
    assert not state.finished
    record(state, GONE, 530.0)
    assert state.finished


def test_the_last_answer_is_the_last_of_any_job() -> None:
    state = watch("a", "b", "c", "d")
    assert state.last_answer_at() is None
    record(state, job("b"), 7.0, "b")
    record(state, job("a"), 5.0, "a")
    record(state, job("c", "SUCCESS"), 6.0, "c")
    record(state, DOWN, 9.0, "b")
    assert state.last_answer_at() == 7.0


def test_any_ends_with_the_first_job_that_has_ended_not_with_one_that_is_lost() -> None:
    state = watch("a", "b", "c", any=True)
    record(state, AuthError("no."), 0.0, "a")
    assert not state.finished
    assert state.outcome(NOW).exit_code == ExitCode.AUTH
    record(state, job("b", "SUCCESS"), 1.0, "b")
    assert state.finished
    assert state.outcome(NOW).exit_code == ExitCode.OK
    assert state.tracked["c"].exit_code is None


def test_fail_fast_ends_with_the_first_failure_even_of_a_sub_job() -> None:
    state = watch("j", "k", fail_fast=True)
    record(state, job("k", "SUCCESS"), 0.0, "k")
    assert not state.finished
    record(state, job(sub_jobs=[{"job_id": "s", "status": "FAIL"}]), 0.0)
    assert state.finished
    assert state.outcome(NOW).exit_code == ExitCode.JOB_FAILED
