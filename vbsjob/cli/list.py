"""The command `list`: recent jobs from the history of this machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import ENDED
from vbsjob.jobs.outcome import RunOutcome
from vbsjob.text import parse_time, printable

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.jobs.outcome import JobOutcome


def list_jobs(
    ctx: typer.Context,
    output: options.Output = None,
    field: options.Fields = None,
    limit: options.Limit = 20,
    running: options.Running = False,
    failed: options.Failed = False,
    all_clouds: options.AllClouds = False,
    since: options.Since = None,
    refresh: options.Refresh = False,
    verbose: options.Verbose = None,
    cloud: options.Cloud = None,
    region: options.Region = None,
    project: options.Project = None,
    service: options.Service = None,
    endpoint: options.Endpoint = None,
    insecure_http: options.InsecureHttp = None,
    retry_for: options.RetryFor = None,
    utc: options.Utc = None,
    color: options.Color = None,
) -> ExitCode:
    """List recent jobs of this cloud from the history; the newest start is first.

    \b
    vbsjob list
    vbsjob list --failed --since 1d
    vbsjob list --all --limit 100
    vbsjob list --refresh --cloud production
    vbsjob list -o name | vbsjob get -
    """
    from vbsjob import history

    command = JobCommand(ctx.params, ctx.obj)
    now = command.context.steady_now()
    earliest = None if since is None else now - _age(since)
    jobs = _refresh(command) if refresh else []
    # Without a selected cloud there is nothing to choose from.
    every = all_clouds or not history.cloud_of(command.settings)
    find = history.entries if every else history.selected
    entries = [
        entry
        for entry in find(command.settings, command.context)
        if _is_recent(entry, earliest)
        and (not failed or entry["status"] == "FAIL")
        and (not running or entry["status"] not in ENDED)
    ]
    # Stable: of jobs without a time of start the one queried last is first.
    entries.sort(key=lambda entry: _started(entry) or now, reverse=True)
    if not entries:
        filtered = (
            failed
            or running
            or since
            or (not every and history.entries(command.settings, command.context))
        )
        command.context.note(_empty(command, filtered=bool(filtered)))
    errors = present.history(entries, limit, command.output, every=every)
    return command.end(RunOutcome(tuple(jobs), now, errors=tuple(errors), judged=False))


def _refresh(command: JobCommand) -> list[JobOutcome]:
    """Query the jobs of this cloud that had not ended, and store their states."""
    from vbsjob import history

    job_ids = history.running_ids(command.settings, command.context)
    jobs = list(command.answers(job_ids)) if job_ids else []
    history.record(jobs, command.settings, command.context, stored=True)
    return jobs


def _empty(command: JobCommand, *, filtered: bool) -> str:
    if not command.settings["history"]:
        return "the history is switched off. Remove VBSJOB_HISTORY=off or 'history = false'."
    if filtered:
        return (
            "no job of the history matches. Omit --failed, --running or --since, or list the"
            " jobs of every cloud with --all."
        )
    return (
        "the history is empty: get, watch and tree store the jobs that they query at a cloud, but"
        " not those of the sandbox. Query a job: vbsjob get JOB_ID"
    )


def _age(text: str) -> timedelta:
    from vbsjob.config.values import duration, invalid

    try:
        return timedelta(seconds=duration(text))
    except ValueError as error:
        raise invalid(f"--since: {printable(text)[:200]!r}", error) from None


def _started(entry: dict[str, Any]) -> datetime | None:
    return parse_time(entry["begin_time"])


def _is_recent(entry: dict[str, Any], earliest: datetime | None) -> bool:
    """Whether a job began after `earliest`. A job without a begin time is recent: it waits."""
    begin = _started(entry)
    return earliest is None or begin is None or begin >= earliest
