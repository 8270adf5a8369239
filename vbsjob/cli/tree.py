"""The command `tree`: show the nested sub-jobs."""

from __future__ import annotations

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode


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
    service: options.Service = None,
    endpoint: options.Endpoint = None,
    cache: options.Cache = None,
    insecure_http: options.InsecureHttp = None,
    retry_for: options.RetryFor = None,
    utc: options.Utc = None,
    color: options.Color = None,
    depth: options.Depth = None,
    only: options.Only = None,
    sort: options.Sort = None,
    all: options.All = None,
    ascii: options.Ascii = None,
    watch: options.Watch = False,
    timeout: options.Timeout = None,
    interval: options.Interval = None,
    progress: options.Progress = None,
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
