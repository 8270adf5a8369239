"""Decides about a watch: which job to ask next and when, what an answer means, when to give up.

Pure: it is told the time (monotonic seconds) and the answers; it neither asks, sleeps, draws nor
reads a clock. Each question is one attempt: asking again later is all the retrying there is.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vbsjob import change, outcome
from vbsjob.job import Job
from vbsjob.outcome import Code, Garbled, JobNotFound
from vbsjob.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.change import Change
    from vbsjob.outcome import Problem

QUICK, STEADY, GROWTH = 2.0, 12.0, 2.5
"""Seconds between questions: from QUICK, by GROWTH, to STEADY; JITTER keeps it below 15 s."""
JITTER = 0.2
HASTE, AGE_PART = 2.0, 0.04
"""A change divides the grown interval, but makes it no less than this part of the job's age.

Back to QUICK at once would ask about a job of a minute, with a few sub-jobs, twice as often.
"""
INIT_INTERVAL = 5.0
RATE = 20.0
"""Questions a second that all jobs share."""
SLOWEST = 60.0
SLOWER, QUICKER = 2.0, 0.9
"""What a 429 and what an answer do to the interval."""
RETRY_FIRST, RETRY_LEAST, RETRY_MOST = 1.0, 0.5, 30.0
LONGEST_RETRY_AFTER = 300.0
OUTAGE = 2
"""An outage is told from this failure on."""
GONE_TIMES, GONE_OVER = 3, 10.0
MISSING_INTERVAL = 4.0
THROTTLED = 429


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user wants of a watch; times in seconds."""

    retry_for: float = 900.0
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
    changes: Sequence[Change] = ()
    problem: Problem | None = None
    seconds: float = 0.0
    """How long the outage has lasted, or did."""


@dataclass(slots=True)
class Followed:
    """What is known of one job that is being followed."""

    job_id: str
    due: float | None
    """When to ask; None while an answer is awaited, and once there is a code."""
    job: Job | None = None
    answered: float | None = None
    changed: float | None = None
    problem: Problem | None = None
    """What the last question came to, if not to an answer."""
    code: Code | None = None
    """What the watch came to for this job, once it did."""
    step: float = QUICK
    slow: float = 1.0
    failures: int = 0
    failing_since: float = 0.0
    missing: int = 0
    missing_since: float = 0.0

    @property
    def verdict(self) -> Code:
        """What the watch came to for this job; pending where it did not (OK is no truth value)."""
        return Code.PENDING if self.code is None else self.code

    @property
    def ended(self) -> bool:
        """Whether the service said that the job has ended."""
        return self.job is not None and self.job.ended and self.problem is None


