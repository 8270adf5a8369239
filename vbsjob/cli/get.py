"""The command `get`: query jobs once and show them."""

from __future__ import annotations

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode


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
    service: options.Service = None,
    endpoint: options.Endpoint = None,
    cache: options.Cache = None,
    insecure_http: options.InsecureHttp = None,
    retry_for: options.RetryFor = None,
    details: options.Details = None,
    utc: options.Utc = None,
    color: options.Color = None,
) -> ExitCode:
    """Query jobs once and show status, times, entities and the failure.

    \b
    vbsjob get 4010b39b5281d3590152874bfa3b1604
    vbsjob get @last -f entities.backup_id
    vbsjob get ID --exit-status -q && echo succeeded
    create-backup | vbsjob get - -o json
    """
    command = JobCommand(ctx.params, ctx.obj)
    return command.query(command.job_ids(jobs), present.jobs)
