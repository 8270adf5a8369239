"""The tree of a job and its sub-jobs, and its rows: which are shown, and what is counted instead.

Pure: no width, no glyphs. No recursion, because sub-jobs can be nested deeply (F41).
"""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from vbsjob.jobs.job import ENDED
from vbsjob.text import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from vbsjob.config.loader import Settings
    from vbsjob.jobs.job import Job

    SortKey = Callable[["Node"], tuple[bool, float]]
    Candidate = tuple[int, int, int, "Node | Group", "Node | Group", Iterator["Node | Group"]]

GROUP_ABOVE = 5
"""More sub-jobs of one parent with the same type than this are one row, a Group."""
OTHER = "other"
UNKNOWN = "unknown"
"""Kind of a job that the service has not described: not answered yet, or the query failed."""


class StatusKind(NamedTuple):
    """What is said about jobs of one kind of status."""

    urgency: int
    """If there is not room for everything, the lowest number is shown first."""
    sub_jobs: str
    """Words after a number of sub-jobs."""
    jobs: str
    """Words after a number of requested jobs."""


KINDS = {
    "FAIL": StatusKind(0, "failed", "failed"),
    "SUCCESS": StatusKind(4, "done", "succeeded"),
    "RUNNING": StatusKind(1, "running", "running"),
    "INIT": StatusKind(3, "waiting", "waiting"),
    OTHER: StatusKind(2, "other", "with another status"),
    UNKNOWN: StatusKind(2, "unknown", "with unknown status"),
}
"""Every kind of status, in the order in which numbers of sub-jobs are listed."""
LEVELS = 64
"""Levels of sub-jobs that are shown; deeper ones are counted."""
GROUP_MEMBERS = 5
"""Members that are shown below a Group if the height is not limited."""
RUNNING_MEMBERS = 3
"""Members of a Group that have not failed are shown up to this number: those that run longest."""
KIND_BY_URGENCY = {kind.urgency: name for name, kind in reversed(KINDS.items())}
FAILED, WAITING, DONE = (KINDS[name].urgency for name in ("FAIL", "INIT", "SUCCESS"))
NO_COUNTS: Mapping[str, int] = MappingProxyType({})


def kind(job: Job | None) -> str:
    """Return the status if it is one of KINDS, else OTHER; UNKNOWN of a job without an answer."""
    if job is None:
        return UNKNOWN
    status = job.status
    return status if status in KINDS and status != UNKNOWN else OTHER


def counts_text(kinds: Mapping[str, int] | Iterable[str], *, jobs: bool = False) -> str:
    """Return numbers of sub-jobs by kind of status in words: `2 failed, 313 done, 200 running`.

    With `jobs` those of requested jobs, the ended ones last: `1 running, 1 failed, 1 succeeded`.
    """
    numbers = Counter(kinds)
    ordered = sorted(KINDS, key=ENDED.__contains__) if jobs else KINDS
    words = {name: KINDS[name].jobs if jobs else KINDS[name].sub_jobs for name in ordered}
    return ", ".join(f"{numbers[name]:,} {word}" for name, word in words.items() if numbers[name])


def repeated_types(siblings: Iterable[Job]) -> list[str]:
    """Return the types with more than GROUP_ABOVE siblings: they are one row."""
    types = Counter(job.type for job in siblings)
    return [job_type for job_type, number in types.items() if number > GROUP_ABOVE]


