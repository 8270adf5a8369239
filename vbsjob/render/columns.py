"""The columns of a tree of sub-jobs: which ones fit, and the lines that they make.

The layout is ours, so that a frame costs the screen and not the tree; rich draws the rows. Guides
are text in the first column, because rich's Tree does not align columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.render.theme import View
    from vbsjob.render.tree import Row

GAP = 2
"""Columns between two columns of the table."""
IDS_FROM = 119
"""From this width on, sub-jobs show their ids: a live display of 120 columns keeps one empty."""
REASON_MIN = 17
"""Columns that a reason needs at least below its row: as many as an error code of the service."""
BAR, BAR_MIN = 20, 6
"""Columns of a progress bar in a row: as many as there is room for, within these limits."""
LEAST_INDENT = 2
"""Of what stands below its row, however little room there is: column 0 begins a row."""
CHUNK = 200
"""Rows that are rendered at a time: memory stays small however long the output is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of the columns; 0: the column does not exist."""

    step: int
    """Columns of one level of the tree; 0: the level is a number."""
    state: int
    elapsed: int
    type: int
    id: int

    @property
    def type_at(self) -> int:
        """Column at which the type begins."""
        return self.state + GAP + (self.elapsed + GAP if self.elapsed else 0)

    @property
    def details_at(self) -> int:
        """Column at which the details begin."""
        return self.type_at + sum(width + GAP for width in (self.type, self.id) if width)


def layout(rows: Sequence[Row], width: int, *, ids: bool) -> Layout:
    """Choose the columns that fit: the ids are omitted first, then the type, then the time."""
    elapsed = max((len(row.elapsed) for row in rows), default=0)
    types = max((cell_len(row.type) for row in rows), default=0)
    ids_width = max((cell_len(row.id) for row in rows), default=0) if ids else 0
    room = REASON_MIN if any(row.details or row.requested for row in rows) else 0
    for columns in ((elapsed, types, ids_width), (elapsed, types, 0), (elapsed, 0, 0), (0, 0, 0)):
        for step in (3, 2, 1):
            state = max((_state_width(row, step) for row in rows), default=0)
            result = Layout(step, state, *columns)
            needed = max(result.details_at - GAP, result.type_at + room)
            if columns[2]:
                needed = result.details_at + room
            if needed <= width:
                return result
    digits = len(str(max((row.indent for row in rows), default=0))) + 1
    state = max((cell_len(row.state) for row in rows), default=0) + digits
    return Layout(0, min(state, width), 0, 0, 0)


def _state_width(row: Row, step: int) -> int:
    return step * row.indent + cell_len(row.state)


def guides(
    indents: Sequence[int], step: int, branch: str, last: str, pipe: str
) -> list[tuple[str, str]]:
    """Return for each row what leads to it, and what leads past it on further lines."""
    if not step:
        digits = len(str(max(indents, default=0)))
        return [(f"{indent:>{digits}} ", " " * (digits + 1)) for indent in indents]
    follows = [False] * (max(indents, default=0) + 2)
    """Whether a row of this level follows below the row, with the same parent."""
    result: list[tuple[str, str]] = []
    space, pipe = " " * step, pipe[:step].ljust(step)
    for indent in reversed(indents):
        above = [pipe if more else space for more in follows[1:indent]]
        sign = branch if follows[indent] else last
        sign = sign if step == len(sign) else sign[0].ljust(step)
        beside = pipe if follows[indent] else space
        below = pipe if follows[indent + 1] else ""
        guide = "".join((*above, sign)) if indent else ""
        beside = "".join((*above, beside)) if indent else ""
        result.append((guide, beside + below))
        follows[indent:] = [True] + [False] * (len(follows) - indent - 1)
    return result[::-1]


def table(
    rows: Iterable[Row], view: View, *, ids: bool | None = None, lines_below: int | None = None
) -> Iterator[RenderableType]:
    """Yield the rows as tables; what does not fit beside a row follows below it.

    `ids`: whether there is a column of ids; by default from 120 columns on. `lines_below` limits
    what stands below a row.
    """
    rows = list(rows)
    if ids is None:
        ids = view.columns >= IDS_FROM
    columns = layout(rows, view.columns, ids=ids)
    if not columns.id:
        _move_ids(rows)
    signs = view.glyphs
    leads = guides([row.indent for row in rows], columns.step, signs.branch, signs.last, signs.pipe)
    pairs = iter(zip(rows, leads, strict=True))
    while chunk := list(islice(pairs, CHUNK)):
        yield from _chunk(chunk, columns, view, lines_below)


def _move_ids(rows: Iterable[Row]) -> None:
    """Show the ids of requested jobs before the details, because there is no column for them."""
    for item in rows:
        if item.requested and item.id:
            item.details.insert(0, Text(item.id, "id"))


def _chunk(
    rows: Sequence[tuple[Row, tuple[str, str]]],
    columns: Layout,
    view: View,
    lines_below: int | None,
) -> Iterator[RenderableType]:
    block = _Block(columns, view)
    for item, (guide, beside) in rows:
        if item.summary:
            yield from block.take()
            room = view.columns - cell_len(guide)
            text = next((text for text in item.summary if cell_len(text) <= room), item.summary[-1])
            yield Text.assemble((guide, "guide"), text)
            continue
        below = block.add(item, guide)
        if below:
            yield from block.take()
            yield _beside(
                beside,
                guide_width=columns.type_at,
                text=Text(" ").join(below),
                view=view,
                limit=lines_below,
            )
    yield from block.take()


class _Block:
    """Rows that follow each other, as one row of a table: each cell has one line per row.

    rich needs a third of the time for it that it needs for one row of cells per job.
    """

    def __init__(self, columns: Layout, view: View) -> None:
        self._columns = columns
        self._view = view
        self._begin()

    def _begin(self) -> None:
        self._states, self._elapsed, self._types, self._ids, self._details = (
            list[Text](),
            list[str](),
            list[str](),
            list[str](),
            list[Text](),
        )

    def add(self, row: Row, guide: str) -> list[Text]:
        """Add a row; return what of its details does not fit beside the columns."""
        mark = " " if row.mark else ""
        self._states.append(
            Text.assemble((guide, "guide"), (row.mark, row.style), mark, (row.status, row.style))
        )
        self._elapsed.append(row.elapsed)
        self._types.append(row.type)
        self._ids.append(row.id)
        details, below = _split(row, self._view.columns - self._columns.details_at, self._view)
        self._details.append(details)
        if row.brief and details:
            below = []
        if row.bar and not self._columns.type:
            below = [Text(row.type), *below]
        return below

    def take(self) -> Iterator[RenderableType]:
        """Yield the table of the rows, if there are any, and begin a new one."""
        if not self._states:
            return
        columns = self._columns
        table = Table.grid(padding=0)
        cells: list[Text] = []
        for width, texts in (
            (columns.state, self._states),
            (columns.elapsed, self._elapsed),
            (columns.type, self._types),
            (columns.id, self._ids),
            (max(text.cell_len for text in self._details), self._details),
        ):
            if width:
                # The gap is in the cells: rich pads a cell by one more renderable around it.
                gap = GAP if cells else 0
                right = texts is self._elapsed
                table.add_column(
                    width=width + gap, no_wrap=True, justify="right" if right else "left"
                )
                cells.append(_lines(texts, "" if right else " " * gap))
        table.add_row(*cells)
        self._begin()
        yield table


def _lines(texts: Sequence[Text | str], lead: str) -> Text:
    """Return texts as lines of one text, each with `lead` before it."""
    result = Text()
    for number, text in enumerate(texts):
        if number:
            result.append("\n")
        result.append(lead)
        result.append(text)
    return result


def _split(row: Row, room: int, view: View) -> tuple[Text, list[Text]]:
    """Return what of the details fits beside the columns, and what does not fit."""
    beside: list[Text] = []
    below = list(row.details)
    while below:
        width = sum(text.cell_len + 1 for text in beside)
        if width + below[0].cell_len > room:
            break
        beside.append(below.pop(0))
    text = Text(" ").join(beside)
    bar = min(room - GAP - text.cell_len, BAR)
    if row.bar and beside and bar >= BAR_MIN:
        ended, total = row.bar
        text = Text.assemble(view.bar(ended, total, bar), " " * GAP, text)
    return text, below


def _beside(
    guide: str, *, guide_width: int, text: Text, view: View, limit: int | None = None
) -> RenderableType:
    """Return text wrapped at words, with the guide beside each of its lines."""
    longest_word = max(map(cell_len, text.plain.split(" ")))
    guide_width = max(min(guide_width, view.columns - longest_word), min(guide_width, LEAST_INDENT))
    width = max(view.columns - guide_width, 1)
    if cell_len(guide) > guide_width:
        guide = ""
    if view.width is None:
        return Text.assemble((guide.ljust(guide_width), "guide"), text)
    lines = list(text.wrap(view.console, width))
    if limit is not None and len(lines) > limit:
        del lines[limit:]
        lines[-1].append(view.glyphs.more)
        lines[-1].truncate(width, overflow="ellipsis")
    cells = Table.grid(padding=0)
    cells.add_column(width=guide_width, no_wrap=True)
    cells.add_column(width=width)
    for line in lines:
        cells.add_row(Text(guide, "guide"), line)
    return cells
