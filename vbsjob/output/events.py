"""A watch as lines of JSON, each written as it happens; the last is always the verdict."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.jobs.result import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vbsjob.context import Context
    from vbsjob.exit_codes import ExitCode
    from vbsjob.jobs.diff import Change
    from vbsjob.watch.state import Event, WatchState
    from vbsjob.watch.tracked_job import TrackedJob


class EventStream:
    """Writes `start`, `change`, `outage`, `recovered` and `verdict`, pure ASCII, one a line."""

    def __init__(self, context: Context, stream: TextIO) -> None:
        self._context = context
        self._stream = stream
        self._began = context.monotonic()

    def on_events(self, events: Sequence[Event], state: WatchState, now: float) -> None:
        """Write what happened; no events mean that the watch begins."""
        if not events:
            self._write("start", job_ids=list(state.ids))
        for event in events:
            one = state.tracked[event.job_id]
            if event.kind == "change" and one.job is not None:
                status = one.job.members.get("status")
                self._write("change", event.changes, job_id=one.job_id, status=status)
            else:
                self._write(event.kind, job_id=one.job_id, **_members(event, one, now))

    def refresh(self, _state: WatchState, _now: float) -> float:
        """Need no time."""
        return math.inf

    def suspend(self) -> None:
        """Own no terminal."""

    def finish(self, state: WatchState, code: ExitCode) -> None:
        """Write the verdict: the exit code, and every job's own."""
        steady_now = self._context.steady_now()
        jobs = [
            {
                "job_id": one.job_id,
                "status": one.job.members.get("status") if one.job else None,
                "exit_code": int(one.verdict),
                "elapsed_s": one.job.elapsed(steady_now) if one.job else None,
            }
            for one in state.tracked.values()
        ]
        self._write("verdict", exit_code=int(code), verdict=code.label, jobs=jobs)

    def _write(self, kind: str, changes: Iterable[Change] | None = None, **members: Any) -> None:
        """Write a line, its changes one by one: there may be hundreds of thousands."""
        time = self._context.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        passed = round(self._context.monotonic() - self._began, 3)
        head = {"event": kind, "schema_version": SCHEMA_VERSION, "time": time, "elapsed_s": passed}
        line = _json(head | members)
        if changes is None:
            self._say(line)
        else:
            self._say(line[:-1] + ',"changes":[')
            for number, item in enumerate(changes):
                self._say(("," if number else "") + _json(_change(item)))
            self._say("]}")
        self._stream.write("\n")
        self._stream.flush()

    def _say(self, part: str) -> None:
        self._stream.write(self._context.redact(part))


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, separators=(",", ":"))


def _members(event: Event, one: TrackedJob, now: float) -> dict[str, Any]:
    told: dict[str, Any] = {"outage_s": round(event.seconds, 3)}
    if event.error is not None:
        told["last_answer_s"] = None if one.answered_at is None else round(now - one.answered_at, 3)
        told["failures"] = one.failures
        told["retry_after_s"] = event.error.retry_after
        told["next_try_s"] = None if one.next_poll is None else round(one.next_poll - now, 3)
        told["error"] = event.error.document()
    return told


def _change(item: Change) -> dict[str, Any]:
    return {
        "job_id": item.job.id,
        "job_type": item.job.type,
        "depth": item.depth,
        "name": item.name,
        "before": item.before,
        "after": item.after,
    }
