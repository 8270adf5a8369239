"""Each command as a recipe; decides nothing itself.

Imports typer and nothing else of third parties at the top: each command imports what it uses.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vbsjob import __version__, desk, flags
from vbsjob.desk import EXIT_CODES
from vbsjob.errand import Errand
from vbsjob.outcome import Code

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
    jobs: flags.Jobs,
    output: flags.Output = None,
    field: flags.Fields = None,
    exit_status: flags.ExitStatus = None,
    quiet: flags.Quiet = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    cache: flags.Cache = None,
    insecure_http: flags.InsecureHttp = None,
    retry_for: flags.RetryFor = None,
    color: flags.Color = None,
) -> Code:
    """Ask once about jobs and show what the service tells.

    \b
    vbsjob get 4010b39b5281d3590152874bfa3b1604
    vbsjob get ID -f entities.backup_id
    vbsjob get ID --exit-status -q && echo backed up
    create-backup | vbsjob get - -o json
    """
    from vbsjob import report

    errand = Errand(ctx.params, ctx.obj)
    answers = errand.ask(errand.ids(jobs))
    report.present(answers, errand.settings, field or [], errand.world)
    errand.remember(answers)
    return errand.code(answers)


@app.command(epilog=EXIT_CODES)
def tree(
    ctx: typer.Context,
    jobs: flags.Jobs,
    output: flags.Output = None,
    field: flags.Fields = None,
    exit_status: flags.ExitStatus = None,
    quiet: flags.Quiet = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    cache: flags.Cache = None,
    insecure_http: flags.InsecureHttp = None,
    retry_for: flags.RetryFor = None,
    color: flags.Color = None,
    depth: flags.Depth = None,
    only: flags.Only = None,
    sort: flags.Sort = None,
    ascii: flags.Ascii = None,
    watch: flags.Watch = False,
) -> Code:
    """Draw a job's nested sub-jobs.

    \b
    vbsjob tree 4010b39b5281d3590152874bfa3b1604
    vbsjob tree ID --only failed,running --sort duration
    vbsjob tree ID -o jsonl | jq -r 'select(.status == "FAIL") | .path'
    vbsjob tree ID --watch
    """
    from vbsjob import report
    from vbsjob.branches import Wish

    errand = Errand(ctx.params, ctx.obj)
    ids, wish = errand.ids(jobs), Wish.of(errand.settings)
    followed = errand.follow(ids, wish) if watch else None
    answers = followed.answers() if followed else errand.ask(ids)
    report.tree(answers, errand.settings, field or [], errand.world)
    errand.remember(answers)
    return errand.conclude(followed) if followed else errand.code(answers)


@app.command(epilog=EXIT_CODES)
def watch(
    ctx: typer.Context,
    jobs: flags.Jobs,
    output: flags.Output = None,
    field: flags.Fields = None,
    timeout: flags.Timeout = None,
    any: flags.Any = None,
    fail_fast: flags.FailFast = None,
    wait_for_job: flags.WaitForJob = None,
    interval: flags.Interval = None,
    progress: flags.Progress = None,
    heartbeat: flags.Heartbeat = None,
    bell: flags.Bell = None,
    github: flags.Github = None,
    junit: flags.Junit = None,
    quiet: flags.Quiet = None,
    verbose: flags.Verbose = None,
    cloud: flags.Cloud = None,
    region: flags.Region = None,
    project: flags.Project = None,
    endpoint: flags.Endpoint = None,
    cache: flags.Cache = None,
    insecure_http: flags.InsecureHttp = None,
    retry_for: flags.RetryFor = None,
    color: flags.Color = None,
) -> Code:
    """Follow jobs to their end; the exit code is the verdict.

    \b
    vbsjob watch 4010b39b5281d3590152874bfa3b1604
    create-backup | vbsjob watch - --timeout 2h
    vbsjob watch ID ID ID --fail-fast -o jsonl
    """
    from vbsjob import report
    from vbsjob.branches import WHOLE

    errand = Errand(ctx.params, ctx.obj)
    events = errand.settings["output"] == "jsonl"
    watch = errand.follow(errand.ids(jobs), WHOLE, events=events)
    report.concluded(watch.answers(), errand.settings, field or [], errand.world)
    errand.remember(watch.answers())
    errand.publish(watch)
    return errand.conclude(watch)


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
