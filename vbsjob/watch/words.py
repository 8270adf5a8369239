"""What happens in a watch, as sentences: lines of a log, `message` of an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.jobs import failure
from vbsjob.jobs.tree import counts_text, kind
from vbsjob.text import format_duration, printable

if TYPE_CHECKING:
    from datetime import datetime

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
    jobs = [tracked.job for tracked in state.tracked.values() if tracked.job]
    running = [job for job in jobs if not job.ended]
    compared = [(job, state.estimates.comparison(job, steady_now)) for job in running]
    if len(state.ids) == 1 and running:
        (job, comparison), elapsed = compared[0], running[0].elapsed(steady_now)
        age = "" if elapsed is None else f" for {format_duration(elapsed)}"
        status = f"{state.ids[0]}: {printable(job.status or 'no status')}{age}"
        facts = [", ".join(filter(None, (status, comparison)))]
    else:
        longer = [f"{job.id} {text}" for job, text in compared if text.startswith("longer")]
        statuses = counts_text((kind(tracked.job) for tracked in state.tracked.values()), jobs=True)
        facts = [statuses, *map(printable, longer[:NAMED])]
    for words, time in (("last change", state.changed_at), ("answered", state.last_answer_at())):
        if time is not None:
            facts.append(f"{words} {format_duration(now - time)} ago")
    return "; ".join(facts)
