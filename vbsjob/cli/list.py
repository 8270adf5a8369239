"""The command `list`: recent jobs from the history of this machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import typer

from vbsjob import history
from vbsjob.cli import options, present
from vbsjob.cli.command import JobCommand
from vbsjob.config.values import duration, of_option
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import ENDED
from vbsjob.jobs.outcome import RunOutcome
from vbsjob.text import parse_time

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vbsjob.jobs.outcome import JobOutcome

SWITCHED_OFF = "the history is switched off. Remove VBSJOB_HISTORY=off or 'history = false'."
NO_JOBS = (
    "the history has no job to list: get, watch and tree store the jobs that they query at a cloud,"
    " but not those of the sandbox. Query a job: vbsjob get JOB_ID"
)


@options.takes(
    "output field limit running failed all_clouds since refresh verbose",
    options.SERVICE,
    "insecure_http retry_for utc color",
)
def list(
    ctx: typer.Context,
    *,
    limit: options.Limit = 20,
    running: options.Running = False,
    failed: options.Failed = False,
    all_clouds: options.AllClouds = False,
    since: options.Since = None,
    refresh: options.Refresh = False,
    **_: object,
) -> ExitCode:
    """List recent jobs of this cloud from the history; the newest start is first.

    \b
    vbsjob list
    vbsjob list --failed --since 1d
    vbsjob list --all --limit 100
    vbsjob list --refresh --cloud production
    vbsjob list -o name | vbsjob get -
    """
    command = JobCommand(ctx.params, ctx.obj)
    now = command.context.steady_now()
    earliest = None
    if since is not None:
        earliest = now - timedelta(seconds=of_option("--since", duration, since))

    def started(entry: dict[str, Any]) -> datetime:
        return parse_time(entry["begin_time"]) or now  # a job without a start is waiting

    cloud = history.cloud_of(command.settings)
    every = all_clouds or not cloud  # without a selected cloud there is nothing to choose from
    jobs = _refresh(command) if refresh else []
    of_all_clouds = [
        entry
        for entry in history.entries(command.settings, command.context, every=True)
        if (earliest is None or started(entry) >= earliest)
        and (not failed or entry["status"] == "FAIL")
        and (not running or entry["status"] not in ENDED)
    ]
    entries = [entry for entry in of_all_clouds if every or entry["cloud"] == cloud]
    # Stable: of jobs that started at the same time the one queried last is first.
    entries.sort(key=started, reverse=True)
    if not of_all_clouds:
        command.context.note(NO_JOBS if command.settings["history"] else SWITCHED_OFF)
    elif hidden := len(of_all_clouds) - len(entries):
        command.context.note(f"not listed: {hidden} of other clouds. All: vbsjob list --all")
    errors = present.history(entries, limit, command.output, every=every)
    command.context.stdout.flush()
    outcome = RunOutcome(tuple(jobs), now, errors=tuple(errors), judged=False)
    return present.end(outcome, command.output)


def _refresh(command: JobCommand) -> Sequence[JobOutcome]:
    """Query the jobs of this cloud that had not ended, and store their states."""
    entries = history.entries(command.settings, command.context)
    job_ids = [entry["job_id"] for entry in entries if entry["status"] not in ENDED]
    jobs = [*command.answers(job_ids)] if job_ids else []
    history.record(jobs, command.settings, command.context, refreshed=True)
    return jobs
