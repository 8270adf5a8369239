"""Chooses the rows of a tree: which jobs are shown, in which order, and what is counted instead.

Pure: no width, no glyphs, no clock. No recursion, because sub-jobs can be nested deeply (F41).
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from vbsjob.jobs.job import walk
from vbsjob.jobs.tree import URGENCY, Node, kind
from vbsjob.text import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from vbsjob.jobs.job import Job
    from vbsjob.jobs.tree import Group, JobTree, SortKey

    Candidate = tuple[int, int, int, Node | Group, Node | Group, Iterator[Node | Group]]

LEVELS = 64
"""Levels of sub-jobs that are shown; deeper ones are counted."""
GROUP_MEMBERS = 5
"""Failed and running members that are shown below a Group if the height is not limited."""


class Summary(NamedTuple):
    """Sub-jobs of one job that are not shown."""

    indent: int
    counts: Mapping[str, int]
    """How many, by kind of status."""
    levels: int = 0
    """Above 0 if they are not shown because of their depth: how many levels there are."""


def folded(tree: JobTree, height: int) -> list[Node | Group | Summary]:
    """Return at most `height` rows: all, or the most urgent ones and counts of the rest.

    Costs by the height, not by the tree.
    """
    if height < 1:
        return []
    if height == 1:
        return [tree.top]
    limit = _limit(tree, LEVELS)
    chosen = _most_urgent(tree.top, height, limit)
    return list(_rows(tree.top, chosen.__getitem__, limit))


def rows(
    tree: JobTree, *, levels: int | None = LEVELS, members: int = GROUP_MEMBERS
) -> Iterator[Node | Group | Summary]:
    """Yield all rows; at most `levels` levels, and `members` nodes below each Group."""

    def branches(item: Node | Group) -> Sequence[Node | Group]:
        if isinstance(item, Node):
            return item.branches
        return sorted(item.by_urgency[:members], key=lambda node: node.order)

    return _rows(tree.top, branches, _limit(tree, levels))


def nodes(tree: JobTree) -> Iterator[Node]:
    """Yield the nodes that `depth` and `only` leave. The tree must not have Groups."""
    return (item for item in rows(tree, levels=None) if isinstance(item, Node))


def _limit(tree: JobTree, levels: int | None) -> int:
    return min(n for n in (tree.depth, levels, tree.top.levels) if n is not None)


def _most_urgent(top: Node, height: int, limit: int) -> dict[Node | Group, list[Node | Group]]:
    """Choose the most urgent rows that fit the height, and for each the rows below it.

    A row is reserved for the Summary of each node whose children are not all chosen. Of the
    branches of a node, one more than the chosen ones is looked at, so the cost depends on the
    height only.
    """
    chosen: dict[Node | Group, list[Node | Group]] = {top: []}
    left = height - 1 - bool(top.children)
    candidates: list[Candidate] = []
    if limit:
        _push(candidates, top)
    while candidates:
        *_, branch, parent, siblings = heapq.heappop(candidates)
        cost = 1
        if isinstance(branch, Node) and branch.children:
            cost += 1
        if isinstance(parent, Node) and parent.complete(len(chosen[parent]) + 1):
            cost -= 1
        if cost > left:
            break
        left -= cost
        chosen[parent].append(branch)
        chosen[branch] = []
        _push(candidates, parent, siblings)
        if branch.depth < limit:
            _push(candidates, branch)
    for branches in chosen.values():
        branches.sort(key=lambda branch: branch.order)
    return chosen


def _push(
    candidates: list[Candidate],
    parent: Node | Group,
    siblings: Iterator[Node | Group] | None = None,
) -> None:
    """Add the next of the siblings, or the most urgent branch of the parent."""
    siblings = iter(parent.by_urgency) if siblings is None else siblings
    branch = next(siblings, None)
    if branch is not None:
        rank = (branch.urgency, branch.depth, branch.order)
        heapq.heappush(candidates, (*rank, branch, parent, siblings))


def _rows(
    top: Node, branches: Callable[[Node | Group], Sequence[Node | Group]], limit: int
) -> Iterator[Node | Group | Summary]:
    """Yield the rows from top to bottom, each Summary below the last row of its node."""
    waiting: list[Node | Group | Summary] = [top]
    while waiting:
        item = waiting.pop()
        yield item
        if isinstance(item, Summary):
            continue
        shown = branches(item) if item.depth < limit else ()
        if isinstance(item, Node) and not item.complete(len(shown)):
            levels = 0 if item.depth < limit else item.levels
            waiting.append(_summary(item, shown, levels))
        waiting.extend(reversed(shown))


def _summary(node: Node, shown: Sequence[Node | Group], levels: int) -> Summary:
    hidden = dict(node.below)
    for branch in shown:
        for word, number in branch.total.items():
            hidden[word] -= number
    return Summary(node.indent + 1, {word: n for word, n in hidden.items() if n}, levels)


def totals(job: Job) -> tuple[dict[str, int], int, int]:
    """Return what is below a job: number by kind of status, steps, and steps that have ended.

    The numbers of JobTree and its top Node, without a tree in memory.
    """
    below = Counter[str]()
    steps = ended_steps = 0
    for path in walk(job):
        item = path[-1]
        if item is job:
            continue
        below[kind(item)] += 1
        if not item.sub_jobs:
            steps += 1
            ended_steps += item.ended
    return dict(below), steps, ended_steps


def by_begin(node: Node) -> tuple[bool, float]:
    """Sort key: begin; jobs without a begin are last, in the service's order."""
    begin = parse_time(node.job.members.get("begin_time"))
    return begin is None, begin.timestamp() if begin else 0.0


def by_duration(now: datetime) -> SortKey:
    """Return a sort key: duration, the longest first; jobs without one are last."""

    def key(node: Node) -> tuple[bool, float]:
        seconds = node.job.elapsed(now)
        return seconds is None, -(seconds or 0.0)

    return key


def by_status(node: Node) -> tuple[bool, float]:
    """Sort key: failed, running, unknown, waiting, done."""
    return False, URGENCY[kind(node.job)]


def sort_key(name: str, now: datetime) -> SortKey | None:
    """Return the key that --sort names; None for the service's order."""
    return {"begin": by_begin, "duration": by_duration(now), "status": by_status}.get(name)
