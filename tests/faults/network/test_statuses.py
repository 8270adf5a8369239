"""HTTP statuses and Retry-After (F12, F13, F15, F16): what is tried again, when, how long."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.clock import FakeClock
from tests.support.cloud import Cloud
from tests.support.program import TOKEN, environment, run_against, run_in_memory
from tests.support.server import Server, answer, job, respond_with
from tests.support.watch_service import ResponseSequence
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.errors import UnavailableError
from vbsjob.http import errors, sender
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from tests.support.program import RunResult

GOOD = Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def get(service: ResponseSequence, clock: FakeClock | None = None, *argv: str) -> RunResult:
    return run_in_memory("get", "j", "--exit-status", *argv, send=service, clock=clock)


STATUSES = {
    # status: exit code, requests
    100: (6, 1), 199: (6, 1), 201: (6, 1), 204: (6, 1), 302: (6, 1), 400: (6, 1), 401: (4, 1),
    403: (4, 1), 404: (5, 1), 407: (7, 1), 408: (7, 4), 409: (6, 1), 424: (6, 1), 425: (7, 4),
    421: (6, 1), 426: (6, 1), 429: (7, 4), 499: (6, 1), 500: (7, 4), 501: (6, 1), 502: (7, 4),
    503: (7, 4), 504: (7, 4), 505: (6, 1), 511: (7, 4), 520: (7, 4), 522: (7, 4), 523: (7, 4),
    524: (7, 4), 599: (7, 4),
}  # fmt: skip
API_ONLY = {401, 403, 404}
"""Statuses that say something about the sign-in or the job; from something else they are 6."""
JOBS = (b"", b'{"job_id":"j","status":"FAIL"}', b'{"job_id":"j","status":"SUCCESS"}')


def test_f12_f13_only_a_transient_status_is_tried_again_and_none_is_a_verdict() -> None:
    wrong = []
    for status, expected in STATUSES.items():
        for body in JOBS:  # even if it looks like a job that ended
            service = ResponseSequence(Response(status, {}, body))
            ended = get(service)
            is_reported = ended.out == "" and f"(HTTP {status})" in ended.err
            code = 6 if status in API_ONLY and not body else expected[0]
            if (ended.code, len(service.requests)) != (code, expected[1]) or not is_reported:
                wrong.append((status, body, ended.code, len(service.requests), ended.err))
    assert wrong == []


@pytest.mark.parametrize(("status", "first"), [(429, 1.0), (500, 0.5), (503, 1.0), (524, 0.5)])
def test_f12_the_waits_double_and_the_number_of_attempts_is_reported(
    status: int, first: float
) -> None:
    clock = FakeClock()
    assert "4 attempts" in get(ResponseSequence(Response(status)), clock).err
    assert clock.sleeps == [first, 2 * first, 4 * first]  # the longest that the lot may give
    assert get(ResponseSequence(Response(status), Response(status), GOOD)).code == 0


@pytest.mark.parametrize("status", [99, 100, 101, 199, 600, 700, 999])
def test_f13_a_status_unknown_to_http_is_not_a_verdict(status: int) -> None:
    with Server(respond_with(answer(job("FAIL"), status))) as server:
        ended = run_against(server.url, "get", "j", "--exit-status", attempt=0.3)
        assert ended.code in {6, 7}
        assert ended.is_clean


@pytest.mark.parametrize(
    ("header", "least", "code"),
    [("0", 1, 0), ("1", 1, 0), ("5", 5, 0), ("59", 59, 0), ("120", 0, 7), ("86400", 0, 7)],
)
def test_f15_retry_after_is_a_minimum_and_a_longer_one_than_the_budget_ends_the_run_now(
    header: str, least: int, code: int
) -> None:
    clock = FakeClock()
    service = ResponseSequence(Response(429, {"retry-after": header}), GOOD)
    ended = get(service, clock)
    assert ended.code == code
    assert sum(clock.sleeps) >= least
    if code:
        assert f"Try again after {header} s, as the service requests." in ended.err
        assert clock.sleeps == []


def test_f15_a_longer_retry_budget_waits_two_minutes_at_most_and_only_while_it_lasts() -> None:
    clock, longer = FakeClock(), Response(503, {"retry-after": "300"})
    ended = get(ResponseSequence(longer, longer, GOOD), clock, "--retry-for", "10m")
    assert (ended.code, clock.sleeps) == (0, [120.0, 120.0])
    clock = FakeClock()
    ended = get(ResponseSequence(longer), clock, "--retry-for", "10m")
    # At 360 s there are 240 left, and it wants 300.
    assert (ended.code, clock.sleeps) == (7, [120.0, 120.0, 120.0])
    assert "Try again after 300 s, as the service requests." in ended.err


def test_f16_a_date_counts_from_the_servers_own_clock() -> None:
    later = "Wed, 21 Oct 2015 07:28:30 GMT"
    assert errors.retry_after({"retry-after": later, "date": DATE}) == 30
    assert errors.retry_after({"retry-after": DATE, "date": later}) == 0
    assert errors.retry_after({"retry-after": later, "date": ""}) is None
    clock = FakeClock()
    service = ResponseSequence(Response(503, {"retry-after": later, "date": DATE}), GOOD)
    assert (get(service, clock).code, clock.sleeps) == (0, [30.0])


JUNK = ["", "-1", "1e9", "NaN", "inf", "-inf", "x" * 10_000, "1" * 400, "1,5", "٣", "Wed", "0x10",
        "Wed, 99 Oct 99999 07:28:00 GMT"]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
def test_f16_junk_in_retry_after_neither_raises_nor_waits_for_ever(junk: str) -> None:
    clock = FakeClock()
    ended = get(ResponseSequence(Response(503, {"retry-after": junk, "date": DATE})), clock)
    assert ended.code == 7
    assert ended.is_clean
    assert sum(clock.sleeps) <= 60


ANY_TEXT = st.text(st.characters(max_codepoint=255), max_size=40)
ANY_NUMBER_OR_DATE = (st.floats() | st.integers() | st.datetimes()).map(str)


@given(ANY_TEXT | ANY_NUMBER_OR_DATE, st.sampled_from(["", DATE, "x"]))
def test_f16_any_retry_after_is_a_bounded_number_or_nothing(header: str, date: str) -> None:
    seconds = errors.retry_after({"retry-after": header, "date": date})
    assert seconds is None or 0 <= seconds <= errors.DAY


def test_the_time_budget_ends_the_tries_and_is_reported() -> None:
    clock = FakeClock()
    ended = get(ResponseSequence(Response(503)), clock, "--retry-for", "10m")
    assert ended.code == 7
    assert sum(clock.sleeps) <= 600
    assert clock.sleeps[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]


def test_f12_a_slow_failing_service_is_queried_for_one_minute_at_most() -> None:
    clock = FakeClock()

    def slow(_: Request) -> Response:
        clock.seconds += 25.0
        return Response(504)

    ended = run_in_memory("get", "j", send=slow, clock=clock)
    assert ended.code == 7
    assert "3 attempts in 76 s" in ended.err  # the last one began within the minute


@given(st.floats(0.0, 1.0, exclude_max=True))
def test_f17_each_wait_is_random_between_zero_and_twice_the_last_maximum(lot: float) -> None:
    patience = sender.RetryBudget(60.0, 4, 0.0, lambda: lot)
    waits = [patience.delay(UnavailableError("down"), 0.0) for _ in range(4)]
    assert waits == [lot * 0.5, lot, lot * 2, None]


def test_f17_one_process_multiplies_an_outage_by_no_more_than_its_quota() -> None:
    cloud = Cloud(tokens={TOKEN})
    context = cloud.context(environment("https://vbs.test"))
    asking = JobsClient(loader.load({}, context), context)

    def tries(jobs: int) -> int:
        """How often so many jobs are asked about where each is tried once at least."""
        cloud.requests.clear()
        for number in range(jobs):
            with contextlib.suppress(UnavailableError):
                asking.get(f"j{number}")
        return len(cloud.requests)

    cloud.before = lambda _: Response(503)
    assert tries(60) == 60 + 20  # a hundred, at five a retry
    cloud.before = lambda _: None
    assert tries(9) == 9
    cloud.before = lambda _: Response(503)
    assert tries(60) == 60 + 1  # each success gave one back


RUNNING = Response(200, {}, b'{"job_id":"j","status":"RUNNING"}')
PAGES = (200, 204, 302, 400, 401, 403, 404, 407, 409, 421, 451, 501, 502, 511, 520, 521, 523, 525)


@pytest.mark.parametrize("status", PAGES)
def test_f25_a_page_in_a_watch_is_an_outage_whatever_its_status(status: int) -> None:
    pages = [Response(status, {}, body) for body in (b"", b"<html>sign in</html>", b"[]")]
    ended = run_in_memory("watch", "j", send=ResponseSequence(RUNNING, *pages, GOOD))
    assert ended.code == 0
    clock = FakeClock()
    lasting = ResponseSequence(RUNNING, *pages)
    ended = run_in_memory("watch", "j", "--retry-for", "5m", send=lasting, clock=clock)
    assert ended.code == 7
    assert 300 <= sum(clock.sleeps) <= 330
    assert "Its last status was RUNNING" in ended.err


@pytest.mark.parametrize(
    ("status", "code"), [(302, 6), (401, 6), (403, 6), (404, 6), (421, 6), (511, 7), (520, 7)]
)
def test_f25_before_the_first_answer_a_page_ends_a_watch_as_its_status_says(
    status: int, code: int
) -> None:
    page = Response(status, {}, b"<html>")
    assert (
        run_in_memory("watch", "j", "--retry-for", "60", send=ResponseSequence(page)).code == code
    )


@pytest.mark.parametrize("document", [b'{"job": {"status": "Completed"}}', b'{"status": "FAIL"}'])
def test_f25_a_json_object_without_a_job_is_named(document: bytes) -> None:
    ended = get(ResponseSequence(Response(200, {}, document)))
    assert ended.code == 6
    assert "the answer contains no job" in ended.err
