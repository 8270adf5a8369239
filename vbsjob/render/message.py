"""A message on stderr for a terminal: what happened, facts as a table, the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from vbsjob.render.theme import UNICODE, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    return "\n".join(view.text(line) for line in view.lines(_parts(label, text, rows, hint)))


def _parts(
    label: str, text: str, rows: Sequence[tuple[str, str]], hint: str
) -> Iterator[RenderableType]:
    yield Text.assemble((f"{label}:", f"message.{label}"), f" {text}")
    if rows:
        table = Table.grid("", "", padding=(0, 2, 0, 0))
        for row in rows:
            table.add_row(*map(Text, row))
        yield Padding(table, (0, 0, 0, 2), expand=False)
    if hint:
        yield Text.assemble(("hint:", "message.hint"), f" {hint}")
