"""Short texts for a terminal.

A message on stderr: what happened, facts as a table, the next step. What `config` shows: a table of
names, values and origins, and a result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vbsjob.render import theme
from vbsjob.render.theme import status_style
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType

    from vbsjob.context import Context
    from vbsjob.render.theme import View


def screen(
    label: str, text: str, rows: Sequence[tuple[str, str]], hint: str, context: Context
) -> str:
    """Return the lines of a message, without a line end after the last one.

    `label` is `error`, `warning` or `note`; `rows` are names and values.
    """
    settings = {"color": context.error_output.color, "ascii": False, "utc": False}
    view = theme.view(context.stderr, settings, context)
    return "\n".join(view.text(line) for line in view.lines(parts(label, text, rows, hint)))


def parts(
    label: str, text: str, rows: Sequence[tuple[str, str]], hint: str
) -> Iterator[RenderableType]:
    """Yield what a message consists of; the texts are printable."""
    yield _labelled(label, text)
    if rows:
        table = Table.grid("", "", padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*map(Text, row))
        yield Padding(table, (0, 0, 0, 2), expand=False)
    if hint:
        yield _labelled("hint", hint)


def _labelled(label: str, text: str) -> RenderableType:
    """Return a text behind its label; further lines are indented under the text."""
    grid = Table.grid("", "", padding=(0, 1, 0, 0))
    grid.add_row(Text(f"{label}:", f"message.{label}"), Text(text))
    return grid


def table(rows: Iterable[Sequence[str]]) -> RenderableType:
    """Return a table: name, value, origin."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*(Text(printable(text)) for text in row))
    return grid


def success(sentence: str, view: View) -> RenderableType:
    """Return a sentence behind the mark of a success."""
    mark = (view.glyph("SUCCESS"), status_style("SUCCESS"))
    return Text.assemble(mark, " ", printable(sentence))
