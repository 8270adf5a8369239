"""`vbsjob watch`: the verdict, what is tolerated, what ends it and when."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.cloud import Cloud
from tests.support.program import TOKEN
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import Reply, WatchService, in_turn, job
from vbsjob.errors import PermanentConnectionError, UnavailableError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from vbsjob.http.messages import Request

RUNNING, SUCCESS, FAIL = (job("j", word) for word in ("RUNNING", "SUCCESS", "FAIL"))
GONE = Response(404, {}, b'{"error": {"code": "common.0011", "message": "query job fail"}}')
DOWN = UnavailableError("cannot reach https://vbs.test: connection refused.")
SLOW = Response(503)
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


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([SUCCESS], 0),
        ([FAIL], 1),
        ([RUNNING, SUCCESS], 0),
        ([RUNNING, FAIL], 1),
        ([job("j", "INIT"), RUNNING, RUNNING, SUCCESS], 0),
        ([job("j", "success"), job("j", None), job("j", "PENDING_PAYMENT"), FAIL], 1),
        ([GONE, GONE, RUNNING, SUCCESS], 0),
        ([RUNNING, GONE, GONE, SUCCESS], 0),
        ([GONE], 5),
        ([RUNNING, GONE], 5),
        ([Response(403, {}, b"{}")], 4),
        ([Response(401, {}, b"{}")], 4),
        ([Response(401)], 6),
        ([RUNNING, Response(400, {}, b"{}")], 6),
        ([RUNNING, Response(400)], 7),
        ([Response(302, {"location": "https://elsewhere.test/"})], 6),
        ([job("other", "FAIL")], 7),
        ([job("other", "FAIL"), RUNNING, job("other", "FAIL"), SUCCESS], 0),
        ([job("j", 0)], 6),
        ([RUNNING, DOWN], 7),
        ([Response(502)], 7),
        ([PermanentConnectionError("the certificate of https://vbs.test is not valid.")], 7),
        ([job("j", "SUCCESS", sub_jobs=[{"job_id": "s", "status": "FAIL"}])], 0),
    ],
)
def test_the_exit_code_of_a_watch_is_the_verdict(answers: list[Reply], code: int) -> None:
    watched = WatchService(in_turn(*answers)).watch("j", "-o", "jsonl")
    assert watched.code == code, watched.err
    assert watched.events[-1]["event"] == "verdict"
    assert watched.events[-1]["exit_code"] == code


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("end", [SUCCESS, FAIL])
def test_no_fault_ends_a_watch_that_gets_an_answer_in_time(fault: Reply, end: Response) -> None:
    faults = [fault] * 20
    watched = WatchService(in_turn(*faults, RUNNING, *faults, RUNNING, *faults, end)).watch(
        "j", "-q"
    )
    assert watched.code == (0 if end is SUCCESS else 1)


def outage(start: float, end: float) -> WatchService:
    def answer(_: str, now: float) -> Reply:
        return DOWN if start <= now < end else RUNNING if now < end + 60 else SUCCESS

    return WatchService(answer)


def test_f11_an_outage_of_fourteen_minutes_is_survived_and_reported() -> None:
    watched = outage(100, 100 + 14 * 60).watch("j", "-o", "jsonl")
    assert watched.code == 0
    kinds = [event["event"] for event in watched.events[1:-1]]
    assert [kind for kind in kinds if kind != "heartbeat"] == [
        "change", "outage", "recovered", "change",
    ]  # fmt: skip
    assert kinds.count("heartbeat") >= 12


def test_f11_an_outage_longer_than_retry_for_ends_with_7_and_the_last_status() -> None:
    watched = outage(100, 9999).watch("j", "--retry-for", "5m")
    assert watched.code == 7
    assert 400 <= watched.lasted <= 450
    assert "RUNNING" in watched.err


def test_f14_an_unknown_id_is_waited_for_thirty_seconds_and_no_longer() -> None:
    watched = WatchService(in_turn(GONE)).watch("j")
    assert watched.code == 5
    assert 30 <= watched.lasted <= 36
    assert WatchService(in_turn(GONE)).watch("j", "--wait-for-job", "0").requests == [0.0]


def test_f14_a_record_that_disappeared_needs_three_answers_over_ten_seconds() -> None:
    watched = WatchService(in_turn(RUNNING, GONE)).watch("j")
    assert watched.code == 5
    assert "no longer knows" in watched.err
    assert len(watched.requests) >= 4
    assert watched.lasted >= 10


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


ODD = job("j", 0)


def test_three_answers_without_a_job_end_a_watch_and_one_after_an_outage_does_not() -> None:
    failing = (Response(503), Response(503), ODD)
    assert WatchService(in_turn(*failing, *failing, SUCCESS)).watch("j").code == 0
    assert WatchService(in_turn(*failing, *failing, *failing, SUCCESS)).watch("j").code == 6
    assert WatchService(in_turn(RUNNING, *[ODD] * 9, SUCCESS)).watch("j").code == 0


@pytest.mark.slow
def test_failed_queries_are_repeated_first_among_thousands() -> None:
    ids = [f"j{number}" for number in range(2000)]
    job_ids: list[str] = []

    def answer(job_id: str, _: float) -> Reply:
        job_ids.append(job_id)
        if job_id == "j7":
            return SLOW if job_ids.count("j7") < 5 else job("j7", "FAIL")
        return job(job_id, "RUNNING" if job_ids.count("j7") < 5 else "SUCCESS")

    watched = WatchService(answer, latency=0.0).watch(*ids, "-o", "jsonl")
    assert watched.code == 1
    assert [number for number, job_id in enumerate(job_ids) if job_id == "j7"][4] < 1000


@pytest.mark.slow
def test_a_part_that_stays_broken_does_not_delay_other_jobs() -> None:
    ids = [f"{'broken' if number % 2 else 'sound'}-{number}" for number in range(4000)]

    def answer(job_id: str, _: float) -> Reply:
        return SLOW if job_id.startswith("broken") else job(job_id, "RUNNING")

    watched = WatchService(answer, latency=0.0).watch(*ids, "--timeout", "10m", "-o", "jsonl")
    assert watched.code == 124
    statuses = Counter(entry["status"] for entry in watched.events[-1]["jobs"])
    assert statuses["RUNNING"] > 1500


def test_f48_the_first_final_status_counts_whatever_comes_later() -> None:
    watched = WatchService(in_turn(FAIL, RUNNING, SUCCESS)).watch("j")
    assert (watched.code, len(watched.requests)) == (1, 1)


def by_job(**ends: tuple[float, str]) -> WatchService:
    def answer(job_id: str, now: float) -> Reply:
        at, status = ends[job_id]
        return job(job_id, status if now >= at else "RUNNING")

    return WatchService(answer)


def test_several_jobs_end_with_the_most_severe_code_and_each_has_its_own() -> None:
    watched = by_job(a=(10, "SUCCESS"), b=(40, "FAIL"), c=(90, "SUCCESS")).watch(
        "a", "b", "c", "-o", "jsonl"
    )
    assert watched.code == 1
    jobs = watched.events[-1]["jobs"]
    assert [(entry["job_id"], entry["exit_code"]) for entry in jobs] == [
        ("a", 0),
        ("b", 1),
        ("c", 0),
    ]


def test_any_ends_with_the_first_job_that_ends() -> None:
    service = by_job(a=(500, "FAIL"), b=(20, "SUCCESS"))
    watched = service.watch("a", "b", "--any", "-o", "jsonl")
    assert watched.code == 0
    assert watched.lasted < 50
    assert [entry["exit_code"] for entry in watched.events[-1]["jobs"]] == [8, 0]


def test_fail_fast_ends_with_the_first_sub_job_that_fails() -> None:
    deep = {"sub_jobs": [{"job_id": "s", "status": "FAIL"}]}
    answers = (RUNNING, job("j", "RUNNING", entities=deep), SUCCESS)
    assert WatchService(in_turn(*answers)).watch("j", "--fail-fast").code == 1
    assert WatchService(in_turn(*answers)).watch("j").code == 0


def test_the_time_of_the_whole_watch_ends_it_with_124_and_prints_the_command_to_continue() -> None:
    watched = WatchService(in_turn(RUNNING)).watch("j", "--timeout", "5m", "--cloud", "c")
    assert watched.code == 2  # no file defines the cloud
    watched = WatchService(in_turn(RUNNING)).watch("j", "--timeout", "5m", "--region", "eu-de")
    assert watched.code == 124
    assert 300 <= watched.lasted < 301
    assert "vbsjob watch j --region eu-de" in watched.err
    assert "RUNNING" in watched.out


def test_the_command_to_continue_names_at_most_twenty_jobs() -> None:
    for count, hint in (
        (20, "To continue: vbsjob watch j0 j1 "),
        (21, "run the same command again"),
    ):
        ids = [f"j{number}" for number in range(count)]
        answer = by_job(**dict.fromkeys(ids, (1000000000.0, "SUCCESS")))
        assert hint in answer.watch(*ids, "--timeout", "2m").err


def test_the_command_to_continue_is_printed_once() -> None:
    watched = WatchService(in_turn(RUNNING)).watch("j", "--timeout", "2m")
    assert (watched.out + watched.err).count("vbsjob watch j") == 1


def test_an_outage_does_not_hide_that_the_time_is_up() -> None:
    assert WatchService(in_turn(RUNNING, DOWN)).watch("j", "--timeout", "2m").code == 124


@pytest.mark.parametrize("argv", [("--timeout", "0"), ("--interval", "0"), ("--timeout", "soon")])
def test_an_impossible_time_is_rejected(argv: tuple[str, ...]) -> None:
    watched = WatchService(in_turn(SUCCESS)).watch("j", *argv)
    assert (watched.code, watched.requests) == (2, [])


@pytest.mark.parametrize(("random_value", "every"), [(0.0, 14.4), (0.5, 12.0), (1.0, 9.6)])
def test_polls_are_frequent_at_first_and_then_every_fifteen_seconds_at_most(
    random_value: float, every: float
) -> None:
    service = WatchService(
        lambda _, now: RUNNING if now < 3600 else SUCCESS, random=lambda: random_value
    )
    waits = [b - a for a, b in itertools.pairwise(service.watch("j").requests)]
    assert waits[0] < 3
    assert waits[1] < 8
    assert waits[2:] == pytest.approx([every] * len(waits[2:]), abs=2 * service.latency)
    assert len(waits) <= 2 + 3600 / every


def test_a_fixed_interval_is_kept() -> None:
    watched = WatchService(lambda _, now: RUNNING if now < 99 else SUCCESS).watch(
        "j", "--interval", "7"
    )
    waits = [b - a for a, b in itertools.pairwise(watched.requests)]
    assert all(7 <= wait < 7.2 for wait in waits)


def test_a_change_shortens_the_interval_again() -> None:
    def answer(_: str, now: float) -> Reply:
        return job("j", "RUNNING" if now < 200 else "SUCCESS", entities={"at": int(now // 100)})

    watched = WatchService(answer).watch("j")
    after = next(i for i, at in enumerate(watched.requests) if at > 100)
    assert watched.requests[after + 1] - watched.requests[after] < 7


def test_thousands_of_jobs_share_twenty_requests_a_second() -> None:
    ids = [f"j{n}" for n in range(1000)]
    service = WatchService(
        lambda i, now: job(i, "RUNNING" if now < 300 else "SUCCESS"), latency=0.0
    )
    watched = service.watch(*ids, "-q")
    assert watched.code == 0
    times = watched.requests
    assert all(b - a >= 0.99 for a, b in zip(times, times[21:], strict=False))


def test_quiet_prints_nothing() -> None:
    watched = WatchService(in_turn(RUNNING, DOWN, FAIL)).watch("j", "-q")
    assert (watched.code, watched.out, watched.err) == (1, "", "")


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


def test_a_sign_in_that_will_expire_is_reported_before_the_watch() -> None:
    watched = WatchService(in_turn(RUNNING, SUCCESS)).watch("j")
    assert "cannot be renewed" in watched.err.splitlines()[0]


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


@pytest.mark.parametrize(
    "argv", [("-o", "jsonl"), ("--progress", "plain"), ("--progress", "json"), ("-o", "json")]
)
def test_s05_a_secret_that_an_error_echoes_is_in_no_line_of_a_watch(argv: tuple[str, ...]) -> None:
    echo = Response(502, {}, json.dumps({"error": {"message": f"you sent {TOKEN}"}}).encode())
    watched = WatchService(in_turn(RUNNING, echo, echo, echo, echo, SUCCESS)).watch("j", *argv)
    assert watched.code == 0
    assert TOKEN not in watched.out + watched.err
    watched = WatchService(in_turn(RUNNING, echo)).watch("j", "--retry-for", "1m", *argv)
    assert watched.code == 7
    assert "(secret)" in watched.out + watched.err
    assert TOKEN not in watched.out + watched.err


def test_s05_a_secret_that_an_error_echoes_is_not_in_the_live_display() -> None:
    echo = Response(502, {}, json.dumps({"error": {"message": f"you sent {TOKEN}"}}).encode())
    screen = TerminalStream()
    service = WatchService(in_turn(RUNNING, echo), size=lambda _: (200, 24))
    watched = service.watch("j", "--retry-for", "1m", "--progress", "tty", stderr=screen)
    assert watched.code == 7
    assert "(secret)" in screen.getvalue()
    assert TOKEN not in screen.getvalue()


@pytest.mark.parametrize("argv", [("-o", "jsonl"), ("--progress", "plain", "-f", "status")])
def test_s05_a_secret_in_a_change_is_masked_in_output(argv: tuple[str, ...]) -> None:
    echo = job("j", "RUNNING", entities={"echo": TOKEN})
    watched = WatchService(in_turn(RUNNING, echo, SUCCESS)).watch("j", *argv)
    assert watched.code == 0
    assert "(secret)" in watched.out + watched.err
    assert TOKEN not in watched.out + watched.err
