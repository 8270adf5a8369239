"""What happens in a watch and how it goes, as sentences, for screens, logs and events."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.jobs import failure
from vbsjob.jobs.tree import counts_text, kind
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.errors import VbsjobError
    from vbsjob.watch.state import Event, TrackedJob, WatchState

NAMED = 3
"""Jobs that a heartbeat names."""


def of_start(state: WatchState) -> str:
    """Return the sentence for the start."""
    ids = state.ids
    return f"watching job {ids[0]}" if len(ids) == 1 else f"watching {len(ids):,} jobs"


def of_event(event: Event, tracked: TrackedJob, now: float) -> str:
    """Return the sentence for something that happened to one job, without its id."""
    if event.kind == "recovered":
        return f"answers again after {format_duration(event.seconds)}"
    if event.kind == "waiting":
        seconds = format_duration(event.seconds)
        return f"the service does not know this job yet; waits {seconds}"
    if event.error is not None:
        answered_at = tracked.answered_at
        age = "" if answered_at is None else f" Answered {format_duration(now - answered_at)} ago."
        return f"the query failed: {printable(str(event.error))}{age} Trying again."
    if tracked.job is None:
        return ""
    job, cause = tracked.job, failure.find(tracked.job)
    state = printable(f"{job.status or 'no status'} {job.type}".rstrip())
    return f"{state}: {cause.explanation}" if cause else state


def of_heartbeat(state: WatchState, now: float, steady_now: datetime) -> str:
    """Return how the watch goes: ages, and how the jobs compare with earlier ones."""
    jobs, estimates = [tracked.job for tracked in state.tracked.values()], state.estimates
    running = [job for job in jobs if job and not job.ended]
    if len(jobs) == 1 and running:
        (job,) = running
        elapsed = job.elapsed(steady_now)
        age = "" if elapsed is None else f" for {format_duration(elapsed)}"
        status = f"{state.ids[0]}: {printable(job.status or 'no status')}{age}"
        facts = [", ".join(filter(None, (status, estimates.comparison(job, steady_now))))]
    else:
        longer = [job for job in running if estimates.is_longer(job, steady_now)]
        facts = [counts_text(map(kind, jobs), jobs=True)]
        facts += [
            printable(f"{job.id} {estimates.comparison(job, steady_now)}") for job in longer[:NAMED]
        ]
    for words, time in (("last change", state.changed_at), ("answered", state.last_answer_at())):
        if time is not None:
            facts.append(f"{words} {format_duration(now - time)} ago")
    return "; ".join(filter(None, (*facts, problem(state, now))))


def problem(state: WatchState, now: float, *, short: bool = False) -> str:
    """Return what keeps answers away and when the watch gives up; empty if nothing does.

    `short` omits the host.
    """
    jobs = state.unfinished()
    failing = [job for job in jobs if job.failures.count]
    first = min(failing, key=lambda job: job.failures.since, default=None)
    if first is not None and first.error is not None:
        silent = format_duration(float(round(now - first.failures.since)))
        left = max(0.0, first.failures.since + state.rules.retry_for - now)
        limit = f"Gives up in {format_duration(float(round(left)))}."
        return f"No answer for {silent} ({_cause(first.error, short=short)}). {limit}"
    missing = [job for job in jobs if job.not_found.count]
    if not missing:
        return ""
    job = missing[0]
    if job.job is not None:
        return f"The service does not know job {printable(job.job_id)} any more."
    left = max(0.0, job.not_found.since + state.rules.wait_for_job - now)
    which = "this job" if len(state.ids) == 1 else f"{len(missing):,} of the jobs"
    return f"The service does not know {which} yet. Waits {round(left)} s more."


def _cause(error: VbsjobError, *, short: bool) -> str:
    message = printable(error.message).partition(". ")[0].rstrip(".")
    if error.http_status is None:
        return message
    host = re.search("https?://([^/ :]+)", message)
    return f"HTTP {error.http_status}" + (f" from {host[1]}" if host and not short else "")


def freshness(state: WatchState, now: float) -> str:
    """Return how old the newest answer is."""
    answered_at = state.last_answer_at()
    if answered_at is None:
        return "waiting for the first answer"
    age = now - answered_at
    return f"answered {round(age)} s ago" if age < 60 else f"answered {format_duration(age)} ago"
