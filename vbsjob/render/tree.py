"""The rows of a tree of sub-jobs: what they say about a job, a group, or jobs not shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from vbsjob.jobs.fields import one_line
from vbsjob.jobs.tree import OTHER, Group, Node
from vbsjob.jobs.tree_rows import Summary
from vbsjob.render.status import LONGEST_STATUS, status_word
from vbsjob.render.theme import STATUS_STYLES, status_style
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

LONGEST_CELL = 64
"""A longer type or id is shown with the reason: it would widen its column in every row."""
COUNT_WORDS = {
    "FAIL": "failed",
    "SUCCESS": "done",
    "RUNNING": "running",
    OTHER: "other",
    "INIT": "waiting",
}


@dataclass(slots=True)
class Row:
    """What the columns of one row contain."""

    indent: int
    mark: str = ""
    status: str = ""
    style: str = ""
    elapsed: str = ""
    type: str = ""
    id: str = ""
    details: list[Text] = field(default_factory=list)
    """What follows the columns, in the order in which it is to fit."""
    bar: tuple[int, int] | None = None
    """Ended and total number of a Group."""
    requested: bool = False
    """Whether the id is shown at every width."""
    brief: bool = False
    """Whether a block below says the details: what does not fit beside the row is omitted."""
    summary: tuple[str, ...] = ()
    """Of a row that describes no job: the text after the guide; the first one that fits."""

    @property
    def state(self) -> str:
        """Mark and status."""
        return f"{self.mark} {self.status}".rstrip() if not self.summary else ""


def counts(numbers: Mapping[str, int]) -> str:
    """Return numbers by kind of status in words: `2 failed, 313 done, 200 running`."""
    known = ((numbers.get(kind), word) for kind, word in COUNT_WORDS.items())
    return ", ".join(f"{number:,} {word}" for number, word in known if number)


def reasons(job: Job, style: str = "reason") -> list[Text]:
    """Return error code and reason of a job, as far as it has them."""
    values = (job.members.get(name) for name in ("error_code", "fail_reason"))
    return [Text(one_line(value), style) for value in values if value not in (None, "")]


def row(
    item: Node | Group | Summary,
    view: View,
    *,
    requested: bool = False,
    cause: Job | None = None,
) -> Row:
    """Return the row of an item.

    A requested job shows its id at every width. `cause` is the job whose failure is described
    below the table.
    """
    if isinstance(item, Summary):
        return Row(item.indent, summary=_summary(item, view))
    if isinstance(item, Group):
        return _group_row(item, view)
    job = item.job
    result = Row(
        item.indent,
        view.mark(job),
        status_word(job),
        status_style(job.status),
        format_duration(job.elapsed(view.now)),
        printable(job.type),
        printable(job.id),
        requested=requested,
        brief=cause is not None and job.members is cause.members,
    )
    if cell_len(result.status) > LONGEST_STATUS:
        result.details.append(Text(result.status, result.style))
        result.status = ""
    if cell_len(result.type) > LONGEST_CELL:
        result.details.append(Text(result.type))
        result.type = ""
    if cell_len(result.id) > LONGEST_CELL:
        if requested or view.width is None:
            result.details.append(Text(result.id, "id"))
        result.id = ""
    # A code can be set although the status is SUCCESS: the status decides.
    result.details += _reasons_of_node(item) if job.failed else reasons(job, "")
    return result


def _reasons_of_node(node: Node) -> list[Text]:
    """Return code and reason; a reason without a code says nothing if the cause is below."""
    texts = reasons(node.job)
    has_code = node.job.members.get("error_code") not in (None, "")
    return texts if has_code or not node.below.get("FAIL") else []


def _summary(summary: Summary, view: View) -> tuple[str, ...]:
    more = view.glyphs.more
    number = f"{sum(summary.counts.values()):,}"
    if summary.levels:
        plural = "s" if summary.levels > 1 else ""
        return (
            f"{more} {summary.levels} deeper level{plural}, {number} jobs",
            f"{more} {number} more",
        )
    if len(summary.counts) == 1:
        return f"{more} {number} more {COUNT_WORDS[next(iter(summary.counts))]}", f"{more} {number}"
    return f"{more} {number} more: {counts(summary.counts)}", f"{more} {number} more"


def _group_row(group: Group, view: View) -> Row:
    status = group.status
    below = f", {group.below:,} sub-jobs below" if group.below else ""
    elapsed = group.elapsed(view.now)
    return Row(
        group.indent,
        view.glyphs.status.get(status, view.glyphs.other),
        "MIXED" if status == OTHER else status,
        STATUS_STYLES.get(status, "status.other"),
        format_duration(elapsed),
        f"{printable(group.type) or 'sub-job'} {view.glyphs.times}{len(group.members)}",
        details=[Text(counts(group.counts) + below)],
        bar=(group.ended, len(group.members)),
    )
