"""How a watch goes and how it ended, as sentences."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.exit_codes import ExitCode
from vbsjob.render.several import counts
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.render.several import Entry
    from vbsjob.render.theme import View
    from vbsjob.watch.state import TrackedJob, WatchState

NAMED = 3
"""Failed jobs that the verdict names."""


def of_one(entry: Entry, code: ExitCode, view: View) -> str:
    """Return how the watch of one job ended."""
    number = f"(exit code {int(code)})"
    seconds = None if entry.job is None else entry.job.elapsed(view.now)
    after = "" if seconds is None else f" after {format_duration(seconds)}"
    if code is ExitCode.OK:
        return f"Succeeded{after}."
    if code is ExitCode.JOB_FAILED:
        if entry.job is not None and not entry.job.failed:
            return f"A sub-job failed {number}. The job has not ended."
        return f"Failed{after} {number}."
    return f"No result {number}."


def of_several(entries: Sequence[Entry], code: ExitCode) -> str:
    """Return how the watch of several jobs ended."""
    number = f"Exit code {int(code)}."
    failed = [entry for entry in entries if entry.failure and code is ExitCode.JOB_FAILED]
    if failed:
        names = [_named(entry) for entry in failed[:NAMED]]
        if len(failed) > NAMED:
            names.append(f"{len(failed) - NAMED:,} more")
        total = len(entries)
        return f"{len(failed):,} of {total:,} jobs failed: {', '.join(names)}. {number}"
    if all(entry.kind == "SUCCESS" for entry in entries):
        return f"All {len(entries):,} jobs succeeded."
    return f"{counts(entries).capitalize()}. {number}"


def _named(entry: Entry) -> str:
    code = entry.failure.error_code if entry.failure else ""
    return f"{printable(entry.job_id)} ({printable(code)})" if code else printable(entry.job_id)


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
    answers = [job.answered_at for job in state.tracked.values() if job.answered_at is not None]
    if not answers:
        return "waiting for the first answer"
    age = now - max(answers)
    return f"answered {round(age)} s ago" if age < 60 else f"answered {format_duration(age)} ago"
