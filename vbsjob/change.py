"""Tells what differs between two answers about one job; judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob import job

if TYPE_CHECKING:
    from vbsjob.job import Job, Place


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `name` is `status` or `entities.NAME`, of the job at the end of `place`."""

    place: Place
    name: str
    before: Any
    after: Any


def between(before: Job | None, after: Job) -> list[Change]:
    """Return what changed: statuses at every depth, and entities that became known.

    Without an answer before, the job's own status is the change.
    """
    if before is None:
        return [Change(job.Place(after, (after,)), "status", None, after.status)]
    if before.members == after.members:
        return []
    old = {key: place.job for key, place in _keyed(before)}
    return [
        change
        for key, place in _keyed(after)
        for change in _of_one(old.get(key) or job.Job({}), place)
    ]


def _keyed(top: Job) -> list[tuple[tuple[str, int], Place]]:
    """Name each job by its id and how often that id came before: ids may be missing or double."""
    met: dict[str, int] = {}
    keyed = []
    for place in job.walk(top):
        number = met.get(place.job.id, 0)
        met[place.job.id] = number + 1
        keyed.append(((place.job.id, number), place))
    return keyed


def _of_one(old: Job, place: Place) -> list[Change]:
    changes = []
    if old.members.get("status") != place.job.members.get("status"):
        changes.append(Change(place, "status", old.status, place.job.status))
    known = old.entities
    changes += [
        Change(place, f"entities.{name}", known.get(name), value)
        for name, value in place.job.entities.items()
        if known.get(name) != value
    ]
    return changes
