"""JobsClient: the job API of the service as one method.

Data flow of a query: with_retries (Session (Sender: rate limit, log (Transport))).
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from vbsjob.auth.session import Session
from vbsjob.errors import VbsjobError
from vbsjob.http.sender import Sender
from vbsjob.jobs.job import Job
from vbsjob.limits import QUERY_ATTEMPTS, QUERY_RETRY_FOR, THREADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context


class JobsClient:
    """Queries jobs of one service as one user. Threads may share it.

    With `retry` a failed query is repeated for the time of --retry-for. A watch sets it to False:
    there WatchState decides when a job is queried again.
    """

    def __init__(self, settings: Settings, context: Context, *, retry: bool = True) -> None:
        self._context = context
        retry_for = settings["retry_for"]
        limits = (QUERY_RETRY_FOR, QUERY_ATTEMPTS) if retry_for is None else (retry_for, None)
        self._budget: tuple[float, int | None] = limits if retry else (math.inf, 1)
        scope = {name: settings[name] for name in ("region", "cloud")}
        scope = {"project": settings["project_name"] or settings["project_id"]} | scope
        text = ", ".join(f"{name} {value}" for name, value in scope.items() if value)
        self._scope = (("asked", text),) if text else ()
        """The fact of an error that says where the job was searched."""
        self._sender = Sender(settings, context)
        self._session = Session(settings, context, self._sender)
        self._warned = False

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._sender.close()

    def sign_in(self) -> None:
        """Sign in, unless that is done. Raises VbsjobError."""
        self._session.sign_in()

    def prepare(self) -> None:
        """Before a watch: prompt for missing secrets; note whether the token can be renewed."""
        if self._context.prompt is not None:
            with suppress(VbsjobError):  # the first query reports the same error
                self._session.prompt()
        if self._session.method.can_expire:
            self._context.note(
                "this sign-in cannot be renewed: exit code 4 when the token expires."
            )

    def get(self, job_id: str) -> Job:
        """Return a job as the service describes it now. Raises VbsjobError.

        `job_id` must match url.NAME, for it becomes a segment of the path. The message of
        an error contains no secret, even if the service echoed one.
        """
        try:
            job = self._sender.with_retries(lambda: self._query(job_id), *self._budget)
        except VbsjobError as error:
            error = error.replace(facts=(*error.facts, *self._scope))
            raise error.masked(self._context.redact) from error.__cause__
        return job

    def _query(self, job_id: str) -> Job:
        job = Job(self._session.query(job_id))
        if job.status is not None and job.unknown_status and not self._warned:
            self._warned = True
            self._context.warn(f"job {job_id} has {job.unknown_status}: it counts as not ended.")
        return job


def get_all(client: JobsClient, job_ids: Sequence[str]) -> Iterator[Job | VbsjobError]:
    """Yield the job or the error of each id, in the order of `job_ids`. Queries in parallel.

    No id may be there twice. Raises VbsjobError if the sign-in fails.
    """
    client.sign_in()

    def get_or_error(job_id: str) -> Job | VbsjobError:
        try:
            return client.get(job_id)
        except VbsjobError as error:
            return error

    if len(job_ids) == 1:  # in this thread, which can prompt for a password
        yield get_or_error(job_ids[0])
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS) as executor:
        yield from executor.map(get_or_error, job_ids)
