"""Several jobs on one screen: one row per job first, the other rows shared evenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.outcome import counts
from vbsjob.jobs.tree import KINDS, UNKNOWN, WAITING, folded
from vbsjob.render import columns, failure_block, tree
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome
    from vbsjob.jobs.tree import JobTree
    from vbsjob.render.theme import View

NO_JOB = {
    ExitCode.NOT_FOUND: "not found",
    ExitCode.UNAVAILABLE: "no answer",
    ExitCode.AUTH: "not allowed",
    ExitCode.API_ERROR: "error",
}
"""Words in place of a status, by the exit code of an error."""
BLOCKS = 3
"""Failures that are described below the table."""


class Trees:
    """The trees of requested jobs: each is made again only for another answer."""

    def __init__(self, make: Callable[[Job], JobTree]) -> None:
        self._make = make
        self._trees: dict[str, JobTree] = {}

    def __call__(self, outcome: JobOutcome) -> JobTree | None:
        """Return the tree of a job; None if the service has not described it."""
        if outcome.job is None:
            return None
        tree = self._trees.get(outcome.job_id)
        if tree is None or tree.top.job is not outcome.job:
            tree = self._trees[outcome.job_id] = self._make(outcome.job)
        return tree


def overview(outcomes: Sequence[JobOutcome], trees: Trees, view: View) -> Iterator[RenderableType]:
    """Yield the table of several jobs, and a short block for each of the first failures."""
    failed = [(outcome, outcome.failure) for outcome in outcomes if outcome.failure]
    described = sorted(failed, key=lambda pair: not pair[1].of_job)[:BLOCKS]
    yield from table(outcomes, trees, view, described=[outcome for outcome, _ in described])
    for _, failure in described:
        yield Text()
        yield from failure_block.block(failure, view, short=True)


def table(
    outcomes: Sequence[JobOutcome],
    trees: Trees,
    view: View,
    *,
    rows: int | None = None,
    marks: Mapping[str, str] | None = None,
    lines_below: int | None = None,
    described: Sequence[JobOutcome] = (),
) -> Iterator[RenderableType]:
    """Yield one row per job and, with `rows`, the most urgent sub-jobs in the other rows.

    If there are fewer rows than jobs, the most urgent jobs are shown and the rest is counted.
    `marks` replaces the marks of jobs by their id. Blocks below the table describe the failures
    of the `described` jobs.
    """
    listed = list(outcomes)
    if rows is not None and len(outcomes) > rows:
        urgent = sorted(listed, key=_urgency)[: max(rows - 1, 0)]
        listed = [outcome for outcome in listed if outcome in urgent]
    shares = _shares(listed, trees, 0 if rows is None else rows - len(listed))
    wide = view.columns >= tree.IDS_FROM
    result: list[tree.Row] = []
    for outcome, share in zip(listed, shares, strict=True):
        row = job_row(outcome, trees(outcome), view)
        row.omit_overflow = outcome in described
        row.mark = (marks or {}).get(outcome.job_id, row.mark)
        result.append(row)
        if not share or (job_tree := trees(outcome)) is None:
            continue
        failed = outcome.failure.job if outcome.failure else None
        for sub_row in tree.rows(folded(job_tree, share + 1)[1:], view, described=failed):
            if not wide:
                sub_row.cells.pop("id", None)
            if sub_row.omit_overflow:
                del sub_row.details[1:]
            result.append(sub_row)
    if rows and len(listed) < len(outcomes):
        hidden = [outcome for outcome in outcomes if outcome not in listed]
        short = f"{view.glyphs.more} {len(hidden):,} more"
        result.append(tree.Row(0, summary=(f"{short}: {counts(hidden)}", short)))
    yield from columns.table(result, view, ids=True, lines_below=lines_below)


def _urgency(outcome: JobOutcome) -> int:
    """Return a number as in KINDS."""
    return KINDS[outcome.kind].urgency


def _shares(outcomes: Sequence[JobOutcome], trees: Trees, rows: int) -> list[int]:
    """Share rows evenly among jobs that failed or run; none gets more than it needs."""
    shares = [0] * len(outcomes)
    if rows <= 0:
        return shares
    needs = [0] * len(outcomes)
    for index, outcome in enumerate(outcomes):
        if _urgency(outcome) < WAITING and (job_tree := trees(outcome)) is not None:
            needs[index] = min(len(job_tree.nodes) - 1, rows)
    waiting = [index for index, need in enumerate(needs) if need]
    waiting.sort(key=lambda index: needs[index])
    while waiting and rows > 0:
        index = waiting.pop(0)
        shares[index] = min(needs[index], rows // (len(waiting) + 1))
        rows -= shares[index]
    return shares


def job_row(outcome: JobOutcome, job_tree: JobTree | None, view: View) -> tree.Row:
    """Return the row of a requested job: its progress, or why it failed."""
    job_id = printable(outcome.job_id)
    if job_tree is None:
        words = NO_JOB.get(outcome.exit_code, UNKNOWN) if outcome.error else UNKNOWN
        return tree.Row(0, view.glyph(None), words, "status.other", {"id": job_id}, requested=True)
    row = tree.row(job_tree.top, view, requested=True)
    row.cells["id"] = job_id
    failure = outcome.failure
    if failure is not None:
        reasons = (failure.error_code, failure.fail_reason)
        texts = [view.one_line(text) for text in reasons if text]
        style = "reason" if failure.of_job else "problem"
        row.details = [Text(text, style) for text in texts]
    elif job_tree.leaves and not job_tree.top.job.ended:
        row.bar = (job_tree.ended_leaves, job_tree.leaves, 0)
        row.short_details = Text(f"{job_tree.ended_leaves:,} of {job_tree.leaves:,}")
        row.details = [row.short_details + Text(" sub-jobs")]
    return row
