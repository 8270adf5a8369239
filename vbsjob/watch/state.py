"""WatchState: which job to poll and when, what an answer means, and when the watch ends.

Pure: the caller passes in the time (monotonic seconds) and the answers. A poll is one attempt;
retrying is polling again later.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vbsjob import exit_codes
from vbsjob.errors import InvalidBodyError, JobNotFoundError, UnknownStatusError, VbsjobError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import diff
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import RunOutcome, of_answer
from vbsjob.limits import REQUESTS_PER_SECOND, WATCH_RETRY_FOR
from vbsjob.text import printable
from vbsjob.watch.estimate import Estimates
from vbsjob.watch.intervals import PollInterval, longest_interval, retry_delay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from vbsjob.jobs.diff import Change
    from vbsjob.jobs.outcome import JobOutcome

OUTAGE_FAILURES = 2
"""An outage is reported from this failure on."""
GONE = 3, 10.0
"""A known job has disappeared after this number of "not found" over these seconds (F14)."""
NOT_FOUND_INTERVAL, NOT_FOUND_SHORTEST = 4.0, 0.5
"""Seconds between polls of a job that is not found; the last one is at the end of the grace."""
LAST_QUERY = 2.0
"""Seconds before the end of --timeout at which a job is queried once more: with long intervals its
last status would be old."""
LAST_DELAY = 0.1
"""Seconds at least before the attempt that ends an outage."""
TOO_MANY_REQUESTS = 429
UNKNOWN_END = 3, 30.0
"""A job with an end_time and an unknown status has ended after this number of such answers over
these seconds."""


class WatchRules(NamedTuple):
    """Options of a watch. Times are in seconds."""

    retry_for: float = WATCH_RETRY_FOR
    wait_for_job: float = 30.0
    timeout: float | None = None
    interval: float | None = None
    fail_fast: bool = False
    any: bool = False


class Event(NamedTuple):
    """Something that happened to one job: `change`, `waiting`, `outage` or `recovered`.

    `waiting`: the service does not know the new id yet.
    """

    kind: str
    job_id: str
    changes: Sequence[Change] = ()
    error: VbsjobError | None = None
    seconds: float = 0.0
    """Duration of the outage so far; of `waiting`: the longest wait."""


@dataclass(slots=True)
class Repeats:
    """How often something happened in a row, and since when."""

    count: int = 0
    since: float = 0.0
    """When it happened first; monotonic seconds."""

    def add(self, now: float) -> None:
        """Count once more."""
        if not self.count:
            self.since = now
        self.count += 1

    def reached(self, count: int, seconds: float, now: float) -> bool:
        """Whether it happened `count` times, over `seconds` or longer."""
        return self.count >= count and now - self.since >= seconds


@dataclass(slots=True)
class TrackedJob:
    """State of one job in a watch. Times are monotonic seconds."""

    job_id: str
    due: float = math.inf
    """When to poll; infinite while a poll is in flight, and after the job has an exit code."""
    job: Job | None = None
    """The last valid answer."""
    answered_at: float | None = None
    """When the last valid answer arrived."""
    error: VbsjobError | None = None
    """The error of the last poll; None if it was answered."""
    exit_code: ExitCode | None = None
    """The result; None while the watch of this job continues."""
    interval: PollInterval = field(default_factory=PollInterval)
    failures: Repeats = field(default_factory=Repeats)
    """Failed polls since the last answer."""
    limited_errors: list[type[VbsjobError]] = field(default_factory=list)
    """Errors since the last answer whose class limits the attempts."""
    not_found: Repeats = field(default_factory=Repeats)
    """Answers "not found" since the last valid answer."""
    unknown_ends: Repeats = field(default_factory=Repeats)
    """Consecutive valid answers with an end_time and a status that is not known."""

    def last_status(self, now: float) -> str:
        """Return a clause with the last status and its age, for messages."""
        if self.job is None or self.answered_at is None:
            return "the service never answered"
        age = f"{now - self.answered_at:.0f} s ago"
        if not self.job.status:
            return f"its last answer, {age}, had no status"
        return f"its last status was {printable(self.job.status)}, {age}"


@dataclass(slots=True)
class WatchState:
    """State of a watch of one or more jobs."""

    ids: Sequence[str]
    rules: WatchRules
    started: float
    random: Callable[[], float]
    tracked: dict[str, TrackedJob] = field(init=False)
    """One entry per job id, in the order of `ids`."""
    estimates: Estimates = field(default_factory=Estimates)
    interactive: bool = False
    """Whether a person looks at a live display."""
    changed_at: float | None = None
    """When the last change of any job arrived."""
    _queue: list[tuple[float, int, str]] = field(default_factory=list)
    """A heap of due time, number and job id; an entry counts as long as its job is due then."""
    _scheduled: int = 0
    """How often a poll was scheduled: of equal due times the earlier one is first."""
    _failures: Repeats = field(default_factory=Repeats)
    """Failed polls since the last answer about any job."""
    _left: int = field(init=False)
    """Jobs that are still polled; 0 when the watch is over."""

    def __post_init__(self) -> None:
        """Make all jobs due now; the caller limits the request rate."""
        self._left = len(self.ids)
        self.tracked = {job_id: TrackedJob(job_id) for job_id in self.ids}
        for tracked in self.tracked.values():
            self._schedule(tracked, self.started)

    @property
    def finished(self) -> bool:
        """Whether the watch is over."""
        return not self._left

    @property
    def deadline(self) -> float:
        """When --timeout ends the watch; infinite without."""
        timeout = self.rules.timeout
        return math.inf if timeout is None else self.started + timeout

    def take_due(self, now: float, limit: int) -> list[str]:
        """Return up to `limit` ids to poll now; pass each result to `record_result`.

        The job that is due for the longest time is the first: none waits for ever.
        """
        job_ids: list[str] = []
        while len(job_ids) < limit and self._queue and self._queue[0][0] <= now:
            due, _, job_id = heapq.heappop(self._queue)
            if self.tracked[job_id].due == due:
                self.tracked[job_id].due = math.inf
                job_ids.append(job_id)
        return job_ids

    def next_due(self) -> float:
        """Return the time of the next poll or timeout; infinite while only answers are awaited."""
        return min(self._queue[0][0] if self._queue else math.inf, self.deadline)

    def expire(self, now: float) -> None:
        """End the watch if --timeout has passed."""
        if self.finished or now < self.deadline:
            return
        for tracked in self.unfinished():
            self._finish(tracked, ExitCode.TIMEOUT)

    def poll_now(self, now: float) -> None:
        """Make all jobs due now, after a sleep of the machine (F66); outages start again.

        A Retry-After stays as it is.
        """
        self._failures.since = now
        for tracked in self.tracked.values():
            tracked.failures.since = tracked.not_found.since = now
            retry_after = tracked.error and tracked.error.retry_after
            if now < tracked.due < math.inf and not retry_after:
                self._schedule(tracked, now)

    def record_result(
        self, job_id: str, result: Job | VbsjobError, now: float, age: float | None = None
    ) -> list[Event]:
        """Record an answer or an error; return the events. `age` is the job's, in seconds."""
        tracked = self.tracked[job_id]
        if tracked.exit_code is not None or self.finished:
            return []
        if isinstance(result, Job):
            return self._on_answer(tracked, result, now, age)
        if isinstance(result, JobNotFoundError):
            return self._on_not_found(tracked, result, now)
        return self._on_failure(tracked, result, now)

    def unfinished(self) -> list[TrackedJob]:
        """Return the jobs that have no exit code."""
        return [tracked for tracked in self.tracked.values() if tracked.exit_code is None]

    def last_answer_at(self) -> float | None:
        """Return when the last valid answer about any job arrived; None without one."""
        times = (tracked.answered_at for tracked in self.tracked.values())
        return max((time for time in times if time is not None), default=None)

    def outcome(self, now: datetime, *errors: VbsjobError) -> RunOutcome:
        """Return the outcome of the watch, which is over; `errors` ended it."""
        jobs = (
            self.job_outcome(tracked, now, _last_error(tracked, *errors))
            for tracked in self.tracked.values()
        )
        return RunOutcome(tuple(jobs), now, errors=errors, any=self.rules.any)

    def job_outcome(
        self, tracked: TrackedJob, now: datetime, error: VbsjobError | None
    ) -> JobOutcome:
        """Return what is known about one job; `error` if its last query was not answered."""
        code = ExitCode.PENDING if tracked.exit_code is None else tracked.exit_code
        return of_answer(
            tracked.job_id,
            error or tracked.job,
            now,
            last=tracked.job,
            code=code,
            expected_end=None if tracked.job is None else self.estimates.expected_end(tracked.job),
            time_limit=self.rules.timeout if code is ExitCode.TIMEOUT else None,
        )

    def _on_answer(
        self, tracked: TrackedJob, job: Job, now: float, age: float | None
    ) -> list[Event]:
        events = self._end_outage(tracked, now)
        changes = diff.changes(tracked.job, job)
        first = tracked.job is None
        job = tracked.job if tracked.job == job else job  # screens of an equal answer are kept
        tracked.job, tracked.answered_at = job, now
        tracked.error, tracked.not_found.count = None, 0
        if changes:
            self.changed_at = now
            events.append(Event("change", tracked.job_id, changes))
        verdict = exit_codes.of_job(job, fail_fast=self.rules.fail_fast)
        if verdict is not ExitCode.PENDING:
            self._finish(tracked, verdict)
            return events
        if error := _unknown_end(tracked, job, now):
            tracked.error = error
            self._finish(tracked, error.exit_code)
            return events
        estimate = self.estimates.of(job.type)
        limit = longest_interval(estimate, age, interactive=self.interactive)
        tracked.interval.on_answer(changed=bool(changes), age=age, limit=limit)
        delay = tracked.interval.next_delay(
            self.rules.interval, self.random, waiting=job.status == "INIT", first=first
        )
        # All jobs share the request rate equally.
        due = now + max(delay, self._left / REQUESTS_PER_SECOND)
        last = self.deadline - LAST_QUERY
        self._schedule(tracked, min(due, last) if now < last else due)
        return events

    def _on_failure(self, tracked: TrackedJob, error: VbsjobError, now: float) -> list[Event]:
        tracked.failures.add(now)
        answered = self.last_answer_at() is not None
        # What comes from a portal or a proxy is an outage (F25).
        if isinstance(error, InvalidBodyError) or (error.is_page and answered):
            error = error.replace(max_attempts=None, exit_code=ExitCode.UNAVAILABLE)
        tracked.error = error
        if error.max_attempts is not None:
            tracked.limited_errors.append(type(error))
            if tracked.limited_errors.count(type(error)) >= error.max_attempts:
                self._finish(tracked, error.exit_code)
                return []
        self._failures.add(now)
        retry_for = self.rules.retry_for
        every = self._failures.reached(1, retry_for, now)  # no job was answered
        if every or tracked.failures.reached(1, retry_for, now):
            for job in self.unfinished() if every else [tracked]:
                self._give_up(job, job.error or error, now)
            return []
        if error.http_status == TOO_MANY_REQUESTS:
            tracked.interval.on_throttled()
        delay = retry_delay(tracked.failures.count, error.retry_after, self.random)
        if error.retry_after is None:  # the last attempt is when --retry-for ends, not later
            since = min(tracked.failures.since, self._failures.since)
            delay = min(delay, max(since + retry_for - now, LAST_DELAY))
        self._schedule(tracked, now + delay)
        if tracked.failures.count != OUTAGE_FAILURES:
            return []
        seconds = now - tracked.failures.since
        return [Event("outage", tracked.job_id, error=error, seconds=seconds)]

    def _give_up(self, tracked: TrackedJob, error: VbsjobError, now: float) -> None:
        """End the watch of a job that is not answered; the message gives its last status."""
        status = tracked.last_status(now)
        message = f"{error.message} {status[0].upper()}{status[1:]}."
        tracked.error = error.replace(message=message, exit_code=ExitCode.UNAVAILABLE)
        self._finish(tracked, tracked.error.exit_code)

    def _on_not_found(
        self, tracked: TrackedJob, error: JobNotFoundError, now: float
    ) -> list[Event]:
        """Wait for a new id to become visible, or until a known job is GONE."""
        events = self._end_outage(tracked, now)
        tracked.not_found.add(now)
        tracked.error = error
        count, seconds = GONE if tracked.job else (1, self.rules.wait_for_job)
        if tracked.not_found.reached(count, seconds, now):
            if tracked.job:
                status = tracked.last_status(now)
                message = f"the service no longer knows job {tracked.job_id}: {status}."
                tracked.error = error.replace(message=message)
            self._finish(tracked, error.exit_code)
        else:
            left = tracked.not_found.since + seconds - now
            self._schedule(tracked, now + min(NOT_FOUND_INTERVAL, max(left, NOT_FOUND_SHORTEST)))
            if tracked.job is None and tracked.not_found.count == 1:
                seconds = max(0.0, min(seconds, self.deadline - now))
                events.append(Event("waiting", tracked.job_id, seconds=seconds))
        return events

    def _end_outage(self, tracked: TrackedJob, now: float) -> list[Event]:
        reported = tracked.failures.count >= OUTAGE_FAILURES
        tracked.failures.count = self._failures.count = 0
        tracked.limited_errors.clear()
        seconds = now - tracked.failures.since
        return [Event("recovered", tracked.job_id, seconds=seconds)] if reported else []

    def _finish(self, tracked: TrackedJob, code: ExitCode) -> None:
        tracked.exit_code, tracked.due = code, math.inf
        self._left -= 1
        failed, succeeded = code is ExitCode.JOB_FAILED, code is ExitCode.OK
        if (self.rules.fail_fast and failed) or (self.rules.any and (failed or succeeded)):
            self._left = 0

    def _schedule(self, tracked: TrackedJob, due: float) -> None:
        tracked.due = due
        self._scheduled += 1
        heapq.heappush(self._queue, (due, self._scheduled, tracked.job_id))


def _last_error(tracked: TrackedJob, *errors: VbsjobError) -> VbsjobError | None:
    """Return the error of the last query; without any answer that of the watch, or one for it."""
    if tracked.error is not None or tracked.job is not None:
        return tracked.error
    if errors:
        return errors[0]
    return VbsjobError(
        f"the watch ended before the service answered about job {tracked.job_id}.",
        hint=f"Query it again: vbsjob get {tracked.job_id}",
        exit_code=tracked.exit_code or ExitCode.PENDING,
    )


def _unknown_end(tracked: TrackedJob, job: Job, now: float) -> UnknownStatusError | None:
    """Return the error of a job that has ended with a status that is not known; else None."""
    if not job.unknown_status or not job.members.get("end_time"):
        tracked.unknown_ends.count = 0
        return None
    tracked.unknown_ends.add(now)
    if not tracked.unknown_ends.reached(*UNKNOWN_END, now):
        return None
    return UnknownStatusError(
        f"job {tracked.job_id} has ended with {job.unknown_status}.",
        hint="Check the job in the console of the cloud.",
    )
