"""The command `tree`: show the nested sub-jobs."""

from __future__ import annotations

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode


@options.takes(
    "output field exit_status quiet verbose",
    options.QUERY,
    "utc color depth only sort all ascii watch timeout interval progress",
)
def tree(
    ctx: typer.Context, jobs: options.Jobs, *, watch: options.Watch = False, **_: object
) -> ExitCode:
    """Show the nested sub-jobs of jobs as a tree.

    \b
    vbsjob tree 4010b39b5281d3590152874bfa3b1604
    vbsjob tree ID --only failed,running --sort duration
    vbsjob tree ID -o jsonl | jq 'select(.status == "FAIL")'
    vbsjob tree ID --watch
    """
    from vbsjob.jobs.tree import TreeOptions

    command = JobCommand(ctx.params, ctx.obj)
    job_ids = command.job_ids(jobs)

    if watch:
        return command.watch_jobs(job_ids, TreeOptions.of(command.settings), present.trees)
    return command.query(job_ids, present.trees)
