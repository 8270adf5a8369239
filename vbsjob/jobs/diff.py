"""Differences between two answers about one job. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.jobs.job import Job, walk

if TYPE_CHECKING:
    from collections.abc import Iterator


class Change(NamedTuple):
    """One difference of the last job of `path`.

    `name` is `status`, `entities.NAME` or, for a sub-job that is no longer listed, `disappeared`.
    """

    path: tuple[Job, ...]
    name: str
    before: Any
    after: Any

    @property
    def job(self) -> Job:
        """The job or sub-job that changed."""
        return self.path[-1]

    @property
    def depth(self) -> int:
        """0 for the requested job, 1 for its sub-jobs, and so on."""
        return len(self.path) - 1


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Changes:
    """Iterable of changed statuses at every depth, changed entities and missing sub-jobs.

    Computed at each iteration. Without an earlier answer the only change is the job's status.
    """

    before: Job | None
    after: Job

    def __bool__(self) -> bool:
        """Whether there is any change."""
        return next(iter(self), None) is not None

    def __iter__(self) -> Iterator[Change]:
        """Yield the changes of a job before those of its sub-jobs."""
        if self.before is None:
            yield Change((self.after,), "status", None, self.after.status)
            return
        if self.before is self.after:
            return
        if self.before.members != self.after.members:
            before = dict(_by_key(self.before))
            for key, path in _by_key(self.after):
                old_path = before.pop(key, None)
                yield from _changes(old_path[-1] if old_path else Job({}), path)
            for path in before.values():
                yield Change(path, "disappeared", path[-1].status, None)


def _by_key(top: Job) -> Iterator[tuple[tuple[str, int], tuple[Job, ...]]]:
    """Yield (key, path) per job. Ids may be missing or occur twice: the key is (id, occurrence)."""
    counts: dict[str, int] = {}
    for path in walk(top):
        job_id = path[-1].id
        number = counts.get(job_id, 0)
        counts[job_id] = number + 1
        yield (job_id, number), path


def _changes(before: Job, path: tuple[Job, ...]) -> Iterator[Change]:
    after = path[-1]
    if before.members.get("status") != after.members.get("status"):
        yield Change(path, "status", before.status, after.status)
    entities = before.entities
    for name, value in after.entities.items():
        if entities.get(name) != value:
            yield Change(path, f"entities.{name}", entities.get(name), value)
