"""Exit codes of the process, and which one several jobs get together."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vbsjob.jobs.job import Job


class ExitCode(IntEnum):
    """Every exit code with its name and the condition for it. Codes are only ever added."""

    meaning: str
    level: str
    """How a workflow shows a job with this code: as an error, as a warning, or not at all.

    A warning is what workflows accept: the job has not failed, or is not known to have failed.
    """

    def __new__(cls, value: int, meaning: str, level: str = "error") -> Self:
        """Return a member that carries its meaning and its level."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning, member.level = meaning, level
        return member

    OK = 0, "the command succeeded; with watch or --exit-status: every job is SUCCESS", ""
    JOB_FAILED = 1, "the service reports FAIL for a job; no other reason has this code"
    USAGE = 2, "wrong option, id or duration; settings that conflict"
    FIELD_MISSING = 3, "the job has no field with the name in --field"
    AUTH = 4, "no credentials, or the service refused them (401 after one renewal, 403)"
    NOT_FOUND = 5, "the job was not found"
    API_ERROR = 6, "the service refused the request, or sent an unexpected answer"
    UNAVAILABLE = (
        7,
        "the service did not answer, after all retries; the status of the job is unknown",
        "warning",
    )
    PENDING = 8, "with --exit-status: a job has not ended", "warning"
    INTERNAL = 70, "a bug, or local input or output failed (disk full, stdout closed)"
    TIMEOUT = (
        124,
        "--timeout ended the watch before the jobs ended; same code as timeout(1)",
        "warning",
    )
    HANGUP = 129, "ended by SIGHUP (terminal closed); the jobs are not stopped", "warning"
    INTERRUPTED = 130, "ended by SIGINT (Ctrl-C); the jobs are not stopped", "warning"
    QUIT = 131, "ended by SIGQUIT; the jobs are not stopped", "warning"
    READER_GONE = 141, "ended by SIGPIPE: the program after the | has ended", "warning"
    TERMINATED = 143, "ended by SIGTERM; the jobs are not stopped", "warning"

    @property
    def label(self) -> str:
        """Name in documents and tables: `job_failed`."""
        return self.name.lower()


SEVERITY = (
    ExitCode.HANGUP,
    ExitCode.INTERRUPTED,
    ExitCode.QUIT,
    ExitCode.READER_GONE,
    ExitCode.TERMINATED,
    ExitCode.INTERNAL,
    ExitCode.USAGE,
    ExitCode.AUTH,
    ExitCode.JOB_FAILED,
    ExitCode.NOT_FOUND,
    ExitCode.API_ERROR,
    ExitCode.UNAVAILABLE,
    ExitCode.TIMEOUT,
    ExitCode.PENDING,
    ExitCode.FIELD_MISSING,
    ExitCode.OK,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code for several jobs: the first one of SEVERITY that occurs, else OK."""
    return min(codes, key=SEVERITY.index, default=ExitCode.OK)


def of_job(job: Job, *, fail_fast: bool = False) -> ExitCode:
    """Return OK, JOB_FAILED or PENDING from the job's status, which is compared exactly.

    This function is the only source of JOB_FAILED. With `fail_fast` a job that still runs counts
    as failed as soon as one of its sub-jobs is FAIL.
    """
    if job.status == "SUCCESS":
        return ExitCode.OK
    if job.status == "FAIL" or (fail_fast and job.failed_below):
        return ExitCode.JOB_FAILED
    return ExitCode.PENDING
