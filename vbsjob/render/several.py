"""Several jobs on one screen: one row per job first, the other rows shared evenly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text

from vbsjob.jobs import failure as job_failure
from vbsjob.jobs.job import Job
from vbsjob.jobs.stored_job import SUMMARY, StoredJob
from vbsjob.jobs.tree import OTHER, URGENCY, JobTree, Node, kind
from vbsjob.jobs.tree_rows import folded, totals
from vbsjob.render import columns, failure_block, tree
from vbsjob.render.theme import LONGEST_VALUE
from vbsjob.render.values import more_characters, shown
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from rich.console import RenderableType

    from vbsjob.jobs.failure import Failure
    from vbsjob.jobs.result import JobResult
    from vbsjob.render.theme import View

ERROR_MEMBERS = ("error_code", "fail_reason")
BLOCKS = 3
"""Failures that are described below the table."""
UNKNOWN = "unknown"
"""Kind of a job that the service has not described: not answered yet, or the query failed."""
COUNT_WORDS = {
    "RUNNING": "running",
    "INIT": "waiting",
    OTHER: "with another status",
    UNKNOWN: "with unknown state",
    "FAIL": "failed",
    "SUCCESS": "succeeded",
}


def _make_tree(job: Job) -> JobTree:
    return JobTree(job, group=True)


class Facts(NamedTuple):
    """What the screen of several jobs says about one of them."""

    top: Node
    failure: Failure | None
    steps: int
    ended_steps: int
    tree: JobTree | None


def _brief(job: Job, *further: str) -> Job:
    """Return a job with only the texts in SUMMARY and in `further` members, none of them long."""
    values = ((name, job.members.get(name)) for name in (*SUMMARY, *further))
    return Job({name: _cut(value) for name, value in values if isinstance(value, str)})


def _cut(text: str) -> str:
    """Return a text that a terminal does not cut again."""
    length = LONGEST_VALUE - 100
    if len(text) <= LONGEST_VALUE:
        return text
    return f"{text[:length]}{more_characters(len(text) - length, '...')}"


@dataclass(frozen=True, eq=False)
class Entry:
    """One requested job; `job` is None if the service has not described it."""

    job_id: str
    job: Job | None
    error: str = ""
    """Name of the error that occurred instead; empty while an answer is expected."""
    make_tree: Callable[[Job], JobTree] = _make_tree

    @cached_property
    def facts(self) -> Facts | None:
        """What the table says about the job; None if the service has not described it.

        A StoredJob is parsed for this, and nothing of what was parsed is kept but short texts.
        """
        job = self.job
        if job is None:
            return None
        failure = job_failure.find(job)
        if not isinstance(job, StoredJob):
            tree = self.make_tree(job)
            return Facts(tree.top, failure, tree.steps, tree.ended_steps, tree)
        below, steps, ended_steps = totals(job)
        top = Node(_brief(job, *ERROR_MEMBERS), below=below)
        if failure is not None:
            failure = failure._replace(
                path=tuple(_brief(item) for item in failure.path),
                error_code=_cut(failure.error_code),
                fail_reason=_cut(failure.fail_reason),
                entities=job_failure.NO_ENTITIES,
            )
        return Facts(top, failure, steps, ended_steps, None)

    @property
    def tree(self) -> JobTree | None:
        """The tree of the job; None for a StoredJob, whose sub-jobs are only counted."""
        return None if self.facts is None else self.facts.tree

    @property
    def failure(self) -> Failure | None:
        """The failure of the job or of one of its sub-jobs."""
        return None if self.facts is None else self.facts.failure

    @property
    def kind(self) -> str:
        """The kind of status, or UNKNOWN."""
        return UNKNOWN if self.job is None else kind(self.job)

    @property
    def urgency(self) -> int:
        """As of a job; a job without an answer is like one of unknown status."""
        return URGENCY[OTHER] if self.job is None else URGENCY[kind(self.job)]


def counts(entries: Iterable[Entry]) -> str:
    """Return the number of jobs by status in words: `1 running, 1 failed, 1 succeeded`."""
    numbers: dict[str, int] = {}
    for entry in entries:
        numbers[entry.kind] = numbers.get(entry.kind, 0) + 1
    return ", ".join(
        f"{numbers[kind]:,} {word}" for kind, word in COUNT_WORDS.items() if kind in numbers
    )


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
    for item in failures[:BLOCKS]:
        yield Text()
        yield from failure_block.block(item, view, short=True)


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
    shown = list(entries)
    described = [entry for entry in entries if entry.failure][:BLOCKS]
    if rows is not None and len(entries) > rows:
        urgent = sorted(shown, key=lambda entry: entry.urgency)[: max(rows - 1, 0)]
        shown = [entry for entry in shown if entry in urgent]
    shares = _shares(shown, 0 if rows is None else rows - len(shown))
    wide = view.columns >= columns.IDS_FROM
    result: list[tree.Row] = []
    for entry, share in zip(shown, shares, strict=True):
        row = job_row(entry, view)
        row.omit_overflow = rows is None and entry in described
        row.mark = (marks or {}).get(entry.job_id, row.mark)
        result.append(row)
        if not share or entry.tree is None:
            continue
        cause = entry.failure.job if entry.failure else None
        for item in folded(entry.tree, share + 1)[1:]:
            below = tree.row(item, view, cause=cause)
            if not wide:
                below.cells.pop("id", None)
            if below.omit_overflow:
                del below.details[1:]
            result.append(below)
    hidden = len(entries) - len(shown)
    if hidden and rows:
        result.append(_hidden_row([entry for entry in entries if entry not in shown], view))
    yield from columns.table(result, view, ids=True, lines_below=lines_below)


def _hidden_row(entries: Sequence[Entry], view: View) -> tree.Row:
    short = f"{view.glyphs.more} {len(entries):,} more"
    return tree.Row(0, summary=(f"{short}: {counts(entries)}", short))


def _shares(entries: Sequence[Entry], rows: int) -> list[int]:
    """Share rows evenly among jobs that failed or run; none gets more than it needs."""
    needs = [
        min(_needed(entry), rows) if entry.urgency < URGENCY["INIT"] else 0 for entry in entries
    ]
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
    facts = entry.facts
    if facts is None:
        details = [Text(entry.error, "problem")] if entry.error else []
        return tree.Row(
            0, view.glyphs.other, UNKNOWN, "status.other", {"id": job_id}, details, requested=True
        )
    row = tree.row(facts.top, view, requested=True)
    row.cells["id"] = job_id
    cause = facts.failure
    if cause is not None:
        reasons = (cause.error_code, cause.fail_reason)
        texts = [shown(text, view) for text in reasons if text]
        row.details = [Text(text, "reason") for text in texts]
    elif facts.steps and not facts.top.job.ended:
        row.bar = (facts.ended_steps, facts.steps)
        row.details = [Text(f"{facts.ended_steps:,} of {facts.steps:,} steps")]
    return row
