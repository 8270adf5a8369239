"""One job or sub-job as the service described it.

Keeps every member unchanged: unknown statuses, odd times and unexpected types are not errors here.
Sub-jobs occur at top level, in `entities`, or in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob.text import parse_time, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

ENDED = frozenset({"SUCCESS", "FAIL"})
"""Statuses that end a job. Compared exactly; other statuses are neither an end nor a success."""
GOING_ON = frozenset({"INIT", "RUNNING", "PENDING_PAYMENT", "WAITING_EXECUTE", "LISTENING"})
"""Statuses before the end: those of this service, then those of services with the same API."""

DOCUMENTED_MEMBERS = (
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


@dataclass(frozen=True, slots=True)
class Job:
    """One job or sub-job; `members` is the JSON object, unchanged."""

    members: dict[str, Any]

    @property
    def id(self) -> str:
        """The job's id, which sub-jobs may have under `id`; empty if there is none."""
        job_id = self.members.get("job_id") or self.members.get("id")
        return job_id if isinstance(job_id, str) else ""

    @property
    def status(self) -> str | None:
        """The status, spelled as by the service; None if it is null, missing or not a string."""
        status = self.members.get("status")
        return status if isinstance(status, str) else None

    @property
    def ended(self) -> bool:
        """Whether the status is one that ends a job."""
        return self.status in ENDED

    @property
    def unknown_status(self) -> str:
        """Words for a status that is not known, printable; empty if it is known."""
        if self.status in ENDED | GOING_ON:
            return ""
        words = f"the status '{printable(self.status or '')[:60]}', which vbsjob does not know"
        return words if self.status else "no status"

    @property
    def failed(self) -> bool:
        """Whether the status of this job itself is FAIL."""
        return self.status == "FAIL"

    @property
    def failed_below(self) -> bool:
        """Whether the status of a sub-job, at any depth, is FAIL."""
        return any(len(path) > 1 and path[-1].failed for path in walk(self))

    @property
    def type(self) -> str:
        """The type, such as `bksCreateBackup`; empty if it is missing or not a string."""
        job_type = self.members.get("job_type")
        return job_type if isinstance(job_type, str) else ""

    @property
    def entities(self) -> Mapping[str, Any]:
        """The entities without their sub-jobs; empty if the member is not an object."""
        entities = self.members.get("entities")
        if not isinstance(entities, dict):
            return {}
        if "sub_jobs" not in entities or not _lists_jobs(entities["sub_jobs"]):
            return entities
        return {name: value for name, value in entities.items() if name != "sub_jobs"}

    @property
    def sub_jobs(self) -> list[Job]:
        """The sub-jobs in the service's order; one that occurs in both places is listed once."""
        nested, listed = _jobs(self.members.get("entities")), _jobs(self.members)
        ids = {job.id for job in nested if job.id}
        return nested + [job for job in listed if job.id not in ids]

    @property
    def others(self) -> dict[str, Any]:
        """Members that are not documented, and documented ones of an unexpected type."""
        return {
            name: value
            for name, value in self.members.items()
            if name not in DOCUMENTED_MEMBERS
            or (name == "entities" and not isinstance(value, dict))
            or (name == "sub_jobs" and not _lists_jobs(value))
        }

    def elapsed(self, now: datetime) -> float | None:
        """Return the seconds from begin to end, or to `now` before the end; None if unknown.

        A job with a status that is not known has ended if it has an end.
        """
        begin, end = (parse_time(self.members.get(name)) for name in ("begin_time", "end_time"))
        if not self.ended and (end is None or self.status in GOING_ON):
            end = now
        if begin is None or end is None:
            return None
        seconds = (end - begin).total_seconds()
        return round(seconds, 3) if seconds >= 0 else None


def walk(top: Job) -> Iterator[tuple[Job, ...]]:
    """Yield the path from the top job to each job: parents first, in the service's order.

    The last job of a path is the job itself; its depth is `len(path) - 1`. No recursion (F41).
    """
    waiting: list[tuple[Job, ...]] = [(top,)]
    while waiting:
        path = waiting.pop()
        yield path
        waiting.extend((*path, sub_job) for sub_job in reversed(path[-1].sub_jobs))


def _lists_jobs(value: object) -> bool:
    """Whether a member is a list of sub-jobs, or null or "" instead of an empty list."""
    if isinstance(value, list):
        return all(isinstance(item, dict) for item in value)
    return value is None or value == ""


def _jobs(holder: object) -> list[Job]:
    """Return the items of `sub_jobs` that are objects."""
    value = holder.get("sub_jobs") if isinstance(holder, dict) else None
    items = value if isinstance(value, list) else []
    return [Job(item) for item in items if isinstance(item, dict)]