@dataclass(eq=False, slots=True)
class Node:
    """A job in the tree."""

    job: Job
    depth: int = 0
    """Levels below the top job."""
    indent: int = 0
    """Levels in the picture: `depth` and one for each Group above."""
    parent: Node | None = None
    position: int = 0
    """Index among the parent's sub-jobs in the service's order, from 0."""
    order: int = 0
    """Index among all jobs, from top to bottom."""
    counts_below: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)
    """Number of jobs below this one, by kind of status."""
    levels: int = 0
    """Levels of sub-jobs below this job."""
    children: Sequence[Node] = ()
    branches: Sequence[Node | Group] = ()
    """The rows that may be shown below: the children that are not filtered out, or their Groups."""
    filtered: bool = False
    """Whether some of the children are not among the branches."""
    urgency: int = DONE
    """Of the most urgent job in this branch."""
    _by_urgency: Sequence[Node | Group] | None = None

    @property
    def by_urgency(self) -> Sequence[Node | Group]:
        """The branches, most urgent first; sorted at first use."""
        if self._by_urgency is None:
            self._by_urgency = sorted(self.branches, key=lambda branch: branch.urgency)
        return self._by_urgency

    @property
    def grouped(self) -> bool:
        """Whether this job is a member of a Group."""
        return self.parent is not None and self.indent > self.parent.indent + 1

    @property
    def closed(self) -> bool:
        """Whether the sub-jobs are counted in the row of this job."""
        return bool(self.children) and not self.branches and not self.filtered

    def summarized(self, number: int) -> bool:
        """Whether a Summary follows `number` branches: a child is hidden."""
        return self.filtered or number < len(self.branches)

    @property
    def total(self) -> Mapping[str, int]:
        """Number of jobs in this branch with this one, by kind of status."""
        return _add(self.counts_below, {kind(self.job): 1})

    @property
    def path(self) -> list[Node]:
        """The nodes from the top job to this one."""
        nodes: list[Node] = []
        node: Node | None = self
        while node is not None:
            nodes.append(node)
            node = node.parent
        return nodes[::-1]


@dataclass(eq=False, slots=True)
class Group:
    """Sub-jobs of one parent with the same type, as one row."""

    parent: Node
    members: Sequence[Node]
    indent: int
    counts: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)
    """Number of members by kind of status."""
    total: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)
    """Number of members and of all jobs below them, by kind of status."""
    active: Mapping[int, int] = field(default_factory=dict)
    """Number of members in whose branch a job failed or runs, by urgency."""
    urgency: int = DONE
    _by_urgency: Sequence[Node] | None = None
    _times: tuple[datetime | None, datetime | None] | None = None

    @property
    def status(self) -> str:
        """One status for the row: the most urgent one, or OTHER."""
        counts = self.counts
        if len(counts) == 1:
            return next(iter(counts))
        for word in ("FAIL", "RUNNING", OTHER):
            if counts.get(word):
                return word
        return "RUNNING"

    @property
    def ended(self) -> int:
        """Number of members that have ended."""
        return self.counts.get("SUCCESS", 0) + self.counts.get("FAIL", 0)

    def elapsed(self, now: datetime) -> float | None:
        """Return the seconds from the first begin to the last end, or to `now` before the end."""
        if self._times is None:
            self._times = _first_and_last(self.members)
        begin, end = self._times
        end = end if self.ended == len(self.members) else now
        if begin is None or end is None or end < begin:
            return None
        return (end - begin).total_seconds()

    @property
    def type(self) -> str:
        """The job type of the members; may be empty."""
        return self.members[0].job.type

    @property
    def depth(self) -> int:
        """Level of the parent: a Group is not a separate level."""
        return self.parent.depth

    @property
    def order(self) -> int:
        """Order of the first member."""
        return self.members[0].order

    @property
    def number_below(self) -> int:
        """Number of jobs below the members."""
        return sum(self.total.values()) - len(self.members)

    @property
    def by_urgency(self) -> Sequence[Node]:
        """Members in whose branch a job failed, then RUNNING_MEMBERS in whose branch a job runs."""
        if self._by_urgency is None:
            failed = [node for node in self.members if node.urgency == FAILED]
            running = [node for node in self.members if FAILED < node.urgency < WAITING]
            running.sort(key=lambda node: (node.urgency, by_begin(node)))
            self._by_urgency = failed + running[:RUNNING_MEMBERS]
        return self._by_urgency

    def summarized(self, number: int) -> bool:
        """Whether a Summary follows `number` members: another one failed or runs."""
        return 0 < number < sum(self.active.values())


