"""An answer as a document: the service's own members, unchanged, and ours beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob import exit_codes
from vbsjob.jobs.job import Job
from vbsjob.text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.errors import VbsjobError
    from vbsjob.exit_codes import ExitCode

SCHEMA_VERSION = 1
MISSING = object()


@dataclass(frozen=True, slots=True)
class JobResult:
    """What came of asking for one id: the job, or the problem that kept it away.

    After a watch, `last` is what was last known of a job before the problem, and `settled` the
    exit code that the watch gave it.
    """

    job_id: str
    found: Job | VbsjobError
    last: Job | None = None
    settled: ExitCode | None = None

    @property
    def job(self) -> Job | None:
        """The job, as far as it is known."""
        return self.found if isinstance(self.found, Job) else self.last

    @property
    def problem(self) -> VbsjobError | None:
        """The problem, if there is one."""
        return None if isinstance(self.found, Job) else self.found

    @property
    def code(self) -> ExitCode:
        """What this answer alone would make the exit code, with --exit-status."""
        if self.settled is not None:
            return self.settled
        if isinstance(self.found, Job):
            return exit_codes.of_job(self.found)
        return self.found.exit_code

    def record(self, now: datetime) -> dict[str, Any]:
        """Return the document; where the service uses one of our names, its own member stays."""
        ours: dict[str, Any] = {"verdict": self.code.label, "exit_code": int(self.code)}
        members: dict[str, Any] = {"job_id": self.job_id}
        if self.job is not None:
            members = self.job.members
            ours = {"elapsed_s": self.job.elapsed(now), **ours}
        if self.problem is not None:
            ours["error"] = self.problem.document()
        beside = {name: value for name, value in ours.items() if name not in members}
        return {"schema_version": SCHEMA_VERSION} | members | beside


def field(found: Any, dotted: str) -> Any:
    """Follow a dotted path such as `entities.backup_id` or `sub_jobs.0.status`; else MISSING.

    `sub_jobs` are found wherever the service put them; a member whose name has dots is found too.
    """
    rest = dotted
    while found is not MISSING:
        if isinstance(found, dict) and rest in found and rest != "sub_jobs":
            return found[rest]
        name, dot, rest = rest.partition(".")
        found = _member(found, name)
        if not dot or not rest:
            break
    return found


def _member(found: Any, name: str) -> Any:
    if isinstance(found, list):
        index = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else len(found)
        return found[index] if index < len(found) else MISSING
    if not isinstance(found, dict):
        return MISSING
    if name == "sub_jobs" and (below := Job(found).sub_jobs):
        return [job.members for job in below]
    return found.get(name, MISSING)


def word(value: Any) -> str:
    """Return any value as one harmless line: a text as it is, null as nothing, the rest as JSON."""
    if value is None or value is MISSING:
        return ""
    return printable(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
