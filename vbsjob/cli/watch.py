"""The command `watch`: wait until jobs have ended."""

from __future__ import annotations

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode


@options.takes(
    "output field timeout any fail_fast wait_for_job interval progress heartbeat bell notify",
    "github junit quiet verbose",
    options.QUERY,
    "details utc color",
)
def watch(ctx: typer.Context, jobs: options.Jobs, **_: object) -> ExitCode:
    """Wait until jobs have ended; the exit code is the result.

    \b
    vbsjob watch 4010b39b5281d3590152874bfa3b1604
    create-backup | vbsjob watch - --timeout 2h
    vbsjob watch ID ID ID --fail-fast -o jsonl
    """
    from vbsjob.jobs.tree import TreeOptions

    command = JobCommand(ctx.params, ctx.obj)
    chosen = command.output.format
    if chosen.events and command.output.fields:
        raise UsageError(
            f"watch -o {chosen.name} writes events, which --field cannot select.",
            hint="Use -o json with --field.",
        )
    job_ids = command.job_ids(jobs)
    return command.watch_jobs(job_ids, TreeOptions(), present.concluded, events=chosen.events)
