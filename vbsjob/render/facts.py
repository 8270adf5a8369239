"""What `config` shows to people: a table of names, values and origins, and a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from vbsjob.render.theme import status_style
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.render.theme import View


def table(rows: Iterable[Sequence[str]], screen: View) -> Iterator[str]:
    """Yield the lines of a table: name, value, origin."""
    cells = [[Text(printable(text)) for text in row] for row in rows]
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for row in cells:
        grid.add_row(*row)
    yield from _lines(grid, screen)


def success(sentence: str, screen: View) -> Iterator[str]:
    """Yield the lines of a sentence behind the mark of a success."""
    text = Text.assemble(
        (screen.glyph("SUCCESS"), status_style("SUCCESS")), " ", printable(sentence)
    )
    yield from _lines(text, screen)


def _lines(renderable: RenderableType, screen: View) -> Iterator[str]:
    return (f"{screen.text(line)}\n" for line in screen.lines([renderable]))
