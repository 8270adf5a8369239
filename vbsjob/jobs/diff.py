"""Differences between two answers about one job. Pure."""

from __future__ import annotations

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


def changes(before: Job | None, after: Job) -> list[Change]:
    """Return changed statuses at every depth, changed entities and missing sub-jobs.

    Those of a job are before those of its sub-jobs. Without an earlier answer the only change is
    the job's status.
    """
    if before is None:
        return [Change((after,), "status", None, after.status)]
    if before.members == after.members:
        return []
    listed: list[Change] = []
    earlier = dict(_by_key(before))
    for key, path in _by_key(after):
        earlier_path = earlier.pop(key, None)
        listed += _changes(earlier_path[-1] if earlier_path else Job({}), path)
    return listed + [
        Change(path, "disappeared", path[-1].status, None) for path in earlier.values()
    ]


def first_changes(job: Job) -> list[Change]:
    """Return what the first answer says, as changes: every status and every entity."""
    return [change for path in walk(job) for change in _changes(Job({}), path)]


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
