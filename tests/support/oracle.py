"""Judges the exit codes of a watch by the responses that were delivered to it.

Written from the table of exit codes and the retry rules, not from the code: it uses no
interval, queue or class of vbsjob. Each rule is about the exchanges of one job in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.random_service import Exchange

GRAVEST_FIRST = (2, 4, 1, 5, 6, 7, 124, 8, 0)
ROUNDING = 0.1
SLACK = 5.0
"""Seconds that a request may take, before and after a limit."""
LONGEST_PAUSE = 30.0
LONGEST_WAIT = 300.0
"""Longest Retry-After that is obeyed."""
SHORT_SLEEP = 30.0
"""A shorter suspend of the machine need not be noticed."""
QUEUE = 60.0
"""Longest time that a request may wait behind others."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """The options of the watch."""

    retry_for: float = 900.0
    wait_for_job: float = 30.0
    timeout: float = float("inf")
    fail_fast: bool = False
    any: bool = False


@dataclass(frozen=True)
class WatchRecord:
    """A watch that has ended: what was delivered, and its exit codes."""

    options: WatchOptions
    delivered: dict[str, list[Exchange]]
    lasted: float
    code: int
    jobs: dict[str, int]
    wakes: Sequence[float] = ()
    sign_ins: Sequence[float] = ()
    renewable: bool = False

    @cached_property
    def first_answer(self) -> float:
        """Time of the first answer about any job."""
        return min(self._times("good"), default=float("inf"))

    @cached_property
    def last_answer(self) -> float:
        """Time of the last answer about any job, or of the end of a suspend."""
        return max([0.0, *self._times("good", "missing"), *self.wakes])

    def _times(self, *kinds: str) -> list[float]:
        answers = chain.from_iterable(self.delivered.values())
        return [exchange.at for exchange in answers if exchange.kind in kinds]


@dataclass(slots=True)
class _JobHistory:
    """State of one job after its exchanges so far."""

    answered: bool = False
    silent: list[Exchange] = field(default_factory=list)
    """Exchanges since the last answer."""
    missing: list[float] = field(default_factory=list)
    """Times of 404 answers since the last answer."""
    ends: list[float] = field(default_factory=list)
    """Times of the last answers with an end and an unknown status."""

    def take(self, exchange: Exchange) -> None:
        """Add an exchange."""
        if exchange.kind == "good":
            self.answered, self.silent, self.missing = True, [], []
            self.ends = [*self.ends, exchange.at] if exchange.end else []
        elif exchange.kind == "missing":
            self.silent = []
            self.missing.append(exchange.at)
        else:
            self.silent.append(exchange)

    @property
    def over(self) -> bool:
        """Whether three answers over 30 s had an end and an unknown status."""
        return len(self.ends) >= 3 and self.ends[-1] - self.ends[0] >= 30.0

    def count(self, kind: str) -> int:
        """Number of such exchanges since the last answer."""
        return sum(exchange.kind == kind for exchange in self.silent)


def violations(account: WatchRecord) -> list[str]:
    """Return what is wrong with the exit codes of a watch; empty if they are right."""
    complaints = [
        f"{job_id}: {what}"
        for job_id, exchanges in account.delivered.items()
        for what in _of_job(account, job_id, exchanges)
    ]
    right = _exit_code(account)
    if account.code != right:
        complaints.append(f"the watch ended with {account.code}, its jobs make {right}")
    if account.lasted > account.options.timeout + SHORT_SLEEP + SLACK and not account.wakes:
        complaints.append("it went on after its time was up")
    return complaints


def _exit_code(account: WatchRecord) -> int:
    codes = list(account.jobs.values())
    ended = [code for job_id, code in account.jobs.items() if _end(account, job_id) is not None]
    return min(ended if account.options.any and ended else codes, key=GRAVEST_FIRST.index)


def _end(account: WatchRecord, job_id: str) -> int | None:
    """Return the code of the job's own final status; None if it has not ended."""
    exchanges = account.delivered[job_id]
    last = exchanges[-1] if exchanges else None
    return {"SUCCESS": 0, "FAIL": 1}.get(last.status or "") if last else None


