"""What the live display shows: one job with its tree, or several, within the height of a screen."""

from __future__ import annotations

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.text import Text

from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.outcome import counts
from vbsjob.jobs.tree import folded
from vbsjob.render import columns, details, message, several, status, tree
from vbsjob.text import printable
from vbsjob.watch import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.jobs.outcome import JobOutcome, RunOutcome
    from vbsjob.jobs.tree import JobTree
    from vbsjob.render.several import Trees
    from vbsjob.render.theme import Line, View
    from vbsjob.watch.estimate import Estimates
    from vbsjob.watch.state import WatchState

    Redact = Callable[[str], str]
    Fitting = dict[tuple[int, int], int]
    """Number of rows that fit, by height and width."""

BAR_WIDEST, BAR_NARROWEST = 38, 10
LINES_BELOW = 2
"""Lines of a reason below its row: the rest of the tree needs the room."""


def fitting_lines(
    table: Callable[..., Iterable[RenderableType]], height: int, view: View, fitting: Fitting
) -> list[Line]:
    """Return the lines of as many rows as fit: on a narrow screen some take several lines.

    Of the frames between two answers, which share `fitting`, only the first tries several numbers.
    """
    number = fitting.get((height, view.columns), height)
    while number > 0:
        lines = list(view.lines(table(rows=number)))
        if len(lines) <= height:
            fitting[height, view.columns] = number
            return lines
        number = max(min(number - 1, number * height // len(lines)), 0)
    return []


def percent(outcomes: Sequence[JobOutcome], trees: Trees) -> int | None:
    """Return the share of the lowest sub-jobs that have ended; None if no job has sub-jobs."""
    job_trees = [job_tree for job_tree in map(trees, outcomes) if job_tree is not None]
    total = sum(job_tree.leaves for job_tree in job_trees)
    ended = sum(job_tree.ended_leaves for job_tree in job_trees)
    return 100 * ended // total if total else None


def running(
    outcomes: Sequence[JobOutcome],
    trees: Trees,
    state: WatchState,
    now: float,
    view: View,
    spinner: str,
    redact: Redact,
    fitting: Fitting,
) -> list[Line]:
    """Return the lines of a running watch: at most the height of the screen, less one."""
    height = view.height - 1
    footer = list(view.lines(_footer(outcomes, state, now, view, redact)))
    if len(outcomes) > 1:
        marks = {e.job_id: spinner for e in outcomes if e.job and e.job.status == "RUNNING"}
        table = partial(several.table, outcomes, trees, view, marks=marks, lines_below=LINES_BELOW)
        header: list[Line] = []
    else:
        header = list(view.lines(_header(outcomes[0], trees, state.estimates, view, spinner)))
        table = partial(_tree, trees(outcomes[0]), view)
    if len(header) + len(footer) > height:
        footer = footer[: max(height - 1, 0)] if len(footer) < height else footer[-(height - 1) :]
        header = header[: height - len(footer)]
    room = height - len(header) - len(footer)
    return [*header, *fitting_lines(table, room, view, fitting), *footer]


def _header(
    outcome: JobOutcome, trees: Trees, estimates: Estimates, view: View, spinner: str
) -> Iterator[RenderableType]:
    """Yield the headline of a job and how far it is."""
    job, job_tree = outcome.job, trees(outcome)
    if job is None or job_tree is None:
        yield Text.assemble((spinner, "status.running"), " ", printable(outcome.job_id))
        return
    mark = spinner if not job.ended else ""
    yield from status.headline(job, outcome.job_id, view, mark=mark, elapsed=True)
    if job.ended:
        return
    number, ended = job_tree.leaves, job_tree.ended_leaves
    progress = f"{ended:,} of {number:,} sub-jobs" if number else ""
    text = ", ".join(filter(None, (progress, estimates.comparison(job, view.now))))
    if not text:
        return
    room = min(view.columns - 4 - len(text), BAR_WIDEST)
    if number and room >= BAR_NARROWEST:
        yield Text.assemble("  ", view.bar(ended, number, width=room), "  ", text)
    else:
        yield Padding(Text(text), (0, 0, 0, 2), expand=False)


def _tree(job_tree: JobTree | None, view: View, *, rows: int) -> Iterator[RenderableType]:
    if job_tree is None:
        return iter(())
    shown = tree.rows(folded(job_tree, rows + 1)[1:], view)
    return columns.table(shown, view, lines_below=LINES_BELOW)


def _footer(
    outcomes: Sequence[JobOutcome], state: WatchState, now: float, view: View, redact: Redact
) -> Iterator[RenderableType]:
    """Yield how fresh the answers are, and on a separate line why answers are missing."""
    indent = 0 if len(outcomes) > 1 else 2
    fresh = words.freshness(state, now)
    if len(outcomes) > 1:
        fresh = f"{counts(outcomes)}, {fresh}"
    yield Padding(Text(fresh), (0, 0, 0, indent), expand=False)
    problem = redact(words.problem(state, now))
    if len(problem) > view.columns - indent:
        problem = redact(words.problem(state, now, short=True))
    if problem:
        yield Padding(Text(problem, "problem"), (0, 0, 0, indent), expand=False)


def result(outcome: RunOutcome, trees: Trees, view: View, redact: Redact) -> Iterator[Line]:
    """Return the last lines: the jobs, the errors, the failures and how the run ended."""

    def lines(rows: int) -> Iterator[Line]:
        return view.lines(_result(outcome, trees, view, redact, rows))

    rows = details.LEAST_ROWS
    if len(outcome.jobs) == 1:
        # The tree gets the room that is left: nothing scrolls away that fits the screen.
        rows += max(view.height - 1 - sum(1 for _ in islice(lines(rows), view.height)), 0)
    return lines(rows)


def _result(
    outcome: RunOutcome, trees: Trees, view: View, redact: Redact, rows: int
) -> Iterator[RenderableType]:
    job_tree = trees(outcome.jobs[0])
    if len(outcome.jobs) == 1 and job_tree is not None:
        yield from details.screen(outcome.jobs[0], job_tree, view, rows=rows)
    else:
        ordered = sorted(outcome.jobs, key=lambda job: job.kind == "FAIL")
        yield from several.overview(ordered, trees, view)
    for error in outcome.job_errors():
        clean = error.masked(lambda text: printable(redact(text)))
        yield Text()
        yield from message.parts("error", clean.message, clean.rows, clean.hint)
    yield Text()
    if outcome.stop is not None:
        yield Text(outcome.sentence)
        if outcome.stop.resume:
            yield Text(outcome.stop.resume)
    else:
        success = outcome.exit_code is ExitCode.OK
        yield Text(outcome.sentence, "status.success" if success else "status.fail")
