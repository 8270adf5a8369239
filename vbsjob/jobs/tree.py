"""What a picture of nested sub-jobs shows: which rows, in which order, and what is counted instead.

Walks once, without recursion; knows no width, no mark and no clock but the one it is handed.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from vbsjob.jobs.job import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from vbsjob.jobs.job import Job

    Waiting = tuple[int, int, int, "Node", Iterator["Node"]]

LEVELS = 64
"""How many levels of sub-jobs are drawn; deeper ones are counted."""
OTHER = "other"
URGENCY = {"FAIL": 0, "RUNNING": 1, OTHER: 2, "INIT": 3, "SUCCESS": 4}
"""What is shown first where not everything fits, by kind of status."""
DONE = URGENCY["SUCCESS"]


def kind(job: Job) -> str:
    """Return the status where it is a known one, else `other`."""
    status = job.status
    return status if status is not None and status in URGENCY else OTHER


NOTHING: Mapping[str, int] = MappingProxyType({})
"""What is below a job without sub-jobs; one for all, for there may be hundreds of thousands."""


@dataclass(eq=False, slots=True)
class Node:
    """A job and its place among the others; `below` counts the sub-jobs under it by kind."""

    job: Job
    depth: int = 0
    parent: Node | None = None
    position: int = 0
    """Its place among its parent's sub-jobs, from 0, in the service's order."""
    rank: int = 0
    """Its place in the whole picture, top to bottom."""
    below: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    levels: int = 0
    """How many levels there are below it."""
    children: Sequence[Node] = ()
    urgency: int = DONE
    """Of the most urgent job in this branch."""
    _by_urgency: Sequence[Node] | None = None

    @property
    def by_urgency(self) -> Sequence[Node]:
        """The children, those with the most urgent branch first; sorted when first asked for."""
        if self._by_urgency is None:
            self._by_urgency = sorted(self.children, key=lambda row: row.urgency)
        return self._by_urgency

    @property
    def trail(self) -> list[Node]:
        """The rows from the top job to this one."""
        rows: list[Node] = []
        row: Node | None = self
        while row is not None:
            rows.append(row)
            row = row.parent
        return rows[::-1]


@dataclass(frozen=True, slots=True)
class Summary:
    """Stands for sub-jobs that are not drawn: how many are done, how many are not, how deep."""

    depth: int
    done: int
    more: int
    levels: int = 0
    """Above 0 where they are left out for their depth."""


class JobTree:
    """The rows of one answer. Made in linear time; asked again it costs only what it returns."""

    def __init__(
        self, job: Job, *, sort: Callable[[Node], tuple[bool, float]] | None = None
    ) -> None:
        self.top = Node(job)
        self.rows: list[Node] = []
        """Every job, in the order of the picture."""
        waiting = [self.top]
        while waiting:
            row = waiting.pop()
            row.rank = len(self.rows)
            self.rows.append(row)
            below = row.job.sub_jobs
            if not below:
                continue
            children = [Node(sub, row.depth + 1, row, n) for n, sub in enumerate(below)]
            if sort is not None:
                children.sort(key=sort)
            row.children = children
            waiting.extend(reversed(children))
        for row in reversed(self.rows):
            _count(row)

    def forget(self) -> None:
        """Let go of the rows, which hold each other: memory is then free at once."""
        for row in self.rows:
            row.parent = None
        self.rows.clear()

    @property
    def deepest_failure(self) -> Node | None:
        """The first of the deepest jobs that the service calls FAIL; None without any."""
        failed = (row for row in self.rows if row.job.failed)
        return max(failed, key=lambda row: row.depth, default=None)

    def folded(self, height: int) -> list[Node | Summary]:
        """Return at most `height` rows: everything, or the urgent ones and counts of the rest."""
        if len(self.rows) <= height and self.top.levels <= LEVELS:
            return list(self.rows)
        if height < 2:
            return [self.top] if height == 1 else []
        chosen = _urgent(self.top, height)
        return list(_drawn(self.top, chosen.__getitem__, LEVELS))

    def chosen(
        self,
        *,
        depth: int | None = None,
        only: Collection[str] = (),
        levels: int | None = LEVELS,
    ) -> Iterator[Node | Summary]:
        """Yield rows to `depth` levels; with `only` those kinds and what leads to them.

        Never more than `levels`; what is left out is counted in a summary.
        """
        limit = min(n for n in (depth, levels, self.top.levels) if n is not None)
        if not only:
            return _drawn(self.top, lambda row: row.children, limit)
        kept: set[Node] = {self.top}
        for row in self.rows:
            if kind(row.job) in only:
                here: Node | None = row
                while here is not None and here not in kept:
                    kept.add(here)
                    here = here.parent
        return _drawn(self.top, lambda row: [c for c in row.children if c in kept], limit)


def _count(row: Node) -> None:
    """Add up what is below a row; its children have been counted."""
    row.urgency = URGENCY[kind(row.job)]
    if row.children:
        row.below = counted = dict[str, int]()
    for child in row.children:
        own = kind(child.job)
        counted[own] = counted.get(own, 0) + 1
        for word, number in child.below.items():
            counted[word] = counted.get(word, 0) + number
        row.levels = max(row.levels, child.levels + 1)
        row.urgency = min(row.urgency, child.urgency)


def _urgent(top: Node, height: int) -> dict[Node, list[Node]]:
    """Choose rows, the most urgent first, then those above, so that they and their counts fit.

    Costs by the height: of a row's sub-jobs no more are looked at than are taken, and one.
    """
    chosen: dict[Node, list[Node]] = {top: []}
    left = height - 2
    waiting: list[Waiting] = []
    _await(waiting, iter(top.by_urgency))
    while waiting and left:
        *_, row, siblings = heapq.heappop(waiting)
        taken = chosen[row.parent or top]
        completes = row.parent is not None and len(taken) + 1 == len(row.parent.children)
        cost = 1 + bool(row.children) - completes
        if cost > left:
            break
        left -= cost
        taken.append(row)
        chosen[row] = []
        _await(waiting, siblings)
        if row.depth < LEVELS:
            _await(waiting, iter(row.by_urgency))
    for taken in chosen.values():
        taken.sort(key=lambda row: row.rank)
    return chosen


def _await(waiting: list[Waiting], siblings: Iterator[Node]) -> None:
    following = next(siblings, None)
    if following is not None:
        place = (following.urgency, following.depth, following.rank)
        heapq.heappush(waiting, (*place, following, siblings))


def _drawn(
    top: Node, shown: Callable[[Node], Sequence[Node]], limit: int
) -> Iterator[Node | Summary]:
    """Yield the rows top to bottom; what is not shown is counted where it would stand."""
    waiting: list[Node | Summary] = [top]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, Summary):
            continue
        children = shown(item) if item.depth < limit else []
        if len(children) < len(item.children):
            levels = 0 if item.depth < limit else item.levels
            waiting.append(_summary(item, children, levels))
        waiting.extend(reversed(children))


def _summary(row: Node, shown: Sequence[Node], levels: int) -> Summary:
    hidden = dict(row.below)
    for child in shown:
        for word, number in (*child.below.items(), (kind(child.job), 1)):
            hidden[word] -= number
    done = hidden.get("SUCCESS", 0)
    return Summary(row.depth + 1, done, sum(hidden.values()) - done, levels)


def earliest(row: Node) -> tuple[bool, float]:
    """Order by begin; those without a time last, in the service's order."""
    begin = parse_time(row.job.members.get("begin_time"))
    return begin is None, begin.timestamp() if begin else 0.0


def longest(now: datetime) -> Callable[[Node], tuple[bool, float]]:
    """Order by duration, the longest first; those without one last."""

    def key(row: Node) -> tuple[bool, float]:
        seconds = row.job.elapsed(now)
        return seconds is None, -(seconds or 0.0)

    return key


def gravest(row: Node) -> tuple[bool, float]:
    """Order by status: failed, running, anything odd, waiting, done."""
    return False, URGENCY[kind(row.job)]


def ordering(word: str, now: datetime) -> Callable[[Node], tuple[bool, float]] | None:
    """Return the key that --sort names; None for the service's own order."""
    return {"begin": earliest, "duration": longest(now), "status": gravest}.get(word)
