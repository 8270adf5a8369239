"""The tree of a job and its sub-jobs, and its rows: which are shown, and what is counted instead.

Pure: no width, no glyphs. Recursion is safe: http/strict_json limits the levels of an answer (F41).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from vbsjob.jobs.job import ENDED
from vbsjob.text import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from vbsjob.config.loader import Settings
    from vbsjob.jobs.job import Job

    SortKey = Callable[[Job], float]

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
GROUP_MEMBERS = 5
"""Members that are shown below a Group if the height is not limited."""
RUNNING_MEMBERS = 3
"""Members of a Group that have not failed are shown up to this number: those that run longest."""
FAILED, WAITING, DONE = (KINDS[name].urgency for name in ("FAIL", "INIT", "SUCCESS"))
NO_COUNTS: Mapping[str, int] = MappingProxyType({})


def kind(job: Job | None) -> str:
    """Return the status if it is one of KINDS, else OTHER; UNKNOWN of a job without an answer."""
    if job is None:
        return UNKNOWN
    return job.status if job.status in KINDS and job.status != UNKNOWN else OTHER


def counts_text(kinds: Mapping[str, int] | Iterable[str], *, jobs: bool = False) -> str:
    """Return numbers of sub-jobs by kind of status in words: `2 failed, 313 done, 200 running`.

    With `jobs` those of requested jobs, the ended ones last: `1 running, 1 failed, 1 succeeded`.
    """
    numbers = Counter(kinds)
    ordered = sorted(KINDS, key=ENDED.__contains__) if jobs else KINDS
    words = {name: KINDS[name].jobs if jobs else KINDS[name].sub_jobs for name in ordered}
    return ", ".join(f"{numbers[name]:,} {word}" for name, word in words.items() if numbers[name])


@dataclass(eq=False, repr=False, slots=True)
class Node:
    """A job in the tree."""

    job: Job
    parent: Node | None = None
    position: int = 0
    """Index among the parent's sub-jobs in the service's order, from 0."""
    depth: int = 0
    """Levels below the top job."""
    indent: int = 0
    """Levels in the picture: `depth` and one for each Group above."""
    order: int = 0
    """Index among all jobs, from top to bottom."""
    children: Sequence[Node] = ()
    counts_below: Mapping[str, int] = field(default_factory=lambda: NO_COUNTS)
    """Number of jobs below this one, by kind of status."""
    urgency: int = DONE
    """Of the most urgent job in this branch."""
    branches: Sequence[Node | Group] = ()
    """The rows that may be shown below: the children that are not filtered out, or their Groups."""
    filtered: bool = False
    """Whether some of the children are not among the branches."""

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

    def hidden(self, shown: Sequence[Node | Group]) -> Counter[str]:
        """Return the number of jobs below this one, without the shown branches, by kind."""
        counts = Counter(self.counts_below)
        for branch in shown:
            counts.subtract(branch.total)
        return +counts

    @property
    def total(self) -> Mapping[str, int]:
        """Number of jobs in this branch with this one, by kind of status."""
        word = kind(self.job)
        return {**self.counts_below, word: self.counts_below.get(word, 0) + 1}


class Group:
    """Sub-jobs of one parent with the same type, as one row."""

    def __init__(self, parent: Node, members: Sequence[Node]) -> None:
        self.members = members
        self.indent = parent.indent + 1
        self.depth = parent.depth
        """Level of the parent: a Group is not a separate level."""
        self.order = members[0].order
        self.type = members[0].job.type
        """The job type of the members; may be empty."""
        self.counts = Counter(kind(node.job) for node in members)
        """Number of members by kind of status."""
        self.total = self.counts.copy()
        """Number of members and of all jobs below them, by kind of status."""
        for node in members:
            self.total.update(node.counts_below)
        self.urgency = min(node.urgency for node in members)
        self.ended = self.counts["SUCCESS"] + self.counts["FAIL"]
        """Number of members that have ended."""
        self._active = [node for node in members if node.urgency < WAITING]
        """Members in whose branch a job failed or runs."""

    @property
    def status(self) -> str:
        """One status for the row: the most urgent one, or OTHER."""
        if len(self.counts) == 1:
            return next(iter(self.counts))
        return next((word for word in ("FAIL", "RUNNING", OTHER) if self.counts[word]), "RUNNING")

    def elapsed(self, now: datetime) -> float | None:
        """Return the seconds from the first begin to the last end, or to `now` before the end."""
        begin, end = self._times
        end = end if self.ended == len(self.members) else now
        if begin is None or end is None or end < begin:
            return None
        return (end - begin).total_seconds()

    @cached_property
    def _times(self) -> tuple[datetime | None, datetime | None]:
        """The first begin and the last end."""
        begins = (parse_time(node.job.members.get("begin_time")) for node in self.members)
        ends = (parse_time(node.job.members.get("end_time")) for node in self.members)
        return min(filter(None, begins), default=None), max(filter(None, ends), default=None)

    @cached_property
    def branches(self) -> Sequence[Node]:
        """Members in whose branch a job failed, then RUNNING_MEMBERS in whose branch a job runs."""
        failed = [node for node in self._active if node.urgency == FAILED]
        running = [node for node in self._active if node.urgency > FAILED]
        running.sort(key=lambda node: (node.urgency, by_begin(node.job)))
        return failed + running[:RUNNING_MEMBERS]

    def summarized(self, number: int) -> bool:
        """Whether a Summary follows `number` members: another one failed or runs."""
        return 0 < number < len(self._active)

    def hidden(self, shown: Sequence[Node | Group]) -> Counter[str]:
        """Return the number of active members that are not shown, by kind of status."""
        counts = self._active_counts.copy()
        counts.subtract(kind(branch.job) for branch in shown if isinstance(branch, Node))
        return +counts

    @cached_property
    def _active_counts(self) -> Counter[str]:
        """Counted once: a frame must not cost the whole tree."""
        return Counter(kind(node.job) for node in self._active)


class TreeOptions(NamedTuple):
    """Which sub-jobs are shown, and in which order."""

    depth: int | None = None
    """Limits the levels."""
    only: tuple[str, ...] = ()
    """Limits the rows to these kinds of status and the jobs above them."""
    sort: str = "api"
    all: bool = False
    """Whether equal siblings are shown in rows of their own."""

    @classmethod
    def of(cls, settings: Settings) -> TreeOptions:
        """Return the options that the settings contain."""
        return cls(settings["depth"], settings["only"], settings["sort"], settings["all"])

    def sort_key(self, now: datetime) -> SortKey | None:
        """Return the key that `sort` names; None for the service's order.

        The longest duration is first, and the most urgent status.
        """
        keys: dict[str, SortKey] = {
            "begin": by_begin,
            "duration": lambda job: -(job.elapsed(now) or 0.0),
            "status": lambda job: KINDS[kind(job)].urgency,
        }
        return keys.get(self.sort)


EVERYTHING = TreeOptions()


class JobTree:
    """The tree of one job. Construction is linear in the number of sub-jobs.

    Sub-jobs are sorted if `now` is given: for some it is their end. If the options allow it,
    `group` folds equal siblings, and `close_waiting` counts the sub-jobs of a sub-job below which
    nothing failed or runs.
    """

    def __init__(
        self,
        job: Job,
        options: TreeOptions = EVERYTHING,
        now: datetime | None = None,
        *,
        group: bool = False,
        close_waiting: bool = False,
    ) -> None:
        self.nodes: list[Node] = []
        """Every job, from top to bottom."""
        self.leaves = self.ended_leaves = 0
        """Number of sub-jobs without sub-jobs, and how many of them have ended."""
        self.top = Node(job)
        self._add(self.top, None if now is None else options.sort_key(now))
        wanted = frozenset(options.only)
        fold = not options.all and not wanted
        for node in self.nodes:
            closed = close_waiting and fold and node.depth and node.urgency == WAITING
            if not node.children or closed:
                continue
            children = [] if node.depth == options.depth else node.children
            if wanted:
                children = [child for child in children if not wanted.isdisjoint(child.total)]
            node.filtered = len(children) < len(node.children)
            node.branches = _branches(node, children, group=group and fold)

    def _add(self, node: Node, sort: SortKey | None) -> None:
        """Add a node and all that is below it, and count what is below."""
        node.order = len(self.nodes)
        self.nodes.append(node)
        node.urgency = KINDS[kind(node.job)].urgency
        sub_jobs = node.job.sub_jobs
        if not sub_jobs:
            if node.depth:
                self.leaves += 1
                self.ended_leaves += node.job.ended
            return
        node.children = [
            Node(sub_job, node, position, node.depth + 1)
            for position, sub_job in enumerate(sub_jobs)
        ]
        if sort is not None:
            node.children.sort(key=lambda child: sort(child.job))
        node.counts_below = counts = Counter[str]()
        for child in node.children:
            self._add(child, sort)
            counts[kind(child.job)] += 1
            counts.update(child.counts_below)
            node.urgency = min(node.urgency, child.urgency)

    @cached_property
    def preferred(self) -> list[tuple[Node | Group, Node | Group]]:
        """Each row below another with the row above it, the most urgent first.

        A row is never before the row above it, which is as urgent and less deep.
        """
        return sorted(_below(self.top), key=lambda pair: (pair[1].urgency, pair[1].depth))


def _below(above: Node | Group) -> Iterator[tuple[Node | Group, Node | Group]]:
    for row in above.branches:
        yield above, row
        yield from _below(row)


def groups(row: Node | Group) -> Iterator[Group]:
    """Yield the Groups below a row that are not below another Group."""
    for branch in row.branches:
        if isinstance(branch, Group):
            yield branch
        else:
            yield from groups(branch)


def _branches(node: Node, children: Sequence[Node], *, group: bool) -> Sequence[Node | Group]:
    """Return the rows of children; a Group has the position of its first member."""
    members: dict[str, list[Node]] = {}
    for child in children if group else ():
        members.setdefault(child.job.type, []).append(child)
    groups = {t: Group(node, same) for t, same in members.items() if len(same) > GROUP_ABOVE}
    for child in children:
        child.indent = node.indent + 1 + (child.job.type in groups)
    return list(dict.fromkeys(groups.get(child.job.type, child) for child in children))


class Summary(NamedTuple):
    """Sub-jobs of one job, or members of one Group, that are not shown."""

    indent: int
    counts: Mapping[str, int]
    """How many, by kind of status."""


def folded(tree: JobTree, height: int) -> list[Node | Group | Summary]:
    """Return at most `height` rows: all, or the most urgent ones and counts of the rest.

    A row is reserved for each Summary. Costs by the height, not by the tree.
    """
    if height < 2:
        return [tree.top] if height > 0 else []
    shown: dict[Node | Group, list[Node | Group]] = {tree.top: []}
    left = height - 1 - tree.top.summarized(0)
    for above, row in tree.preferred:
        number = len(shown[above])
        left -= 1 + row.summarized(0) + above.summarized(number + 1) - above.summarized(number)
        if left < 0:
            break
        shown[above].append(row)
        shown[row] = []
    return list(_rows(tree.top, lambda row: sorted(shown[row], key=lambda below: below.order)))


def rows(tree: JobTree) -> Iterator[Node | Group | Summary]:
    """Yield all rows; at most GROUP_MEMBERS below each Group."""

    def shown(row: Node | Group) -> Sequence[Node | Group]:
        if isinstance(row, Node):
            return row.branches
        return sorted(row.branches[:GROUP_MEMBERS], key=lambda node: node.order)

    return _rows(tree.top, shown)


def nodes(tree: JobTree) -> Iterator[Node]:
    """Yield the nodes that `depth` and `only` leave. The tree must not have Groups."""
    return (row for row in rows(tree) if isinstance(row, Node))


def _rows(
    row: Node | Group, shown: Callable[[Node | Group], Sequence[Node | Group]]
) -> Iterator[Node | Group | Summary]:
    """Yield a row and what is shown below it, then a Summary of the rest."""
    yield row
    below = shown(row)
    for branch in below:
        yield from _rows(branch, shown)
    if row.summarized(len(below)):
        yield Summary(row.indent + 1, row.hidden(below))


def by_begin(job: Job) -> float:
    """Sort key: begin; jobs without a begin are last, in the service's order."""
    begin = parse_time(job.members.get("begin_time"))
    return begin.timestamp() if begin else math.inf
