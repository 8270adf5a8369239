"""How a running watch goes, as sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from vbsjob.watch.state import TrackedJob, WatchState


def problem(state: WatchState, now: float, *, short: bool = False) -> str:
    """Return what keeps answers away and when the watch gives up; empty if nothing does.

    `short` omits the host.
    """
    failing = _longest_failing(state)
    if failing is not None and failing.error is not None:
        silent = format_duration(float(round(now - failing.failing_since)))
        left = max(0.0, failing.failing_since + state.rules.retry_for - now)
        limit = f"Gives up in {format_duration(float(round(left)))}."
        return f"No answer for {silent} ({_cause(failing, short=short)}). {limit}"
    missing = [
        job for job in state.tracked.values() if job.not_found_count and job.exit_code is None
    ]
    if not missing:
        return ""
    job = missing[0]
    if job.job is not None:
        return f"The service does not know job {printable(job.job_id)} any more."
    left = max(0.0, job.not_found_since + state.rules.wait_for_job - now)
    which = "this job" if len(state.ids) == 1 else f"{len(missing):,} of the jobs"
    return f"The service does not know {which} yet. Waits {round(left)} s more."


def _longest_failing(state: WatchState) -> TrackedJob | None:
    failing = [job for job in state.tracked.values() if job.failures and job.exit_code is None]
    return min(failing, key=lambda job: job.failing_since, default=None)


def _cause(job: TrackedJob, *, short: bool) -> str:
    error = job.error
    if error is None:
        return ""
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
