"""When a watch polls (watch/intervals)."""

from __future__ import annotations

import io
import itertools
import random
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import FakeClock
from tests.support.context import NoSignals, fake_context
from tests.support.program import environment
from tests.support.response_sequence import ResponseSequence
from tests.support.watch_service import START, Reply, WatchResult, WatchService, in_turn, job
from vbsjob.__main__ import run
from vbsjob.errors import PermanentConnectionError, UnavailableError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable

RUNNING, SUCCESS = job("j", "RUNNING"), job("j", "SUCCESS")


def down() -> UnavailableError:
    """A failure of its own each time, as a network gives it."""
    return UnavailableError("cannot reach https://vbs.test: connection refused.")


def always(value: float) -> Callable[[], float]:
    return lambda: value


def waits(watched: WatchResult) -> list[float]:
    """Return the seconds between the questions, less those that an answer takes."""
    return [round(b - a - 0.05, 3) for a, b in itertools.pairwise(watched.requests)]


def test_a_429_doubles_the_interval_which_comes_back_by_a_tenth_an_answer() -> None:
    answers = [RUNNING, RUNNING, Response(429), *[RUNNING] * 9, SUCCESS]
    delays = waits(WatchService(in_turn(*answers)).watch("j", "--interval", "10"))
    assert delays[3:] == [18.0, 16.2, 14.58, 13.122, 11.81, 10.629, 10.0, 10.0, 10.0]


def test_no_429_makes_the_interval_longer_than_a_minute_and_no_503_makes_it_longer() -> None:
    for status, slowest in ((429, 60.0), (503, 10.0)):
        answers = [RUNNING, *[Response(status)] * 8, *[RUNNING] * 9, SUCCESS]
        delays = waits(WatchService(in_turn(*answers)).watch("j", "--interval", "10"))
        assert max(delays[9:]) == slowest


def test_intervals_have_20_percent_jitter_and_the_first_starts_at_half() -> None:
    def grown(value: float) -> list[float]:
        service = WatchService(
            lambda _, now: RUNNING if now < 99 else SUCCESS, random=always(value)
        )
        return waits(service.watch("j"))

    short, long = grown(1.0), grown(0.0)
    assert (short[-2], long[-2]) == (9.6, 14.4)  # 12 s, less or more
    assert (short[0], long[0]) == (2.0, 1.5)  # 2.5 s, shortened to 2.0, or to the half of 3.0


def test_a_job_that_waits_to_begin_is_polled_every_five_seconds() -> None:
    service = WatchService(
        lambda _, now: job("j", "INIT") if now < 300 else SUCCESS, random=random.Random(3).random
    )
    delays = waits(service.watch("j"))
    assert 4.0 <= min(delays[1:]) < 4.5
    assert 5.5 < max(delays[1:]) <= 6.0


def test_a_job_that_is_old_already_is_polled_at_the_long_interval_from_the_start() -> None:
    # The interval is a part of the age, not 15 s at once.
    begin = (START - timedelta(minutes=31)).isoformat()
    old = job("j", "RUNNING", begin_time=begin)
    assert waits(WatchService(in_turn(old, old, old, SUCCESS)).watch("j")) == [9.0, 12.0, 12.0]


@pytest.mark.parametrize(
    ("value", "pauses"), [(1.0, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]), (0.0, [0.0] * 7)]
)
def test_f11_f17_an_outage_is_probed_with_full_jitter_from_one_second_to_thirty(
    value: float, pauses: list[float]
) -> None:
    service = WatchService(in_turn(*(down() for _ in range(8)), SUCCESS), random=always(value))
    delays = waits(service.watch("j"))
    assert delays[:7] == pytest.approx(pauses)


def test_f11_fifteen_minutes_are_probed_some_sixty_times() -> None:
    counts = [
        len(WatchService(lambda *_: down(), random=random.Random(seed).random).watch("j").requests)
        for seed in range(10)
    ]
    assert 50 <= min(counts) <= max(counts) <= 90


def kinds(*answers: Reply) -> list[str]:
    watched = WatchService(in_turn(*answers)).watch("j", "-o", "jsonl")
    names = [event["event"] for event in watched.events[1:-1]]
    return [kind for kind in names if kind != "heartbeat"]


def test_f11_an_outage_is_reported_from_the_second_failure_on() -> None:
    assert kinds(RUNNING, down(), SUCCESS) == ["change", "change"]
    twice = kinds(RUNNING, down(), down(), SUCCESS)
    assert twice == ["change", "outage", "recovered", "change"]
    assert kinds(RUNNING, *(down() for _ in range(9)), SUCCESS) == twice


