"""Which columns of a tree fit, and the lines that the rows make. `render/tree` says what they are.

The layout is ours, so that a frame costs the screen and not the tree; rich draws the rows. Guides
are text in the first column, because rich's Tree does not align columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

from vbsjob.render.tree import IDS_FROM, TREE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType, RenderResult

    from vbsjob.render.theme import Glyphs, View
    from vbsjob.render.tree import Row

NEW_LINE = Segment.line()
GAP = 2
"""Columns between two columns of the table."""
REASON_MIN = 17
"""Columns that a reason needs at least below its row: as many as an error code of the service."""
BAR, BAR_MIN = 20, 6
"""Columns of a progress bar in a row: as many as there is room for, within these limits."""
LEAST_INDENT = 2
"""Columns before a line that continues a row: a line without indent begins a row."""


class FittingLine:
    """Pieces of text next to each other, which rich neither wraps nor cuts.

    rich wraps and justifies a Text, which takes three times as long as everything else.
    """

    def __init__(self) -> None:
        self._pieces: list[tuple[str, str] | Text] = []
        self._width = 0

    def add(self, text: str | Text, style: str = "") -> Self:
        """Add text in the style with this name, or in its own styles."""
        if isinstance(text, Text) and not text.spans:
            return self.add(text.plain, str(text.style))
        self._pieces.append(text if isinstance(text, Text) else (text, style))
        self._width += text.cell_len if isinstance(text, Text) else cell_len(text)
        return self

    def fill(self, column: int) -> Self:
        """Add spaces up to a column."""
        return self.add(" " * (column - self._width))

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> RenderResult:
        """Yield the segments of the line."""
        for piece in self._pieces:
            if isinstance(piece, Text):
                yield from piece.render(console)
            elif piece[0]:
                yield Segment(piece[0], console.get_style(piece[1]) if piece[1] else None)
        yield NEW_LINE


class Layout(NamedTuple):
    """Widths of the columns that fit."""

    step: int
    """Columns per level of the tree; 0: there is no room for guides, the level is a number."""
    state: int
    """Of guide, mark and status."""
    widths: Mapping[str, int]
    """Of the other columns from left to right, by name."""

    @property
    def below_at(self) -> int:
        """Column of `type`, at which what does not fit in a row begins below it."""
        elapsed = self.widths.get("elapsed")
        return self.state + GAP + (elapsed + GAP if elapsed else 0)

    @property
    def details_at(self) -> int:
        """Column at which the details begin."""
        return self.state + GAP + sum(width + GAP for width in self.widths.values())


def layout(rows: Sequence[Row], width: int, *, ids: bool) -> Layout:
    """Choose the columns that fit: the last column is omitted first."""
    widest = dict.fromkeys(TREE_COLUMNS, 0)
    statuses: dict[int, int] = {}
    """Columns of the longest mark and status at each indent."""
    room = 0
    for row in rows:
        statuses[row.indent] = max(statuses.get(row.indent, 0), cell_len(row.state))
        for name, text in row.cells.items():
            widest[name] = max(widest[name], cell_len(text))
        if row.details or row.requested:
            room = REASON_MIN
    names = [name for name, columns in widest.items() if columns and (ids or name != "id")]
    for number in range(len(names), -1, -1):
        widths = {name: widest[name] for name in names[:number]}
        for step in (3, 2, 1):
            state = max((step * indent + size for indent, size in statuses.items()), default=0)
            result = Layout(step, state, widths)
            # What does not fit in the row is below it, unless only the id would be left in the row.
            start = result.details_at if "id" in widths else result.below_at
            if max(result.details_at - GAP, start + room) <= width:
                return result
    digits = len(str(max(statuses, default=0))) + 1
    return Layout(0, min(max(statuses.values(), default=0) + digits, width), {})


def guides(indents: Sequence[int], step: int, glyphs: Glyphs) -> Iterator[tuple[str, str]]:
    """Yield for each row what leads to it, and what leads past it on further lines."""
    if not step:
        digits = len(str(max(indents, default=0)))
        yield from ((f"{indent:>{digits}} ", " " * (digits + 1)) for indent in indents)
        return
    pipe = glyphs.pipe[:step].ljust(step)
    branch, last = (s if step == len(s) else s[0].ljust(step) for s in (glyphs.branch, glyphs.last))
    for indent, following in zip(indents, _following(indents), strict=True):
        signs = [pipe if following >> level & 1 else " " * step for level in range(indent + 2)]
        past = pipe if following >> (indent + 1) & 1 else ""
        above = "".join(signs[1:indent])
        sign = branch if following >> indent & 1 else last
        yield (above + sign, above + signs[indent] + past) if indent else ("", past)


def _following(indents: Sequence[int]) -> list[int]:
    """Return for each row the levels at which a row with the same parent follows, as bits."""
    result = [0] * len(indents)
    levels = 0
    for index in range(len(indents) - 1, -1, -1):
        indent = indents[index]
        result[index] = levels
        levels = levels & ((1 << indent) - 1) | 1 << indent
    return result


def table(
    rows: Sequence[Row], view: View, *, ids: bool | None = None, lines_below: int | None = None
) -> Iterator[RenderableType]:
    """Yield the lines of the rows; what does not fit in a row follows below it.

    `ids`: whether there is a column of ids; by default from 120 columns on. `lines_below` limits
    the lines below a row.
    """
    ids = view.columns >= IDS_FROM if ids is None else ids
    columns = layout(rows, view.columns, ids=ids)
    leads = guides([row.indent for row in rows], columns.step, view.glyphs)
    for row, (guide, beside) in zip(rows, leads, strict=True):
        if row.summary:
            room = view.columns - cell_len(guide)
            text = next((text for text in row.summary if cell_len(text) <= room), row.summary[-1])
            yield Text.assemble((guide, "guide"), text)
            continue
        line, overflow = _line(row, guide, columns, view)
        yield line
        if overflow:
            text_below = Text(" ").join(overflow)
            yield from _beside(beside, columns.below_at, text_below, view, limit=lines_below)


def _line(row: Row, guide: str, columns: Layout, view: View) -> tuple[FittingLine, list[Text]]:
    """Return the line of a row, and what of its details does not fit next to the columns."""
    line = FittingLine().add(guide, "guide")
    # The mark is a separate piece: a spinner replaces it.
    line.add(row.mark, row.style).add(" " * bool(row.mark) + row.status, row.style)
    start = columns.state
    for name, width in columns.widths.items():
        text = row.cells.get(name, "")
        right = width - cell_len(text) if name == "elapsed" else 0
        line.fill(start + GAP + right).add(text)
        start += GAP + width
    line.fill(start + GAP)
    details, overflow = _split(row, columns, view)
    for detail in details:
        line.add(detail)
    if row.omit_overflow:
        overflow = [] if details else overflow[:1]
    if row.bar and "type" not in columns.widths:
        overflow = [Text(row.cells["type"]), *overflow]
    return line, overflow


def _split(row: Row, columns: Layout, view: View) -> tuple[list[Text], list[Text]]:
    """Return what of the details fits next to the columns, and what does not fit."""
    room = view.columns - columns.details_at
    overflow = list(row.details)
    job_id = Text(row.cells.get("id", ""), "id")
    if row.requested and job_id and "id" not in columns.widths:
        overflow.insert(0, job_id)
    beside: list[Text] = []
    used = 0
    while overflow:
        text = overflow[0]
        if row.short_details and text is row.details[0] and used + text.cell_len > room:
            text = row.short_details
        if used + text.cell_len > room:
            break
        overflow.pop(0)
        gap = GAP if text is job_id else 1
        used += text.cell_len + gap
        beside += [text, Text(" " * gap)]
    beside = beside[:-1]
    bar = min(room - GAP - (used - 1), BAR)
    if row.bar and beside and not overflow and bar >= BAR_MIN:
        beside[-1:-1] = [view.bar(*row.bar, width=bar), Text(" " * GAP)]
    if overflow and overflow[0] is job_id:
        overflow[0] = job_id + Text(" ")
    return beside, overflow


def _beside(
    guide: str, begin: int, text: Text, view: View, *, limit: int | None
) -> Iterator[RenderableType]:
    """Yield the lines of text wrapped at words, with the guide before each of them."""
    longest_word = max(map(cell_len, text.plain.split(" ")))
    begin = max(min(begin, view.columns - longest_word), min(begin, LEAST_INDENT))
    width = max(view.columns - begin, 1)
    if cell_len(guide) > begin:
        guide = ""
    lines = [text] if view.width is None else list(text.wrap(view.console, width))
    if limit is not None and len(lines) > limit:
        del lines[limit:]
        lines[-1].append(view.glyphs.more)
        lines[-1].truncate(width, overflow="ellipsis")
    for line in lines:
        yield FittingLine().add(guide, "guide").fill(begin).add(line)
