"""Exit codes of the process, and which one several jobs get together."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vbsjob.jobs.job import Job


SIGNAL_BASE = 128
"""A process that dies by signal N has exit status 128 + N in a shell."""


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

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Return the code of a signal that is not in this list (SIGUSR1, SIGALRM, SIGXCPU)."""
        if not isinstance(value, int) or value <= SIGNAL_BASE:
            return None
        code = int.__new__(cls, value)
        code._name_, code._value_ = "SIGNAL", value
        code.meaning, code.level = "ended by a signal; the jobs are not stopped", "warning"
        return code

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
    TERMINATED = (
        143,
        "ended by SIGTERM; the jobs are not stopped; another signal N: 128 + N",
        "warning",
    )

    @property
    def label(self) -> str:
        """Name in documents and tables: `job_failed`."""
        return self.name.lower()


SEVERITY = (70, 2, 4, 1, 5, 6, 7, 124, 8, 3, 0)
"""Which code several jobs get together: the first of these, after every signal."""


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the exit code for several jobs: a signal, else the first one of SEVERITY, else OK."""
    return min(
        codes,
        key=lambda code: -1 if code > SIGNAL_BASE else SEVERITY.index(code),
        default=ExitCode.OK,
    )


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
