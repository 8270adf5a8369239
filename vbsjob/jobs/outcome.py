"""The outcome of a run: what is known about each requested job, and the one exit code of all.

Each channel (process, screen, log, events, reports) reads it; none decides a code or a cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob import exit_codes
from vbsjob.errors import ReportError, UnknownStatusError, VbsjobError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import failure
from vbsjob.jobs.fields import SCHEMA_VERSION, merged
from vbsjob.jobs.job import Job
from vbsjob.jobs.tree import UNKNOWN, counts_text, kind
from vbsjob.text import format_duration, printable, utc_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from vbsjob.jobs.failure import Failure

NAMED = 3
"""Failed jobs that the sentence of a run names."""
UNFINISHED = (ExitCode.PENDING, ExitCode.TIMEOUT)
"""Exit codes of jobs that had not ended when the run ended."""
SIMULATED_JOBS_END = "the sandbox and its simulated jobs end with this process"


class JobOutcome(NamedTuple):
    """What is known about one requested job. Made by `of_answer`."""

    job_id: str
    """As requested."""
    job: Job | None
    """The last valid answer; None if the service never described the job."""
    error: VbsjobError | None
    """Why the query of this job ended without an answer; None if it was answered."""
    exit_code: ExitCode
    """Of this job alone, never of a report or a stream."""
    failure: Failure | None
    """The failure of the job or of a sub-job."""
    elapsed_s: float | None
    """Age of the job when the outcome was made."""
    expected_end: datetime | None = None
    """When the job usually ends; None after its end and without history."""
    time_limit: float | None = None
    """Seconds of --timeout, if it ended the watch of this job; else None."""

    @property
    def kind(self) -> str:
        """The kind of status, as in KINDS; UNKNOWN if the last query failed."""
        answered = self.error is None or isinstance(self.error, UnknownStatusError)
        return kind(self.job) if answered else UNKNOWN

    @property
    def ended(self) -> bool:
        """Whether the last query was answered with SUCCESS or FAIL."""
        return self.job is not None and self.job.ended and self.error is None

    @property
    def cause(self) -> str:
        """Why the job is not SUCCESS: its failure, the error or its status; empty if it is."""
        if self.exit_code is ExitCode.OK:
            return ""
        if self.error is not None:
            return str(self.error)
        if self.failure is not None and self.exit_code is ExitCode.JOB_FAILED:
            return self.failure.explanation
        status = printable(self.job.status) if self.job and self.job.status else "no status"
        if self.time_limit is None:
            return f"{status}: not ended when the watch ended"
        return f"{status}: not ended within {format_duration(self.time_limit)} (--timeout)"

    def document(self, **further: Any) -> dict[str, Any]:
        """Return the document: the members of the service, of vbsjob, and `further` ones.

        Where the service uses one of our names, its member is in `others`.
        """
        own_members: dict[str, Any] = {
            "elapsed_s": self.elapsed_s,
            "verdict": self.exit_code.label,
            "exit_code": int(self.exit_code),
            "failure": None if self.failure is None else self.failure.document(),
            "expected_end": None if self.expected_end is None else utc_time(self.expected_end),
        }
        if self.error is not None:
            own_members["error"] = self.error.document()
        members = {"job_id": self.job_id} if self.job is None else self.job.members
        return {"schema_version": SCHEMA_VERSION} | merged(members, own_members | further)


def of_answer(
    job_id: str,
    answer: Job | VbsjobError | None,
    now: datetime,
    *,
    last: Job | None = None,
    code: ExitCode | None = None,
    expected_end: datetime | None = None,
    time_limit: float | None = None,
) -> JobOutcome:
    """Return the outcome of one job: the answer, the error, or None while nothing is known.

    `last` is the last answer before an error; `code` the exit code that a watch gave the job,
    by default that of the error or of the status.
    """
    job = answer if isinstance(answer, Job) else last
    error = answer.replace(job_id=job_id) if isinstance(answer, VbsjobError) else None
    if code is None:
        code = error.exit_code if error else exit_codes.of_job(job or Job({}))
    if error is not None and code is ExitCode.UNAVAILABLE:
        error = error.replace(message=f"{error.message} The status of the job is unknown.")
    job_failure = None if job is None else failure.find(job)
    elapsed_s = None if job is None else job.elapsed(now)
    return JobOutcome(job_id, job, error, code, job_failure, elapsed_s, expected_end, time_limit)


class Stop(NamedTuple):
    """Why a run ended before its jobs did."""

    code: ExitCode
    """TIMEOUT, READER_GONE or the code of a signal."""
    reason: str
    """`after --timeout 2h`, `by SIGTERM`."""
    resume: str = ""
    """A sentence with the command to continue; may be empty."""
    simulated: bool = False
    """Whether the jobs end with this process, as those of the sandbox do."""


class RunOutcome(NamedTuple):
    """Everything that a run reports."""

    jobs: tuple[JobOutcome, ...]
    now: datetime
    """The time to which ages are counted, the same in every channel."""
    stop: Stop | None = None
    errors: tuple[VbsjobError, ...] = ()
    """Errors of the run, not of a job: fields, variables, stdout, reports, a bug."""
    judged: bool = True
    """Whether the status of each job counts; False for get and tree without --exit-status."""
    any: bool = False
    """Whether, with --any, only the jobs that ended count, if any did."""

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the run: the only place that decides it.

        A report that cannot be written replaces OK and FIELD_MISSING only.
        """
        ended = [job for job in self.jobs if job.ended] if self.any else []
        codes = [job.exit_code for job in ended or self.jobs if self.judged or job.error]
        codes += [] if self.stop is None else [self.stop.code]
        reports = [error for error in self.errors if isinstance(error, ReportError)]
        codes += [error.exit_code for error in self.errors if error not in reports]
        code = exit_codes.worst(codes)
        weak = code in {ExitCode.OK, ExitCode.FIELD_MISSING}
        return ExitCode.INTERNAL if reports and weak else code

    @property
    def signalled(self) -> bool:
        """Whether a signal ended the run."""
        return self.stop is not None and self.stop.code is not ExitCode.TIMEOUT

    def adding(self, *errors: VbsjobError) -> RunOutcome:
        """Return the outcome with further errors of the run."""
        return self._replace(errors=(*self.errors, *errors))

    def job_errors(self, *, each: bool = False) -> list[VbsjobError]:
        """Return why jobs were not answered; equal errors as one, unless `each` is wanted.

        With several jobs the message names those that the error is about.
        """
        alike: dict[object, list[VbsjobError]] = {}
        for job in self.jobs:
            if (error := job.error) and job.exit_code not in UNFINISHED:
                text = (error.message, error.reason, error.code)
                alike.setdefault(job.job_id if each else text, []).append(error)
        errors = []
        for equal in alike.values():
            error, ids = equal[-1], [error.job_id or "" for error in equal]
            more = f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else ""
            names = f"job{'s' if len(ids) > 1 else ''} {', '.join(ids[:NAMED])}{more}"
            if len(self.jobs) > 1 and names not in error.message:
                error = error.replace(message=f"{names}: {error.message}")
            errors.append(error)
        return errors

    @property
    def stop_error(self) -> VbsjobError | None:
        """The error of a run that ended before its jobs did; None if another code is worse."""
        if self.stop is None or self.stop.code is not self.exit_code:
            return None
        state = SIMULATED_JOBS_END if self.stop.simulated else self._unfinished
        message = f"{state}. Stopped {self.stop.reason} (exit code {int(self.exit_code)})."
        return VbsjobError(message, hint=self.stop.resume, exit_code=self.exit_code)

    @property
    def _unfinished(self) -> str:
        left = [job for job in self.jobs if job.exit_code in UNFINISHED]
        if len(left) != 1:
            return counts(left) or "all jobs have ended"
        job = left[0].job
        if job is None or left[0].error is not None:
            return f"the status of job {left[0].job_id} is unknown"
        words = f"has {job.unknown_status}" if job.unknown_status else "is still running"
        return f"job {left[0].job_id} {words}"

    @property
    def sentence(self) -> str:
        """How the run ended, as one printable sentence with its exit code unless it is 0."""
        if (error := self.stop_error) is not None:
            return printable(error.message[:1].upper() + error.message[1:])
        code, single = self.exit_code, len(self.jobs) == 1
        words = self._single if single else self._several
        if code is not ExitCode.OK:
            words += f" (exit code {int(code)})" if single else f". Exit code {int(code)}"
        return f"{words}. Stopped {self.stop.reason}." if self.stop else f"{words}."

    @property
    def _single(self) -> str:
        job = self.jobs[0]
        after = "" if job.elapsed_s is None else f" after {format_duration(job.elapsed_s)}"
        if job.exit_code is ExitCode.OK:
            return f"Succeeded{after}"
        if job.exit_code is not ExitCode.JOB_FAILED:
            return "No result"
        return f"Failed{after}" if job.kind == "FAIL" else "A sub-job failed, the job has not ended"

    @property
    def _several(self) -> str:
        failed = [job for job in self.jobs if job.exit_code is ExitCode.JOB_FAILED]
        if failed and self.exit_code is ExitCode.JOB_FAILED:
            names = [_named(job) for job in failed[:NAMED]]
            if len(failed) > NAMED:
                names.append(f"{len(failed) - NAMED:,} more")
            sentence = f"{len(failed):,} of {len(self.jobs):,} jobs failed: {', '.join(names)}"
            others = (job for job in self.jobs if job.exit_code is not ExitCode.JOB_FAILED)
            left = counts(job for job in others if not job.ended)
            return f"{sentence}; {left}" if left else sentence
        if all(job.exit_code is ExitCode.OK for job in self.jobs):
            return f"All {len(self.jobs):,} jobs succeeded"
        return counts(self.jobs).capitalize()


def counts(jobs: Iterable[JobOutcome]) -> str:
    """Return the numbers of jobs by kind of status, in words."""
    return counts_text((job.kind for job in jobs), jobs=True)


def _named(job: JobOutcome) -> str:
    code = job.failure.error_code if job.failure else ""
    return f"{printable(job.job_id)} ({printable(code)})" if code else printable(job.job_id)
