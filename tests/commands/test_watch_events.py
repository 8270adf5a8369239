"""The events of a watch (policy 3.13): every promise about asking again is seen from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.watch_service import WatchService, in_turn, job
from vbsjob.errors import UnavailableError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from tests.support.watch_service import Reply, WatchResult

RUNNING, SUCCESS = job("j", "RUNNING"), job("j", "SUCCESS")
ID = {"x-openstack-request-id": "req-7"}


def test_an_outage_is_reported_with_tries_times_retry_after_and_its_request_id() -> None:
    busy = Response(429, ID | {"retry-after": "40"})
    watched = events(RUNNING, busy, busy, busy, SUCCESS, latency=0.0123456)
    (outage,) = (event for event in watched.events if event["event"] == "outage")
    assert outage["failures"] == 2
    assert outage["retry_after_s"] == 40
    assert outage["next_try_s"] >= 40
    assert outage["last_answer_s"] >= outage["outage_s"] >= 40
    assert outage["error"]["http_status"] == 429
    assert outage["error"]["request_id"] == "req-7"
    (recovered,) = (event for event in watched.events if event["event"] == "recovered")
    assert recovered["outage_s"] >= 120
    members = [value for event in watched.events for value in event.values()]
    seconds = [value for value in members if isinstance(value, float)]
    assert seconds == [round(value, 3) for value in seconds]


def events(*answers: Reply, argv: tuple[str, ...] = (), **options: Any) -> WatchResult:
    return WatchService(in_turn(*answers), **options).watch("j", "-o", "jsonl", *argv)


def test_the_events_of_a_watch_have_the_changes_and_the_verdict() -> None:
    sub = {"job_id": "s", "job_type": "copy", "status": "RUNNING"}
    times = {"begin_time": "2026-05-01T00:00:00Z"}
    ended = times | {"end_time": "2026-05-01T00:00:30Z"}
    watched = events(
        job("j", "RUNNING", **times),
        job("j", "RUNNING", entities={"sub_jobs": [sub]}, **times),
        job("j", "SUCCESS", entities={"backup_id": "b", "sub_jobs": [sub]}, **ended),
    )
    start, first, second, third, verdict = watched.events
    assert (start["event"], start["job_ids"]) == ("start", ["j"])
    assert start["time"] == "2026-05-01T00:00:00.000Z"
    assert [first["status"], second["status"], third["status"]] == ["RUNNING", "RUNNING", "SUCCESS"]
    assert first["message"] == "j: RUNNING bksCreateBackup"
    assert first["changes"] == [
        {"job_id": "j", "job_type": "bksCreateBackup", "depth": 0, "name": "status",
         "before": None, "after": "RUNNING"}
    ]  # fmt: skip
    assert second["changes"] == [
        {"job_id": "s", "job_type": "copy", "depth": 1, "name": "status",
         "before": None, "after": "RUNNING"}
    ]  # fmt: skip
    assert [change["name"] for change in third["changes"]] == ["status", "entities.backup_id"]
    assert (verdict["exit_code"], verdict["verdict"]) == (0, "ok")
    (of_job,) = verdict["jobs"]
    assert of_job["job_id"] == "j"
    assert (of_job["status"], of_job["exit_code"], of_job["elapsed_s"]) == ("SUCCESS", 0, 30.0)


def test_a_verdict_without_any_answer_has_null_for_status_and_duration() -> None:
    watched = events(Response(503), argv=("--retry-for", "20s"))
    (of_job,) = watched.events[-1]["jobs"]
    (outage,) = (event for event in watched.events if event["event"] == "outage")
    assert outage["last_answer_s"] is None
    assert watched.events[-1]["verdict"] == "unavailable"
    assert (of_job["status"], of_job["elapsed_s"], of_job["exit_code"]) == (None, None, 7)


def test_f11_next_try_s_is_the_time_until_the_next_request() -> None:
    for fault in (
        Response(503),
        UnavailableError("cannot reach https://vbs.test: connection refused."),
    ):
        watched = events(RUNNING, *[fault] * 6, SUCCESS, latency=0.0)
        outages = [event for event in watched.events if event["event"] == "outage"]
        assert len(outages) >= 1
        for event in outages:
            following = min(at for at in watched.requests if at > event["elapsed_s"] + 0.001)
            assert event["next_try_s"] == pytest.approx(following - event["elapsed_s"], abs=0.01)
            last_answer = watched.requests[0]
            assert event["last_answer_s"] == pytest.approx(
                event["elapsed_s"] - last_answer, abs=0.01
            )
            failed = [at for at in watched.requests[1:] if at <= event["elapsed_s"]]
            assert event["failures"] == len(failed)
            assert (event["retry_after_s"], event["error"]["request_id"]) == (None, None)
        (recovered,) = (event for event in watched.events if event["event"] == "recovered")
        assert "next_try_s" not in recovered
        assert "error" not in recovered


def test_a_heartbeat_counts_the_jobs_by_status_and_those_without_an_answer() -> None:
    def answer(job_id: str, now: float) -> Reply:
        if job_id == "c" and now < 200:
            return Response(404)
        return job(job_id, "RUNNING" if now < 100 else "SUCCESS")

    argv = ("--wait-for-job", "10m", "--heartbeat", "20")
    watched = WatchService(answer).watch("a", "b", "c", "-o", "jsonl", *argv)
    beats = [event for event in watched.events if event["event"] == "heartbeat"]
    assert beats[0]["statuses"] == {"RUNNING": 2}
    assert beats[0]["unanswered"] == 1
    only = WatchService(lambda i, now: job(i, "RUNNING" if now < 99 else "SUCCESS")).watch(
        "a", "-o", "jsonl", "--heartbeat", "20"
    )
    assert {e["unanswered"] for e in only.events if e["event"] == "heartbeat"} == {0}


def test_a_heartbeat_is_due_when_no_event_was_written_for_its_time() -> None:
    change = job("j", "RUNNING", entities={"a": 1})
    answers = in_turn(*[RUNNING] * 3, change, *[change] * 9, SUCCESS)
    watched = WatchService(answers, latency=0.0).watch(
        "j", "--interval", "40", "--heartbeat", "100", "-o", "jsonl"
    )
    kinds = {event["elapsed_s"]: event["event"] for event in watched.events}
    beats = [at for at, kind in kinds.items() if kind == "heartbeat"]
    changed = [at for at, kind in kinds.items() if kind == "change"]
    assert beats[0] == pytest.approx(changed[0] + 100)
    assert beats[1:] == pytest.approx([changed[1] + 100 * n for n in range(1, len(beats))])


def test_the_verdict_has_the_result_of_each_job_and_why_others_have_none() -> None:
    def answer(job_id: str, _: float) -> Reply:
        replies = {"a": job("a", "FAIL", error_code="E.1"), "b": Response(503), "c": RUNNING}
        return replies[job_id]

    watched = WatchService(answer).watch("b", "a", "c", "--any", "-o", "jsonl")
    verdict = watched.events[-1]
    assert (verdict["exit_code"], verdict["verdict"]) == (1, "job_failed")
    b, a, c = verdict["jobs"]
    assert (a["status"], a["exit_code"], a["error"]) == ("FAIL", 1, None)
    assert a["failure"]["error_code"] == "E.1"
    assert (b["status"], b["exit_code"], b["error"]["name"]) == (None, 8, "unavailable")
    assert (c["status"], c["elapsed_s"], c["failure"]) == (None, None, None)
    assert (c["exit_code"], c["error"]["name"], c["error"]["exit_code"]) == (8, "pending", 8)
