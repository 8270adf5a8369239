"""Typer application: registers every command.

Of third parties it imports only Typer; each command imports what it uses when it runs.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbsjob import __version__
from vbsjob.cli import completion, config, explain, get, sandbox, schema, tree, watch
from vbsjob.cli import help as help_command
from vbsjob.cli import list as list_command
from vbsjob.cli.help import TOPICS_EPILOG, epilog
from vbsjob.cli.help_screen import HelpCommand, HelpGroup

if TYPE_CHECKING:
    from vbsjob.context import Context

app = typer.Typer(
    name="vbsjob",
    cls=HelpGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
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


def _add(group: typer.Typer, name: str, function: Any, help: str | None = None) -> None:
    path = f"config {name}" if group is config_app else name
    ending = TOPICS_EPILOG if name == "help" else epilog(path)
    group.command(name, cls=HelpCommand, help=help, epilog=ending)(function)


config_app = typer.Typer(cls=HelpGroup, rich_markup_mode=None, help=config.HELP)
_add(app, "get", get.get)
_add(app, "tree", tree.tree)
_add(app, "watch", watch.watch)
_add(app, "list", list_command.list_jobs)
_add(app, "explain", explain.explain)
_add(config_app, "show", config.config_show)
_add(config_app, "check", config.config_check)
app.add_typer(config_app, name="config", epilog=epilog("config"))
_add(app, "schema", schema.schema)
_add(app, "completion", completion.completion)
_add(app, "sandbox", sandbox.serve_sandbox, sandbox.HELP)
_add(app, "help", help_command.show_help)

SYNONYMS: dict[str, Any] = {
    "show": get.get,
    "status": get.get,
    "login": config.config_check,
    "version": show_version,
}
"""Words of other programs that are understood; help and completions do not list them."""
for word, function in SYNONYMS.items():
    app.command(word, cls=HelpCommand, hidden=True)(function)


@cache
def root_command() -> typer.core.TyperGroup:
    """Return the group of all commands. It is made once: that takes 30 ms (tests run many)."""
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
