"""What the live display shows: one job with its tree, or several, within the height of a screen."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.tree import folded
from vbsjob.render import columns, details, several, status, tree, verdict
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.render.several import Entry
    from vbsjob.render.theme import Line, View
    from vbsjob.watch.estimate import Estimates
    from vbsjob.watch.state import WatchState

    Redact = Callable[[str], str]

BAR_WIDEST, BAR_NARROWEST = 38, 10
LINES_BELOW = 2
"""Lines of a reason below its row: the rest of the tree needs the room."""


class Fitting:
    """How many rows of a table fit: on a narrow screen some take several lines.

    One Fitting is for the frames between two answers: only the first one tries several numbers.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}
        """Number of rows by height and width."""

    def lines(
        self, table: Callable[..., Iterable[RenderableType]], height: int, view: View
    ) -> list[Line]:
        """Return the lines of as many rows as fit."""
        number = self._numbers.get((height, view.columns), height)
        while number > 0:
            lines = list(view.lines(table(rows=number)))
            if len(lines) <= height:
                self._numbers[height, view.columns] = number
                return lines
            number = max(min(number - 1, number * height // len(lines)), 0)
        return []


def percent(entries: Sequence[Entry]) -> int | None:
    """Return the share of steps that have ended; None if no job has sub-jobs."""
    trees = [entry.tree for entry in entries if entry.tree is not None]
    steps = sum(tree.steps for tree in trees)
    return 100 * sum(tree.ended_steps for tree in trees) // steps if steps else None


def running(
    entries: Sequence[Entry],
    state: WatchState,
    now: float,
    view: View,
    spinner: str,
    redact: Redact,
    fitting: Fitting,
) -> list[Line]:
    """Return the lines of a running watch: at most the height of the screen, less one."""
    height = view.height - 1
    footer = list(view.lines(_footer(entries, state, now, view, redact)))
    if len(entries) > 1:
        marks = {e.job_id: spinner for e in entries if e.job and e.job.status == "RUNNING"}
        table = partial(several.table, entries, view, marks=marks, lines_below=LINES_BELOW)
        header: list[Line] = []
    else:
        header = list(view.lines(_header(entries[0], state.estimates, view, spinner)))
        table = partial(_tree, entries[0], view)
    if len(header) + len(footer) > height:
        footer = footer[: max(height - 1, 0)] if len(footer) < height else footer[-(height - 1) :]
        header = header[: height - len(footer)]
    room = height - len(header) - len(footer)
    return [*header, *fitting.lines(table, room, view), *footer]


def _header(
    entry: Entry, estimates: Estimates, view: View, spinner: str
) -> Iterator[RenderableType]:
    """Yield the headline of a job and how far it is."""
    job = entry.job
    if job is None or entry.tree is None:
        yield Text.assemble((spinner, "status.running"), " ", printable(entry.job_id))
        return
    mark = spinner if not job.ended else ""
    yield from status.headline(job, entry.job_id, view, mark=mark, elapsed=True)
    if job.ended:
        return
    steps = entry.tree.steps
    progress = f"{entry.tree.ended_steps:,} of {steps:,} steps" if steps else ""
    text = ", ".join(filter(None, (progress, estimates.comparison(job, view.now))))
    if not text:
        return
    room = min(view.columns - 4 - len(text), BAR_WIDEST)
    if steps and room >= BAR_NARROWEST:
        bar = view.bar(entry.tree.ended_steps, steps, room)
        yield Text.assemble("  ", bar, "  ", text)
    else:
        yield Padding(Text(text), (0, 0, 0, 2), expand=False)


def _tree(entry: Entry, view: View, *, rows: int) -> Iterator[RenderableType]:
    if entry.tree is None:
        return iter(())
    shown_rows = folded(entry.tree, rows + 1)[1:]
    cells = [tree.row(row, view) for row in shown_rows]
    return columns.table(cells, view, lines_below=LINES_BELOW)


def _footer(
    entries: Sequence[Entry], state: WatchState, now: float, view: View, redact: Redact
) -> Iterator[RenderableType]:
    """Yield how fresh the answers are, and on a separate line why answers are missing."""
    indent = 0 if len(entries) > 1 else 2
    fresh = verdict.freshness(state, now)
    if len(entries) > 1:
        fresh = f"{several.counts(entries)}, {fresh}"
    yield Padding(Text(fresh), (0, 0, 0, indent), expand=False)
    problem = redact(verdict.problem(state, now))
    if len(problem) > view.columns - indent:
        problem = redact(verdict.problem(state, now, short=True))
    if problem:
        yield Padding(Text(problem, "problem"), (0, 0, 0, indent), expand=False)


def result(
    entries: Sequence[Entry],
    state: WatchState,
    code: ExitCode,
    view: View,
    redact: Redact,
) -> Iterator[Line]:
    """Return the last lines: the jobs, the errors, the failures and the verdict."""

    def lines(rows: int) -> Iterator[Line]:
        return view.lines(_result(entries, state, code, view, redact, rows))

    rows = details.LEAST_ROWS
    if len(entries) == 1:
        # The tree gets the room that is left: nothing scrolls away that fits the screen.
        rows += max(view.height - 1 - sum(1 for _ in islice(lines(rows), view.height)), 0)
    return lines(rows)


def _result(
    entries: Sequence[Entry],
    state: WatchState,
    code: ExitCode,
    view: View,
    redact: Redact,
    rows: int,
) -> Iterator[RenderableType]:
    errors = [
        f"{printable(job.job_id)}: {printable(redact(str(job.error)))}"
        for job in state.tracked.values()
        if job.error is not None and job.exit_code not in {None, ExitCode.TIMEOUT}
    ]
    if len(entries) > 1:
        entries = several.failures_last(entries)
        yield from several.table(entries, view)
        yield from several.blocks(entries, view)
    else:
        yield from _single_job(entries[0], view, rows)
    for error in errors:
        yield Text()
        yield Text(error, "problem")
    yield Text()
    if not code.stopped:  # else the command prints how, with what to type next
        words = (
            verdict.of_several(entries, code)
            if len(entries) > 1
            else verdict.of_one(entries[0], code, view)
        )
        style = "status.success" if code is ExitCode.OK else "status.fail"
        yield Text(words, style)


def _single_job(entry: Entry, view: View, rows: int) -> Iterator[RenderableType]:
    if entry.tree is None:
        yield Text(printable(entry.job_id), "id")
        return
    yield from details.screen(entry.tree, entry.job_id, view, rows=rows)