def _of_job(account: WatchRecord, job_id: str, exchanges: Sequence[Exchange]) -> list[str]:
    history, complaints, code = _JobHistory(), [], account.jobs[job_id]
    due: set[int] = set()
    for number, exchange in enumerate(exchanges):
        if due and _certain(due, history, account, exchanges[number - 1]):
            complaints.append(f"went on at {exchange.at:.1f} though {due} was due")
        history.take(exchange)
        due = _due(history, exchange, account)
    if not due or (due == {7} and not _certain(due, history, account, exchanges[-1])):
        due |= _otherwise(account, job_id)
    if code not in due:
        tail = [
            (round(exchange.at, 1), exchange.kind, exchange.status) for exchange in exchanges[-6:]
        ]
        complaints.append(f"ended with {code}, right is {sorted(due) or 'to go on'}; last {tail}")
    elif code == 7 and history.silent and not history.count("fatal") and history.count("large") < 2:
        complaints += _too_few(history.silent, account.wakes)
    return complaints


def _due(history: _JobHistory, exchange: Exchange, account: WatchRecord) -> set[int]:  # noqa: PLR0911 - a rule each
    """Return the codes that this exchange makes due; empty if the watch must continue."""
    options = account.options
    if exchange.kind == "good":
        if exchange.status in {"SUCCESS", "FAIL"}:
            return {0 if exchange.status == "SUCCESS" else 1}
        if options.fail_fast and exchange.failed_below:
            return {1}
        return {6} if history.over else set()
    if exchange.kind == "missing":
        enough = len(history.missing) >= 3 if history.answered else True
        limit = 10.0 if history.answered else options.wait_for_job
        lasted = _lasted(history.missing[0], exchange.at, account.wakes)
        return {5} if enough and lasted >= limit - ROUNDING else set()
    if exchange.kind in {"fatal", "denied", "refused"}:
        return {{"fatal": 7, "denied": 4, "refused": 6}[exchange.kind]}
    if exchange.kind == "unauthorised":
        return set() if _renewed_after(exchange, account) else {4}
    if exchange.at <= account.first_answer and _not_understood(history, exchange, account):
        return {6}
    if history.count("large") >= 2:
        return {7}
    lasted = _lasted(history.silent[0].at, exchange.at, account.wakes)
    return {7} if lasted >= options.retry_for - SLACK else set()


def _certain(due: set[int], history: _JobHistory, account: WatchRecord, last: Exchange) -> bool:
    """Whether the watch had to end here, outside the tolerance of a time limit."""
    options = account.options
    if last.kind == "missing":
        limit = 10.0 if history.answered else options.wait_for_job
        lasted = _lasted(history.missing[0], last.at, account.wakes)
        return not limit or lasted > limit + ROUNDING
    if due != {7} or last.kind == "fatal" or history.count("large") >= 2:
        return True
    return _lasted(history.silent[0].at, last.at, account.wakes) > options.retry_for + SLACK


def _lasted(since: float, until: float, wakes: Sequence[float]) -> float:
    """Seconds between two times; a suspend of the machine restarts the count."""
    return until - max([since, *(at for at in wakes if since < at <= until)])


def _not_understood(history: _JobHistory, exchange: Exchange, account: WatchRecord) -> bool:
    """Whether an answer before the first one about a job is the end; later it is an outage."""
    page = exchange.kind == "page" and exchange.code == 6
    return history.count("wrong") >= 3 or (page and not _renewed_after(exchange, account))


def _renewed_after(exchange: Exchange, account: WatchRecord) -> bool:
    """Whether this rejection led to a sign-in; its result is an exchange of its own."""
    return account.renewable and any(
        exchange.at < at <= exchange.at + SLACK for at in account.sign_ins
    )


def _otherwise(account: WatchRecord, job_id: str) -> set[int]:
    """Return the codes of a job without a usable answer at the end."""
    options, due = account.options, set()
    if account.lasted >= options.timeout:
        due.add(124)
    if options.any and any(_end(account, other) is not None for other in account.jobs):
        due.add(8)
    if options.fail_fast and 1 in (
        account.jobs[other] for other in account.jobs if other != job_id
    ):
        due.add(8)
    if not due and account.lasted - account.last_answer >= options.retry_for - SLACK:
        due.add(7)
    return due


def _too_few(silent: Sequence[Exchange], wakes: Sequence[float]) -> list[str]:
    """Report if a job was given up although it was not queried all the time."""
    counted = [exchange for exchange in silent if not wakes or exchange.at >= wakes[-1]]
    for exchange, following in pairwise(counted):
        pause = following.at - exchange.at
        if pause > max(LONGEST_PAUSE, min(exchange.wait, LONGEST_WAIT)) + QUEUE:
            return [f"given up, though not asked for {pause:.0f} s"]
    return []
