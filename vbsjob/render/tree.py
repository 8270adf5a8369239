"""The rows of a tree of sub-jobs: what they say about a job, a group, or jobs not shown."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from vbsjob.jobs.failure import code_and_reason
from vbsjob.jobs.job import ENDED
from vbsjob.jobs.tree import KINDS, OTHER, Group, Node, Summary, counts_text
from vbsjob.render.status import LONGEST_STATUS, status_word
from vbsjob.render.theme import status_style
from vbsjob.text import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

IDS_FROM = 119
"""From this width on, sub-jobs show their ids: a live display of 120 columns keeps one empty."""
ID_END = 6
"""Characters at the end of an id that show which of equal siblings it is, on a narrower screen."""
LONGEST_CELL = 64
"""A longer type or id is shown with the reason: it would widen its column in every row."""


TREE_COLUMNS = ("elapsed", "type", "id")
"""From left to right. If the screen is narrow, the last one is omitted first.

What does not fit in a row is below it, from the column of `type` on. Below IDS_FROM columns there
is no `id`.
"""


@dataclass(slots=True, eq=False, repr=False)
class Row:
    """What the columns of one row contain."""

    indent: int
    mark: str = ""
    status: str = ""
    style: str = ""
    cells: dict[str, str] = field(default_factory=dict)
    """Texts by the name of their column."""
    details: list[Text] = field(default_factory=list)
    """What follows the columns, in the order in which it is to fit."""
    short_details: Text | None = None
    """Replaces the first of `details` if that does not fit in the row."""
    bar: tuple[int, int, int] | None = None
    """Number of sub-jobs that have ended, of all, and of failed ones."""
    requested: bool = False
    """Whether the id is shown at every width."""
    omit_overflow: bool = False
    """Whether details that do not fit in the row are omitted: a block below the table has them."""
    summary: tuple[str, ...] = ()
    """Of a row that describes no job: the text after the guide; the first one that fits."""

    @property
    def state(self) -> str:
        """Mark and status."""
        return f"{self.mark} {self.status}".rstrip() if not self.summary else ""


def rows(
    items: Sequence[Node | Group | Summary], view: View, *, described: Job | None = None
) -> list[Row]:
    """Return the rows of items; where ids are omitted, equal siblings show the end of the id.

    It replaces the type of a member of a Group, which is in the row above.
    """
    siblings = Counter((item.parent, item.job.type) for item in items if isinstance(item, Node))
    result = [row(item, view, requested=not item.indent, described=described) for item in items]
    for item, made in zip(items, result, strict=True):
        if view.columns >= IDS_FROM or not isinstance(item, Node) or not item.job.id:
            continue
        more = view.glyphs.more if len(item.job.id) > ID_END else ""
        end = f"{more}{view.one_line(item.job.id[-ID_END:])}"
        if item.grouped:
            made.cells["type"] = end
        elif siblings[item.parent, item.job.type] > 1:
            made.cells["type"] = f"{made.cells['type']} {end}".lstrip()
    return result


def row(
    item: Node | Group | Summary,
    view: View,
    *,
    requested: bool = False,
    described: Job | None = None,
) -> Row:
    """Return the row of an item.

    A requested job shows its id at every width. `described` is the job whose failure is described
    below the table.
    """
    if isinstance(item, Summary):
        return Row(item.indent, summary=_summary(item, view))
    if isinstance(item, Group):
        return _group_row(item, view)
    job = item.job
    result = Row(
        item.indent,
        view.glyph(job.status),
        status_word(job, view),
        status_style(job.status),
        {
            "elapsed": format_duration(job.elapsed(view.now)),
            "type": view.one_line(job.type),
            "id": view.one_line(job.id),
        },
        requested=requested,
        omit_overflow=described is not None and job.members is described.members,
    )
    if cell_len(result.status) > LONGEST_STATUS:
        result.details.append(Text(result.status, result.style))
        result.status = ""
    for name, text in result.cells.items():
        if cell_len(text) > LONGEST_CELL:
            if name != "id" or requested or view.width is None:
                result.details.append(Text(text))
            result.cells[name] = ""
    code, reason = code_and_reason(job)
    # A reason without a code says nothing if a sub-job failed.
    if code or not (job.failed and item.counts_below.get("FAIL")):
        # A code can be set although the status is SUCCESS: the status decides.
        style = "reason" if job.failed else ""
        result.details += [Text(view.one_line(text), style) for text in (code, reason) if text]
    if item.closed:
        result.details.append(Text(f"{counts_text(item.counts_below)} below"))
    return result


def _summary(summary: Summary, view: View) -> tuple[str, ...]:
    more = view.glyphs.more
    number = f"{sum(summary.counts.values()):,}"
    if len(summary.counts) == 1:
        return (
            f"{more} {number} more {KINDS[next(iter(summary.counts))].sub_jobs}",
            f"{more} {number}",
        )
    return f"{more} {number} more: {counts_text(summary.counts)}", f"{more} {number} more"


def _group_row(group: Group, view: View) -> Row:
    status = group.status
    name = f"{view.one_line(group.type) or 'sub-job'} {view.glyphs.times}{len(group.members)}"
    below = group.total.total() - len(group.members)
    further = f", {below:,} sub-jobs below" if below else ""
    ended = {kind: number for kind, number in group.counts.items() if kind in ENDED}
    return Row(
        group.indent,
        view.glyph(status),
        "MIXED" if status == OTHER else status,
        status_style(status),
        {"elapsed": format_duration(group.elapsed(view.now)), "type": name, "id": ""},
        details=[Text(counts_text(group.counts) + further)],
        short_details=Text(counts_text(ended) or "none done"),
        bar=(group.ended, len(group.members), group.counts.get("FAIL", 0)),
    )
