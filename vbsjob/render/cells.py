"""A column of many short lines as one cell of a rich table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.measure import Measurement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    Piece = str | tuple[str, str] | Text
    """Text, text and the name of its style, or text with styles of its parts."""

NEW_LINE = Segment.line()
CHUNK = 200
"""Lines of one table: rich renders a table as a whole, which needs 1.5 KB for each line."""


class Cells:
    """Lines that are neither wrapped nor cut, because each one fits.

    rich wraps and justifies a Text, which takes three times as long as everything else.
    """

    def __init__(self, width: int, *, lead: int = 0, right: bool = False) -> None:
        self.lines: list[tuple[Piece, ...]] = []
        self._width = width
        self._lead = " " * lead
        self._right = right

    @property
    def width(self) -> int:
        """Columns of the cell with `lead`; 0 if no line has text."""
        return self._width and self._width + len(self._lead)

    def add(self, *line: Piece) -> None:
        """Add a line; the cell becomes as wide as the line."""
        self._width = max(self._width, sum(map(_width, line)))
        self.lines.append(line)

    def __rich_measure__(self, _console: Console, _options: ConsoleOptions) -> Measurement:
        """Return the width of the cell."""
        return Measurement(self.width, self.width)

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> RenderResult:
        """Yield the segments of all lines."""
        for line in self.lines:
            lead = self._lead
            if self._right:
                lead += " " * (self._width - sum(map(_width, line)))
            if lead:
                yield Segment(lead)
            for piece in line:
                if isinstance(piece, str):
                    yield Segment(piece)
                elif isinstance(piece, tuple):
                    if piece[0]:
                        yield Segment(piece[0], console.get_style(piece[1]) if piece[1] else None)
                elif piece.spans:
                    yield from piece.render(console)
                else:
                    yield Segment(piece.plain, console.get_style(piece.style))
            yield NEW_LINE


def _width(piece: Piece) -> int:
    if isinstance(piece, Text):
        return piece.cell_len
    return cell_len(piece if isinstance(piece, str) else piece[0])


def side_by_side(*columns: Cells) -> Table:
    """Return the cells as a table of one row, without those that have no text."""
    filled = [cells for cells in columns if cells.width]
    table = Table.grid(padding=0)
    for cells in filled:
        table.add_column(width=cells.width, no_wrap=True)
    table.add_row(*filled)
    return table