def test_f11_after_an_outage_the_interval_is_what_it_was() -> None:
    def answer(_: str, now: float) -> Reply:
        return down() if 100 <= now < 300 else RUNNING if now < 400 else SUCCESS

    watched = WatchService(answer).watch("j")
    after = next(number for number, at in enumerate(watched.requests) if at > 300)
    assert watched.requests[after + 1] - watched.requests[after] == pytest.approx(12.05)


@pytest.mark.parametrize("output", ["table", "json"])
def test_f11_beyond_the_budget_the_last_status_and_its_age_are_reported(output: str) -> None:
    watched = WatchService(lambda _, now: RUNNING if now < 60 else down()).watch("j", "-o", output)
    assert watched.code == 7
    assert 900 <= watched.lasted - 60 < 945
    match = re.search(r"Its last status was RUNNING, (\d+) s ago\.", watched.err)
    assert match
    assert 900 <= int(match[1]) < 960
    never = WatchService(lambda *_: down()).watch("j", "-o", output)
    assert "The service never answered." in never.err


FATAL: list[tuple[Reply, int, int]] = [
    (Response(403, {}, b"{}"), 4, 1),
    (Response(400, {}, b"{}"), 6, 1),
    (PermanentConnectionError("the certificate of https://vbs.test is not valid."), 7, 1),
]


@pytest.mark.parametrize(("fatal", "code", "tries"), FATAL, ids=repr)
def test_permanent_errors_end_a_watch_at_once(fatal: Reply, code: int, tries: int) -> None:
    watched = WatchService(in_turn(RUNNING, fatal)).watch("j")
    assert (watched.code, len(watched.requests)) == (code, 1 + tries)


TRANSIENT = {408, 425, 429, 511, 599}


def test_f13_no_other_status_is_retried_by_a_watch(
    record_property: Callable[[str, object], None],
) -> None:
    codes = {201, 204, 206, 300, 302, 304, *range(400, 452), 501, 505, 511, 599}
    statuses = sorted(codes - TRANSIENT - {404})
    record_property("cases", len(statuses))
    for status in statuses:
        watched = WatchService(in_turn(RUNNING, Response(status, {}, b"{}"))).watch("j")
        code = {401: 4, 403: 4, 407: 7}.get(status, 6)
        assert (watched.code, len(watched.requests)) == (code, 2), status


GONE = Response(404, {}, b'{"error": {"code": "common.0011", "message": "query job fail"}}')


@pytest.mark.parametrize("latency", [0.05, 6.0])
def test_f14_a_record_is_gone_after_three_answers_and_ten_seconds_and_not_sooner(
    latency: float,
) -> None:
    watched = WatchService(in_turn(RUNNING, GONE), latency=latency).watch("j")
    missed = [at + latency for at in watched.requests[1:]]
    assert watched.code == 5
    assert len(missed) >= 3
    assert 10 <= missed[-1] - missed[0] <= 10 + 4 + latency
    assert len(missed) == 3 or missed[-2] - missed[0] < 10


def test_f14_an_answer_in_between_resets_the_count_of_404_answers() -> None:
    answers = [RUNNING, *[GONE, GONE, RUNNING] * 5, SUCCESS]
    assert WatchService(in_turn(*answers), latency=6.0).watch("j").code == 0


def test_f14_a_job_that_becomes_visible_within_the_grace_period_is_watched() -> None:
    for seconds, code in ((29, 0), (45, 5)):
        late = WatchService(lambda _, now, at=seconds: GONE if now < at else SUCCESS)  # type: ignore[misc]
        assert late.watch("j").code == code


class ContinuedSignals(NoSignals):
    """A process that gets SIGCONT every 50 ms."""

    def wait(self, seconds: float) -> float:
        self.continued = True
        return super().wait(min(seconds, 0.05))


@pytest.mark.parametrize(
    ("argv", "second", "requests"),
    [
        (("--interval", "10m", "--timeout", "21m"), RUNNING, 3),
        (("--timeout", "103s"), Response(429, {"retry-after": "100"}), 3),
    ],
)
def test_f82_continuing_a_process_does_not_make_it_poll(
    argv: tuple[str, ...], second: Response, requests: int
) -> None:
    service = ResponseSequence(RUNNING, second, RUNNING)
    clock = FakeClock()
    context = fake_context(
        io.StringIO(), io.StringIO(), io.StringIO(), environment("https://vbs.test"),
        monotonic=clock, sleep=clock.sleep, random=lambda: 0.5, send=service,
        signals=lambda *_: ContinuedSignals(clock.sleep),
    )  # fmt: skip
    assert run(["watch", "j", *argv], context) == 124
    assert len(service.requests) == requests
