"""The result for one requested id, and its document: the service's members with ours added."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob import exit_codes
from vbsjob.jobs.job import Job

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.errors import VbsjobError
    from vbsjob.exit_codes import ExitCode

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class JobResult:
    """The result for one id: the job, or the error that occurred instead.

    After a watch, `last_job` is the last answer before the error, and `watch_code` the exit code
    that the watch gave the job.
    """

    job_id: str
    outcome: Job | VbsjobError
    last_job: Job | None = None
    watch_code: ExitCode | None = None

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

    def document(self, now: datetime) -> dict[str, Any]:
        """Return the document; where the service uses one of our names, its own member stays."""
        ours: dict[str, Any] = {"verdict": self.exit_code.label, "exit_code": int(self.exit_code)}
        members: dict[str, Any] = {"job_id": self.job_id}
        if self.job is not None:
            members = self.job.members
            ours = {"elapsed_s": self.job.elapsed(now), **ours}
        if self.error is not None:
            ours["error"] = self.error.document()
        beside = {name: value for name, value in ours.items() if name not in members}
        return {"schema_version": SCHEMA_VERSION} | members | beside
