"""`vbsjob watch`: the verdict, what is tolerated, what ends it, and when it polls."""

from __future__ import annotations

import io
import itertools
import json
import re
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import FakeClock
from tests.support.cloud import Cloud
from tests.support.context import NoSignals, fake_context
from tests.support.program import TOKEN, environment
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import (
    START,
    Reply,
    ResponseSequence,
    WatchResult,
    WatchService,
    in_turn,
    job,
)
from vbsjob.__main__ import run
from vbsjob.errors import PermanentConnectionError, UnavailableError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.http.messages import Request

RUNNING, SUCCESS, FAIL = (job("j", word) for word in ("RUNNING", "SUCCESS", "FAIL"))
GONE = Response(404, {}, b'{"error": {"code": "common.0011", "message": "query job fail"}}')
DOWN = UnavailableError("cannot reach https://vbs.test: connection refused.")
FAULTS: list[Reply] = [
    *(Response(status) for status in (408, 425, 429, 500, 502, 503, 504, 522, 524)),
    Response(429, {"retry-after": "7"}),
    Response(200),
    Response(200, {}, b"{}"),
    Response(200, {"content-type": "text/html"}, b"<html>sign in to this Wi-Fi</html>"),
    SUCCESS.__class__(200, {}, SUCCESS.body[:-9]),
    Response(200, {}, b'{"job_id": "j", "status": "FAIL", "status": "RUNNING"}'),
    Response(200, {}, b"[" * 100_000),
    DOWN,
]


VERDICTS: list[tuple[list[Reply], int]] = [
    ([SUCCESS], 0),
    ([FAIL, RUNNING, SUCCESS], 1),  # F48: the first final status counts
    ([RUNNING, FAIL], 1),
    ([job("j", "INIT"), RUNNING, RUNNING, SUCCESS], 0),
    ([job("j", "success"), job("j", None), job("j", "PENDING_PAYMENT"), FAIL], 1),
    ([GONE, GONE, RUNNING, SUCCESS], 0),
    ([RUNNING, GONE, GONE, SUCCESS], 0),
    ([GONE], 5),
    ([RUNNING, GONE], 5),
    ([Response(403, {}, b"{}")], 4),
    ([Response(401)], 6),
    ([RUNNING, Response(400, {}, b"{}")], 6),
    ([RUNNING, Response(400)], 7),
    ([Response(302, {"location": "https://elsewhere.test/"})], 6),
    ([job("other", "FAIL")], 7),
    ([job("other", "FAIL"), RUNNING, job("other", "FAIL"), SUCCESS], 0),
    ([job("j", 0)], 6),
    ([Response(502)], 7),
    ([PermanentConnectionError("the certificate of https://vbs.test is not valid.")], 7),
    ([job("j", "SUCCESS", sub_jobs=[{"job_id": "s", "status": "FAIL"}])], 0),
]


def test_f48_the_exit_code_of_a_watch_is_the_verdict() -> None:
    wrong = []
    for answers, code in VERDICTS:
        watched = WatchService(in_turn(*answers)).watch("j", "-o", "jsonl")
        last = watched.events[-1]
        if (watched.code, last["event"], last["exit_code"]) != (code, "verdict", code):
            wrong.append((answers, code, watched.err))
    assert wrong == []


def test_no_fault_ends_a_watch_that_gets_an_answer_in_time() -> None:
    wrong = []
    for fault, (end, code) in itertools.product(FAULTS, ((SUCCESS, 0), (FAIL, 1))):
        faults = [fault] * 8
        answers = in_turn(*faults, RUNNING, *faults, RUNNING, *faults, end)
        if WatchService(answers).watch("j", "-q").code != code:
            wrong.append((fault, code))
    assert wrong == []


def test_f14_an_unknown_id_is_waited_for_thirty_seconds_and_no_longer() -> None:
    watched = WatchService(in_turn(GONE)).watch("j")
    assert watched.code == 5
    assert 30 <= watched.lasted <= 36
    assert WatchService(in_turn(GONE)).watch("j", "--wait-for-job", "0").requests == [0.0]


def test_f15_retry_after_is_the_least_wait_and_has_a_limit() -> None:
    answers = [
        RUNNING,
        Response(429, {"retry-after": "120"}),
        Response(503, {"retry-after": "86400"}),
    ]
    watched = WatchService(in_turn(*answers, SUCCESS)).watch("j")
    first, second = (b - a for a, b in itertools.pairwise(watched.requests[1:]))
    assert 120 <= first < 121
    assert 300 <= second < 301


