"""The command `help`, and the help screens of all commands.

Help screens are Typer's own, for the stream and the width of the Context. Typer prints to the
process's stdout, takes the width from COLUMNS and forces colours where GITHUB_ACTIONS or
FORCE_COLOR is set: a pipe and the log of a CI service must get plain text.
"""

from __future__ import annotations

import copy
import io
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options
from vbsjob.cli.topics import TOPICS
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.text import printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.context import Context

    Base = typer.core.TyperCommand
else:
    Base = object

PIPE_WIDTH = 80
LEAST_WIDTH = 70
"""Columns below which rich's table of options would cut words; the plain help only wraps."""


def help(ctx: typer.Context, topic: options.Topic = None) -> ExitCode:
    """Show the help of a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help formats
    vbsjob help get
    """
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    with paged(ctx.obj) as context:
        top.obj = context
        if topic is None or topic in commands:
            chosen = top if topic is None else typer.Context(commands[topic], top, topic)
            chosen.get_help()
        elif topic in TOPICS:
            context.stdout.writelines(f"{line}\n" for line in TOPICS[topic]())
        else:
            raise UsageError(
                f"there is no help for {printable(topic)[:80]!r}.",
                hint=suggestion(topic, [*commands, *TOPICS]),
            )
    return ExitCode.OK


class _HelpScreen(Base):
    """Parts of the help screen that commands and groups share."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the words of the usage line; Typer puts required arguments in braces."""
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def get_help_option(self, ctx: Any) -> Any:
        """Return the option --help, in a separate group at the end."""
        option: Any = super().get_help_option(ctx)
        option.rich_help_panel, option.help = "Help", "Show the help of the command."
        return option

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help to stdout of the Context; the formatter stays empty.

        The texts contain no square brackets, which rich would read as markup: a test finds them.
        `\\b` marks a block of lines; rich needs no mark.
        """
        context: Context = ctx.find_root().obj
        width = context.width(context.stdout) or PIPE_WIDTH
        if width < LEAST_WIDTH:
            formatter.width = width - 2
            super().format_help(ctx, formatter)
            context.stdout.write(formatter.getvalue())
            formatter.buffer.clear()
            return
        from typer import rich_utils

        rich_utils.STYLE_HELPTEXT = ""  # dim text is hard to read, and these are the examples
        rich_utils.MAX_WIDTH, rich_utils.FORCE_TERMINAL = width, context.stdout.isatty()
        shown = copy.copy(self)
        shown.help = (self.help or "").replace("\b\n", "")
        with redirect_stdout(context.stdout):
            rich_utils.rich_format_help(obj=shown, ctx=ctx, markup_mode="rich")


class _Page(io.StringIO):
    """A text for the pager, drawn as on the terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Return True: the pager is on a terminal."""
        return True


@contextmanager
def paged(context: Context) -> Iterator[Context]:
    """Yield a Context with a stdout that the pager shows; without a terminal, the same Context."""
    if context.pager is None:
        yield context
        return
    page, size = _Page(), context.terminal_size(context.stdout)
    page.encoding = context.stdout.encoding
    yield replace(context, stdout=page, terminal_size=lambda _: size)
    context.pager(page.getvalue())


class HelpCommand(_HelpScreen, typer.core.TyperCommand):
    """A command with such a help screen."""


class HelpGroup(_HelpScreen, typer.core.TyperGroup):
    """A group of commands with such a help screen."""
