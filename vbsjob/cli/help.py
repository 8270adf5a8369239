"""The command `help` with its topics, and the help screens of all commands.

Help screens are Typer's own, for the stream and the width of the Context. Typer prints to the
process's stdout, takes the width from COLUMNS and forces colours where GITHUB_ACTIONS or
FORCE_COLOR is set: a pipe and the log of a CI service must get plain text.
"""

from __future__ import annotations

import copy
import io
import textwrap
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options
from vbsjob.errors import UsageError
from vbsjob.exit_codes import SEVERITY, ExitCode
from vbsjob.text import printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.context import Context

    Base = typer.core.TyperCommand
else:
    Base = object

PIPE_WIDTH = 80
LEAST_WIDTH = 70
"""Columns below which rich's table of options would cut words; the plain help only wraps."""
WIDTH = 79
"""Columns of a topic, as the reference of formats."""
INDENT = " " * 4


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


def _wrapped(head: str, words: str) -> list[str]:
    """Return words at the right of a head, in lines of at most WIDTH columns."""
    lines = textwrap.wrap(words, WIDTH - len(head), break_on_hyphens=False)
    return [f"{' ' * len(head) if number else head}{line}" for number, line in enumerate(lines)]


def _exit_codes_topic() -> list[str]:
    rows = (_wrapped(f"{int(code):>3}  {code.label:<15}", code.meaning) for code in ExitCode)
    order = ", ".join(str(int(code)) for code in SEVERITY)
    return [
        "Exit codes of vbsjob. 1 means only that the service reports FAIL for a job.",
        "",
        *(line for row in rows for line in row),
        "",
        *_wrapped(
            "",
            "With several jobs the exit code is the first of these that applies to one of them:"
            f" a signal, {order}. In formats for programs each job has its own exit_code.",
        ),
        "",
        *_wrapped(
            "",
            "One exception: Python itself ends with 1 if it cannot start, or if it gets Ctrl-C in"
            " the first 0.1 s. Nothing was sent then, and stdout is empty.",
        ),
    ]


def _environment_topic() -> list[str]:
    from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS

    lines = [
        *_wrapped(
            "",
            "Every setting has an environment variable. The first of these that sets it is used:"
            " option, VBSJOB_*, OS_*, config.toml, clouds.yaml, default. A secret has no option."
            " A cloud that is named with --cloud or VBSJOB_CLOUD has precedence over variables:"
            " they are used only for settings that the cloud does not have.",
        ),
        "",
    ]
    for setting in SETTINGS:
        names = ", ".join((setting.variable, *setting.os))
        sentence = f"{setting.sentence}{' (secret)' if setting.secret else ''}"
        lines += [*_wrapped("", names), *_wrapped(INDENT, sentence)]
    lines += ["", "Other variables:", ""]
    for name, sentence in OTHER_VARIABLES.items():
        lines += [name, *_wrapped(INDENT, sentence)]
    return lines


def _formats_topic() -> list[str]:
    """Return the text file; a line such as `@failure` becomes a list of names."""
    from importlib import resources

    text = resources.files(__package__).joinpath("formats.txt").read_text("utf-8")
    lines: list[str] = []
    for line in text.splitlines():
        lines += _listed(line[1:]) if line.startswith("@") else [line]
    return lines


def _listed(name: str) -> list[str]:
    """Return the lines of a list: names, or names with their meanings."""
    names = _names(name)
    if not isinstance(names, dict):
        return _wrapped(INDENT * 2, ", ".join(names))
    rows = (_wrapped(f"{INDENT * 2}{name:<14}  ", meaning) for name, meaning in names.items())
    return [line for row in rows for line in row]


def _names(name: str) -> Sequence[str] | dict[str, str]:
    """Return what a list contains: formats, fields of a document or of `failure`, and others."""
    from vbsjob.jobs.fields import OUR_MEMBERS
    from vbsjob.output import formats, schemas

    if name == "formats":
        return {output.name: output.summary for output in formats.BY_NAME.values()}
    if name == "columns":
        return formats.JOBS.columns
    if name == "variables":
        return [f"VBSJOB_{field.upper().replace('.', '_')}" for field in formats.JOBS.variables]
    fields = schemas.members(name)
    names = OUR_MEMBERS if name == "document" else fields
    return {field: fields[field]["description"] for field in fields if field in names}


TOPICS = {
    "exit-codes": _exit_codes_topic,
    "environment": _environment_topic,
    "formats": _formats_topic,
}
