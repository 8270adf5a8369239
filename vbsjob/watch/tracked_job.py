"""State of one job in a watch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vbsjob.exit_codes import ExitCode
from vbsjob.text import printable
from vbsjob.watch.intervals import PollInterval

if TYPE_CHECKING:
    from vbsjob.errors import VbsjobError
    from vbsjob.jobs.job import Job


@dataclass(slots=True)
class TrackedJob:
    """State of one job in a watch. Times are monotonic seconds."""

    job_id: str
    next_poll: float | None
    """When to poll; None while a poll is in flight, and after the job has an exit code."""
    job: Job | None = None
    """The last valid answer."""
    answered_at: float | None = None
    """When the last valid answer arrived."""
    error: VbsjobError | None = None
    """The error of the last poll; None if it was answered."""
    exit_code: ExitCode | None = None
    """The result; None while the watch of this job continues."""
    interval: PollInterval = field(default_factory=PollInterval)
    failures: int = 0
    """Failed polls since the last answer."""
    failing_since: float = 0.0
    limited_errors: list[type[VbsjobError]] = field(default_factory=list)
    """Errors since the last answer whose class limits the attempts."""
    not_found_count: int = 0
    """Consecutive answers "not found"."""
    not_found_since: float = 0.0

    @property
    def verdict(self) -> ExitCode:
        """The exit code; PENDING while the watch of this job continues."""
        # `exit_code or PENDING` would be wrong: ExitCode.OK is false.
        return ExitCode.PENDING if self.exit_code is None else self.exit_code

    @property
    def ended(self) -> bool:
        """Whether the last poll was answered with SUCCESS or FAIL."""
        return self.job is not None and self.job.ended and self.error is None

    def last_status(self, now: float) -> str:
        """Return a clause with the last status and its age, for messages."""
        if self.job is None or self.answered_at is None:
            return "the service never answered"
        age = f"{now - self.answered_at:.0f} s ago"
        if not self.job.status:
            return f"its last answer, {age}, had no status"
        return f"its last status was {printable(self.job.status)}, {age}"
