"""Several jobs on one screen: one row per job first, the other rows shared evenly."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rich.text import Text

from vbsjob.jobs import failure as job_failure
from vbsjob.jobs.job import ENDED
from vbsjob.jobs.tree import KINDS, UNKNOWN, WAITING, JobTree, folded, kind
from vbsjob.render import columns, failure_block, tree
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from vbsjob.jobs.failure import Failure
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult
    from vbsjob.render.theme import View

BLOCKS = 3
"""Failures that are described below the table."""


def _make_tree(job: Job) -> JobTree:
    return JobTree(job, group=True)


@dataclass(frozen=True, eq=False)
class Entry:
    """One requested job; `job` is None if the service has not described it."""

    job_id: str
    job: Job | None
    error: str = ""
    """Name of the error that occurred instead; empty while an answer is expected."""
    make_tree: Callable[[Job], JobTree] = _make_tree

    @cached_property
    def tree(self) -> JobTree | None:
        """The tree of the job; None if the service has not described it."""
        return None if self.job is None else self.make_tree(self.job)

    @cached_property
    def failure(self) -> Failure | None:
        """The failure of the job or of one of its sub-jobs."""
        return None if self.job is None else job_failure.find(self.job)

    @property
    def kind(self) -> str:
        """The kind of status, or UNKNOWN."""
        return UNKNOWN if self.job is None else kind(self.job)

    @property
    def urgency(self) -> int:
        """As in KINDS."""
        return KINDS[self.kind].urgency


def counts(entries: Iterable[Entry]) -> str:
    """Return the number of jobs by status in words: `1 running, 1 failed, 1 succeeded`."""
    numbers = Counter(entry.kind for entry in entries)
    kinds = sorted(KINDS, key=lambda kind: kind in ENDED)
    return ", ".join(f"{numbers[kind]:,} {KINDS[kind].jobs}" for kind in kinds if numbers[kind])


def overview(results: Sequence[JobResult], view: View) -> Iterator[RenderableType]:
    """Yield the table of several jobs, as `get` prints it, and a block for each failure."""
    entries = [
        Entry(result.job_id, result.job, result.error.exit_code.label if result.error else "")
        for result in results
    ]
    yield from table(entries, view)
    yield from blocks(entries, view)


def failures_last(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries in their order, those that failed after the others."""
    return sorted(entries, key=lambda entry: entry.kind == "FAIL")


def blocks(entries: Iterable[Entry], view: View) -> Iterator[RenderableType]:
    """Yield a short block for each of the first failures."""
    failures = [entry.failure for entry in entries if entry.failure]
    for failure in failures[:BLOCKS]:
        yield Text()
        yield from failure_block.block(failure, view, short=True)


def table(
    entries: Sequence[Entry],
    view: View,
    *,
    rows: int | None = None,
    marks: Mapping[str, str] | None = None,
    lines_below: int | None = None,
) -> Iterator[RenderableType]:
    """Yield one row per job and, with `rows`, the most urgent sub-jobs in the other rows.

    If there are fewer rows than jobs, the most urgent jobs are shown and the rest is counted.
    `marks` replaces the marks of jobs by their id. Without `rows` the table is the end of a
    command: blocks below it describe the first failures.
    """
    listed = list(entries)
    described = [entry for entry in entries if entry.failure][:BLOCKS]
    if rows is not None and len(entries) > rows:
        urgent = sorted(listed, key=lambda entry: entry.urgency)[: max(rows - 1, 0)]
        listed = [entry for entry in listed if entry in urgent]
    shares = _shares(listed, 0 if rows is None else rows - len(listed))
    wide = view.columns >= columns.IDS_FROM
    result: list[tree.Row] = []
    for entry, share in zip(listed, shares, strict=True):
        row = job_row(entry, view)
        row.omit_overflow = rows is None and entry in described
        row.mark = (marks or {}).get(entry.job_id, row.mark)
        result.append(row)
        if not share or entry.tree is None:
            continue
        failed = entry.failure.job if entry.failure else None
        for tree_row in folded(entry.tree, share + 1)[1:]:
            sub_row = tree.row(tree_row, view, described=failed)
            if not wide:
                sub_row.cells.pop("id", None)
            if sub_row.omit_overflow:
                del sub_row.details[1:]
            result.append(sub_row)
    hidden = len(entries) - len(listed)
    if hidden and rows:
        result.append(_hidden_row([entry for entry in entries if entry not in listed], view))
    yield from columns.table(result, view, ids=True, lines_below=lines_below)


def _hidden_row(entries: Sequence[Entry], view: View) -> tree.Row:
    short = f"{view.glyphs.more} {len(entries):,} more"
    return tree.Row(0, summary=(f"{short}: {counts(entries)}", short))


def _shares(entries: Sequence[Entry], rows: int) -> list[int]:
    """Share rows evenly among jobs that failed or run; none gets more than it needs."""
    needs = [min(_needed(entry), rows) if entry.urgency < WAITING else 0 for entry in entries]
    shares = [0] * len(entries)
    waiting = [index for index, need in enumerate(needs) if need]
    waiting.sort(key=lambda index: needs[index])
    while waiting and rows > 0:
        index = waiting.pop(0)
        shares[index] = min(needs[index], rows // (len(waiting) + 1))
        rows -= shares[index]
    return shares


def _needed(entry: Entry) -> int:
    return 0 if entry.tree is None else len(entry.tree.nodes) - 1


def job_row(entry: Entry, view: View) -> tree.Row:
    """Return the row of a requested job: its progress, or why it failed."""
    job_id = printable(entry.job_id)
    job_tree = entry.tree
    if job_tree is None:
        details = [Text(entry.error, "problem")] if entry.error else []
        return tree.Row(
            0, view.glyphs.other, UNKNOWN, "status.other", {"id": job_id}, details, requested=True
        )
    row = tree.row(job_tree.top, view, requested=True)
    row.cells["id"] = job_id
    failure = entry.failure
    if failure is not None:
        reasons = (failure.error_code, failure.fail_reason)
        texts = [view.one_line(text) for text in reasons if text]
        row.details = [Text(text, "reason") for text in texts]
    elif job_tree.steps and not job_tree.top.job.ended:
        row.bar = (job_tree.ended_steps, job_tree.steps)
        row.details = [Text(f"{job_tree.ended_steps:,} of {job_tree.steps:,} steps")]
    return row
