"""A line of a screen that fits its width: rich neither wraps nor cuts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

NEW_LINE = Segment.line()


class FittingLine:
    """Pieces of text next to each other.

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
