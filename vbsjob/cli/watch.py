"""The command `watch`: wait until jobs have ended."""

from __future__ import annotations

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode


def watch(
    ctx: typer.Context,
    jobs: options.Jobs,
    output: options.Output = None,
    field: options.Fields = None,
    timeout: options.Timeout = None,
    any: options.Any_ = None,
    fail_fast: options.FailFast = None,
    wait_for_job: options.WaitForJob = None,
    interval: options.Interval = None,
    progress: options.Progress = None,
    heartbeat: options.Heartbeat = None,
    bell: options.Bell = None,
    notify: options.Notify = None,
    github: options.Github = None,
    junit: options.Junit = None,
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
    """Wait until jobs have ended; the exit code is the result.

    \b
    vbsjob watch 4010b39b5281d3590152874bfa3b1604
    create-backup | vbsjob watch - --timeout 2h
    vbsjob watch ID ID ID --fail-fast -o jsonl
    """
    from vbsjob.cli import reports
    from vbsjob.jobs.tree import TreeOptions

    with reports.on_error(ctx.params, ctx.obj):
        command = JobCommand(ctx.params, ctx.obj)
        chosen = command.output.format
        if chosen.events and command.output.fields:
            raise UsageError(
                f"watch -o {chosen.name} writes events, which --field cannot select.",
                hint="Use -o json with --field.",
            )
        job_ids = command.job_ids(jobs)
    return command.watch_jobs(job_ids, TreeOptions(), present.concluded, events=chosen.events)
