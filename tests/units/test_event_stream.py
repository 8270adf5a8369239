"""EventStream: what each event says, with times in milliseconds, and when a heartbeat is due."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from vbsjob.errors import JobNotFoundError, UnavailableError
from vbsjob.jobs.job import Job
from vbsjob.output.events import EventStream
from vbsjob.watch.estimate import Estimates
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from vbsjob.errors import VbsjobError

BEGIN = "2026-05-01T00:16:40Z"


class Flushed(io.StringIO):
    """A stream that counts how often it is flushed."""

    flushes = 0

    def flush(self) -> None:
        self.flushes += 1


class Watch:
    """A watch that began at 1000 s of the clock, and the events that it has written."""

    def __init__(self, *ids: str, heartbeat: float = 60.0, runs: tuple[float, ...] = ()) -> None:
        self.clock = FakeClock()
        self.stream = Flushed()
        context = fake_context(
            io.StringIO(), self.stream, io.StringIO(), {},
            monotonic=self.clock, now=self.clock.utc, sleep=self.clock.sleep,
        )  # fmt: skip
        context.secrets.add("canary-in-the-answer")
        self.state = WatchState(
            ids or ("j",), WatchRules(), 1000.0, lambda: 0.5, estimates=Estimates(lambda _: runs)
        )
        self.events = EventStream(context, self.stream, heartbeat)

    def written(self) -> list[dict[str, Any]]:
        """Return the events since the last call."""
        text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return [json.loads(line) for line in text.splitlines()]

    def record(
        self, result: Job | VbsjobError, at: float, job_id: str = "j"
    ) -> list[dict[str, Any]]:
        self.clock.seconds = at
        self.state.take_due(math.inf, 9)
        events = self.state.record_result(job_id, result, at)
        if events:
            self.events.on_events(events, self.state, at)
        return self.written()

    def refreshed(self, at: float) -> float:
        self.clock.seconds = at
        return self.events.refresh(self.state, at)


def job(status: str = "RUNNING", job_id: str = "j", **members: Any) -> Job:
    return Job({"job_id": job_id, "job_type": "backup", "status": status, **members})


DOWN = UnavailableError("no answer in time.", retry_after=7.5)


def test_the_first_event_names_the_jobs() -> None:
    watch = Watch("a", "b")
    watch.clock.seconds = 1000.1239
    watch.events.on_events([], watch.state, 1000.1239)
    (event,) = watch.written()
    assert event.pop("version")
    assert event == {
        "event": "start", "message": "watching 2 jobs",
        "schema_version": 1, "time": "2026-05-01T00:16:40.123Z",
        "elapsed_s": 0.124, "job_ids": ["a", "b"],
    }  # fmt: skip
    assert watch.stream.flushes == 1


def test_a_change_has_every_job_that_changed_and_no_secret() -> None:
    watch = Watch()
    sub_job = {"job_id": "s", "job_type": "copy", "status": "INIT"}
    (event,) = watch.record(job("INIT", sub_jobs=[sub_job]), 1001.0)
    assert (event["event"], event["job_id"], event["status"]) == ("change", "j", "INIT")
    assert (event["expected_end"], event["failure"]) == (None, None)
    assert [change["before"] for change in event["changes"]] == [None]
    (event,) = watch.record(job(sub_jobs=[sub_job | {"status": "canary-in-the-answer"}]), 1002.0)
    assert [(change["job_id"], change["after"]) for change in event["changes"]] == [
        ("j", "RUNNING"),
        ("s", "(secret)"),
    ]


def test_with_history_a_change_has_the_expected_end() -> None:
    watch = Watch(runs=(600.0, 600.0, 600.0))
    (event,) = watch.record(job(begin_time=BEGIN), 1001.0)
    assert event["expected_end"] == "2026-05-01T00:26:40Z"


def test_a_job_that_is_waited_for_has_the_longest_wait() -> None:
    (event,) = Watch().record(JobNotFoundError("unknown."), 1001.0)
    assert (event["event"], event["wait_s"]) == ("waiting", 30.0)


def test_an_outage_has_its_times_its_error_and_the_next_attempt() -> None:
    watch = Watch()
    assert watch.record(DOWN, 1001.0) == []
    (outage,) = watch.record(DOWN, 1002.12345)
    assert outage["event"] == "outage"
    assert (outage["outage_s"], outage["failures"], outage["retry_after_s"]) == (1.123, 2, 7.5)
    assert (outage["last_answer_s"], outage["next_try_s"]) == (None, 7.5)
    assert outage["error"]["message"] == "no answer in time."
    recovered, _ = watch.record(job(), 1003.0)
    assert (recovered["event"], recovered["outage_s"]) == ("recovered", 2.0)
    assert "error" not in recovered


def test_an_outage_tells_when_the_last_answer_came_in_milliseconds() -> None:
    watch = Watch()
    watch.record(job(), 1001.0)
    watch.record(DOWN, 1002.0)
    (outage,) = watch.record(UnavailableError("x.", retry_after=1.23456), 1003.98765)
    assert (outage["last_answer_s"], outage["next_try_s"]) == (2.988, 1.235)


def test_a_heartbeat_is_due_when_no_event_was_written_for_its_time() -> None:
    watch = Watch("j", "k", heartbeat=60.0)
    assert watch.refreshed(1059.9) == 1060.0
    assert watch.written() == []
    assert watch.refreshed(1060.0) == 1120.0
    (event,) = watch.written()
    assert (event["event"], event["statuses"], event["unanswered"]) == ("heartbeat", {}, 2)
    assert event["last_answer_s"] is None
    watch.record(job(), 1100.0)
    assert watch.refreshed(1159.9) == 1160.0
    assert watch.written() == []
    watch.refreshed(1160.12345)
    (event,) = watch.written()
    assert (event["statuses"], event["unanswered"]) == ({"RUNNING": 1}, 1)
    assert event["last_answer_s"] == 60.123
    watch.record(job(job_id="k"), 1161.0, "k")
    watch.refreshed(1221.0)
    (event,) = watch.written()
    assert (event["statuses"], event["unanswered"]) == ({"RUNNING": 2}, 0)


def test_the_verdict_has_the_result_of_each_job() -> None:
    watch = Watch("a", "b", "c")
    ended = job("FAIL", "a", begin_time=BEGIN, end_time="2026-05-01T00:17:40Z", error_code="E.1")
    watch.record(ended, 1001.0, "a")
    watch.record(DOWN, 1001.0, "b")
    watch.events.finish(watch.state.outcome(watch.clock.utc()))
    (event,) = watch.written()
    assert (event["event"], event["exit_code"], event["verdict"]) == ("verdict", 1, "job_failed")
    a, b, c = event["jobs"]
    assert (a["job_id"], a["status"], a["exit_code"], a["elapsed_s"]) == ("a", "FAIL", 1, 60.0)
    assert a["failure"]["error_code"] == "E.1"
    assert a["error"] is None
    assert (b["status"], b["exit_code"], b["failure"]) == (None, 8, None)
    assert b["error"]["name"] == "unavailable"
    assert c | {"error": None} == {
        "job_id": "c", "status": None, "exit_code": 8, "elapsed_s": None,
        "failure": None, "error": None,
    }  # fmt: skip
    assert (c["error"]["name"], c["error"]["exit_code"]) == ("pending", 8)
