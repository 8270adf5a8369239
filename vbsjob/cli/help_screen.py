"""Help screens: Typer's own rich help on a terminal, plain text everywhere else.

Typer decides once, when the application is made; here each help screen decides, because a pipe, a
CI log and a file must get plain text (Typer forces colours under GITHUB_ACTIONS).
"""

from __future__ import annotations

import copy
import textwrap
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import typer.core

if TYPE_CHECKING:
    from vbsjob.context import Context

    Base = typer.core.TyperCommand
else:
    Base = object


RICH_WIDTH = 80
"""Columns below which rich's table of options would cut words; the plain help only wraps."""


class _WithoutType:
    """Stands in for the type of an argument: its metavar says enough."""

    name = ""

    def get_metavar(self, **_: Any) -> str:
        """Return the empty text that Typer prints instead of `<str>`."""
        return ""


class _HelpScreen(Base):
    """Parts of the help screen that commands and groups share."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line; Typer puts required arguments in braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option --help, in a separate group at the end."""
        option = super().get_help_option(ctx)
        option.rich_help_panel = "Help"  # type: ignore[union-attr] # it exists
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help to the formatter, or draw it on the terminal."""
        if not _draw(self, ctx):
            super().format_help(ctx, formatter)

    def format_epilog(self, _ctx: Any, formatter: Any) -> None:
        """Write the last lines; Typer's own method would break `exit-codes` at its hyphen."""
        lines = textwrap.wrap(self.epilog or "", formatter.width - 2, break_on_hyphens=False)
        formatter.write("\n" + "".join(f"  {line}\n" for line in lines) if lines else "")


class HelpCommand(_HelpScreen, typer.core.TyperCommand):
    """A command with such a help screen."""


class HelpGroup(_HelpScreen, typer.core.TyperGroup):
    """A group of commands with such a help screen."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with their whole summaries; Typer's own method cuts them."""
        commands = [(name, self.commands[name]) for name in self.list_commands(ctx)]
        rows = [(name, _summary(below)) for name, below in commands if not below.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _summary(command: Any) -> str:
    return " ".join((command.help or "").partition("\n\n")[0].split())


def _untyped(parameter: Any) -> Any:
    """Return a parameter as it is drawn: an argument without the type, such as `<str>`."""
    if parameter.param_type_name != "argument":
        return parameter
    shown = copy.copy(parameter)
    shown.type = _WithoutType()
    return shown


def _draw(command: Any, ctx: Any) -> bool:
    """Draw the help with rich if stdout is a terminal that can draw; return whether it was drawn.

    The texts of this program contain no square brackets, which rich would read as markup; a test
    checks it. `\\b` marks a block whose lines Typer's plain help keeps; rich keeps them anyway.
    """
    context: Context = ctx.find_root().obj
    if not context.stdout.isatty() or context.env.get("TERM", "dumb") in {"", "dumb"}:
        return False
    if (context.width(context.stdout) or RICH_WIDTH) < RICH_WIDTH:
        return False
    from typer import rich_utils

    rich_utils.STYLE_HELPTEXT = ""  # dim text is hard to read, and these are the examples
    shown = copy.copy(command)
    shown.help = (command.help or "").replace("\b\n", "")
    shown.params = [_untyped(parameter) for parameter in command.params]
    with redirect_stdout(context.stdout):
        rich_utils.rich_format_help(obj=shown, ctx=ctx, markup_mode="rich")
    return True
