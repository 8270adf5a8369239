"""Errors that end a command or a request; each has an exit code, a message and a hint."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any, Self

from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable


class VbsjobError(Exception):
    """Base class. Nothing changes an instance: `replace` returns a changed copy.

    The keyword arguments are values of the attributes below.
    """

    message: str
    """One sentence: what happened, and where."""
    hint = ""
    """What to do next; may be empty."""
    exit_code = ExitCode.INTERNAL
    facts: tuple[tuple[str, str], ...] = ()
    """Further facts for people, each with its name."""
    job_id: str | None = None
    """The requested job that the error is about."""
    reason = ""
    """What the service says about it; may be empty."""
    http_status: int | None = None
    code: str | None = None
    """Error code of the service, such as `common.0011`."""
    request_id: str | None = None
    retry_after: float | None = None
    """Seconds, from the Retry-After header."""
    max_attempts: int | None = 1
    """How often a request with this result may be sent in all; None: no limit."""
    base_delay = 0.5
    """Seconds: upper bound of the first retry delay."""
    min_delay = 0.0
    """Seconds: lower bound of each retry delay."""
    is_page = False
    """Whether something between this machine and the API answered. In a watch that has had an
    answer of the API, this is an outage."""

    def __init__(self, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.__dict__.update(fields, message=message)

    def replace(self, **fields: Any) -> Self:
        """Return a copy with other values of these fields."""
        changed = type(self)(fields.get("message", self.message))
        changed.__dict__.update(self.__dict__ | fields)
        return changed

    def masked(self, mask: Callable[[str], str]) -> Self:
        """Return a copy with `mask` applied to each text: a service can repeat a secret (S05)."""
        texts = {name: value for name, value in self.__dict__.items() if isinstance(value, str)}
        facts = tuple((name, mask(value)) for name, value in self.facts)
        return self.replace(**{name: mask(value) for name, value in texts.items()}, facts=facts)

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """What the service says, with its codes, and the other facts, each with its name."""
        text = " ".join(filter(None, (self.reason, self._codes)))
        return (("service", text), *self.facts) if text else self.facts

    @property
    def _codes(self) -> str:
        codes = (
            f"HTTP {self.http_status}" if self.http_status else "",
            "" if self.code == str(self.http_status) else self.code or "",
            f"request id {self.request_id}" if self.request_id else "",
        )
        text = ", ".join(filter(None, codes))
        return f"({text})" if text else ""

    @property
    def sentence(self) -> str:
        """The message with the reason that the service gives."""
        return f"{self.message} The service says: {self.reason}." if self.reason else self.message

    def __str__(self) -> str:
        """Return message, reason, codes in brackets and hint in one line."""
        return " ".join(filter(None, (self.sentence, self._codes, self.hint)))

    def document(self) -> dict[str, object]:
        """Return the `error` object that machine formats contain."""
        return {
            "name": self.exit_code.label,
            "exit_code": int(self.exit_code),
            "message": self.sentence,
            "hint": self.hint or None,
            "job_id": self.job_id,
            "http_status": self.http_status,
            "code": self.code,
            "request_id": self.request_id,
        }


class UsageError(VbsjobError):
    """The command line, a setting or a file is wrong; no request was sent."""

    exit_code = ExitCode.USAGE


class FieldMissingError(VbsjobError):
    """No answer has a field that --field names."""

    exit_code = ExitCode.FIELD_MISSING


class AuthError(VbsjobError):
    """No credentials, or a request that the service does not allow."""

    exit_code = ExitCode.AUTH


class RefusedCredentialsError(AuthError):
    """The service did not accept the credentials themselves. The sign-in method sets the hint."""


class JobNotFoundError(VbsjobError):
    """The service does not know the job."""

    exit_code = ExitCode.NOT_FOUND


class ApiError(VbsjobError):
    """The service refused the request, or sent an unexpected answer."""

    exit_code = ExitCode.API_ERROR


class UnknownStatusError(ApiError):
    """The job was answered: it has ended with a status that vbsjob does not know."""


class UnexpectedResponseError(ApiError):
    """A JSON object that is not a job of this API."""

    max_attempts: int | None = 3


class UnavailableError(VbsjobError):
    """The service did not answer; the status of the job is unknown."""

    exit_code = ExitCode.UNAVAILABLE
    max_attempts: int | None = None


class InvalidBodyError(UnavailableError):
    """Status 200, but the body is not JSON, or a stale cache sent another job."""

    max_attempts: int | None = 3


class PermanentConnectionError(UnavailableError):
    """A retry cannot help: bad certificate, no TLS, a proxy that requires a password."""

    max_attempts: int | None = 1


class InternalError(VbsjobError):
    """Local input or output failed, or a bug."""


class ReportError(InternalError):
    """A report or an output of a CI service could not be written completely."""


_FILES = ("too many open files", "Raise the limit with 'ulimit -n', or watch fewer jobs.")
_SYSTEM_FILES = ("too many open files in the system", "Stop other programs.")
_THREADS = ("too many threads", "Raise the limit with 'ulimit -u', or stop other programs.")
_MEMORY = ("not enough memory", "Stop other programs, or raise the memory limit.")
SHORTAGES = {
    errno.EMFILE: _FILES,
    errno.ENFILE: _SYSTEM_FILES,
    errno.EAGAIN: _THREADS,
    errno.ENOMEM: _MEMORY,
    errno.ENOBUFS: _MEMORY,
}
"""Reason and hint by errno: the machine lacks something, and nothing is wrong with a setting."""


def shortage(error: BaseException) -> UnavailableError | None:
    """Return the error to raise if this machine lacks files, threads or memory (F31); else None."""
    number = errno.ENOMEM if isinstance(error, MemoryError) else getattr(error, "errno", None)
    if str(error) == "can't start new thread":  # a RuntimeError of Python without a number
        number = errno.EAGAIN
    if number not in SHORTAGES:
        return None
    reason, hint = SHORTAGES[number]
    return UnavailableError(f"this machine is short of resources: {reason}.", hint=hint)


def from_exception(error: BaseException) -> VbsjobError:
    """Return the error to print. A bug is reported by type and line, never by its content (F92)."""
    if result := error if isinstance(error, VbsjobError) else shortage(error):
        return result
    if isinstance(error, OSError):
        reason = error.strerror or "a stream is closed"
        reason = "standard output is closed" if error.errno == errno.EBADF else reason
        return InternalError(
            f"reading or writing failed: {reason}.",
            hint="Check standard input, standard output and the free space of the disk.",
        )
    where, traceback = "?", error.__traceback__
    while traceback:
        where = f"{traceback.tb_frame.f_globals['__name__']}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return InternalError(
        f"a bug in vbsjob: {type(error).__name__} at {where}.",
        hint="Please report it with the command you typed.",
    )