def test_the_time_of_the_whole_watch_ends_it_with_124_and_prints_the_command_to_continue() -> None:
    watched = WatchService(in_turn(RUNNING)).watch("j", "--timeout", "5m", "--region", "eu-de")
    assert watched.code == 124
    assert 300 <= watched.lasted < 301
    assert watched.err.count("vbsjob watch j") == 1
    assert "vbsjob watch j --region eu-de" in watched.err
    assert "RUNNING" in watched.out


def test_the_command_to_continue_names_at_most_twenty_jobs() -> None:
    for count, hint in (
        (20, "To continue: vbsjob watch j0 j1 "),
        (21, "run the same command again"),
    ):
        ids = [f"j{number}" for number in range(count)]
        service = WatchService(lambda job_id, _: job(job_id, "RUNNING"))
        assert hint in service.watch(*ids, "--timeout", "2m").err


def test_the_command_to_continue_is_printed_beside_a_failed_job_too() -> None:
    service = WatchService(lambda job_id, _: job(job_id, "FAIL" if job_id == "a" else "RUNNING"))
    for stderr in (None, TerminalStream()):
        watched = service.watch("a", "b", "--timeout", "2m", stderr=stderr, TERM="xterm")
        assert watched.code == 1
        assert "1 running. Exit code 1." in watched.err
        assert watched.err.count("To continue: vbsjob watch b") == 1


def test_an_impossible_time_is_rejected() -> None:
    for argv in (("--timeout", "0"), ("--interval", "0"), ("--timeout", "soon")):
        watched = WatchService(in_turn(SUCCESS)).watch("j", *argv)
        assert (watched.code, watched.requests) == (2, [])


def test_tree_watch_is_a_watch_that_ends_with_the_tree() -> None:
    deep = {"sub_jobs": [{"job_id": "s", "status": "FAIL"}, {"job_id": "t", "status": "SUCCESS"}]}
    end = job("j", "FAIL", entities=deep)
    watched = WatchService(in_turn(RUNNING, DOWN, DOWN, end)).run("tree", "j", "--watch")
    assert watched.code == 1
    tree, block = watched.out.split("\n\n")
    assert [line.split()[-1] for line in tree.splitlines()] == ["j", "s", "t"]
    assert block.startswith("| sub-job failed (job s)\n")
    assert "answers again" in watched.err
    watched = WatchService(in_turn(RUNNING, end)).run("tree", "j", "--watch", "-o", "jsonl")
    assert [row["path"] for row in watched.events] == ["j", "j/s", "j/t"]


def test_tree_watch_has_the_time_limit_the_interval_and_the_progress_of_watch() -> None:
    argv = ("tree", "j", "--watch", "--timeout", "1m", "--interval", "20s", "--progress", "none")
    watched = WatchService(in_turn(*[RUNNING] * 9)).run(*argv)
    assert watched.code == 124
    assert [round(at) for at in watched.requests] == [0, 20, 40, 58]
    assert "RUNNING" in watched.out


def test_a_job_is_queried_once_more_before_the_time_limit() -> None:
    for last, code in (("FAIL", 1), ("SUCCESS", 0), ("RUNNING", 124)):
        watched = WatchService(in_turn(RUNNING, job("j", last))).watch(
            "j", "--interval", "60s", "--timeout", "30s"
        )
        assert watched.code == code
        assert [round(at) for at in watched.requests] == [0, 28]


def test_tree_watch_draws_only_the_selected_rows() -> None:
    subs = [{"job_id": f"s{n}", "status": "SUCCESS" if n else "FAIL"} for n in range(9)]
    answers = (job("j", "RUNNING", sub_jobs=subs), job("j", "SUCCESS", sub_jobs=subs))
    screen = TerminalStream()
    argv = ("tree", "j", "--watch", "--only", "failed", "--ascii")
    watched = WatchService(in_turn(*answers)).run(*argv, stderr=screen, VBSJOB_PROGRESS="tty")
    written = screen.getvalue()
    assert watched.code == 0
    assert ("s0" in written, "s1" in written) == (True, False)
    assert "8 more done" in written
    assert written.isascii()


def test_f56_requests_rejected_at_the_same_time_share_one_new_token() -> None:
    all_sent = threading.Barrier(3, timeout=20)
    refused = itertools.count()

    def before(request: Request) -> Response | None:
        if "/jobs/" not in request.url or next(refused) >= 3:
            return None
        all_sent.wait()
        return Response(401, {}, b'{"error_code": "APIGW.0307", "error_msg": "token expires"}')

    cloud = Cloud(before=before)
    code, _, err = cloud.run("get", "a", "b", "c", "-q")
    assert (code, cloud.posts) == (0, 2), err


