"""Typer application: registers every command.

Of third parties it imports only Typer; each command imports what it uses when it runs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from vbsjob import __version__
from vbsjob.cli.help import TOPICS_EPILOG, epilog
from vbsjob.cli.help_screen import HelpCommand, HelpGroup

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
        show_version()


def show_version() -> None:
    """Show the version."""
    typer.echo(f"vbsjob {__version__}")


class CommandSource(NamedTuple):
    """Where a command is implemented: module below vbsjob.cli, function, constant of its help."""

    module: str
    function: str
    help: str | None = None
    """None: the docstring of the function is the help."""


COMMANDS = {
    "get": CommandSource("get", "get"),
    "tree": CommandSource("tree", "tree"),
    "watch": CommandSource("watch", "watch"),
    "list": CommandSource("list", "list_jobs"),
    "explain": CommandSource("explain", "explain"),
    "config show": CommandSource("config", "config_show"),
    "config check": CommandSource("config", "config_check"),
    "schema": CommandSource("schema", "schema"),
    "completion": CommandSource("completion", "completion"),
    "sandbox": CommandSource("sandbox", "serve_sandbox", "HELP"),
    "help": CommandSource("help", "show_help"),
}
"""All commands in the order of the help. `config` is a group."""
SYNONYMS = {
    "show": COMMANDS["get"],
    "status": COMMANDS["get"],
    "login": COMMANDS["config check"],
    "version": CommandSource("app", "show_version"),
}
"""Words of other programs that are understood; help and completions do not list them."""
ALONE = {path for path in COMMANDS if " " not in path and path != "help"}
"""Commands that need no other command: only the command itself is made, which saves 30 ms."""


def _add(group: typer.Typer, name: str, source: CommandSource, **options: Any) -> None:
    module = import_module(f"vbsjob.cli.{source.module}")
    help = None if source.help is None else getattr(module, source.help)
    command = group.command(name, cls=HelpCommand, help=help, **options)
    command(getattr(module, source.function))


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
        _add(app, only, COMMANDS[only], epilog=epilog(only))
        return typer.main.get_group(app)
    from vbsjob.cli import config

    config_app = typer.Typer(cls=HelpGroup, rich_markup_mode=None, help=config.HELP)
    for path, source in COMMANDS.items():
        group, _, name = path.rpartition(" ")
        ending = TOPICS_EPILOG if path == "help" else epilog(path)
        _add(config_app if group else app, name, source, epilog=ending)
    app.add_typer(config_app, name="config", epilog=epilog("config"))
    for word, source in SYNONYMS.items():
        _add(app, word, source, hidden=True)
    return typer.main.get_group(app)


def write_help(context: Context) -> None:
    """Write the help of the program to stderr."""
    to_stderr = replace(context, stdout=context.stderr)
    text = typer.Context(root_command(), info_name="vbsjob", obj=to_stderr).get_help()
    context.stderr.write(f"{text}\n" if text else "")
    context.stderr.flush()  # a pipe is buffered, and the process ends without clean-up


USAGE_HINTS = {
    "jobs": "Give a job id, '@last' for the most recent job, or '-' to read ids from standard"
    " input.",
}
"""Next step if this argument is missing; for other usage errors it is the help of the command."""


def parsed_options(argv: list[str]) -> tuple[str, dict[str, object]]:
    """Return the command of a wrong command line, and its raw option values by name.

    A usage error is printed in the format that they request. Unknown options are skipped.
    """
    command: typer.core.TyperCommand | typer.core.TyperGroup = root_command()
    context = typer.Context(command, info_name="vbsjob", resilient_parsing=True)
    context.ignore_unknown_options = context.allow_extra_args = True
    values, words, _ = command.make_parser(context).parse_args(list(argv))
    while words and (subcommand := getattr(command, "commands", {}).get(words[0])):
        command = subcommand
        context = typer.Context(command, context, words[0], resilient_parsing=True)
        context.ignore_unknown_options = context.allow_extra_args = True
        values, words, _ = command.make_parser(context).parse_args(words[1:])
    return str(context.info_name), dict(values)
