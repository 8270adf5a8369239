"""Decides about a watch: which job to ask next and when, what an answer means, when to give up.

Pure: it is told the time (monotonic seconds) and the answers; it neither asks, sleeps, draws nor
reads a clock. Each question is one attempt: asking again later is all the retrying there is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vbsjob import exit_codes
from vbsjob.errors import InvalidBodyError, JobNotFoundError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.diff import Changes
from vbsjob.jobs.job import Job
from vbsjob.limits import REQUESTS_PER_SECOND, WATCH_RETRY_FOR
from vbsjob.text import printable
from vbsjob.watch.intervals import PollInterval, pause
from vbsjob.watch.queue import DueQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vbsjob.errors import VbsjobError
    from vbsjob.jobs.diff import Change

OUTAGE = 2
"""An outage is told from this failure on."""
GONE_TIMES, GONE_OVER = 3, 10.0
MISSING_INTERVAL, MISSING_LEAST = 4.0, 0.5
THROTTLED = 429


@dataclass(frozen=True, slots=True)
class WatchRules:
    """What the user wants of a watch; times in seconds."""

    retry_for: float = WATCH_RETRY_FOR
    wait_for_job: float = 30.0
    timeout: float | None = None
    interval: float | None = None
    fail_fast: bool = False
    any: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """Something worth telling of one job: `change`, `outage` or `recovered`."""

    kind: str
    job_id: str
    changes: Iterable[Change] = ()
    problem: VbsjobError | None = None
    seconds: float = 0.0
    """How long the outage has lasted, or did."""


@dataclass(slots=True)
class TrackedJob:
    """What is known of one job that is being followed."""

    job_id: str
    due: float | None
    """When to ask; None while an answer is awaited, and once there is a code."""
    job: Job | None = None
    answered: float | None = None
    changed: float | None = None
    problem: VbsjobError | None = None
    """What the last question came to, if not to an answer."""
    code: ExitCode | None = None
    """What the watch came to for this job, once it did."""
    rhythm: PollInterval = field(default_factory=PollInterval)
    failures: int = 0
    failing_since: float = 0.0
    strikes: list[type[VbsjobError]] = field(default_factory=list)
    """The failures since the last answer that are worth only so many tries."""
    missing: int = 0
    missing_since: float = 0.0

    @property
    def verdict(self) -> ExitCode:
        """What the watch came to for this job; pending where it did not (OK is no truth value)."""
        return ExitCode.PENDING if self.code is None else self.code

    @property
    def ended(self) -> bool:
        """Whether the service said that the job has ended."""
        return self.job is not None and self.job.ended and self.problem is None


@dataclass(slots=True)
class WatchState:
    """A watch of one job or of thousands."""

    ids: Sequence[str]
    rules: WatchRules
    started: float
    random: Callable[[], float]
    followed: dict[str, TrackedJob] = field(default_factory=dict)
    _turns: DueQueue = field(default_factory=DueQueue)
    _silent_since: float | None = None
    """When the failures began that no answer about any job has ended."""
    _open: int = 0
    _stopped: bool = False

    def __post_init__(self) -> None:
        """Ask all at once; whoever asks keeps to the rate."""
        self._open = len(self.ids)
        for job_id in self.ids:
            self.followed[job_id] = TrackedJob(job_id, None)
            self._ask_at(self.followed[job_id], self.started)

    @property
    def over(self) -> bool:
        """Whether nothing is left to ask."""
        return self._stopped or not self._open

    @property
    def deadline(self) -> float:
        """When the watch has to be over."""
        timeout = self.rules.timeout
        return math.inf if timeout is None else self.started + timeout

    def due(self, now: float, room: int) -> list[str]:
        """Return up to `room` jobs to ask now; each is then awaited."""
        ready: list[str] = []
        while len(ready) < room and (turn := self._turns.take(now)):
            at, job_id = turn
            one = self.followed[job_id]
            if one.due == at and one.code is None:
                one.due = None
                ready.append(job_id)
        return ready

    def next_at(self) -> float:
        """Return when there is something to do next; infinite while only answers are awaited."""
        return min(self._turns.next_at, self.deadline)

    def expire(self, now: float) -> None:
        """End the watch once its time is up."""
        if self.over or now < self.deadline:
            return
        self._stopped = True
        for one in self.followed.values():
            if one.code is None:
                one.code = ExitCode.TIMEOUT

    def poll_now(self, now: float) -> None:
        """Ask about everything now, as after a sleep of the machine; outages begin anew."""
        self._silent_since = None
        for one in self.followed.values():
            one.failing_since = one.missing_since = now
            if one.due is not None and one.code is None:
                self._ask_at(one, now)

    def record_result(
        self, job_id: str, found: Job | VbsjobError, now: float, age: float | None = None
    ) -> list[Event]:
        """Take an answer, or why there is none; `age` is the job's own, in seconds."""
        one = self.followed[job_id]
        if one.code is not None or self._stopped:
            return []
        if isinstance(found, Job):
            return self._answered(one, found, now, age)
        if isinstance(found, JobNotFoundError):
            return self._missed(one, found, now)
        return self._failed(one, found, now)

    def left(self) -> list[str]:
        """Return the jobs that go on, as far as is known."""
        given_up = {None, ExitCode.TIMEOUT}
        return [one.job_id for one in self.followed.values() if one.code in given_up]

    def code(self) -> ExitCode:
        """Return what the watch comes to; with `any` the jobs that ended speak."""
        ended = [one.code for one in self.followed.values() if one.ended and one.code is not None]
        if self.rules.any and ended:
            return exit_codes.worst(ended)
        return exit_codes.worst(one.verdict for one in self.followed.values())

    def _answered(self, one: TrackedJob, found: Job, now: float, age: float | None) -> list[Event]:
        events = self._recovered(one, now)
        changes = Changes(one.job, found)
        first = one.job is None
        one.job, one.answered, one.problem, one.missing = found, now, None, 0
        one.rhythm.answered(changed=bool(changes), age=age)
        if changes:
            one.changed = now
            events.append(Event("change", one.job_id, changes))
        verdict = exit_codes.of_job(found, fail_fast=self.rules.fail_fast)
        if verdict is ExitCode.PENDING:
            self._ask_at(one, now + self._interval(one, found, first=first))
        else:
            self._settle(one, verdict)
        return events

    def _interval(self, one: TrackedJob, found: Job, *, first: bool) -> float:
        waiting = found.status == "INIT"
        wait = one.rhythm.interval(self.rules.interval, self.random, waiting=waiting, first=first)
        return max(wait, self._open / REQUESTS_PER_SECOND)

    def _failed(self, one: TrackedJob, problem: VbsjobError, now: float) -> list[Event]:
        one.failures += 1
        if one.failures == 1:
            one.failing_since = now
        one.problem = problem
        lasted = now - one.failing_since
        struck_out = self._struck_out(one, problem)
        if struck_out:
            self._settle(one, problem.exit_code)
            return []
        if lasted >= self.rules.retry_for:
            self._lose(one, problem, ExitCode.UNAVAILABLE, now)
            return []
        if self._silent_since is None:
            self._silent_since = now
        if now - self._silent_since >= self.rules.retry_for:
            self._give_up(problem, now)
            return []
        if problem.http_status == THROTTLED:
            one.rhythm.throttled()
        self._ask_at(one, now + pause(one.failures, problem.retry_after, self.random))
        record_result = one.failures == OUTAGE
        return (
            [Event("outage", one.job_id, problem=problem, seconds=lasted)] if record_result else []
        )

    def _struck_out(self, one: TrackedJob, problem: VbsjobError) -> bool:
        """Whether problems of a kind that asking again does not cure have been met too often."""
        # Garbage on 200 is a portal or a proxy, and passes: in a watch it is an outage.
        if problem.max_attempts is None or isinstance(problem, InvalidBodyError):
            return False
        one.strikes.append(type(problem))
        return one.strikes.count(type(problem)) >= problem.max_attempts

    def _give_up(self, problem: VbsjobError, now: float) -> None:
        """End the watch: nothing was heard of any job for as long as the user will have it."""
        for one in self.followed.values():
            if one.code is None:
                self._lose(one, one.problem or problem, problem.exit_code, now)

    def _lose(self, one: TrackedJob, problem: VbsjobError, code: ExitCode, now: float) -> None:
        """Give a job up that nothing is heard of, saying what was last known of it."""
        hint = f"{problem.hint} Last known: {_last(one, now)}.".lstrip()
        one.problem = problem.with_hint(hint)
        self._settle(one, code)

    def _missed(self, one: TrackedJob, problem: JobNotFoundError, now: float) -> list[Event]:
        """A new id may not be visible yet; one that was seen is gone when three answers say so."""
        events = self._recovered(one, now)
        one.missing += 1
        if one.missing == 1:
            one.missing_since = now
        one.problem = problem
        lasted = now - one.missing_since
        grace = self.rules.wait_for_job
        gone = one.missing >= GONE_TIMES and lasted >= GONE_OVER if one.job else lasted >= grace
        if gone:
            if one.job:
                message = f"the service no longer knows job {one.job_id}: {_last(one, now)}."
                one.problem = problem.replace(message=message)
            self._settle(one, problem.exit_code)
        else:
            left = GONE_OVER if one.job else grace - lasted
            self._ask_at(one, now + min(MISSING_INTERVAL, max(left, MISSING_LEAST)))
        return events

    def _recovered(self, one: TrackedJob, now: float) -> list[Event]:
        record_result = one.failures >= OUTAGE
        one.failures = 0
        one.strikes.clear()
        self._silent_since = None
        lasted = now - one.failing_since
        return [Event("recovered", one.job_id, seconds=lasted)] if record_result else []

    def _settle(self, one: TrackedJob, code: ExitCode) -> None:
        one.code = code
        self._open -= 1
        if self.rules.fail_fast and code is ExitCode.JOB_FAILED:
            self._stopped = True
        if self.rules.any and one.ended:
            self._stopped = True

    def _ask_at(self, one: TrackedJob, when: float) -> None:
        one.due = when
        self._turns.enter(one.job_id, when, failed=one.problem is not None)


def _last(one: TrackedJob, now: float) -> str:
    """Say what was last known of a job."""
    if one.job is None or one.answered is None:
        return "it never answered"
    return f"its status was {printable(str(one.job.status))} {now - one.answered:.0f} s ago"
