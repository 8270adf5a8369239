"""Tells what differs between two answers about one job; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob.jobs import job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.jobs.job import Job, Place


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `name` is `status` or `entities.NAME`, of the job at the end of `place`."""

    place: Place
    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed: statuses at every depth, and entities that became known or others.

    Worked out whenever it is asked for: of a big answer it is more than is worth keeping.
    Without an answer before, the job's own status is the change.
    """

    before: Job | None
    after: Job

    def __bool__(self) -> bool:
        """Whether anything did."""
        return next(iter(self), None) is not None

    def __iter__(self) -> Iterator[Change]:
        """Yield one difference after the other, a job's before its sub-jobs'."""
        if self.before is None:
            yield Change(job.Place(self.after, (self.after,)), "status", None, self.after.status)
        elif self.before is not self.after and self.before.members != self.after.members:
            old = {key: place.job for key, place in _keyed(self.before)}
            for key, place in _keyed(self.after):
                yield from _of_one(old.get(key) or job.Job({}), place)


def _keyed(top: Job) -> Iterator[tuple[tuple[str, int], Place]]:
    """Name each job by its id and how often that id came before: ids may be missing or double."""
    met: dict[str, int] = {}
    for place in job.walk(top):
        number = met.get(place.job.id, 0)
        met[place.job.id] = number + 1
        yield (place.job.id, number), place


def _of_one(old: Job, place: Place) -> Iterator[Change]:
    if old.members.get("status") != place.job.members.get("status"):
        yield Change(place, "status", old.status, place.job.status)
    known = old.entities
    for name, value in place.job.entities.items():
        if known.get(name) != value:
            yield Change(place, f"entities.{name}", known.get(name), value)
