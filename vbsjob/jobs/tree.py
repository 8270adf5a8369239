"""The tree of a job and its sub-jobs, with what is below each of them counted.

Pure. No recursion, because sub-jobs can be nested deeply (F41).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from vbsjob.text import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from vbsjob.jobs.job import Job

    SortKey = Callable[["Node"], tuple[bool, float]]

GROUP_ABOVE = 5
"""More sub-jobs of one parent with the same type than this are one row, a Group."""
OTHER = "other"
URGENCY = {"FAIL": 0, "RUNNING": 1, OTHER: 2, "INIT": 3, "SUCCESS": 4}
"""What is shown first if there is not room for everything, by kind of status."""
DONE = URGENCY["SUCCESS"]
NO_COUNTS: Mapping[str, int] = MappingProxyType({})


def kind(job: Job) -> str:
    """Return the status if it is one of URGENCY, else OTHER."""
    status = job.status
    return status if status is not None and status in URGENCY else OTHER


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
    below: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)
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

    def complete(self, number: int) -> bool:
        """Whether `number` branches are all of them: no child is hidden."""
        return not self.filtered and number == len(self.branches)

    @property
    def total(self) -> Mapping[str, int]:
        """Number of jobs in this branch with this one, by kind of status."""
        return _add(self.below, {kind(self.job): 1})

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
    def below(self) -> int:
        """Number of jobs below the members."""
        return sum(self.total.values()) - len(self.members)

    @property
    def by_urgency(self) -> Sequence[Node]:
        """Members in whose branch a job failed, then those in whose branch a job runs."""
        if self._by_urgency is None:
            active = (node for node in self.members if node.urgency < URGENCY["INIT"])
            self._by_urgency = sorted(active, key=lambda node: node.urgency)
        return self._by_urgency


class JobTree:
    """The tree of one job. Construction is linear in the number of sub-jobs.

    `sort` orders sub-jobs, `group` folds equal siblings, `depth` limits the levels, and `only`
    limits the rows to these kinds of status and the jobs above them.
    """

    def __init__(
        self,
        job: Job,
        *,
        sort: SortKey | None = None,
        group: bool = False,
        depth: int | None = None,
        only: Collection[str] = (),
    ) -> None:
        self.top = Node(job)
        self.nodes: list[Node] = []
        """Every job, from top to bottom."""
        self.steps = self.ended_steps = 0
        """Number of sub-jobs without sub-jobs, and how many of them have ended."""
        self.depth = depth
        """Levels of sub-jobs that may be shown; None: all."""
        self._add_nodes(sort)
        selected = self._selected(only) if only else None
        for node in reversed(self.nodes):
            _count(node)
        for node in self.nodes:
            if node.children:
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
                    self.steps += 1
                    self.ended_steps += node.job.ended
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
    node.urgency = URGENCY[kind(node.job)]
    if node.children:
        node.below = below = dict[str, int]()
    for child in node.children:
        child_kind = kind(child.job)
        below[child_kind] = below.get(child_kind, 0) + 1
        for word, number in child.below.items():
            below[word] = below.get(word, 0) + number
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
    types = Counter(child.job.type for child in children)
    groups: dict[str, list[Node]] = {
        job_type: [] for job_type, number in types.items() if number > GROUP_ABOVE
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
    node.branches = [item if isinstance(item, Node) else _group(node, item) for item in branches]


def _group(parent: Node, members: Sequence[Node]) -> Group:
    counts = Counter(kind(node.job) for node in members)
    total = Counter(counts)
    for node in members:
        for word, number in node.below.items():
            total[word] += number
    urgency = min(node.urgency for node in members)
    return Group(parent, members, parent.indent + 1, counts, total, urgency)