@dataclass(slots=True)
class Poll:
    """A watch of one job or of thousands."""

    ids: Sequence[str]
    rules: Rules
    started: float
    random: Callable[[], float]
    followed: dict[str, Followed] = field(default_factory=dict)
    _queue: list[tuple[float, int, str]] = field(default_factory=list)
    _open: int = 0
    _stopped: bool = False
    _entered: int = 0

    def __post_init__(self) -> None:
        """Ask all at once; whoever asks keeps to the rate."""
        self._open = len(self.ids)
        for job_id in self.ids:
            self.followed[job_id] = Followed(job_id, None)
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

    def due(self, now: float) -> list[str]:
        """Return the jobs to ask now, longest due first; each is then awaited."""
        ready = []
        while self._queue and self._queue[0][0] <= now:
            at, _, job_id = heapq.heappop(self._queue)
            one = self.followed[job_id]
            if one.due == at and one.code is None:
                one.due = None
                ready.append(job_id)
        return ready

    def next_at(self) -> float:
        """Return when there is something to do next; infinite while only answers are awaited."""
        return min(self._queue[0][0] if self._queue else math.inf, self.deadline)

    def expire(self, now: float) -> None:
        """End the watch once its time is up."""
        if self.over or now < self.deadline:
            return
        self._stopped = True
        for one in self.followed.values():
            if one.code is None:
                one.code = Code.TIMEOUT

    def hurry(self, now: float) -> None:
        """Ask about everything now, as after a sleep of the machine; outages begin anew."""
        for one in self.followed.values():
            one.failing_since = one.missing_since = now
            if one.due is not None and one.code is None:
                self._ask_at(one, now)

    def told(
        self, job_id: str, found: Job | Problem, now: float, age: float | None = None
    ) -> list[Event]:
        """Take an answer, or why there is none; `age` is the job's own, in seconds."""
        one = self.followed[job_id]
        if one.code is not None or self._stopped:
            return []
        if isinstance(found, Job):
            return self._answered(one, found, now, age)
        if isinstance(found, JobNotFound):
            return self._missed(one, found, now)
        return self._failed(one, found, now)

    def left(self) -> list[str]:
        """Return the jobs that go on, as far as is known."""
        given_up = {None, Code.TIMEOUT}
        return [one.job_id for one in self.followed.values() if one.code in given_up]

    def code(self) -> Code:
        """Return what the watch comes to; with `any` the jobs that ended speak."""
        ended = [one.code for one in self.followed.values() if one.ended and one.code is not None]
        if self.rules.any and ended:
            return outcome.worst(ended)
        return outcome.worst(one.verdict for one in self.followed.values())

    def _answered(self, one: Followed, found: Job, now: float, age: float | None) -> list[Event]:
        events = self._recovered(one, now)
        changes = change.between(one.job, found)
        first = one.job is None
        one.job, one.answered, one.problem, one.missing = found, now, None, 0
        one.slow = max(1.0, one.slow * QUICKER)
        one.step = min(one.step * GROWTH, STEADY)
        if changes:
            one.changed = now
            one.step = min(max(QUICK, AGE_PART * (age or 0.0), one.step / HASTE), STEADY)
            events.append(Event("change", one.job_id, changes))
        verdict = outcome.verdict(found, fail_fast=self.rules.fail_fast)
        if verdict is Code.PENDING:
            self._ask_at(one, now + self._interval(one, found, first=first))
        else:
            self._settle(one, verdict)
        return events

    def _interval(self, one: Followed, found: Job, *, first: bool) -> float:
        """Seconds to the next question after an answer: at random, so that watches drift apart."""
        wait = self.rules.interval
        if wait is None:
            wait = INIT_INTERVAL if found.status == "INIT" else one.step
            wait *= 1 - JITTER * (2 * self.random() - 1)
            wait *= 0.5 + self.random() / 2 if first else 1.0
        if one.slow > 1.0:
            wait = max(wait, min(wait * one.slow, SLOWEST))
        return max(wait, self._open / RATE)

    def _failed(self, one: Followed, problem: Problem, now: float) -> list[Event]:
        one.failures += 1
        if one.failures == 1:
            one.failing_since = now
        one.problem = problem
        lasted = now - one.failing_since
        # Garbage on 200 is a portal or a proxy, and passes: in a watch it is an outage.
        limit = None if isinstance(problem, Garbled) else problem.tries
        if (limit is not None and one.failures >= limit) or lasted >= self.rules.retry_for:
            self._settle(one, problem.exit_code)
            return []
        if problem.http_status == THROTTLED:
            one.slow = min(one.slow * SLOWER, SLOWEST)
        self._ask_at(one, now + self._pause(one, problem))
        told = one.failures == OUTAGE
        return [Event("outage", one.job_id, problem=problem, seconds=lasted)] if told else []

    def _pause(self, one: Followed, problem: Problem) -> float:
        """Seconds to the next question after a failure: full jitter, but no less than asked."""
        ceiling = min(RETRY_MOST, RETRY_FIRST * 2.0 ** min(one.failures - 1, 16))
        wait = max(RETRY_LEAST, self.random() * ceiling)
        return max(wait, min(problem.retry_after or 0.0, LONGEST_RETRY_AFTER))

    def _missed(self, one: Followed, problem: JobNotFound, now: float) -> list[Event]:
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
                problem.message = (
                    f"the service no longer knows job {one.job_id}: {_last(one, now)}."
                )
            self._settle(one, problem.exit_code)
        else:
            left = GONE_OVER if one.job else grace - lasted
            self._ask_at(one, now + min(MISSING_INTERVAL, max(left, RETRY_LEAST)))
        return events

    def _recovered(self, one: Followed, now: float) -> list[Event]:
        told = one.failures >= OUTAGE
        one.failures = 0
        lasted = now - one.failing_since
        return [Event("recovered", one.job_id, seconds=lasted)] if told else []

    def _settle(self, one: Followed, code: Code) -> None:
        one.code = code
        self._open -= 1
        if self.rules.fail_fast and code is Code.JOB_FAILED:
            self._stopped = True
        if self.rules.any and one.ended:
            self._stopped = True

    def _ask_at(self, one: Followed, when: float) -> None:
        one.due = when
        self._entered += 1
        heapq.heappush(self._queue, (when, self._entered, one.job_id))


def _last(one: Followed, now: float) -> str:
    """Say what was last known of a job."""
    if one.job is None or one.answered is None:
        return "it never answered"
    return f"its status was {plain(str(one.job.status))} {now - one.answered:.0f} s ago"
