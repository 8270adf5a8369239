"""Typer application: registers every command.

Imports only Typer from third parties at the top; each command imports what it uses.
"""

from __future__ import annotations

from typing import Annotated

import typer

from vbsjob import __version__
from vbsjob.cli import config, explain, get, help, sandbox, tree, watch  # noqa: A004 - commands
from vbsjob.cli.help import epilog

app = typer.Typer(
    name="vbsjob",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def vbsjob(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Ask a cloud's Volume Backup Service about its jobs; the exit code tells the truth.

    \b
    vbsjob watch restore --cloud sandbox           try it, without an account or network
    vbsjob get 4010b39b5281d3590152874bfa3b1604    ask once about a job
    vbsjob watch 4010b39b5281d3590152874bfa3b1604  follow it to its end
    vbsjob explain VolumeBackup.0202               what an error code means
    vbsjob help exit-codes                         what a script can rely on
    """
    if version:
        typer.echo(f"vbsjob {__version__}")


app.command(epilog=epilog("get"))(get.get)
app.command(epilog=epilog("tree"))(tree.tree)
app.command(epilog=epilog("watch"))(watch.watch)
config_app = typer.Typer(rich_markup_mode=None)
config_app.command("show", epilog=epilog("config show"))(config.config_show)
config_app.command("check", epilog=epilog("config check"))(config.config_check)
app.add_typer(config_app, name="config", help=config.HELP, epilog=epilog("config"))
app.command("sandbox", help=sandbox.HELP, epilog=epilog("sandbox"))(sandbox.serve_sandbox)
app.command(epilog=epilog("explain"))(explain.explain)
app.command("help", epilog=help.TOPICS_EPILOG)(help.show_help)


def parsed_options(argv: list[str]) -> dict[str, object]:
    """Return the raw option values that can be parsed from a wrong command line, by name.

    Used after a usage error, to print it in the requested format. Unknown options are skipped.
    """
    command: typer.core.TyperCommand | typer.core.TyperGroup = typer.main.get_command(app)  # type: ignore[assignment] # of ours, both have these
    context = typer.Context(command, info_name="vbsjob", resilient_parsing=True)
    context.ignore_unknown_options = context.allow_extra_args = True
    values, words, _ = command.make_parser(context).parse_args(list(argv))
    while words and (below := getattr(command, "commands", {}).get(words[0])):
        command = below
        context = typer.Context(command, context, words[0], resilient_parsing=True)
        context.ignore_unknown_options = context.allow_extra_args = True
        values, words, _ = command.make_parser(context).parse_args(words[1:])
    return dict(values)
