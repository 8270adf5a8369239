"""How a run can end: the exit codes, the verdict on a job, and the family of problems.

Refuses to know how an ending is printed or how a process exits.

Problem
├── Usage           the call or the configuration is wrong
├── NotSignedIn     no credentials, or they were refused
├── JobNotFound     the service knows no such job
├── Refused         the service said no, or something we do not understand
│   └── Misread     a well-formed answer that is not about this job
├── TimedOut        the time that the user gave a watch was up first
├── Interrupted     a signal ended a watch
├── Unanswered      a watch was over before there was any answer about a job
├── Unavailable     no usable answer: the job's state is unknown
│   ├── Throttled   429 or 503: asked to come back later
│   ├── Garbled     200, but not a JSON document
│   ├── TooLarge    more bytes than an answer may have
│   └── Unreachable asking again cannot help: certificate, no TLS, proxy
└── LocalFailure    the answer could not be written, or the program has a bug
"""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vbsjob.jobs.job import Job


class ExitCode(IntEnum):
    """Every exit code, with its name and the sentence that says exactly when; append-only."""

    meaning: str

    def __new__(cls, value: int, meaning: str) -> Self:
        """Make a member that carries its meaning."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.meaning = meaning
        return member

    OK = 0, "the question was answered; with --exit-status: every job is SUCCESS"
    JOB_FAILED = 1, "the service said FAIL for a job, and nothing else"
    USAGE = 2, "wrong option, malformed id or duration, broken or contradictory configuration"
    AUTH = 4, "no credentials, or the service refused them (401 after one renewal, 403)"
    NOT_FOUND = 5, "the service knows no such job"
    API_ERROR = 6, "an answer that is neither worth another try nor understood"
    UNAVAILABLE = 7, "no usable answer within the retry budget; the job's state is unknown"
    PENDING = 8, "with --exit-status: a job has not ended"
    INTERNAL = 70, "a bug, or local input or output that failed (disk full, stdout closed)"
    TIMEOUT = 124, "--timeout ran out before the jobs had ended; same as timeout(1)"
    HANGUP = 129, "ended by SIGHUP, as when the terminal goes away; the jobs go on"
    INTERRUPTED = 130, "ended by SIGINT (Ctrl-C); the jobs go on"
    QUIT = 131, "ended by SIGQUIT; the jobs go on"
    READER_GONE = 141, "ended by SIGPIPE: whoever read the output has gone"
    TERMINATED = 143, "ended by SIGTERM; the jobs go on"

    @property
    def word(self) -> str:
        """The name as documents and tables spell it: `job_failed`."""
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
    ExitCode.OK,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that speaks for several jobs: the first of SEVERITY that occurs, else OK."""
    return min(codes, key=SEVERITY.index, default=ExitCode.OK)


def verdict(job: Job, *, fail_fast: bool = False) -> ExitCode:
    """Judge a job by its status alone, compared exactly: the only way to JOB_FAILED.

    With `fail_fast` a job that goes on has failed as soon as the service says FAIL of a sub-job.
    """
    if job.status == "SUCCESS":
        return ExitCode.OK
    if job.status == "FAIL" or (fail_fast and job.failed_below):
        return ExitCode.JOB_FAILED
    return ExitCode.PENDING


class VbsjobError(Exception):
    """Anything that keeps an answer from its user; one sentence, and what to do next."""

    exit_code = ExitCode.INTERNAL
    tries: int | None = 1
    """How often such a request is worth sending in all; None: as often as patience lasts."""
    base_delay = 0.5

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        http_status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.http_status = http_status
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after
        self.stale = False

    def __str__(self) -> str:
        """Return what happened, its facts in brackets, and what to do, in one line."""
        facts = (
            f"HTTP {self.http_status}" if self.http_status else "",
            self.code or "",
            f"request id {self.request_id}" if self.request_id else "",
        )
        known = ", ".join(fact for fact in facts if fact)
        return " ".join(filter(None, (self.message, known and f"({known})", self.hint)))

    def document(self) -> dict[str, object]:
        """Return the members of the `error` object that machine formats get."""
        return {
            "name": self.exit_code.word,
            "exit_code": int(self.exit_code),
            "message": self.message,
            "hint": self.hint or None,
            "http_status": self.http_status,
            "code": self.code,
            "request_id": self.request_id,
        }


class UsageError(VbsjobError):
    """The call, a setting or a file is wrong; nothing was asked."""

    exit_code = ExitCode.USAGE


class AuthError(VbsjobError):
    """No credentials, or they were refused."""

    exit_code = ExitCode.AUTH


class JobNotFoundError(VbsjobError):
    """The service knows no such job."""

    exit_code = ExitCode.NOT_FOUND


class WatchTimeoutError(VbsjobError):
    """The time that the user gave a watch was up first."""

    exit_code = ExitCode.TIMEOUT

    def __init__(self, left: Sequence[str], hint: str) -> None:
        super().__init__(f"--timeout ran out; {_going_on(left)}.", hint=hint)


class SignalError(VbsjobError):
    """A signal ended a watch; the process is to die by it."""

    def __init__(self, number: int, left: Sequence[str]) -> None:
        name = signal.Signals(number).name
        super().__init__(f"ended by {name}; {_going_on(left)}.")
        self.exit_code = next(code for code in ExitCode if code == 128 + number)
        self.number = number


class NoResponseError(VbsjobError):
    """A watch was over before there was any answer about a job."""

    def __init__(self, job_id: str, code: ExitCode) -> None:
        super().__init__(f"no answer about job {job_id} before the watch was over.")
        self.exit_code = code


def _going_on(left: Sequence[str]) -> str:
    if not left:
        return "no job is left to follow"
    return f"job {left[0]} goes on" if len(left) == 1 else f"{len(left)} jobs go on"


class ApiError(VbsjobError):
    """The service said no, or said something we do not understand."""

    exit_code = ExitCode.API_ERROR


class UnexpectedResponseError(ApiError):
    """A well-formed answer that is not about the job asked for, as a stale cache would give."""

    tries: int | None = 3


class UnavailableError(VbsjobError):
    """No usable answer; what the job does is unknown."""

    exit_code = ExitCode.UNAVAILABLE
    tries: int | None = None


class ThrottledError(UnavailableError):
    """429 or 503: the service wants to be asked later."""

    base_delay = 1.0


class InvalidBodyError(UnavailableError):
    """200, but the body is no JSON document."""

    tries: int | None = 3


class BodyTooLargeError(UnavailableError):
    """The body is larger than an answer may be."""

    tries: int | None = 2


class PermanentConnectionError(UnavailableError):
    """Asking again cannot help: a bad certificate, no TLS, a proxy that wants a password."""

    tries: int | None = 1


class InternalError(VbsjobError):
    """The answer could not be written, or the program has a bug."""
