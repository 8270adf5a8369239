"""Help screens: Typer's own rich help on a terminal, plain text everywhere else.

Typer decides once, when the application is made; here each help screen decides, because a pipe, a
CI log and a file must get plain text (Typer forces colours under GITHUB_ACTIONS).
"""

from __future__ import annotations

import copy
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import typer.core

if TYPE_CHECKING:
    from vbsjob.context import Context


class HelpCommand(typer.core.TyperCommand):
    """A command with such a help screen."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help to the formatter, or draw it on the terminal."""
        if not _draw(self, ctx):
            super().format_help(ctx, formatter)


class HelpGroup(typer.core.TyperGroup):
    """A group of commands with such a help screen."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help to the formatter, or draw it on the terminal."""
        if not _draw(self, ctx):
            super().format_help(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their whole summaries; Typer's own method cuts them."""
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        rows = [(name, _summary(below)) for name, below in commands if not below.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(command: Any) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())


def _draw(command: Any, ctx: Any) -> bool:
    """Draw the help with rich if stdout is a terminal that can draw; return whether it was drawn.

    The texts of this program contain no square brackets, which rich would read as markup; a test
    checks it. `\\b` marks a block whose lines Typer's plain help keeps; rich keeps them anyway.
    """
    context: Context = ctx.find_root().obj
    if not context.stdout.isatty() or context.env.get("TERM", "dumb") in {"", "dumb"}:
        return False
    from typer import rich_utils

    rich_utils.STYLE_HELPTEXT = ""  # dim text is hard to read, and these are the examples
    shown = copy.copy(command)
    shown.help = (command.help or "").replace("\b\n", "")
    with redirect_stdout(context.stdout):
        rich_utils.rich_format_help(obj=shown, ctx=ctx, markup_mode="rich")
    return True
