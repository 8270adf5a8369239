"""The result for one requested id, and its document: the service's members with ours added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob import exit_codes
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import failure
from vbsjob.jobs.job import Job
from vbsjob.text import format_duration, printable, utc_time

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.errors import VbsjobError

SCHEMA_VERSION = 1
OUR_MEMBERS = frozenset(
    {
        "schema_version",
        "elapsed_s",
        "verdict",
        "exit_code",
        "failure",
        "expected_end",
        "error",
        "others",
    }
)
"""Members of a document that vbsjob adds; the service's of the same name are in `others`."""


class JobResult(NamedTuple):
    """The result for one id: the job, or the error that occurred instead.

    After a watch, `last_job` is the last answer before the error, and `watch_code` the exit code
    that the watch gave the job.
    """

    job_id: str
    outcome: Job | VbsjobError
    last_job: Job | None = None
    watch_code: ExitCode | None = None
    expected_end: datetime | None = None
    """When the job usually ends; None after its end and without history."""
    time_limit: float | None = None
    """Seconds of --timeout, if it ended the watch of this job; else None."""

    @property
    def job(self) -> Job | None:
        """The job in its last known state; None if the service never described it."""
        return self.outcome if isinstance(self.outcome, Job) else self.last_job

    @property
    def error(self) -> VbsjobError | None:
        """The error; None if the job was answered."""
        return None if isinstance(self.outcome, Job) else self.outcome

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of this result alone: that of the watch, or that of --exit-status."""
        if self.watch_code is not None:
            return self.watch_code
        if isinstance(self.outcome, Job):
            return exit_codes.of_job(self.outcome)
        return self.outcome.exit_code

    @property
    def reason(self) -> str:
        """Why a job with neither an error nor a failure is not SUCCESS, with its status."""
        status = printable(self.job.status) if self.job and self.job.status else "no status"
        if self.time_limit is not None:
            return f"{status}: not ended within {format_duration(self.time_limit)} (--timeout)"
        if self.exit_code is ExitCode.PENDING:
            return f"{status}: not ended when the watch ended"
        return f"{status}: {self.exit_code.meaning}"

    def document(self, now: datetime, **further: Any) -> dict[str, Any]:
        """Return the document: the members of the service, of vbsjob, and `further` ones.

        Where the service uses one of our names, its member is in `others`.
        """
        job = self.job
        own_members: dict[str, Any] = {
            "elapsed_s": None if job is None else job.elapsed(now),
            "verdict": self.exit_code.label,
            "exit_code": int(self.exit_code),
            "failure": None if job is None else failure_document(job),
            "expected_end": None if self.expected_end is None else utc_time(self.expected_end),
        }
        if self.error is not None:
            own_members["error"] = self.error.document()
        members = {"job_id": self.job_id} if job is None else job.members
        return {"schema_version": SCHEMA_VERSION} | merged(members, own_members | further)


def failure_document(job: Job) -> dict[str, Any] | None:
    """Return the member `failure` of a job's document; None if nothing failed."""
    job_failure = failure.find(job)
    return None if job_failure is None else job_failure.document()


def merged(members: dict[str, Any], own_members: dict[str, Any]) -> dict[str, Any]:
    """Return the service's members and ours; where names are equal, ours wins.

    The service's values of such names are in `others`.
    """
    reserved = OUR_MEMBERS | own_members.keys()
    others = {name: value for name, value in members.items() if name in reserved}
    service_members = {name: value for name, value in members.items() if name not in reserved}
    return service_members | own_members | ({"others": others} if others else {})
