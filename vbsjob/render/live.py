"""The live display of a watch: the jobs, drawn in place on standard error.

rich.live.Live is not used: it paints every line again at every frame. With a smooth spinner that
is 25 KB a second and a few per cent of a core, for hours. Here rich makes the lines; only the
spinner is written at its own rate, and the other lines when they change, at most once a second.
"""

from __future__ import annotations

import contextlib
from collections import deque
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.spinner import Spinner

from vbsjob.jobs.tree import JobTree
from vbsjob.render import live_screens
from vbsjob.render.live_screens import LINES_BELOW
from vbsjob.render.several import Trees
from vbsjob.terminal import integration, stdio
from vbsjob.terminal.echo import Echo
from vbsjob.terminal.screen import Part, Screen
from vbsjob.watch import words
from vbsjob.watch.loop import Display

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.context import Context
    from vbsjob.jobs.outcome import JobOutcome, RunOutcome
    from vbsjob.jobs.tree import TreeOptions
    from vbsjob.render.theme import Line, View
    from vbsjob.terminal.screen import Line as ScreenLine
    from vbsjob.watch.state import Event, TrackedJob, WatchState

EVERY = 1.0
"""Seconds between two drawings while nothing happens, for elapsed times."""
SOONEST = 0.1
"""Seconds between two drawings while much happens."""
ROUNDING = 0.001
"""Seconds: a sum of times may be a little less than the exact time."""
SPINNERS_PER_FRAME = 10
"""More spinners than this turn more slowly, so that their cost is the same."""
NARROWEST, WIDEST, LOWEST, HIGHEST = 10, 1000, 4, 500
BATCH = 1000
"""Lines of a result that are written at a time: those of a dense answer need more than 240 MB."""
PENDING_LINES = 1000
"""Notes that wait to be written above the display; a terminal can be paused for long."""


