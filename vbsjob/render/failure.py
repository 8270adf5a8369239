"""The block that describes a failure: what failed, why, what it means and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.padding import Padding
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from vbsjob.render.members import present
from vbsjob.render.members import table as members_table
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from vbsjob.jobs.failure import Failure
    from vbsjob.jobs.job import Job
    from vbsjob.render.theme import View

LABELS_FROM = 50
"""Below this width each label has a line of its own."""


class Edged:
    """A renderable with a coloured edge at the left of each line."""

    def __init__(self, content: RenderableType, edge: str) -> None:
        self._content = content
        self._edge = edge

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Render the content narrower by the edge."""
        width = max(options.max_width - len(self._edge), 1)
        style = console.get_style("failure.edge")
        for line in console.render_lines(self._content, options.update(width=width), pad=False):
            yield Segment(self._edge, style)
            yield from line
            yield Segment.line()


def block(
    failure: Failure, view: View, *, command: str = "", short: bool = False
) -> RenderableType:
    """Return the block of a failure; `command` lists all failures if there are several.

    A short one has no entities.
    """
    parts: list[RenderableType] = [Text(_title(failure, view), "failure.title")]
    reason = [printable(text) for text in (failure.error_code, failure.fail_reason) if text]
    parts.append(Text(": ".join(reason) if reason else "The service gives no error code."))
    labelled = list(_labelled(failure, view, short=short))
    if labelled:
        parts += [Text(), *labelled]
    if failure.others:
        parts.append(Text())
        text = Text(f"{failure.others:,} more failed", "failure.label")
        parts.append(Text.assemble(text, f": {command}" if command else ""))
    return Edged(Group(*parts), view.glyphs.edge)


def _title(failure: Failure, view: View) -> str:
    """Return what failed, and where in the tree."""
    *above, job = failure.path
    path = (
        view.glyphs.arrow.join(_name(parent) for parent in [*above[1:], job]) if above[1:] else ""
    )
    facts = ", ".join(filter(None, (path, f"job {printable(job.id)}" if job.id else "")))
    return f"{_name(job)} failed ({facts})" if facts else f"{_name(job)} failed"


def _name(job: Job) -> str:
    return printable(job.type) or "sub-job"


def _labelled(failure: Failure, view: View, *, short: bool) -> Iterator[RenderableType]:
    narrow = view.columns < LABELS_FROM
    rows: list[tuple[str, RenderableType]] = []
    if failure.meaning:
        rows.append(("Meaning", Text(failure.meaning)))
    if failure.action:
        rows.append(("What to do", Text(failure.action)))
    entities = list(present(failure.entities.items()))
    if entities and not short:
        rows.append(("Involved", members_table(entities, view, indent=2 if narrow else 14)))
    if narrow:
        for label, content in rows:
            yield Text(label, "failure.label")
            yield Padding(content, (0, 0, 0, 0 if label == "Involved" else 2), expand=False)
        return
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="failure.label")
    table.add_column()
    for label, content in rows:
        table.add_row(Text(label), content)
    if rows:
        yield table
