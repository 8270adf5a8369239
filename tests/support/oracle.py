"""Judges a watch by what was delivered to it: which exit codes are right, and which are not.

Written from DESIGN's table of codes and the promises about patience, not from the program: it
knows no pause, no queue and no class of it. Every rule is about one job's exchanges in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.random_service import Exchange

GRAVEST_FIRST = (2, 4, 1, 5, 6, 7, 124, 8, 0)
ROUNDING = 0.1
SLACK = 5.0
"""Seconds that a question may be under way, on either side of a limit."""
LONGEST_PAUSE = 30.0
LONGEST_WAIT = 300.0
"""A Retry-After is obeyed up to here."""
SHORT_SLEEP = 30.0
"""A sleep of the machine up to here need not be noticed."""
QUEUE = 60.0
"""How long a question may wait behind others."""


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the user asked for."""

    retry_for: float = 900.0
    wait_for_job: float = 30.0
    timeout: float = float("inf")
    fail_fast: bool = False
    any: bool = False


@dataclass(frozen=True, slots=True)
class WatchRecord:
    """A watch that is over: what was delivered, and what it said in the end."""

    wish: WatchOptions
    delivered: dict[str, list[Exchange]]
    lasted: float
    code: int
    jobs: dict[str, int]
    wakes: Sequence[float] = ()
    signed_in: Sequence[float] = ()
    renewable: bool = False


@dataclass(slots=True)
class _JobHistory:
    """What the exchanges so far say about one job."""

    seen: bool = False
    silent: list[Exchange] = field(default_factory=list)
    """Those since the last answer."""
    missing: list[float] = field(default_factory=list)
    """When the service did not know the job, since it last did."""

    def take(self, one: Exchange) -> None:
        """Add an exchange."""
        if one.kind == "good":
            self.seen, self.silent, self.missing = True, [], []
        elif one.kind == "missing":
            self.silent = []
            self.missing.append(one.at)
        else:
            self.silent.append(one)

    def strikes(self, kind: str) -> int:
        """How often this was met since the last answer."""
        return sum(one.kind == kind for one in self.silent)


def violations(account: WatchRecord) -> list[str]:
    """Return what is wrong with the codes of a watch; nothing, if it told the truth."""
    found = [
        f"{job_id}: {what}"
        for job_id, exchanges in account.delivered.items()
        for what in _of_one(account, job_id, exchanges)
    ]
    right = _whole(account)
    if account.code != right:
        found.append(f"the watch ended with {account.code}, its jobs make {right}")
    if account.lasted > account.wish.timeout + SHORT_SLEEP + SLACK and not account.wakes:
        found.append("it went on after its time was up")
    return found


def _whole(account: WatchRecord) -> int:
    codes = list(account.jobs.values())
    ended = [code for job_id, code in account.jobs.items() if _end(account, job_id) is not None]
    return min(ended if account.wish.any and ended else codes, key=GRAVEST_FIRST.index)


def _end(account: WatchRecord, job_id: str) -> int | None:
    """Return what the job itself came to, if the service said that it ended."""
    exchanges = account.delivered[job_id]
    last = exchanges[-1] if exchanges else None
    return {"SUCCESS": 0, "FAIL": 1}.get(last.status or "") if last else None


def _of_one(account: WatchRecord, job_id: str, exchanges: Sequence[Exchange]) -> list[str]:
    known, said, code = _JobHistory(), [], account.jobs[job_id]
    due: set[int] = set()
    for number, one in enumerate(exchanges):
        if due and _certain(due, known, account, exchanges[number - 1]):
            said.append(f"went on at {one.at:.1f} though {due} was due")
        known.take(one)
        due = set() if one.again else _due(known, one, account)
    if not due:
        due = _otherwise(account, job_id)
    if code not in due:
        tail = [(round(one.at, 1), one.kind, one.status) for one in exchanges[-6:]]
        said.append(f"ended with {code}, right is {sorted(due) or 'to go on'}; last {tail}")
    elif code == 7 and known.silent and not known.strikes("fatal") and known.strikes("large") < 2:
        said += _too_few(known.silent, account.wakes)
    return said


def _due(known: _JobHistory, one: Exchange, account: WatchRecord) -> set[int]:  # noqa: PLR0911 - a rule each
    """Return the code that this exchange makes due; empty where the watch has to go on."""
    wish = account.wish
    if one.kind == "good":
        if one.status in {"SUCCESS", "FAIL"}:
            return {0 if one.status == "SUCCESS" else 1}
        return {1} if wish.fail_fast and one.failed_below else set()
    if one.kind == "missing":
        enough = len(known.missing) >= 3 if known.seen else True
        limit = 10.0 if known.seen else wish.wait_for_job
        lasted = _lasted(known.missing[0], one.at, account.wakes)
        return {5} if enough and lasted >= limit - ROUNDING else set()
    if one.kind in {"fatal", "denied", "refused"}:
        return {{"fatal": 7, "denied": 4, "refused": 6}[one.kind]}
    if one.kind == "unauthorised":
        return set() if _renewed_after(one, account) else {4}
    if known.strikes("wrong") >= 3:
        return {6}
    if known.strikes("large") >= 2:
        return {7}
    lasted = _lasted(known.silent[0].at, one.at, account.wakes)
    return {7} if lasted >= wish.retry_for - SLACK else set()


def _certain(due: set[int], known: _JobHistory, account: WatchRecord, last: Exchange) -> bool:
    """Whether the watch had to end here: not within the slack of a limit of time."""
    wish = account.wish
    if last.kind == "missing":
        limit = 10.0 if known.seen else wish.wait_for_job
        lasted = _lasted(known.missing[0], last.at, account.wakes)
        return not limit or lasted > limit + ROUNDING
    if due != {7} or last.kind in {"fatal", "large"}:
        return True
    return _lasted(known.silent[0].at, last.at, account.wakes) > wish.retry_for + SLACK


def _lasted(since: float, until: float, wakes: Sequence[float]) -> float:
    """Seconds between two times; a sleep of the machine begins the count anew."""
    return until - max([since, *(at for at in wakes if since < at <= until)])


def _renewed_after(one: Exchange, account: WatchRecord) -> bool:
    """Whether a new token was got because of this refusal."""
    return account.renewable and any(one.at < at <= one.at + SLACK for at in account.signed_in)


def _otherwise(account: WatchRecord, job_id: str) -> set[int]:
    """Return the codes for a job that nothing was learned of in the end."""
    wish, due = account.wish, set()
    if account.lasted >= wish.timeout:
        due.add(124)
    if wish.any and any(_end(account, other) is not None for other in account.jobs):
        due.add(8)
    if wish.fail_fast and 1 in (account.jobs[other] for other in account.jobs if other != job_id):
        due.add(8)
    if not due and account.lasted - _heard(account) >= wish.retry_for - SLACK:
        due.add(7)
    return due


def _heard(account: WatchRecord) -> float:
    """Return when any job was last answered about; a sleep of the machine begins anew."""
    answers = [
        one.at
        for exchanges in account.delivered.values()
        for one in exchanges
        if one.kind in {"good", "missing"}
    ]
    return max([0.0, *answers, *account.wakes])


def _too_few(silent: Sequence[Exchange], wakes: Sequence[float]) -> list[str]:
    """Complain if a job was given up without having really been asked all the time."""
    counted = [one for one in silent if not wakes or one.at >= wakes[-1]]
    for one, following in pairwise(counted):
        pause = following.at - one.at
        if pause > max(LONGEST_PAUSE, min(one.wait, LONGEST_WAIT)) + QUEUE:
            return [f"given up, though not asked for {pause:.0f} s"]
    return []
