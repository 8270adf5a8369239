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
from tests.support.response_sequence import ResponseSequence
from tests.support.server import Server, answer, job, respond_with
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.errors import UnavailableError
from vbsjob.http import retry
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from tests.support.program import RunResult

TRANSIENT = {408, 425, 429, 500, 502, 503, 504, 522, 524}
AUTH = {401, 403}
GOOD = Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def get(service: ResponseSequence, clock: FakeClock | None = None, *argv: str) -> RunResult:
    return run_in_memory("get", "j", "--exit-status", *argv, send=service, clock=clock)


@pytest.mark.parametrize("status", sorted(TRANSIENT))
def test_f12_a_transient_status_is_tried_four_times_then_unknown(status: int) -> None:
    service, clock = ResponseSequence(Response(status)), FakeClock()
    ended = get(service, clock)
    assert (ended.code, len(service.requests)) == (7, 4)
    assert f"HTTP {status}" in ended.err
    assert "4 attempts" in ended.err
    first = 1.0 if status in {429, 503} else 0.5
    assert clock.sleeps == [first, 2 * first, 4 * first]  # the longest that the lot may give
    assert get(ResponseSequence(Response(status), Response(status), GOOD)).code == 0


@pytest.mark.parametrize("status", sorted(set(range(100, 600)) - {200} - TRANSIENT))
def test_f13_every_other_status_is_requested_once_and_is_never_a_verdict(status: int) -> None:
    # Even if its body looks like a job that ended.
    for body in (b"", b'{"job_id":"j","status":"FAIL"}', b'{"job_id":"j","status":"SUCCESS"}'):
        service = ResponseSequence(Response(status, {}, body))
        ended = get(service)
        expected = 4 if status in AUTH else 5 if status == 404 else 7 if status == 407 else 6
        assert (ended.code, len(service.requests), ended.out) == (expected, 1, ""), status
        assert f"(HTTP {status})" in ended.err


def test_f13_a_proxy_that_requires_a_sign_in_is_reported() -> None:
    # Which one it is, is told by F34's tests: a double of the network has none.
    assert "proxy" in get(ResponseSequence(Response(407))).err


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
    assert retry.retry_after(later, DATE) == 30
    assert retry.retry_after(DATE, later) == 0
    assert retry.retry_after(later, "") is None
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


@given(st.text(st.characters(max_codepoint=255), max_size=40), st.sampled_from(["", DATE, "x"]))
def test_f16_any_retry_after_is_a_bounded_number_or_nothing(header: str, date: str) -> None:
    seconds = retry.retry_after(header, date)
    assert seconds is None or 0 <= seconds <= retry.DAY


@given(st.floats() | st.integers() | st.datetimes())
def test_f16_any_number_or_date_is_bounded(value: object) -> None:
    seconds = retry.retry_after(str(value), DATE)
    assert seconds is None or 0 <= seconds <= retry.DAY


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
    patience = retry.RetryBudget(60.0, 4, 0.0, lambda: lot)
    waits = [patience.delay(UnavailableError("down"), 0.0) for _ in range(4)]
    assert waits == [lot * 0.5, lot, lot * 2, None]


def test_f08_the_first_connection_that_went_stale_is_not_counted_and_later_ones_are() -> None:
    stale = UnavailableError("connection reset", stale=True)
    patience = retry.RetryBudget(60.0, 4, 0.0, lambda: 1.0)
    waits = [patience.delay(stale, 0.0) for _ in range(5)]
    assert waits == [0.0, 0.5, 1.0, 2.0, None]


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
