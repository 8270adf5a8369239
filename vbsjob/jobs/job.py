"""A job as the service told it, and the questions asked of it.

Keeps every member as it came and judges nothing: unknown words, odd times and strange shapes
are carried along, never an error. Sub-jobs are met at top level, in `entities`, or in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ENDED = frozenset({"SUCCESS", "FAIL"})
"""The statuses that end a job. Compared exactly: any other word is neither end nor success."""
GOING_ON = frozenset({"INIT", "RUNNING", "PENDING_PAYMENT", "WAITING_EXECUTE", "LISTENING"})
"""The statuses met before an end: the service's own, then those of its sister services."""

KNOWN = (
    "job_id",
    "job_type",
    "status",
    "begin_time",
    "end_time",
    "error_code",
    "fail_reason",
    "entities",
    "sub_jobs",
)
"""The members the service documents."""


@dataclass(frozen=True, slots=True)
class Job:
    """One job or sub-job; `members` is the JSON object, untouched."""

    members: dict[str, Any]

    @property
    def id(self) -> str:
        """The job's id; sub-jobs may carry it as `id`; empty where there is none."""
        found = self.members.get("job_id") or self.members.get("id")
        return found if isinstance(found, str) else ""

    @property
    def status(self) -> str | None:
        """The status as spelled by the service; None where it is null, absent or no text."""
        found = self.members.get("status")
        return found if isinstance(found, str) else None

    @property
    def ended(self) -> bool:
        """Whether the status is one that ends a job."""
        return self.status in ENDED

    @property
    def failed(self) -> bool:
        """Whether the service said FAIL of this very job."""
        return self.status == "FAIL"

    @property
    def failed_below(self) -> bool:
        """Whether the service said FAIL of a sub-job, at any depth."""
        return any(place.job.failed for place in walk(self) if place.depth)

    @property
    def type(self) -> str:
        """The kind of work, such as `bksCreateBackup`; empty where it is not told."""
        found = self.members.get("job_type")
        return found if isinstance(found, str) else ""

    @property
    def entities(self) -> Mapping[str, Any]:
        """What the job works on, less its sub-jobs; empty where the member has another shape."""
        found = self.members.get("entities")
        if not isinstance(found, dict):
            return {}
        if not _holds_jobs("sub_jobs", found.get("sub_jobs", ...)):
            return found
        return {name: value for name, value in found.items() if name != "sub_jobs"}

    @property
    def sub_jobs(self) -> list[Job]:
        """The sub-jobs in the service's order; one that stands in both places counts once."""
        entities = self.members.get("entities")
        nested = entities.get("sub_jobs") if isinstance(entities, dict) else None
        listed = self.members.get("sub_jobs")
        if not isinstance(nested, list):
            return _jobs(listed)
        return _jobs(nested) if not isinstance(listed, list) else _once(_jobs(listed + nested))

    @property
    def others(self) -> dict[str, Any]:
        """The members no other question answers: unknown ones, and known ones of odd shape."""
        return {
            name: value
            for name, value in self.members.items()
            if name not in KNOWN
            or (name == "entities" and not isinstance(value, dict))
            or (name == "sub_jobs" and not _holds_jobs(name, value))
        }

    def elapsed(self, now: datetime) -> float | None:
        """Seconds from begin to end, or to now while it has not ended; None where unknown."""
        begin = parse_time(self.members.get("begin_time"))
        end = parse_time(self.members.get("end_time")) if self.ended else now
        if begin is None or end is None:
            return None
        seconds = (end - begin).total_seconds()
        return round(seconds, 3) if seconds >= 0 else None


@dataclass(frozen=True, slots=True)
class Place:
    """A job and where it stands: `trail` leads from the top job to this one."""

    job: Job
    trail: tuple[Job, ...]

    @property
    def depth(self) -> int:
        """0 for the job asked for, 1 for its sub-jobs, and so on."""
        return len(self.trail) - 1


def walk(job: Job) -> Iterator[Place]:
    """Yield the job and everything below it, parents first, in the service's order."""
    waiting = [Place(job, (job,))]
    while waiting:
        place = waiting.pop()
        yield place
        below = place.job.sub_jobs
        waiting.extend(Place(sub, (*place.trail, sub)) for sub in reversed(below))


def parse_time(written: object) -> datetime | None:
    """Read one of the service's times, UTC where no zone is told; None for any other shape."""
    if not isinstance(written, str):
        return None
    try:
        read = datetime.fromisoformat(written)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _holds_jobs(name: str, value: object) -> bool:
    """Whether a member is a list of sub-jobs, or an empty way of saying there are none."""
    if name != "sub_jobs":
        return False
    if isinstance(value, list):
        return all(isinstance(item, dict) for item in value)
    return value is None or value == ""


def _jobs(listed: object) -> list[Job]:
    if not isinstance(listed, list):
        return []
    return [Job(item) for item in listed if isinstance(item, dict)]


def _once(jobs: list[Job]) -> list[Job]:
    first: dict[str | int, Job] = {}
    for position, job in enumerate(jobs):
        first.setdefault(job.id or position, job)
    return list(first.values())
