"""Finds the failure of a job: the deepest failed sub-job, its error code and its meaning.

Every output uses this one function: screens, documents, events, reports and logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.jobs import error_codes
from vbsjob.jobs.job import Job, walk
from vbsjob.text import dumps, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Failure(NamedTuple):
    """The first of the deepest failed jobs. Texts are the service's own: escape them to print."""

    path: tuple[Job, ...]
    """From the top job down to the failed job, both included."""
    error_code: str
    """Of the deepest job on the path that has a code or a reason; empty if none has."""
    fail_reason: str
    """Of the same job as `error_code`."""
    meaning: str | None
    """What the error code means; None if the table does not contain the code."""
    action: str | None
    """What to do about it; None if the code is not in the table, or the job has not failed."""
    entities: Mapping[str, Any]
    """Of the failed job itself, without its sub-jobs and without counts (`*_total`)."""
    others: int
    """How many other failed jobs have no failed job below them."""

    @property
    def job(self) -> Job:
        """The deepest failed job."""
        return self.path[-1]

    @property
    def of_job(self) -> bool:
        """Whether the requested job failed. If only a sub-job did, nothing has to be done yet."""
        return self.path[0].failed

    @property
    def sentence(self) -> str:
        """Where it failed and why, as one printable line."""
        reason = after_colon(self.error_code, self.fail_reason)
        if not self.of_job:
            name, more = path_text(self.path[-1:]), f"; {self.others:,} more" if self.others else ""
            succeeded = self.path[0].status == "SUCCESS"
            end = "succeeded all the same" if succeeded else "has not ended"
            return f"A sub-job failed ({name}{reason}{more}), and the job {end}."
        noun = "failure" if self.others == 1 else "failures"
        more = f" {self.others} more {noun}." if self.others else ""
        return f"{path_text(self.path)} failed{reason}.{more}"

    @property
    def advice(self) -> list[tuple[str, str]]:
        """What the code means and what to do, with labels; empty if the job has not failed."""
        texts = {"Meaning": self.meaning, "What to do": self.action}
        return [(label, text) for label, text in texts.items() if text and self.of_job]

    @property
    def explanation(self) -> str:
        """The sentence and the advice as one printable line."""
        advice = (f"{label}: {text.rstrip('.')}." for label, text in self.advice)
        return " ".join((self.sentence, *advice))

    def document(self) -> dict[str, Any]:
        """Return the member `failure` of a document; null is a value that the service omitted."""
        return {
            "path": [{"job_id": job.id or None, "job_type": job.type or None} for job in self.path],
            "job_id": self.job.id or None,
            "job_type": self.job.type or None,
            "error_code": self.error_code or None,
            "fail_reason": self.fail_reason or None,
            "meaning": self.meaning,
            "action": self.action,
            "entities": dict(self.entities),
            "others": self.others,
        }


FAILURE_MEMBERS = tuple(Failure((Job({}),), "", "", None, None, {}, 0).document())
"""Fields of `failure` in documents."""


def path_text(path: Iterable[Job]) -> str:
    """Return a path as one printable line of types, or ids without one: `restore > copyData`."""
    return " > ".join(printable(job.type or job.id or "?") for job in path)


def after_colon(code: str, reason: str) -> str:
    """Return a colon, code and reason as one printable line; empty if there is neither."""
    text = printable(" ".join(filter(None, (code, reason))))
    return f": {text}" if text else ""


def find(job: Job) -> Failure | None:
    """Return the failure of a job; None if neither it nor any of its sub-jobs has status FAIL.

    No recursion (F41).
    """
    deepest: tuple[Job, ...] = ()
    previous: tuple[Job, ...] = ()
    others = 0
    for path in walk(job):
        if not path[-1].failed:
            continue
        # If a failed job has failed jobs below it, the first of them is the next failed one.
        depth = len(previous)
        is_below = 0 < depth < len(path) and path[depth - 1] is previous[-1]
        others += bool(previous) and not is_below
        deepest = path if len(path) > len(deepest) else deepest
        previous = path
    if not deepest:
        return None
    error_code, fail_reason = next(filter(any, map(code_and_reason, reversed(deepest))), ("", ""))
    meaning = error_codes.meaning(error_code)
    entities = deepest[-1].entities.items()
    return Failure(
        deepest,
        error_code,
        fail_reason,
        meaning.meaning if meaning else None,
        meaning.action if meaning and job.failed else None,
        {name: value for name, value in entities if not name.endswith("_total")},
        others,
    )


def code_and_reason(job: Job) -> tuple[str, str]:
    """Return error code and reason of a job itself; "" for what the service does not give.

    Services have several names for them, some in `entities` (BMS, IMS, ECS). Only of a job with
    status FAIL are these read: `message` of another job can say anything.
    """
    members, entities = job.members, job.entities
    if not job.failed:
        return _first(members, "error_code"), _first(members, "fail_reason")
    code = _first(members, "error_code", "code") or _first(entities, "error_code", "code")
    reason = _first(members, "fail_reason", "message")
    return code, reason or _first(entities, "error_msg", "message", "errorcode_message")


def _first(members: Mapping[str, Any], *names: str) -> str:
    """Return the first member that is not null or "", as text: other types as JSON."""
    for name in names:
        value = members.get(name)
        if value not in (None, ""):
            return value if isinstance(value, str) else dumps(value)
    return ""
