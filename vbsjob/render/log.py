"""Progress of a watch for logs: one line per change, and a heartbeat; no escape sequences."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.jobs import failure
from vbsjob.jobs.fields import one_line
from vbsjob.jobs.job import walk
from vbsjob.jobs.outcome import counts, kind_of
from vbsjob.text import dumps, format_duration, printable, utc_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.context import Context
    from vbsjob.jobs.diff import Change
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import RunOutcome
    from vbsjob.watch.state import Event, TrackedJob, WatchState

LISTED = 20
"""Number of sub-jobs at the first answer, and of failures at the end, that get a line at most."""


class PlainLog:
    """Writes on a stream. `heartbeat` is the longest time without a line, in seconds."""

    for_people = True
    """Whether its last line says how the run ended."""

    def __init__(self, context: Context, stream: TextIO, heartbeat: float) -> None:
        self._context = context
        self._stream = stream
        self._heartbeat = heartbeat
        self._last_line = -math.inf
        self._answered: set[str] = set()
        """Jobs whose first answer has been reported."""

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Write one line per change; no events mean that the watch starts."""
        if not events:
            ids = state.ids
            text = f"watching job {ids[0]}" if len(ids) == 1 else f"watching {len(ids)} jobs"
            self._write(text, now)
        for event in events:
            tracked = state.tracked[event.job_id]
            for text in self._lines(event, tracked, now):
                self._write(f"{tracked.job_id}: {text}", now)

    def refresh(self, state: WatchState, now: float) -> float:
        """Write a heartbeat if no line was written for long; return when the next one is due."""
        if now >= self._last_line + self._heartbeat:
            duration = format_duration(now - state.started)
            answered_at = state.last_answer_at()
            age = "" if answered_at is None else f"; {_last_answer(answered_at, now)}"
            statuses = counts(kind_of(tracked.job) for tracked in state.tracked.values())
            self._write(f"still watching after {duration}: {statuses}{age}", now)
        return self._last_line + self._heartbeat

    def suspend(self) -> None:
        """Do nothing: lines do not use the terminal."""

    def clear(self) -> None:
        """Do nothing: lines stay."""

    def finish(self, outcome: RunOutcome) -> None:
        """Write the failures with their meaning, then how the run ended as the last line."""
        now = self._context.monotonic()
        failures = [job.failure for job in outcome.jobs if job.failure is not None]
        for cause in failures[:LISTED]:
            self._write(f"{cause.path[0].id}: {cause.explanation}", now)
        if len(failures) > LISTED:
            self._write(f"{len(failures) - LISTED} more jobs failed", now)
        stop = outcome.stop_error
        hint = f" {stop.hint}" if stop is not None and stop.hint else ""
        self._write(f"{outcome.sentence}{hint}", now)

    def _lines(self, event: Event, tracked: TrackedJob, now: float) -> Iterator[str]:
        if event.kind == "recovered":
            yield f"answers again after {format_duration(event.seconds)}"
        elif event.kind == "waiting":
            yield f"the service does not know this job yet; waits {format_duration(event.seconds)}"
        elif event.error is not None:
            answered_at = tracked.answered_at
            age = "" if answered_at is None else f" {_last_answer(answered_at, now).capitalize()}."
            yield f"the query failed: {printable(str(event.error))}{age} Trying again."
        else:
            yield from map(_change, event.changes)
            if tracked.job is not None and tracked.job_id not in self._answered:
                self._answered.add(tracked.job_id)
                yield from _sub_jobs(tracked.job)

    def _write(self, text: str, now: float) -> None:
        time = utc_time(self._context.now())
        self._stream.write(self._context.redact(f"{time} {text}") + "\n")
        self._stream.flush()
        self._last_line = now


def _last_answer(answered_at: float, now: float) -> str:
    return f"last answer {format_duration(now - answered_at)} ago"


def _change(change: Change) -> str:
    job = change.job
    where = f"{_name(job)}: " if change.depth else ""
    if change.name == "disappeared":
        return f"{where}disappeared, was {_value(change.before)}"
    if change.name != "status":
        return f"{where}{printable(change.name)} is {_value(change.after)}"
    job_type = f" {printable(job.type)}" if job.type and not change.depth else ""
    before = "" if change.before is None else f", was {_value(change.before)}"
    cause = failure.find(job) if job.failed else None
    return f"{where}{_value(change.after)}{job_type}{before}{_reason(cause)}"


def _sub_jobs(top: Job) -> Iterator[str]:
    """Yield a line for each failed and then each running sub-job of a first answer."""
    sub_jobs = [path[-1] for path in walk(top) if len(path) > 1]
    listed = [job for job in sub_jobs if job.failed]
    listed += [job for job in sub_jobs if job.status == "RUNNING"]
    for job in islice(listed, LISTED):
        cause = failure.find(job) if job.failed else None
        yield f"{_name(job)}: {job.status}{_reason(cause)}"
    if len(listed) > LISTED:
        yield f"{len(listed) - LISTED} more sub-jobs failed or are running"


def _name(sub_job: Job) -> str:
    return " ".join(filter(None, (printable(sub_job.type or "sub-job"), printable(sub_job.id))))


def _reason(cause: failure.Failure | None) -> str:
    """Return the path below the job, the code and the reason, after a colon."""
    if cause is None:
        return ""
    return "".join(
        f": {part}" for part in (failure.path_text(cause.path[1:]), cause.reason) if part
    )


def _value(value: Any) -> str:
    """Return a value as one line; an empty or missing one as JSON, to be seen."""
    return one_line(value) or dumps(value)
