"""The picture that moves: the jobs of a watch, drawn in place on standard error.

Draws what fits the screen and costs by the screen, once a second while nothing happens.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING, Any

from vbsjob.context import can_encode
from vbsjob.jobs.job import Job
from vbsjob.jobs.tree import JobTree, ordering
from vbsjob.output.tree_documents import WHOLE
from vbsjob.render import tree as tree_view
from vbsjob.render.log import summary
from vbsjob.terminal import screen, stdio
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.context import Context
    from vbsjob.exit_codes import ExitCode
    from vbsjob.jobs.tree import Node, Summary
    from vbsjob.output.tree_documents import TreeOptions
    from vbsjob.render.tree import Line
    from vbsjob.watch.state import Event, WatchState
    from vbsjob.watch.tracked_job import TrackedJob

EVERY = 1.0
"""Seconds between two pictures while only time passes; SOONEST while much happens."""
SOONEST = 0.1
SEPARATOR = " | "
SPINNER = "|/-\\"
NARROWEST, WIDEST, HIGHEST = 10, 1000, 500
KEPT = 1000
"""Notes that wait to be shown above the picture; a terminal may be paused for long."""


class LiveDisplay:
    """Shows a watch on a terminal; `end` leaves the last picture and the cursor as it was."""

    def __init__(
        self,
        context: Context,
        color: str,
        usual_duration: Callable[[str], tuple[float, int] | None] = lambda _: None,
        *,
        options: TreeOptions = WHOLE,
        ascii: bool = False,  # noqa: A002 - the flag is called so
    ) -> None:
        self._options = options
        self._context = context
        self._usual = usual_duration
        self._usually: dict[str, str] = {}
        self._color = context.colors(context.stderr, color)
        able = can_encode(context.stderr, tree_view.EVERY_SIGN) and not ascii
        self._marks = tree_view.UNICODE if able else tree_view.ASCII
        self._terminal = screen.Terminal(context.stderr)
        self._outline: JobTree | None = None
        self._drawn = -EVERY
        self._frame = 0
        self._size = (0, 0)
        context.error_output.pending = deque(maxlen=KEPT)
        context.error_output.live = True

    def on_events(self, _events: Sequence[Event], _state: WatchState, _now: float) -> None:
        """Something changed: the next picture is made anew, and soon."""
        self._forget()

    def refresh(self, state: WatchState, now: float) -> float:
        """Draw if it is time to."""
        new = (
            self._outline is None
            or self._context.error_output.pending
            or self._size != self._sized()
        )
        wait = SOONEST if new else EVERY
        if now < self._drawn + wait:
            return self._drawn + wait
        # A paused terminal, or another's, is not waited for: the watch goes on without a picture.
        if stdio.ready(self._context.stderr):
            self._draw(state, lambda: self._status(state, now))
            self._frame += 1
        self._drawn = now
        return now + EVERY

    def suspend(self) -> None:
        """Forget the picture, as others have the terminal for a while."""
        self._terminal.forget()
        self._drawn -= EVERY

    def finish(self, state: WatchState, code: ExitCode) -> None:
        """Draw the last picture and let it stand."""
        with contextlib.suppress(OSError):
            self._draw(state, lambda: [(f"{code.label} (exit code {int(code)})", "")])
        with contextlib.suppress(OSError):
            self._terminal.forget()
        self._context.error_output.pending = None
        self._forget()

    def _forget(self) -> None:
        if self._outline is not None:
            self._outline.forget()
        self._outline = None

    def _draw(self, state: WatchState, status: Callable[[], Line]) -> None:
        self._size = width, height = self._sized()
        # One row stays free for the cursor, one column so that no line wraps at its end.
        picture = self._picture(state, width - 1, height - 2)
        aside = self._context.error_output.pending or deque()
        above = [aside.popleft() for _ in range(len(aside))]
        lines = [self._line(line, width) for line in (*picture, status())]
        self._terminal.draw(lines, width, above)

    def _sized(self) -> tuple[int, int]:
        width, height = self._context.terminal_size(self._context.stderr)
        return min(max(width, NARROWEST), WIDEST), min(max(height, 4), HIGHEST)

    def _picture(self, state: WatchState, width: int, height: int) -> list[Line]:
        """Draw as many rows as fit: where it is narrow, one may take several lines."""
        rows = height
        while True:
            chosen = self._rows(state, rows)
            picture = list(tree_view.drawn(chosen, width, self._context.steady_now(), self._marks))
            taken = sum(max(1, -(-tree_view.size(line) // width)) for line in picture)
            if taken <= height or rows <= 1:
                return picture
            rows = max(1, min(rows - 1, rows * height // taken))

    def _rows(self, state: WatchState, height: int) -> list[Node | Summary]:
        if self._outline is None:
            self._outline = self._outlined(state, height)
        if len(state.ids) == 1:
            return self._options.fitting(self._outline, height)
        return self._options.fitting(self._outline, height + 1)[1:]

    def _outlined(self, state: WatchState, height: int) -> JobTree:
        """Outline one job with all below it, or several; many of them without their sub-jobs."""
        jobs = list(state.tracked.values())
        sort = ordering(self._options.sort, self._context.steady_now())
        if len(jobs) == 1:
            return JobTree(Job(_members(jobs[0])), sort=sort)
        whole = len(jobs) <= height
        below = [_members(one) if whole else _alone(_members(one)) for one in jobs]
        return JobTree(Job({"sub_jobs": below}), sort=sort)

    def _status(self, state: WatchState, now: float) -> Line:
        """Say how fresh the picture is, and what keeps answers away."""
        spinner = SPINNER[self._frame % len(SPINNER)]
        below = self._outline.top.below if self._outline and len(state.ids) == 1 else {}
        counted = ", ".join(f"{number} {word}" for word, number in below.items())
        parts = [self._expected(state), f"sub-jobs: {counted}" if counted else ""]
        parts.append(_freshness(state, now))
        if len(state.ids) > 1:
            parts.insert(0, summary(state))
        style = "yellow" if _troubled(state) else "dim cyan"
        return [(f"{spinner} ", "cyan"), (SEPARATOR.join(filter(None, parts)), style)]

    def _expected(self, state: WatchState) -> str:
        """Say how long a job of this type usually takes, where the history knows."""
        jobs = [one.job for one in state.tracked.values() if one.job and not one.job.ended]
        if len(state.ids) != 1 or not jobs:
            return ""
        kind = jobs[0].type
        if kind not in self._usually:
            known = self._usual(kind)
            runs = f"{known[1]} run{'s' if known[1] > 1 else ''} of this type" if known else ""
            self._usually[kind] = f"usually {format_duration(known[0])}, {runs}" if known else ""
        return self._usually[kind]

    def _line(self, line: Line, width: int) -> screen.Line:
        """Crop a line that would wrap, unless it is an id: those are never cut."""
        if tree_view.size(line) >= width and " " in "".join(text for text, _ in line).strip():
            line = tree_view.cropped(line, width - 1)
        return screen.Line(tree_view.painted(line, colors=self._color), tree_view.size(line))


def _members(one: TrackedJob) -> dict[str, Any]:
    return one.job.members if one.job else {"job_id": one.job_id, "status": "no answer yet"}


def _alone(members: dict[str, Any]) -> dict[str, Any]:
    return {name: members.get(name) for name in ("job_id", "job_type", "status", *TIMES)}


TIMES = ("begin_time", "end_time", "error_code", "fail_reason")


def _troubled(state: WatchState) -> TrackedJob | None:
    """Return the job that has been without an answer for longest, if one is."""
    failing = [one for one in state.tracked.values() if one.failures and one.exit_code is None]
    return min(failing, key=lambda one: one.failing_since, default=None)


def _freshness(state: WatchState, now: float) -> str:
    answered = [one.answered_at for one in state.tracked.values() if one.answered_at is not None]
    age = f"last answer {_ago(now - max(answered))}" if answered else "no answer yet"
    trouble = _troubled(state)
    if trouble is not None and trouble.error is not None:
        lost = format_duration(float(round(now - trouble.failing_since)))
        return f"{age}; trying again for {lost}: {printable(trouble.error.message)}"
    missing = [
        one for one in state.tracked.values() if one.not_found_count and one.exit_code is None
    ]
    if missing:
        return f"{age}; the service does not know {missing[0].job_id} yet"
    return age


def _ago(seconds: float) -> str:
    return f"{round(seconds)} s ago" if seconds < 60 else f"{format_duration(seconds)} ago"
