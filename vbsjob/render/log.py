"""Progress of a watch for logs: lines for changes, folded as on a screen, and a heartbeat."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.context import can_encode
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import diff, failure
from vbsjob.jobs.diff import Change
from vbsjob.jobs.fields import one_line
from vbsjob.jobs.job import walk
from vbsjob.jobs.tree import Group, JobTree, counts_text, groups
from vbsjob.text import dumps, printable, utc_time
from vbsjob.watch import words
from vbsjob.watch.loop import Display

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import RunOutcome
    from vbsjob.watch.state import Event, TrackedJob, WatchState

LISTED = 20
"""Lines about the sub-jobs of one answer, and about failures at the end, at most."""
COLORS = {"FAIL": "31", "SUCCESS": "32", "problem": "33"}
"""Numbers of ECMA-48 by the status in a line; outages are problems."""


class PlainLog(Display):
    """Writes on a stream: at least one line in `heartbeat` seconds."""

    def __init__(self, context: Context, stream: TextIO, settings: Settings) -> None:
        self._context = context
        self._stream = stream
        self._heartbeat: float = settings["heartbeat"]
        self._details = settings["details"]
        self._colors = context.colors(stream, settings["color"])
        self._times = "\u00d7" if can_encode(stream, "\u00d7") else "x"
        self._last_line = -math.inf
        self._entities: dict[str, set[str]] = {}
        """Names of entities that were written, by the id of a job that has answered."""

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Write what changed; no events mean that the watch starts."""
        if not events:
            self._write(words.of_start(state), now)
        for event in events:
            for text, style in self._lines(event, state.tracked[event.job_id], now):
                self._write(f"{event.job_id}: {text}", now, style)

    def refresh(self, state: WatchState, now: float) -> float:
        """Write a heartbeat if no line was written for long; return when the next one is due."""
        if now >= self._last_line + self._heartbeat:
            self._write(words.of_heartbeat(state, now, self._context.steady_now()), now)
        return self._last_line + self._heartbeat

    def finish(self, outcome: RunOutcome) -> None:
        """Write the failures with their meaning, then how the run ended as the last line."""
        now = self._context.monotonic()
        failures = [job.failure for job in outcome.jobs if job.failure is not None]
        failures.sort(key=lambda cause: not cause.of_job)
        for cause in failures[:LISTED]:
            style = "" if cause.of_job else "problem"
            self._write(f"{cause.path[0].id}: {cause.explanation}", now, style)
        if len(failures) > LISTED:
            self._write(f"{len(failures) - LISTED:,} more jobs have a failure", now)
        hint = f" {outcome.stop.resume}".rstrip() if outcome.stop else ""
        style = "" if outcome.stop or outcome.exit_code else "SUCCESS"
        if any(job.exit_code is ExitCode.JOB_FAILED for job in outcome.jobs):
            style = "FAIL"
        self._write(f"{outcome.sentence}{hint}", now, style)

    def _lines(self, event: Event, tracked: TrackedJob, now: float) -> Iterator[tuple[str, str]]:
        """Yield the lines of an event, each with its style in COLORS."""
        if event.kind != "change" or tracked.job is None:
            style = "" if event.kind == "waiting" else "problem"
            yield words.of_event(event, tracked, now), style
            return
        first = tracked.job_id not in self._entities
        written = self._entities.setdefault(tracked.job_id, set())
        changes = diff.first_changes(tracked.job) if first else event.changes
        if self._details:
            yield from map(_line, changes)
            return
        if first:
            active = {"FAIL", "RUNNING"}
            changes = [item for item in changes if not item.depth or item.after in active]
        yield from self._folded(changes, tracked.job, written)

    def _folded(
        self, changes: Sequence[Change], top: Job, written: set[str]
    ) -> Iterator[tuple[str, str]]:
        """Yield the line of the job, then those of its entities and at most LISTED of sub-jobs.

        Equal siblings are one line with their counts; a failed one also has its own line.
        """
        failed: list[tuple[str, str]] = []
        others: list[tuple[str, str]] = []
        tree = JobTree(top, group=True)
        grouped = {
            id(node.job.members): group for group in groups(tree.top) for node in group.members
        }
        changed: dict[Group, None] = {}
        for change in changes:
            if change.name.startswith("entities."):
                continue
            if not change.depth:
                yield _line(change)
            elif change.name == "status" and change.after == "FAIL":
                failed += [_line(change), *_entities(change.path, change.job.entities)]
            keys = (id(job.members) for job in change.path if change.name == "status")
            if group := next((grouped[key] for key in keys if key in grouped), None):
                changed[group] = None
            elif change.depth and change.after != "FAIL":
                others.append(_line(change))
        new = {name: value for name, value in top.entities.items() if name not in written}
        lines = [*_entities((top,), new)]
        written.update(name for name, value in new.items() if value not in (None, ""))
        lines += failed + others
        for group in changed:
            name = f"{printable(group.type) or 'sub-job'} {self._times}{len(group.members):,}"
            lines.append((f"{name}: {counts_text(group.counts)}", ""))
        yield from lines[:LISTED]
        if len(lines) > LISTED:
            yield f"{len(lines) - LISTED:,} more lines are not shown (--details prints them)", ""

    def _write(self, text: str, now: float, style: str = "") -> None:
        time = utc_time(self._context.now())
        line = self._context.redact(f"{time} {text}")
        color = COLORS.get(style) if self._colors else None
        self._stream.write(f"\x1b[{color}m{line}\x1b[0m\n" if color else f"{line}\n")
        self._stream.flush()
        self._last_line = now


def _line(change: Change) -> tuple[str, str]:
    """Return the line of one change, with its style in COLORS."""
    job = change.job
    if change.name != "status":
        where = f"{_name(change.path)}: " if change.depth else ""
        if change.name == "disappeared":
            return f"{where}disappeared, was {_value(change.before)}", ""
        return f"{where}{printable(change.name)} is {_value(change.after)}", ""
    number = 0 if change.depth or change.before is not None else sum(1 for _ in walk(job)) - 1
    sub_jobs = f", {number:,} sub-job{'s' if number > 1 else ''}" if number else ""
    text = f"{_value(change.after)} {_name(change.path)}".rstrip()
    return f"{text}{sub_jobs}{_reason(job)}", str(change.after)


def _entities(path: Sequence[Job], entities: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a line for each entity that has a value and is not a count."""
    for name, value in entities.items():
        if value not in (None, "") and not name.endswith("_total"):
            yield _line(Change((*path,), f"entities.{name}", None, value))


def _name(path: Sequence[Job]) -> str:
    """Return type and id of a sub-job, only the type of the requested job."""
    job, is_sub_job = path[-1], len(path) > 1
    names = (job.type or "sub-job", job.id) if is_sub_job else (job.type,)
    return " ".join(filter(None, map(printable, names)))


def _reason(job: Job) -> str:
    """Return code and reason of a failed job after a colon, unless a failed sub-job has them."""
    cause = failure.find(job) if job.failed else None
    code, reason = failure.code_and_reason(job)
    if cause is None or (len(cause.path) > 1 and code in {"", cause.error_code}):
        return ""
    return failure.after_colon(code, reason)


def _value(value: Any) -> str:
    """Return a value as one line; an empty or missing one as JSON, to be seen."""
    return one_line(value) or dumps(value)
