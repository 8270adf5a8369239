"""Each command as a recipe; decides nothing itself.

Imports typer and nothing else of third parties at the top: each command imports what it uses.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbsjob import __version__
from vbsjob.cli import desk, options
from vbsjob.cli.desk import EXIT_CODES
from vbsjob.cli.run import JobCommand
from vbsjob.outcome import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

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


@app.command(epilog=EXIT_CODES)
def get(
    ctx: typer.Context,
    jobs: options.Jobs,
    output: options.Output = None,
    field: options.Fields = None,
    exit_status: options.ExitStatus = None,
    quiet: options.Quiet = None,
    verbose: options.Verbose = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    endpoint: options.Endpoint = None,
    cache: options.Cache = None,
    insecure_http: options.InsecureHttp = None,
    retry_for: options.RetryFor = None,
    color: options.Color = None,
) -> ExitCode:
    """Ask once about jobs and show what the service tells.

    \b
    vbsjob get 4010b39b5281d3590152874bfa3b1604
    vbsjob get ID -f entities.backup_id
    vbsjob get ID --exit-status -q && echo backed up
    create-backup | vbsjob get - -o json
    """
    from vbsjob.cli import present

    command = JobCommand(ctx.params, ctx.obj)
    answers = command.ask(command.ids(jobs))
    present.present(answers, command.settings, field or [], command.context)
    command.remember(answers)
    return command.code(answers)


@app.command(epilog=EXIT_CODES)
def tree(
    ctx: typer.Context,
    jobs: options.Jobs,
    output: options.Output = None,
    field: options.Fields = None,
    exit_status: options.ExitStatus = None,
    quiet: options.Quiet = None,
    verbose: options.Verbose = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    endpoint: options.Endpoint = None,
    cache: options.Cache = None,
    insecure_http: options.InsecureHttp = None,
    retry_for: options.RetryFor = None,
    color: options.Color = None,
    depth: options.Depth = None,
    only: options.Only = None,
    sort: options.Sort = None,
    ascii: options.Ascii = None,
    watch: options.Watch = False,
) -> ExitCode:
    """Draw a job's nested sub-jobs.

    \b
    vbsjob tree 4010b39b5281d3590152874bfa3b1604
    vbsjob tree ID --only failed,running --sort duration
    vbsjob tree ID -o jsonl | jq -r 'select(.status == "FAIL") | .path'
    vbsjob tree ID --watch
    """
    from vbsjob.cli import present
    from vbsjob.output.tree_documents import Wish

    command = JobCommand(ctx.params, ctx.obj)
    ids, wish = command.ids(jobs), Wish.of(command.settings)
    followed = command.follow(ids, wish) if watch else None
    answers = followed.answers() if followed else command.ask(ids)
    present.tree(answers, command.settings, field or [], command.context)
    command.remember(answers)
    return command.conclude(followed) if followed else command.code(answers)


@app.command(epilog=EXIT_CODES)
def watch(
    ctx: typer.Context,
    jobs: options.Jobs,
    output: options.Output = None,
    field: options.Fields = None,
    timeout: options.Timeout = None,
    any: options.Any = None,
    fail_fast: options.FailFast = None,
    wait_for_job: options.WaitForJob = None,
    interval: options.Interval = None,
    progress: options.Progress = None,
    heartbeat: options.Heartbeat = None,
    bell: options.Bell = None,
    github: options.Github = None,
    junit: options.Junit = None,
    quiet: options.Quiet = None,
    verbose: options.Verbose = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    endpoint: options.Endpoint = None,
    cache: options.Cache = None,
    insecure_http: options.InsecureHttp = None,
    retry_for: options.RetryFor = None,
    color: options.Color = None,
) -> ExitCode:
    """Follow jobs to their end; the exit code is the verdict.

    \b
    vbsjob watch 4010b39b5281d3590152874bfa3b1604
    create-backup | vbsjob watch - --timeout 2h
    vbsjob watch ID ID ID --fail-fast -o jsonl
    """
    from vbsjob.cli import present
    from vbsjob.output.tree_documents import WHOLE

    command = JobCommand(ctx.params, ctx.obj)
    events = command.settings["output"] == "jsonl"
    watch = command.follow(command.ids(jobs), WHOLE, events=events)
    present.concluded(watch.answers(), command.settings, field or [], command.context)
    command.remember(watch.answers())
    command.publish(watch)
    return command.conclude(watch)


app.registered_commands += desk.app.registered_commands
app.registered_groups += desk.app.registered_groups


def needed(argv: Sequence[str]) -> typer.Typer:
    """Return the commands, with options only where the words name one: others take time to make."""
    chosen = copy.copy(app)
    chosen.registered_commands = [
        one if _name(one) in argv else _bare(one) for one in app.registered_commands
    ]
    return chosen


def _name(one: Any) -> str:
    return str(one.name or one.callback.__name__)


def _bare(one: Any) -> Any:
    bare = copy.copy(one)
    bare.name, bare.help = _name(one), one.help or one.callback.__doc__
    bare.callback = lambda: None
    return bare
