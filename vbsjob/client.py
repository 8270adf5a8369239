"""The job API as one method: a job for an id, or a problem that says why not.

Refuses to judge a job, to print, and to know how one signs in.
"""

from __future__ import annotations

import math
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from vbsjob.auth.session import Session
from vbsjob.errors import UnexpectedResponseError, VbsjobError
from vbsjob.http import errors, strict_json
from vbsjob.http.messages import Request
from vbsjob.http.sender import Sender
from vbsjob.jobs.job import ENDED, GOING_ON, Job
from vbsjob.limits import QUERY_ATTEMPTS, QUERY_RETRY_FOR
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Response

OK = 200
AT_ONCE = 8


class JobsClient:
    """Asks one service as one user; may be used by several threads at once."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._sender = Sender(settings, context)
        self._session = Session(settings, context, self._sender)
        self._warning = threading.Lock()
        """Taken for good by the thread that warns of a status nobody knows: once is enough."""
        self._last_response: dict[str, tuple[bytes, Job]] = {}
        """What was last told of each job that is asked about again and again."""

    @property
    def renewable(self) -> bool:
        """Whether a token that expires can be renewed without a person."""
        return self._session.renewable

    def sign_in(self) -> None:
        """Sign in where that has not been done; raises a Problem."""
        self._session.sign_in()

    def prepare(self) -> None:
        """Before a watch: let a person type what is not set, and say if the token will end it."""
        if self._context.prompt is not None:
            with suppress(VbsjobError):  # each question will come to the same, and be judged
                self.sign_in()
        if self._session.can_expire:
            self._context.note("this sign-in cannot be renewed: the watch ends (4) with its token.")

    def jobs(self, ids: Sequence[str]) -> list[Job | VbsjobError]:
        """Ask for several jobs at once; each answer, or why there is none, in the order asked."""
        self.sign_in()
        if len(ids) == 1:
            return [self._outcome(ids[0])]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._outcome, ids))

    def _outcome(self, job_id: str) -> Job | VbsjobError:
        try:
            return self.job(job_id)
        except VbsjobError as problem:
            return problem

    def job(self, job_id: str) -> Job:
        """Return the job as the service tells it now; raises a Problem.

        `job_id` has been checked against address.NAME: it becomes a segment of the path.
        """
        given = self._settings["retry_for"]
        budget = (QUERY_RETRY_FOR, QUERY_ATTEMPTS) if given is None else (given, None)
        with self._masking():
            self.sign_in()
            job = self._sender.with_retries(lambda: self._ask(job_id), *budget)
        self._sender.quota.refill()
        return job

    def get_once(self, job_id: str) -> Job:
        """Ask once, for whoever decides himself when to ask again; raises a Problem.

        The same bytes are the same Job: a big answer is neither read nor held twice.
        """
        with self._masking():
            self.sign_in()
            return self._sender.with_retries(lambda: self._ask(job_id, again=True), math.inf, 1)

    @contextmanager
    def _masking(self) -> Iterator[None]:
        """Keep secrets that a service echoed out of problems: documents and pictures show them."""
        try:
            yield
        except VbsjobError as problem:
            message = self._context.redact(problem.message)
            raise problem.replace(message=message) from problem.__cause__

    def _ask(self, job_id: str, *, again: bool = False) -> Job:
        request = Request("GET", f"{self._session.base}/jobs/{job_id}")
        response = self._session.send_authenticated(request)
        if response.status != OK:
            raise errors.from_response(request, response, job_id)
        body, before = self._last_response.get(job_id, (None, None))
        if before and body == response.body:
            return before
        job = self._read(request, response, job_id)
        if again:
            self._last_response[job_id] = response.body, job
        return job

    def _read(self, request: Request, response: Response, job_id: str) -> Job:
        try:
            found = strict_json.read(response.body)
        except strict_json.InvalidJsonError as error:
            why = str(error) if response.body.strip() else "empty"
            raise errors.invalid_body(request, response, why) from None
        if found == {}:
            raise errors.invalid_body(request, response, "an empty document")
        if errors.is_refusal(found):
            raise errors.from_response(request, response, job_id)
        job = _job(found, job_id, response)
        self._warn_of(job.status)
        return job

    def _warn_of(self, status: str | None) -> None:
        if status is None or status in ENDED | GOING_ON:
            return
        if self._warning.acquire(blocking=False):
            told = printable(status)[:60]
            self._context.warn(f"'{told}' is no status known here: neither an end nor a success.")


def _job(found: Any, job_id: str, response: Response) -> Job:
    """Accept a document as the job that was asked for, and as nothing else."""
    facts: dict[str, Any] = {"http_status": response.status, "request_id": response.request_id}
    if not isinstance(found, dict) or found.get("job_id") != job_id:
        told = printable(str(found.get("job_id")))[:80] if isinstance(found, dict) else "no job"
        raise UnexpectedResponseError(
            f"the answer is not about job {job_id} but about {told}.",
            hint="A proxy may have kept an old answer.",
            **facts,
        )
    if not isinstance(found.get("status"), str | None):
        raise UnexpectedResponseError(f"the status of job {job_id} is no word.", **facts)
    return Job(found)
