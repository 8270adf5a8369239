"""When a job is likely to end, from the durations of earlier jobs of its type.

Pure. The model:

- The durations of one job type are log-normal. Runs far from the median are ignored, so that one
  job that hung does not change the estimate.
- f(t) is the density of the end times, F(t) their distribution. With r(t) polls a second, a job
  that ends at t is seen 1 / 2r(t) seconds later on average, and the expected number of polls is
  the integral of r (1 - F): no poll is sent after the end. For a given number of polls the mean
  lag is smallest if r(t) is proportional to sqrt(f / (1 - F)), the root of the hazard.
- The Cauchy-Schwarz inequality gives the bounds with N polls: mean lag >= (integral of
  sqrt(f (1 - F)))^2 / 2N, and (integral of sqrt(f))^2 / 2N if the polls after the end count too.

tests/benchmarks/README.md compares the constants with these bounds.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from vbsjob.limits import SHORTEST_INTERVAL as SHORTEST
from vbsjob.text import format_duration, parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from vbsjob.jobs.job import Job

MIN_RUNS = 3
"""With fewer earlier runs there is no estimate."""
SHORTEST_RUN, LONGEST_RUN = 0.001, 366 * 86400.0
"""Other durations in seconds are not real: the history is a file that anything may have changed."""
OUTLIER = 3.5
"""Runs further from the median than this many standard deviations are ignored."""
PRIOR_SPREAD, PRIOR_RUNS = 0.1, 2
"""Spread (standard deviation of the logarithm) assumed before any run, and its weight in runs."""
LEAST_SPREAD = 0.03
DENSITY = 1.75
"""Polls per second for a hazard of one end per second. With more polls the end is seen earlier."""
BACKGROUND = 0.03
"""Part of the jobs that end at any other time, such as those that fail early."""
WINDOW_START, WINDOW_END = -1.65, 2.5
"""The window in which an end is likely, in standard deviations from the mean.

It ends with the longest run plus a tenth, if that is sooner.
"""
WINDOW_LONGEST = 13.5
"""The longest interval in the window, in seconds.