class LiveDisplay(Display):
    """Shows a watch on a terminal; `finish` leaves the result there."""

    def __init__(
        self,
        context: Context,
        view: Callable[[int, int], View],
        options: TreeOptions,
    ) -> None:
        self._context = context
        self._view = view
        self._screen = Screen(context.stderr)
        self._echo = Echo(context.stderr)
        self._outcomes: list[JobOutcome] | None = None
        """The jobs of the last answers; None if there was an answer since."""
        self._outcome_by_job: dict[str, JobOutcome] = {}
        """The last outcome of each job: it is made again only for another answer or error."""
        self._trees = Trees(
            lambda job: JobTree(job, options, context.steady_now(), group=True, close_waiting=True)
        )
        self._fitting: live_screens.Fitting = {}
        self._draw_time = -EVERY
        self._spun = 0.0
        self._lines: list[ScreenLine] = []
        self._spinning: list[int] = []
        """The lines that begin with a spinner."""
        self._last_view = view(80, 24)
        self._spinner = Spinner(self._last_view.glyphs.spinner, style="status.running")
        self._size = (0, 0)
        self._progress = integration.has_progress(context.env)
        self._notes: deque[str] = deque(maxlen=PENDING_LINES)
        context.error_output.hold = self._notes.append

    def on_events(self, _events: Sequence[Event], _state: WatchState, _now: float) -> None:
        """Draw again soon: something changed."""
        self._outcomes = None
        self._fitting = {}

    def refresh(self, state: WatchState, now: float) -> float:
        """Draw what is due; return when to be called again."""
        changed = self._outcomes is None or self._notes or self._size != self._terminal_size()
        due = self._draw_time + (SOONEST if changed else EVERY)
        spin_due = self._spun + self._interval if self._spinning else due
        if now < min(due, spin_due) - ROUNDING:
            return min(due, spin_due)
        # A paused terminal, or one that another job uses, is not waited for.
        if stdio.ready(self._context.stderr):
            if now >= due - ROUNDING:
                self._draw(state, now)
            else:
                self._spin(now)
        if now >= due - ROUNDING:
            self._draw_time = now
        self._spun = now
        return min(self._draw_time + EVERY, now + self._interval if self._spinning else now + EVERY)

    def suspend(self) -> None:
        """Give the terminal back for a while; the next refresh draws below what is there."""
        with contextlib.suppress(OSError):
            self._release()
        self._screen.forget()
        self._draw_time -= EVERY

    def clear(self) -> None:
        """Remove what was drawn, unless the terminal is paused, and release the terminal."""
        with contextlib.suppress(OSError):
            if stdio.ready(self._context.stderr):
                self._screen.draw((), self._terminal_size()[0])
            self._release()

    def finish(self, outcome: RunOutcome) -> None:
        """Draw the result and leave it there. A paused terminal is waited for."""
        width, height = self._size = self._terminal_size()
        view = replace(self._view(width, height), now=outcome.now)
        lines = live_screens.result(outcome, self._trees, view, self._context.redact)
        try:
            while batch := list(islice(lines, BATCH)):
                self._write(batch, view)
                self._screen.forget()
        finally:
            self._context.error_output.hold = None

    def _release(self) -> None:
        """Undo what was done to the terminal."""
        self._echo.restore()
        if self._progress and stdio.ready(self._context.stderr):
            self._context.stderr.write(integration.REMOVE_PROGRESS)
            self._context.stderr.flush()

    def _terminal_size(self) -> tuple[int, int]:
        width, height = self._context.terminal_size(self._context.stderr)
        return min(max(width, NARROWEST), WIDEST), min(max(height, LOWEST), HIGHEST)

    @property
    def _interval(self) -> float:
        """Seconds between two frames of the spinners."""
        slower = 1 + len(self._spinning) // SPINNERS_PER_FRAME
        return max(self._spinner.interval / 1000, SOONEST) * slower

    def _outcome(self, tracked: TrackedJob, state: WatchState) -> JobOutcome:
        # An error counts when it has ended the watch of the job; until then queries are repeated.
        error = None if tracked.exit_code is None else tracked.error
        last = self._outcome_by_job.get(tracked.job_id)
        if last is None or last.job is not tracked.job or last.error is not error:
            last = state.job_outcome(tracked, self._context.steady_now(), error)
            self._outcome_by_job[tracked.job_id] = last
        return last

    def _draw(self, state: WatchState, now: float) -> None:
        self._echo.off()
        width, height = self._size = self._terminal_size()
        view = self._view(width, height)
        # Most of a long reason is not on the screen, and each frame would wrap all of it.
        view = self._last_view = replace(view, longest_value=width * (LINES_BELOW + 1))
        glyph = self._glyph(now)
        if self._outcomes is None:
            self._outcomes = [self._outcome(tracked, state) for tracked in state.tracked.values()]
        outcomes = self._outcomes
        lines = live_screens.running(
            outcomes, self._trees, state, now, view, glyph, self._context.redact, self._fitting
        )
        extra = ""
        if self._progress:
            percent = live_screens.percent(outcomes, self._trees)
            extra = integration.progress(percent, problem=bool(words.problem(state, now)))
        self._write(lines, view, extra)
        spinner = self._spinner_part(glyph)
        self._spinning = [n for n, line in enumerate(self._lines) if line[:1] == (spinner,)]

    def _glyph(self, now: float) -> str:
        return str(self._spinner.render(now))

    def _spinner_part(self, glyph: str) -> Part:
        style = self._last_view.console.get_style("status.running")
        return Part(self._last_view.segment_text(Segment(glyph, style)), 1)

    def _spin(self, now: float) -> None:
        """Write the spinners and nothing else."""
        spinner = self._spinner_part(self._glyph(now))
        for number in self._spinning:
            self._lines[number] = (spinner, *self._lines[number][1:])
        self._screen.draw(self._lines, self._size[0])

    def _write(self, lines: Sequence[Line], view: View, extra: str = "") -> None:
        above = [self._notes.popleft() for _ in range(len(self._notes))]
        self._lines = [
            tuple(Part(view.segment_text(segment), segment.cell_length) for segment in line)
            for line in lines
        ]
        self._spinning = []
        self._screen.draw(self._lines, self._size[0], above, extra)
