"""Short texts for a terminal.

A message on stderr: what happened, facts as a table, the next step. What `config` shows: a table of
names, values and origins, and a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vbsjob.render.theme import UNICODE, View, status_style
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.context import Context


def screen(
    label: str, text: str, rows: Sequence[tuple[str, str]], hint: str, context: Context
) -> str:
    """Return the lines of a message, without a line end after the last one.

    `label` is `error`, `warning` or `note`; `rows` are names and values.
    """
    view = View(
        width=context.width(context.stderr),
        height=1,
        glyphs=UNICODE,
        colors=context.colors(context.stderr, context.error_output.color),
        now=context.steady_now(),
        local_time=context.local_time,
    )
    return "\n".join(view.text(line) for line in view.lines(parts(label, text, rows, hint)))


def parts(
    label: str, text: str, rows: Sequence[tuple[str, str]], hint: str
) -> Iterator[RenderableType]:
    """Yield what a message consists of; the texts are printable."""
    yield Text.assemble((f"{label}:", f"message.{label}"), f" {text}")
    if rows:
        table = Table.grid("", "", padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*map(Text, row))
        yield Padding(table, (0, 0, 0, 2), expand=False)
    if hint:
        yield Text.assemble(("hint:", "message.hint"), f" {hint}")


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