class JobTree:
    """The tree of one job. Construction is linear in the number of sub-jobs.

    `sort` orders sub-jobs, `group` folds equal siblings, `close_waiting` counts the sub-jobs of a
    sub-job below which nothing failed or runs. `depth` limits the levels, and `only` limits the
    rows to these kinds of status and the jobs above them.
    """

    def __init__(
        self,
        job: Job,
        *,
        sort: SortKey | None = None,
        group: bool = False,
        close_waiting: bool = False,
        depth: int | None = None,
        only: Collection[str] = (),
    ) -> None:
        self.top = Node(job)
        self.nodes: list[Node] = []
        """Every job, from top to bottom."""
        self.leaves = self.ended_leaves = 0
        """Number of sub-jobs without sub-jobs, and how many of them have ended."""
        self.depth = depth
        """Levels of sub-jobs that may be shown; None: all."""
        self._add_nodes(sort)
        selected = self._selected(only) if only else None
        for node in reversed(self.nodes):
            _count(node)
        for node in self.nodes:
            closed = close_waiting and node.depth and node.urgency == WAITING
            if node.children and not closed:
                _set_branches(node, selected, group=group)

    def _add_nodes(self, sort: SortKey | None) -> None:
        waiting = [self.top]
        while waiting:
            node = waiting.pop()
            node.order = len(self.nodes)
            self.nodes.append(node)
            sub_jobs = node.job.sub_jobs
            if not sub_jobs:
                if node.depth:
                    self.leaves += 1
                    self.ended_leaves += node.job.ended
                continue
            children = [
                Node(sub_job, node.depth + 1, parent=node, position=position)
                for position, sub_job in enumerate(sub_jobs)
            ]
            if sort is not None:
                children.sort(key=sort)
            node.children = children
            waiting.extend(reversed(children))

    def _selected(self, only: Collection[str]) -> set[Node]:
        """Return the nodes of these kinds of status, and the nodes above them."""
        selected = {self.top}
        for node in self.nodes:
            if kind(node.job) in only:
                above: Node | None = node
                while above is not None and above not in selected:
                    selected.add(above)
                    above = above.parent
        return selected


def _first_and_last(nodes: Sequence[Node]) -> tuple[datetime | None, datetime | None]:
    """Return the first begin and the last end of jobs."""
    begins = (parse_time(node.job.members.get("begin_time")) for node in nodes)
    ends = (parse_time(node.job.members.get("end_time")) for node in nodes)
    return min(filter(None, begins), default=None), max(filter(None, ends), default=None)


