"""The command `list`: recent jobs from the history of this machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.outcome import RunOutcome
from vbsjob.text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.jobs.outcome import JobOutcome


def list_jobs(
    ctx: typer.Context,
    output: options.Output = None,
    field: options.Fields = None,
    failed: options.Failed = False,
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
    """List recent jobs of the history, the newest first.

    \b
    vbsjob list
    vbsjob list --failed --since 1d
    vbsjob list --refresh --cloud production
    vbsjob list -o name | vbsjob get -
    """
    from vbsjob import history

    command = JobCommand(ctx.params, ctx.obj)
    earliest = None if since is None else command.context.now() - _age(since)

    def entries() -> list[dict[str, Any]]:
        documents = history.entries(command.settings, command.context)
        named = history.cloud_of(command.settings) if cloud or service else None
        return [
            document
            for document in documents
            if (named is None or document["cloud"] == named) and _is_recent(document, earliest)
        ]

    jobs = _refresh(command, entries()) if refresh else []
    shown = [item for item in entries() if not failed or item["status"] == "FAIL"]
    if not shown:
        command.context.note(_empty(command, filtered=bool(failed or since or cloud or service)))
    errors = present.history(shown, command.output)
    now = command.context.steady_now()
    return command.end(RunOutcome(tuple(jobs), now, errors=tuple(errors), judged=False))


def _refresh(command: JobCommand, entries: list[dict[str, Any]]) -> list[JobOutcome]:
    """Query the jobs of this cloud that had not ended, and store their states."""
    from vbsjob import history
    from vbsjob.jobs.job import ENDED

    current_cloud = history.cloud_of(command.settings)
    job_ids = [
        entry["job_id"]
        for entry in entries
        if entry["cloud"] == current_cloud and entry["status"] not in ENDED
    ]
    jobs = list(command.answers(job_ids)) if job_ids else []
    history.record(jobs, command.settings, command.context, stored=True)
    return jobs


def _empty(command: JobCommand, *, filtered: bool) -> str:
    if not command.settings["history"]:
        return "the history is switched off. Remove VBSJOB_HISTORY=off or 'history = false'."
    if filtered:
        return "no job of the history matches. Omit --failed, --since or --cloud to see more."
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


def _is_recent(document: dict[str, Any], earliest: datetime | None) -> bool:
    """Whether a job began after `earliest`. A job without a begin time is recent: it waits."""
    from vbsjob.text import parse_time

    begin = parse_time(document["begin_time"])
    return earliest is None or begin is None or begin >= earliest
