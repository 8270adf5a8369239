"""A watch for a log: one line of words a change, and a heartbeat; never an escape sequence."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.context import Context
    from vbsjob.exit_codes import ExitCode
    from vbsjob.jobs.diff import Change
    from vbsjob.watch.state import Event, WatchState
    from vbsjob.watch.tracked_job import TrackedJob


class PlainLog:
    """Writes on a stream; `heartbeat` is the longest silence in seconds."""

    def __init__(self, context: Context, stream: TextIO, heartbeat: float) -> None:
        self._context = context
        self._stream = stream
        self._heartbeat = heartbeat
        self._spoke = -math.inf

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Write what happened; no events mean that the watch begins."""
        if not events:
            ids = state.ids
            self._write(f"watching job {ids[0]}" if len(ids) == 1 else f"{len(ids)} jobs", now)
        for event in events:
            one = state.tracked[event.job_id]
            for words in _describe(event, one, now):
                self._write(f"{one.job_id}: {words}", now)

    def refresh(self, state: WatchState, now: float) -> float:
        """Say that the watch goes on, where nothing was said for long."""
        if now >= self._spoke + self._heartbeat:
            since = format_duration(now - state.started)
            self._write(f"still watching after {since}: {summary(state)}{_last(state, now)}", now)
        return self._spoke + self._heartbeat

    def suspend(self) -> None:
        """Own no terminal."""

    def finish(self, state: WatchState, code: ExitCode) -> None:
        """Write how it ended."""
        now = self._context.monotonic()
        self._write(f"{code.label} (exit code {int(code)}): {summary(state)}", now)

    def _write(self, words: str, now: float) -> None:
        time = self._context.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        self._stream.write(self._context.redact(f"{time} {words}") + "\n")
        self._stream.flush()
        self._spoke = now


def summary(state: WatchState) -> str:
    """Count the jobs by what is known of them: `2 RUNNING, 1 SUCCESS, 1 without an answer`."""
    counts: dict[str, int] = {}
    for one in state.tracked.values():
        word = "without an answer" if one.job is None else printable(str(one.job.status))
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def _last(state: WatchState, now: float) -> str:
    answered = [one.answered_at for one in state.tracked.values() if one.answered_at is not None]
    return f"; last answer {format_duration(now - max(answered))} ago" if answered else ""


def _describe(event: Event, one: TrackedJob, now: float) -> Iterator[str]:
    if event.kind == "recovered":
        return iter([f"answers again after {format_duration(event.seconds)}"])
    if event.error is not None:
        age = (
            ""
            if one.answered_at is None
            else f" Last answer {format_duration(now - one.answered_at)} ago."
        )
        return iter([f"no answer: {printable(str(event.error))}{age} Trying again."])
    return map(_change, event.changes)


def _change(item: Change) -> str:
    job = item.job
    who = " ".join(filter(None, (printable(job.type or "sub-job"), printable(job.id))))
    where = f"{who}: " if item.depth else ""
    if item.name != "status":
        return f"{where}{printable(item.name)} is {_word(item.after)}"
    was = "" if item.before is None else f", was {_word(item.before)}"
    kind = f" {printable(job.type)}" if job.type and not item.depth else ""
    return f"{where}{_word(item.after)}{kind}{was}"


def _word(value: Any) -> str:
    return printable(value) if isinstance(value, str) and value else json.dumps(value)
