"""Events of a watch: one JSON object per line, written as they happen; the last is `verdict`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob import __version__
from vbsjob.jobs.fields import SCHEMA_VERSION, select
from vbsjob.text import dumps, utc_time
from vbsjob.watch import words
from vbsjob.watch.loop import Display

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.jobs.diff import Change
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import RunOutcome
    from vbsjob.watch.estimate import Estimates
    from vbsjob.watch.state import Event, TrackedJob, WatchState

CHANGED = ("job_id", "status", "failure", "expected_end")
"""Fields of a job's document in `change`."""
ENDED = ("job_id", "status", "exit_code", "elapsed_s", "failure", "error")
"""Fields of each job's document in `verdict`."""


class EventStream(Display):
    """Writes events, pure ASCII. `heartbeat` is the longest time without an event, in seconds.

    Kinds: `start`, `change`, `waiting`, `outage`, `recovered`, `heartbeat` and `verdict`.
    """

    for_people = False

    def __init__(self, context: Context, stream: TextIO, heartbeat: float) -> None:
        self._context = context
        self._stream = stream
        self._heartbeat = heartbeat
        self._started = self._last_event = context.monotonic()

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Write the events; no events mean that the watch starts."""
        if not events:
            message = words.of_start(state)
            self._write("start", message=message, version=__version__, job_ids=list(state.ids))
        for event in events:
            tracked = state.tracked[event.job_id]
            message = f"{event.job_id}: {words.of_event(event, tracked, now)}"
            if event.kind == "change":
                outcome = state.job_outcome(tracked, self._context.steady_now(), None)
                facts = dict(select(outcome.document(), CHANGED))
                self._write("change", event.changes, message=message, **facts)
            elif event.kind == "waiting":
                seconds = event.seconds
                self._write("waiting", message=message, job_id=tracked.job_id, wait_s=seconds)
            else:
                members = _outage(event, tracked, now)
                self._write(event.kind, message=message, job_id=tracked.job_id, **members)

    def refresh(self, state: WatchState, now: float) -> float:
        """Write a heartbeat if no event was written for long; return when the next one is due."""
        if now >= self._last_event + self._heartbeat:
            jobs = [tracked.job for tracked in state.tracked.values() if tracked.job is not None]
            steady_now = self._context.steady_now()
            self._write(
                "heartbeat",
                message=words.of_heartbeat(state, now, steady_now),
                statuses=Counter(str(job.status) for job in jobs),
                unanswered=len(state.tracked) - len(jobs),
                last_answer_s=_age(state.last_answer_at(), now),
                last_change_s=_age(state.changed_at, now),
                jobs=[_progress(job, state.estimates, steady_now) for job in jobs if not job.ended],
            )
        return self._last_event + self._heartbeat

    def finish(self, outcome: RunOutcome) -> None:
        """Write the verdict: the exit code of the run and of each job."""
        code = outcome.exit_code
        jobs = [dict(select(job.document(), ENDED)) for job in outcome.jobs]
        message, label = outcome.sentence, code.label
        self._write("verdict", message=message, exit_code=int(code), verdict=label, jobs=jobs)

    def _write(self, kind: str, changes: Iterable[Change] | None = None, **members: Any) -> None:
        """Write one event, its changes one at a time: a list of all needs 227 MiB (S12)."""
        now = self._context.monotonic()
        time = utc_time(self._context.now(), "milliseconds")
        head = {
            "event": kind,
            "schema_version": SCHEMA_VERSION,
            "time": time,
            "elapsed_s": round(now - self._started, 3),
        }
        redact = self._context.redact_values
        line = dumps(redact(head | members))
        if changes is not None:
            self._stream.write(line[:-1] + ',"changes":[')
            for number, change in enumerate(changes):
                self._stream.write(("," if number else "") + dumps(redact(_change(change))))
            line = "]}"
        self._stream.write(line + "\n")
        self._stream.flush()
        self._last_event = now


def _age(time: float | None, now: float) -> float | None:
    """Return the seconds since a time."""
    return None if time is None else round(now - time, 3)


def _progress(job: Job, estimates: Estimates, now: datetime) -> dict[str, Any]:
    """Return what a heartbeat says about a job that has not ended."""
    elapsed, usual = job.elapsed(now), estimates.usual(job.type)
    return {
        "job_id": job.id,
        "status": job.status,
        "elapsed_s": elapsed,
        "usual_s": None if usual is None else round(usual.seconds, 3),
        "longer_than_usual": estimates.is_longer(job, now),
    }


def _outage(event: Event, tracked: TrackedJob, now: float) -> dict[str, Any]:
    """Return the members of `outage` and `recovered`."""
    members: dict[str, Any] = {"outage_s": round(event.seconds, 3)}
    if event.error is not None:
        members["last_answer_s"] = _age(tracked.answered_at, now)
        members["failures"] = tracked.failures.count
        members["retry_after_s"] = event.error.retry_after
        members["next_try_s"] = round(tracked.due - now, 3)
        members["error"] = event.error.document()
    return members


def _change(change: Change) -> dict[str, Any]:
    return {
        "job_id": change.job.id,
        "job_type": change.job.type,
        "depth": change.depth,
        "name": change.name,
        "before": change.before,
        "after": change.after,
    }