def _add(counts: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    total = dict(counts)
    for word, number in more.items():
        total[word] = total.get(word, 0) + number
    return total


def _count(node: Node) -> None:
    """Set the counts of a node for the jobs below it; its children are complete."""
    node.urgency = KINDS[kind(node.job)].urgency
    if node.children:
        node.counts_below = counts = dict[str, int]()
    for child in node.children:
        child_kind = kind(child.job)
        counts[child_kind] = counts.get(child_kind, 0) + 1
        for word, number in child.counts_below.items():
            counts[word] = counts.get(word, 0) + number
        node.levels = max(node.levels, child.levels + 1)
        node.urgency = min(node.urgency, child.urgency)


def _set_branches(node: Node, selected: set[Node] | None, *, group: bool) -> None:
    """Set the branches of a node; a Group has the position of its first member."""
    children = node.children if selected is None else [c for c in node.children if c in selected]
    node.branches = children
    node.filtered = len(children) < len(node.children)
    for child in children:
        child.indent = node.indent + 1
    if not group or len(children) <= GROUP_ABOVE:
        return
    groups: dict[str, list[Node]] = {
        job_type: [] for job_type in repeated_types(child.job for child in children)
    }
    if not groups:
        return
    branches: list[Node | list[Node]] = []
    for child in children:
        members = groups.get(child.job.type)
        if members is None:
            branches.append(child)
            continue
        if not members:
            branches.append(members)
        members.append(child)
        child.indent = node.indent + 2
    node.branches = [row if isinstance(row, Node) else _group(node, row) for row in branches]


def _group(parent: Node, members: Sequence[Node]) -> Group:
    counts = Counter(kind(node.job) for node in members)
    total = Counter(counts)
    for node in members:
        for word, number in node.counts_below.items():
            total[word] += number
    urgencies = Counter(node.urgency for node in members)
    active = {urgency: number for urgency, number in urgencies.items() if urgency < WAITING}
    return Group(parent, members, parent.indent + 1, counts, total, active, min(urgencies))


class TreeOptions(NamedTuple):
    """Which sub-jobs are shown, and in which order."""

    depth: int | None = None
    only: tuple[str, ...] = ()
    sort: str = "api"
    all: bool = False
    """Whether equal siblings are shown in rows of their own."""

    @classmethod
    def of(cls, settings: Settings) -> TreeOptions:
        """Return the options that the settings contain."""
        return cls(settings["depth"], settings["only"], settings["sort"], settings["all"])

    def tree(
        self, job: Job, now: datetime, *, group: bool = False, close_waiting: bool = False
    ) -> JobTree:
        """Return the tree of a job; it is folded as JobTree says, if the options allow it."""
        fold = not self.all and not self.only
        return JobTree(
            job,
            sort=sort_key(self.sort, now),
            group=group and fold,
            close_waiting=close_waiting and fold,
            depth=self.depth,
            only=self.only,
        )


class Summary(NamedTuple):
    """Sub-jobs of one job, or members of one Group, that are not shown."""

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

    def branches(row: Node | Group) -> Sequence[Node | Group]:
        if isinstance(row, Node):
            return row.branches
        return sorted(row.by_urgency[:members], key=lambda node: node.order)

    return _rows(tree.top, branches, _limit(tree, levels))


def nodes(tree: JobTree) -> Iterator[Node]:
    """Yield the nodes that `depth` and `only` leave. The tree must not have Groups."""
    return (row for row in rows(tree, levels=None) if isinstance(row, Node))


def _limit(tree: JobTree, levels: int | None) -> int:
    return min(n for n in (tree.depth, levels, tree.top.levels) if n is not None)


def _most_urgent(top: Node, height: int, limit: int) -> dict[Node | Group, list[Node | Group]]:
    """Choose the most urgent rows that fit the height, and for each the rows below it.

    A row is reserved for each Summary. Of the branches of a node, one more than the chosen ones is
    looked at, so the cost depends on the height only.
    """
    chosen: dict[Node | Group, list[Node | Group]] = {top: []}
    left = height - 1 - top.summarized(0)
    candidates: list[Candidate] = []
    if limit:
        _push(candidates, top)
    while candidates:
        *_, branch, parent, siblings = heapq.heappop(candidates)
        number = len(chosen[parent])
        cost = 1 + branch.summarized(0)
        cost += parent.summarized(number + 1) - parent.summarized(number)
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
        row = waiting.pop()
        yield row
        if isinstance(row, Summary):
            continue
        chosen = branches(row) if row.depth < limit else ()
        if row.summarized(len(chosen)):
            waiting.append(_summary(row, chosen, limit))
        waiting.extend(reversed(chosen))


def _summary(row: Node | Group, chosen: Sequence[Node | Group], limit: int) -> Summary:
    if isinstance(row, Group):
        hidden = Counter(
            {KIND_BY_URGENCY[urgency]: number for urgency, number in row.active.items()}
        )
        hidden -= Counter(KIND_BY_URGENCY[member.urgency] for member in chosen)
        return Summary(row.indent + 1, hidden)
    hidden = Counter(row.counts_below)
    for branch in chosen:
        hidden -= Counter(branch.total)
    return Summary(row.indent + 1, hidden, 0 if row.depth < limit else row.levels)


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
    return False, KINDS[kind(node.job)].urgency


def sort_key(name: str, now: datetime) -> SortKey | None:
    """Return the key that --sort names; None for the service's order."""
    return {"begin": by_begin, "duration": by_duration(now), "status": by_status}.get(name)