The 12 s of intervals.LONGEST would need 113 requests in 60 minutes; the target is 110.
"""
LONGEST_TYPE, TYPES = 64, 1000
"""Characters of a job type, and types, that have estimates."""
CURVE_START, CURVE_STEPS = -4.0, 80
"""The curve is computed at this many ages, from this many standard deviations on."""


class UsualDuration(NamedTuple):
    """How long jobs of one type take. The only source of every text and time that says it."""

    seconds: float
    """The median of the runs; of two in the middle the geometric mean."""
    runs: int


@dataclass(frozen=True, slots=True)
class EndEstimate:
    """When jobs of one type end. Ages and durations are in seconds since begin_time."""

    usual: float
    """Seconds of the UsualDuration."""
    end: float
    """The age above which the history has no information."""
    _ages: Sequence[float]
    _polls: Sequence[float]
    """For each of `_ages`, how many polls are made up to this age."""

    def delay(self, age: float) -> float:
        """Return the seconds from `age` until one more poll of the curve is made, or to `end`."""
        polls = _interpolate(age, self._ages, self._polls)
        return _interpolate(polls + 1.0, self._polls, self._ages) - age


class Estimates:
    """The estimates of one command, by job type.

    `durations` returns the seconds that earlier jobs of a type took.
    """

    def __init__(self, durations: Callable[[str], Sequence[float]] = lambda _job_type: ()) -> None:
        self._durations = durations
        self._by_type: dict[str, tuple[UsualDuration | None, EndEstimate | None]] = {}

    def usual(self, job_type: str) -> UsualDuration | None:
        """Return how long jobs of a type take; None without an earlier run."""
        return self._of_type(job_type)[0]

    def of(self, job_type: str) -> EndEstimate | None:
        """Return when jobs of a type end; None if the history has too few runs."""
        return self._of_type(job_type)[1]

    def _of_type(self, job_type: str) -> tuple[UsualDuration | None, EndEstimate | None]:
        if job_type not in self._by_type:
            # A service that sends a new or a huge type with each answer must not fill the memory.
            if not 0 < len(job_type) <= LONGEST_TYPE or len(self._by_type) >= TYPES:
                return None, None
            durations = self._durations(job_type)
            self._by_type[job_type] = usual_duration(durations), estimate_end(durations)
        return self._by_type[job_type]

    def is_longer(self, job: Job, now: datetime) -> bool:
        """Whether the job takes longer than usual; False if that is not known."""
        usual, elapsed = self.usual(job.type), job.elapsed(now)
        return usual is not None and elapsed is not None and elapsed > usual.seconds

    def comparison(self, job: Job, now: datetime) -> str:
        """Return how the job compares with earlier ones of its type; empty without any."""
        usual = self.usual(job.type)
        if usual is None:
            return ""
        duration = format_duration(usual.seconds)
        if self.is_longer(job, now):
            return f"longer than usual ({duration})"
        plural = "s" if usual.runs > 1 else ""
        return f"usually takes {duration} ({usual.runs} earlier job{plural})"

    def expected_end(self, job: Job) -> datetime | None:
        """Return begin_time plus the usual duration; None after the end and without history."""
        begin = parse_time(job.members.get("begin_time"))
        estimate = None if job.ended or begin is None else self.of(job.type)
        if begin is None or estimate is None:
            return None
        try:
            return begin + timedelta(seconds=estimate.usual)
        except OverflowError:
            return None


def usual_duration(durations: Sequence[float]) -> UsualDuration | None:
    """Return the usual duration from earlier durations in seconds; None without a valid one."""
    valid = _valid(durations)
    if not valid:
        return None
    lower, upper = _middle(valid)
    return UsualDuration(math.sqrt(lower * upper), len(valid))


def _valid(durations: Sequence[float]) -> list[float]:
    return sorted(seconds for seconds in durations if SHORTEST_RUN <= seconds <= LONGEST_RUN)


def estimate_end(durations: Sequence[float]) -> EndEstimate | None:
    """Return the estimate from earlier durations in seconds; None with fewer than MIN_RUNS."""
    usual = usual_duration(durations)
    if usual is None or usual.runs < MIN_RUNS:
        return None
    middle = math.log(usual.seconds)
    every = [math.log(seconds) for seconds in _valid(durations)]
    distances = sorted(abs(value - middle) for value in every)
    deviation = max(1.4826 * sum(_middle(distances)) / 2, LEAST_SPREAD)
    logs = [value for value in every if abs(value - middle) <= OUTLIER * deviation]
    mean = sum(logs) / len(logs)
    squares = sum((value - mean) ** 2 for value in logs) + PRIOR_RUNS * PRIOR_SPREAD**2
    spread = math.sqrt(squares / (len(logs) - 1 + PRIOR_RUNS))
    # The mean itself is known only to spread / sqrt(runs).
    spread = max(spread, LEAST_SPREAD) * math.sqrt(1 + 1 / len(logs))
    last = min((logs[-1] + math.log(1.1) - mean) / spread, WINDOW_END)
    ages, polls = _curve(mean, spread, last)
    return EndEstimate(usual.seconds, ages[-1], ages, polls)


def _curve(mean: float, spread: float, last: float) -> tuple[list[float], list[float]]:
    """Return ages, and for each how many polls are made up to it."""
    background = BACKGROUND / math.exp(mean)
    rate_before = min(DENSITY * math.sqrt(background), 1 / SHORTEST)
    ages, polls = [0.0], [0.0]
    for step in range(CURVE_STEPS + 1):
        deviation = CURVE_START + (last - CURVE_START) * step / CURVE_STEPS
        age = math.exp(mean + deviation * spread)
        rate = DENSITY * math.sqrt(_hazard(deviation) / (spread * age) + background)
        if deviation >= WINDOW_START:
            rate = max(rate, 1 / WINDOW_LONGEST)
        rate = min(rate, 1 / SHORTEST)
        polls.append(polls[-1] + (age - ages[-1]) * (rate + rate_before) / 2)
        ages.append(age)
        rate_before = rate
    return ages, polls


def _interpolate(x: float, xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return y on the line through the points, from the first x on; behind the last its y."""
    index = bisect_right(xs, x)
    if index == len(xs):
        return ys[-1]
    part = (x - xs[index - 1]) / (xs[index] - xs[index - 1])
    return ys[index - 1] + part * (ys[index] - ys[index - 1])


def _hazard(deviation: float) -> float:
    """Return density / (1 - distribution) of the standard normal distribution."""
    density = math.exp(-deviation * deviation / 2) / math.sqrt(2 * math.pi)
    return density / (0.5 * math.erfc(deviation / math.sqrt(2)))


def _middle(ordered: Sequence[float]) -> tuple[float, float]:
    """Return the two values in the middle; of an odd number of values the same one twice."""
    return ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