def test_s05_a_secret_that_an_answer_echoes_is_masked_in_every_output_of_a_watch() -> None:
    error = Response(502, {}, json.dumps({"error": {"message": f"you sent {TOKEN}"}}).encode())
    change = job("j", "RUNNING", entities={"echo": TOKEN})
    for argv in (
        ("-o", "jsonl"), ("--progress", "plain"), ("--progress", "json"), ("--progress", "tty"),
    ):  # fmt: skip
        screen = TerminalStream()
        service = WatchService(in_turn(RUNNING, change, RUNNING, error), size=lambda _: (200, 24))
        watched = service.watch("j", "--retry-for", "1m", *argv, stderr=screen)
        written = watched.out + watched.err + screen.getvalue()
        assert watched.code == 7
        assert "(secret)" in written, argv
        assert TOKEN not in written, argv


def always(value: float) -> Callable[[], float]:
    return lambda: value


def waits(watched: WatchResult) -> list[float]:
    """Return the seconds between the questions, less those that an answer takes."""
    return [round(b - a - 0.05, 3) for a, b in itertools.pairwise(watched.requests)]


def test_a_429_doubles_the_interval_which_comes_back_by_a_tenth_an_answer() -> None:
    answers = [RUNNING, RUNNING, Response(429), *[RUNNING] * 9, SUCCESS]
    delays = waits(WatchService(in_turn(*answers)).watch("j", "--interval", "10"))
    assert delays[3:] == [18.0, 16.2, 14.58, 13.122, 11.81, 10.629, 10.0, 10.0, 10.0]


def test_intervals_have_20_percent_jitter_and_the_first_starts_at_half() -> None:
    def grown(value: float) -> list[float]:
        service = WatchService(
            lambda _, now: RUNNING if now < 99 else SUCCESS, random=always(value)
        )
        return waits(service.watch("j"))

    short, long = grown(1.0), grown(0.0)
    assert (short[-2], long[-2]) == (9.6, 14.4)  # 12 s, less or more
    assert (short[0], long[0]) == (2.0, 1.5)  # 2.5 s, shortened to 2.0, or to the half of 3.0


def test_a_job_that_is_old_already_is_polled_at_the_long_interval_from_the_start() -> None:
    # The interval is a part of the age, not 15 s at once.
    begin = (START - timedelta(minutes=31)).isoformat()
    old = job("j", "RUNNING", begin_time=begin)
    assert waits(WatchService(in_turn(old, old, old, SUCCESS)).watch("j")) == [9.0, 12.0, 12.0]


def test_f11_f17_an_outage_is_probed_with_full_jitter_from_one_second_to_thirty() -> None:
    for value, pauses in ((1.0, [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]), (0.0, [0.0] * 7)):
        service = WatchService(in_turn(*(DOWN for _ in range(8)), SUCCESS), random=always(value))
        delays = waits(service.watch("j"))
        assert delays[:7] == pytest.approx(pauses)


def test_f11_beyond_the_budget_the_last_status_and_its_age_are_reported() -> None:
    for output in ("table", "json"):
        watched = WatchService(lambda _, now: RUNNING if now < 60 else DOWN).watch(
            "j", "-o", output
        )
        assert watched.code == 7
        assert 900 <= watched.lasted - 60 < 945
        match = re.search(r"Its last status was RUNNING, (\d+) s ago\.", watched.err)
        assert match
        assert 900 <= int(match[1]) < 960
        never = WatchService(lambda *_: DOWN).watch("j", "-o", output)
        assert "The service never answered." in never.err


def test_f13_no_other_status_is_retried_by_a_watch(
    record_property: Callable[[str, object], None],
) -> None:
    statuses = [201, 204, 206, 300, 302, 304, *range(400, 408), *range(409, 425), 451, 501, 505]
    statuses.remove(404)
    record_property("cases", len(statuses))
    for status in statuses:
        watched = WatchService(in_turn(RUNNING, Response(status, {}, b"{}"))).watch("j")
        code = {401: 4, 403: 4, 407: 7}.get(status, 6)
        assert (watched.code, len(watched.requests)) == (code, 2), status


class ContinuedSignals(NoSignals):
    """A process that gets SIGCONT every 50 ms."""

    def wait(self, seconds: float) -> float:
        self.continued = True
        return super().wait(min(seconds, 0.05))


@pytest.mark.parametrize(
    ("argv", "second", "requests"),
    [
        (("--interval", "10m", "--timeout", "21m"), RUNNING, 4),
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
