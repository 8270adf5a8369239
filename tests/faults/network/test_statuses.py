"""HTTP statuses, Retry-After and redirects (F12 to F20): what is tried again, when, how long."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

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
from vbsjob.http import errors
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from tests.support.program import RunResult

GOOD = Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')
DATE = "Wed, 21 Oct 2015 07:28:00 GMT"


def get(service: ResponseSequence, clock: FakeClock | None = None, *argv: str) -> RunResult:
    return run_in_memory("get", "j", "--exit-status", *argv, send=service, clock=clock)


STATUSES = {
    # status: exit code, requests
    100: (6, 1), 199: (6, 1), 201: (6, 1), 204: (6, 1), 300: (6, 1), 302: (6, 1),
    400: (6, 1), 401: (4, 1),
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


def test_f12_the_waits_double_and_the_number_of_attempts_is_reported() -> None:
    for status, first in ((429, 1.0), (500, 0.5), (503, 1.0), (524, 0.5)):
        clock = FakeClock()
        assert "4 attempts" in get(ResponseSequence(Response(status)), clock).err
        # The longest that the lot may give.
        assert clock.sleeps == [first, 2 * first, 4 * first], status
        assert get(ResponseSequence(Response(status), Response(status), GOOD)).code == 0


def test_f13_a_status_unknown_to_http_is_not_a_verdict() -> None:
    for status in (99, 101, 600, 999):
        with Server(respond_with(answer(job("FAIL"), status))) as server:
            ended = run_against(server.url, "get", "j", "--exit-status", attempt=0.1)
        assert ended.code in {6, 7}, status
        assert ended.is_clean


def test_f15_retry_after_is_a_minimum_and_a_longer_one_than_the_budget_ends_the_run_now() -> None:
    for header, least, code in (("1", 1, 0), ("59", 59, 0), ("120", 0, 7)):
        clock = FakeClock()
        ended = get(ResponseSequence(Response(429, {"retry-after": header}), GOOD), clock)
        assert ended.code == code, header
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
    clock, later = FakeClock(), "Wed, 21 Oct 2015 07:28:30 GMT"
    service = ResponseSequence(Response(503, {"retry-after": later, "date": DATE}), GOOD)
    assert (get(service, clock).code, clock.sleeps) == (0, [30.0])


ANY_TEXT = st.text(st.characters(max_codepoint=255), max_size=40)
ANY_NUMBER_OR_DATE = (st.floats() | st.integers() | st.datetimes()).map(str)


@given(ANY_TEXT | ANY_NUMBER_OR_DATE, st.sampled_from(["", DATE, "x"]))
def test_f16_any_retry_after_is_a_bounded_number_or_nothing(header: str, date: str) -> None:
    seconds = errors.retry_after({"retry-after": header, "date": date})
    assert seconds is None or 0 <= seconds <= errors.DAY


def test_f12_a_slow_failing_service_is_queried_for_one_minute_at_most() -> None:
    clock = FakeClock()

    def slow(_: Request) -> Response:
        clock.seconds += 25.0
        return Response(504)

    ended = run_in_memory("get", "j", send=slow, clock=clock)
    assert ended.code == 7
    assert "3 attempts in 76 s" in ended.err  # the last one began within the minute


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

    assert tries(9) == 9
    cloud.before = lambda _: Response(503)
    assert tries(60) == 60 + 20  # a hundred at most, at five a retry
    cloud.before = lambda _: None
    assert tries(9) == 9
    cloud.before = lambda _: Response(503)
    assert tries(60) == 60 + 1  # each success gave one back


RUNNING = Response(200, {}, b'{"job_id":"j","status":"RUNNING"}')
PAGES = {200: 7, 204: 6, 302: 6, 401: 6, 403: 6, 404: 6, 421: 6, 511: 7, 520: 7}
"""Statuses of pages, and the exit code of a watch whose first answer is one."""


def test_f25_a_page_in_a_watch_is_an_outage_whatever_its_status() -> None:
    for status, first in PAGES.items():
        pages = [Response(status, {}, body) for body in (b"", b"<html>sign in</html>", b"[]")]
        ended = run_in_memory("watch", "j", send=ResponseSequence(RUNNING, *pages, GOOD))
        assert ended.code == 0, status
        argv, clock = ("watch", "j", "--retry-for", "1m"), FakeClock()
        lasting = ResponseSequence(RUNNING, *pages)
        ended = run_in_memory(*argv, send=lasting, clock=clock)
        assert ended.code == 7, status
        assert 60 <= sum(clock.sleeps) <= 90
        assert "Its last status was RUNNING" in ended.err
        assert run_in_memory(*argv, send=ResponseSequence(pages[1])).code == first, status


ELSEWHERE = ("/v1/p/jobs/j", "file:///etc/passwd", "//\xff\xff/", "http://[::1", "//[", "")


def test_s03_f18_f19_f20_no_redirect_is_followed_and_the_other_host_gets_no_connection() -> None:
    with Server(respond_with(answer(job()))) as other:
        hidden = other.url.replace("//", "//user:geheim@") + "/x?token=geheim"
        locations = {hidden: other.url} | dict.fromkeys(ELSEWHERE, "another address")
        for number, (location, named) in enumerate(locations.items()):
            away = answer(b"", (301, 302, 303, 307, 308)[number % 5], f"Location: {location}")
            with Server(respond_with(away)) as server:
                ended = run_against(server.url, "get", "j", "--exit-status")
                assert (ended.code, server.requests) == (6, 1), location
                assert f"redirects to {named}" in ended.err
                assert "set --endpoint" in ended.err
                assert "geheim" not in ended.err
        assert other.connections == 0
