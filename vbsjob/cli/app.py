"""Typer application: registers every command.

Of third parties it imports only Typer; each command imports what it uses when it runs.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib import import_module
from inspect import cleandoc
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbsjob import __version__
from vbsjob.cli.help import HelpCommand, HelpGroup
from vbsjob.cli.topics import TOPICS
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.context import Context


def vbsjob(
    version: Annotated[bool, typer.Option("--version", "-V", help="Show the version.")] = False,
) -> None:
    """Show and watch jobs of the Volume Backup Service (Open Telekom Cloud, Huawei Cloud).

    \b
    vbsjob watch restore --cloud sandbox  without an account
    vbsjob get JOB_ID                     show a job
    vbsjob watch JOB_ID                   wait for its end
    vbsjob explain VolumeBackup.0202      explain a code
    vbsjob help exit-codes                list exit codes
    """
    if version:
        typer.echo(f"vbsjob {__version__}")


OFFLINE = (ExitCode.OK, ExitCode.USAGE, ExitCode.INTERNAL)
SIGN_IN = (*OFFLINE, ExitCode.AUTH, ExitCode.API_ERROR, ExitCode.UNAVAILABLE)
QUERY = (*SIGN_IN, ExitCode.JOB_FAILED, ExitCode.FIELD_MISSING, ExitCode.NOT_FOUND)
WATCH = (*QUERY, ExitCode.TIMEOUT)
COMMANDS = {
    "get": (*QUERY, ExitCode.PENDING),
    "tree": (*WATCH, ExitCode.PENDING),
    "watch": WATCH,
    "list": (*SIGN_IN, ExitCode.FIELD_MISSING, ExitCode.NOT_FOUND),
    "explain": (*OFFLINE, ExitCode.FIELD_MISSING),
    "config show": OFFLINE,
    "config check": SIGN_IN,
    "schema": OFFLINE,
    "completion": OFFLINE,
    "sandbox": OFFLINE,
    "help": OFFLINE,
}
"""All commands in the order of the help, with the exit codes below 128 that each can end with.

`config` is a group. The first word names the module; `config_show` is the function of two words.
"""
ALONE = {path for path in COMMANDS if " " not in path and path != "help"}
"""Commands that need no other command: only the command itself is made, which saves 30 ms."""


def exit_codes(path: str) -> list[ExitCode]:
    """Return the exit codes of a command, or of all commands of a group; "" is the program."""
    if not path:
        return [code for code in ExitCode if code < 128]
    chosen = [codes for name, codes in COMMANDS.items() if f"{name} ".startswith(f"{path} ")]
    return sorted({code for codes in chosen for code in codes})


def _epilog(path: str) -> str:
    """Return the last line of a command's help: its exit codes, or the topics of `help`."""
    if path == "help":
        return f"Topics: any command, {', '.join(TOPICS)}."
    codes = " ".join(str(int(code)) for code in exit_codes(path))
    return f"Exit codes: {codes}; see 'vbsjob help exit-codes'."


def _add(group: typer.Typer, path: str) -> None:
    words = path.split()
    function = getattr(import_module(f"vbsjob.cli.{words[0]}"), "_".join(words))
    help = cleandoc(function.__doc__)
    group.command(
        words[-1], cls=HelpCommand, help=help, short_help=_summary(help), epilog=_epilog(path)
    )(function)


def _summary(help: str) -> str:
    return " ".join(help.partition("\n\n")[0].split())


def root_command(argv: Sequence[str] = ()) -> typer.core.TyperGroup:
    """Return the group of all commands, or of one if the arguments begin with its name."""
    return _group(argv[0] if argv and argv[0] in ALONE else None)


@cache
def _group(only: str | None) -> typer.core.TyperGroup:
    """Return the group of one command or of all. It is made once: tests run many commands."""
    app = typer.Typer(
        name="vbsjob",
        cls=HelpGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    app.callback(invoke_without_command=True)(vbsjob)
    if only is not None:
        _add(app, only)
        return typer.main.get_group(app)
    from vbsjob.cli import config

    config_app = typer.Typer(cls=HelpGroup, rich_markup_mode=None, help=config.HELP)
    for path in COMMANDS:
        _add(config_app if " " in path else app, path)
    summary = _summary(config.HELP)
    app.add_typer(config_app, name="config", short_help=summary, epilog=_epilog("config"))
    return typer.main.get_group(app)


def write_help(context: Context) -> None:
    """Write the help of the program to stderr."""
    to_stderr = replace(context, stdout=context.stderr)
    ctx = root_command().make_context("vbsjob", [], obj=to_stderr, resilient_parsing=True)
    ctx.get_help()
    context.stderr.flush()  # a pipe is buffered, and the process ends without clean-up


NO_JOBS = "Give a job id, '@last' for the most recent job, or '-' to read ids from standard input."
NO_COMMANDS = {
    "jobs": "'vbsjob list' lists recent jobs.",
    "status": "'vbsjob get JOB_ID' shows the status of a job.",
    "show": "'vbsjob get JOB_ID' shows a job.",
    "delete": "The service cannot delete a job.",
    "cancel": "The service cannot stop a job; 'vbsjob watch JOB_ID' waits for its end.",
    "logs": "The service has no logs; 'vbsjob get JOB_ID --details' shows every field of a job.",
}
"""What to use instead of words that are no commands here but commands of other tools."""
JOB_ID = re.compile(r"@\w+|(?=.*[0-9])[0-9A-Za-z_-]{16,64}")
"""A word that is meant as a job, although it stands in place of a command."""


def usage_error(error: Any, argv: Sequence[str]) -> UsageError:
    """Return a UsageError from Typer's error: what is wrong, similar words and the next step."""
    near = getattr(error, "possibilities", None)
    message = f"{error.message.rstrip('.')}." if near else " ".join(error.format_message().split())
    message = f"{message[0].lower()}{message[1:]}" + ("" if message.endswith((".", "?")) else ".")
    argument = getattr(getattr(error, "param", None), "name", None)
    word = next((word for word in argv if not word.startswith("-")), "")
    command = getattr(getattr(error, "ctx", None), "command_path", None) or "vbsjob"
    hint = f"See {command} --help."
    if argv[0].startswith("-"):
        hint = "Write options after the command, such as 'vbsjob get JOB_ID --cloud NAME'."
    if argument == "jobs":
        hint = NO_JOBS
    elif argument is None and word not in COMMANDS:
        hint = NO_COMMANDS.get(word, hint)
        if JOB_ID.fullmatch(word):
            hint = f"Did you mean 'vbsjob get {word}' or 'vbsjob watch {word}'?"
    similar = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(message, hint=f"{similar}{hint}")


def typed_options(argv: Sequence[str]) -> dict[str, Any]:
    """Return the values of options and arguments by name, as they are typed.

    Every error is printed in the format that they request. What is unknown or wrong is skipped.
    """
    command: Any = root_command(argv)
    context, words = typer.Context(command, **command.context_settings), list(argv)
    while words and words[0] in getattr(command, "commands", ()):
        command = command.commands[words.pop(0)]
        context = typer.Context(command, context)
    context.resilient_parsing = context.ignore_unknown_options = context.allow_extra_args = True
    values, _, _ = command.make_parser(context).parse_args(words)
    return dict(values)
