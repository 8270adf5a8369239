"""The command `help`: topics, and the exit codes that the help of each command ends with."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import typer

from vbsjob.cli import options
from vbsjob.errors import UsageError
from vbsjob.exit_codes import SEVERITY, ExitCode
from vbsjob.text import printable, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 79
"""Columns of a topic, as the reference of formats."""
INDENT = " " * 4
OFFLINE = (ExitCode.OK, ExitCode.USAGE, ExitCode.INTERNAL)
SIGN_IN = (*OFFLINE, ExitCode.AUTH, ExitCode.API_ERROR, ExitCode.UNAVAILABLE)
QUERY = (*SIGN_IN, ExitCode.JOB_FAILED, ExitCode.FIELD_MISSING, ExitCode.NOT_FOUND)
WATCH = (*QUERY, ExitCode.TIMEOUT)
COMMAND_EXIT_CODES: dict[str, tuple[ExitCode, ...]] = {
    "get": (*QUERY, ExitCode.PENDING),
    "tree": (*WATCH, ExitCode.PENDING),
    "watch": WATCH,
    "list": (*SIGN_IN, ExitCode.FIELD_MISSING, ExitCode.NOT_FOUND),
    "config": SIGN_IN,
    "config show": OFFLINE,
    "config check": SIGN_IN,
    "explain": (*OFFLINE, ExitCode.FIELD_MISSING),
    "schema": OFFLINE,
    "completion": OFFLINE,
    "help": OFFLINE,
    "sandbox": OFFLINE,
}
"""Exit codes below 128 that a command can end with. The program itself can end with all."""


def command_exit_codes(command: str) -> tuple[ExitCode, ...]:
    """Return the exit codes of a command such as `config show`, in ascending order."""
    codes = COMMAND_EXIT_CODES.get(command, tuple(code for code in ExitCode if code < 128))
    return tuple(sorted(codes))


def epilog(command: str) -> str:
    """Return the last line of a command's help: its exit codes."""
    codes = " ".join(str(int(code)) for code in command_exit_codes(command))
    return f"Exit codes: {codes}; see 'vbsjob help exit-codes'."


def exit_code_lines() -> list[str]:
    """Return the table of exit codes: number, name, meaning."""
    return [
        line
        for code in ExitCode
        for line in _wrapped(f"{int(code):>3}  {code.label:<15}", code.meaning)
    ]


def _wrapped(head: str, words: str) -> list[str]:
    """Return words at the right of a head, in lines of at most WIDTH columns."""
    lines = textwrap.wrap(words, WIDTH - len(head), break_on_hyphens=False)
    return [f"{' ' * len(head) if number else head}{line}" for number, line in enumerate(lines)]


def topic_lines(name: str, commands: Iterable[str]) -> list[str]:
    """Return the lines of a topic. Raises UsageError that names the most similar word."""
    if name not in TOPICS:
        hint = suggestion(name, [*commands, *TOPICS])
        raise UsageError(
            f"there is no help for {printable(name)[:80]!r}.",
            hint=hint or "'vbsjob help' lists the commands and topics.",
        )
    return TOPICS[name]()


def _exit_codes_topic() -> list[str]:
    order = ", ".join(str(int(code)) for code in SEVERITY)
    return [
        "Exit codes of vbsjob. 1 means only that the service reports FAIL for a job.",
        "",
        *exit_code_lines(),
        "",
        *_wrapped(
            "",
            "With several jobs the exit code is the first of these that applies to one of them:"
            f" {order}. In formats for programs each job has its own exit_code.",
        ),
        "",
        *_wrapped(
            "",
            "In the first hundredths of a second the Python interpreter itself handles Ctrl-C: it"
            " can end with 1 and a traceback on stderr. Nothing was sent then, and stdout is"
            " empty.",
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
            " they only fill what it does not set.",
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
    from vbsjob.cli import formats_topic

    return formats_topic.lines()


TOPICS = {
    "exit-codes": _exit_codes_topic,
    "environment": _environment_topic,
    "formats": _formats_topic,
}
TOPICS_EPILOG = f"Topics: any command, {', '.join(TOPICS)}."


def show_help(ctx: typer.Context, topic: options.Topic = None) -> ExitCode:
    """Show the help of a command or a topic.

    \b
    vbsjob help exit-codes
    vbsjob help environment
    vbsjob help formats
    vbsjob help get
    """
    context = ctx.obj
    top = ctx.parent or ctx
    commands = getattr(top.command, "commands", {})
    if topic is None or topic in commands:
        chosen = top if topic is None else typer.Context(commands[topic], top, topic)
        text = chosen.get_help()
        context.stdout.write(f"{text}\n" if text else "")
    else:
        context.stdout.writelines(f"{line}\n" for line in topic_lines(topic, commands))
    return ExitCode.OK
