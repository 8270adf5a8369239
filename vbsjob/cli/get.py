"""The command `get`: query jobs once and show them."""

from __future__ import annotations

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode


@options.takes("output field exit_status quiet verbose", options.QUERY, "details utc color")
def get(ctx: typer.Context, jobs: options.Jobs, **_: object) -> ExitCode:
    """Query jobs once and show status, times, entities and the failure.

    \b
    vbsjob get 4010b39b5281d3590152874bfa3b1604
    vbsjob get @last -f entities.backup_id
    vbsjob get ID --exit-status -q && echo succeeded
    create-backup | vbsjob get - -o json
    """
    command = JobCommand(ctx.params, ctx.obj)
    return command.query(command.job_ids(jobs), present.jobs)
