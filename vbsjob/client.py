"""The job API as one method: a job for an id, or a problem that says why not.

Signs in when first needed, tries again as `retry` decides, renews a refused token once.
Refuses to judge a job, and to print.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, Any, TypeVar

from vbsjob import address, auth, document, refusal
from vbsjob.exchange import Request
from vbsjob.job import Job
from vbsjob.outcome import Misread, NotSignedIn, Problem, Unavailable
from vbsjob.retry import Patience, Quota
from vbsjob.text import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vbsjob.exchange import Reply
    from vbsjob.settings import Settings
    from vbsjob.world import World

OK = 200
UNAUTHORIZED = 401
RETRY_FOR = 60.0
ATTEMPTS = 4
SIGN_IN_TRIES = 2
SIGN_IN_DELAY = 2.0
RATE = 20.0
RENEW_EVERY = 60.0
RENEWALS = 3
HOUR = 3600.0
EARLY, EARLY_PART = 120.0, 0.05
"""A token is renewed this long, or this part of its life, before it expires."""
AT_ONCE = 8


Answer = TypeVar("Answer")


class Client:
    """Asks one service as one user; may be used by several threads at once."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._settings = settings
        self._world = world
        self._method = auth.choose(settings)
        self._send = world.send or _wire(settings, world)
        self._quota = Quota()
        self._pass: auth.Pass | None = None
        self._renew_at = math.inf
        self._renewals: list[float] = []
        self._refused: Problem | None = None
        self._base = ""
        self._signing_in = threading.RLock()
        self._slot = world.monotonic()
        self._pacing = threading.Lock()

    def jobs(self, ids: Sequence[str]) -> list[Job | Problem]:
        """Ask for several jobs at once; each answer, or why there is none, in the order asked."""
        self.sign_in()
        if len(ids) == 1:
            return [self._outcome(ids[0])]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self._outcome, ids))

    def _outcome(self, job_id: str) -> Job | Problem:
        try:
            return self.job(job_id)
        except Problem as problem:
            return problem

    def job(self, job_id: str) -> Job:
        """Return the job as the service tells it now; raises a Problem.

        `job_id` has been checked against address.NAME: it becomes a segment of the path.
        """
        self.sign_in()
        given = self._settings["retry_for"]
        budget = (RETRY_FOR, ATTEMPTS) if given is None else (given, None)
        job = self._patiently(lambda: self._ask(job_id), self._patience(*budget))
        self._quota.refill()
        return job

    def _patience(self, seconds: float, attempts: int | None, shortest: float = 0.0) -> Patience:
        started = self._world.monotonic()
        return Patience(seconds, attempts, started, self._world.random, self._quota, shortest)

    def _patiently(self, ask: Callable[[], Answer], patience: Patience) -> Answer:
        while True:
            try:
                return ask()
            except Problem as problem:
                delay = patience.delay(problem, self._world.monotonic())
                if delay is None:
                    raise _exhausted(problem, patience, self._world.monotonic()) from None
                if delay:
                    self._world.note(f"{problem} Next try in {delay:.1f} s.")
                self._world.sleep(delay)

    def _ask(self, job_id: str) -> Job:
        request = Request("GET", f"{self._base}/jobs/{job_id}")
        reply = self._authorised(request)
        if reply.status != OK:
            raise refusal.problem(request, reply, job_id)
        try:
            found = document.read(reply.body)
        except document.Unreadable as error:
            why = str(error) if reply.body.strip() else "empty"
            raise refusal.garbled(request, reply, why) from None
        if found == {}:
            raise refusal.garbled(request, reply, "an empty document")
        if refusal.is_refusal(found):
            raise refusal.problem(request, reply, job_id)
        return _job(found, job_id, reply)

    def _authorised(self, request: Request) -> Reply:
        held = self.sign_in()
        reply = self._exchange(held.sign(request))
        if reply.status != UNAUTHORIZED or not self._may_renew():
            return reply
        return self._exchange(self._renewed(held).sign(request))

    def _may_renew(self) -> bool:
        now = self._world.monotonic()
        recent = [at for at in self._renewals if now - at < HOUR]
        if not self._method.renewable or len(recent) >= RENEWALS:
            return False
        return not recent or now - recent[-1] >= RENEW_EVERY

    def _renewed(self, refused: auth.Pass) -> auth.Pass:
        """Sign in anew, unless another thread just did."""
        with self._signing_in:
            if self._pass is refused:
                self._renewals.append(self._world.monotonic())
                self._pass = None
            return self.sign_in()

    def sign_in(self) -> auth.Pass:
        """Return the pass in force; signs in where there is none, or it is about to expire.

        Refused credentials are never sent a second time: that could lock an account.
        """
        with self._signing_in:
            if self._refused is not None:
                raise self._refused
            if self._pass is None or self._world.monotonic() >= self._renew_at:
                self._enter(self._given_pass() or self._converse())
            return self._pass  # type: ignore[return-value] # _enter has just set it

    def _given_pass(self) -> auth.Pass | None:
        """With endpoint, project id and token given, no identity call is made."""
        if not isinstance(self._method, auth.Token) or self._settings["endpoint"] is None:
            return None
        project_id = self._settings["project_id"]
        return auth.Pass(self._method.token, project_id) if project_id else None

    def _converse(self) -> auth.Pass:
        conversation = self._method.sign_in()
        try:
            reply = self._sign_in_step(next(conversation))
            while True:
                reply = self._sign_in_step(conversation.send(reply))
        except StopIteration as end:
            signed_in: auth.Pass = end.value
            return signed_in
        except NotSignedIn as problem:
            self._refused = problem
            raise

    def _sign_in_step(self, request: Request) -> Reply:
        def ask() -> Reply:
            reply = self._exchange(request)
            if reply.status in refusal.TRANSIENT:
                raise refusal.problem(request, reply)
            return reply

        return self._patiently(ask, self._patience(RETRY_FOR, SIGN_IN_TRIES, SIGN_IN_DELAY))

    def _enter(self, signed_in: auth.Pass) -> None:
        self._world.secrets.add(signed_in.token)
        self._base = self._service(signed_in)
        self._pass = signed_in
        self._renew_at = math.inf
        if self._method.renewable and signed_in.expires_at is not None:
            life = (signed_in.expires_at - self._world.now()).total_seconds()
            self._renew_at = self._world.monotonic() + life - min(EARLY, life * EARLY_PART)

    def _service(self, signed_in: auth.Pass) -> str:
        project_id = self._settings["project_id"] or signed_in.project_id
        if not project_id or not address.NAME.fullmatch(project_id):
            raise self._settings.missing("project_name", "jobs belong to a project")
        if self._settings["endpoint"]:
            return address.jobs(self._settings["endpoint"], project_id)
        found = address.from_catalog(
            signed_in.catalog,
            region=self._settings["region"],
            interface=self._settings["interface"].removesuffix("URL"),
            project_id=project_id,
            auth_url=self._settings["auth_url"],
        )
        insecure = self._settings["insecure_http"]
        trusted = address.trusted(found, self._settings["auth_url"], insecure_http=insecure)
        return address.jobs(trusted, project_id)

    def _exchange(self, request: Request) -> Reply:
        self._world.sleep(self._wait_for_slot())
        began = self._world.monotonic()
        try:
            reply = self._send(request)
        except Problem as problem:
            self._world.trace(f"{request.method} {request.url}: {problem.message}")
            raise
        took = self._world.monotonic() - began
        known = f", request id {reply.request_id}" if reply.request_id else ""
        size = len(reply.body)
        self._world.trace(
            f"{request.method} {request.url}: {reply.status}, {size} bytes in {took:.2f} s{known}"
        )
        return reply

    def _wait_for_slot(self) -> float:
        """Seconds until this request may go: at most RATE a second from this process."""
        with self._pacing:
            now = self._world.monotonic()
            self._slot = max(now, self._slot)
            wait = self._slot - now
            self._slot += 1 / RATE
            return wait


def _wire(settings: Settings, world: World) -> Callable[[Request], Reply]:
    from vbsjob.wire import Wire

    wire = Wire(
        secrets=world.secrets,
        clock=world.monotonic,
        body_limit=settings["body_limit"],
        cacert=settings["cacert"],
    )
    return wire.send


def _job(found: Any, job_id: str, reply: Reply) -> Job:
    """Accept a document as the job that was asked for, and as nothing else."""
    facts: dict[str, Any] = {"http_status": reply.status, "request_id": reply.request_id}
    if not isinstance(found, dict) or found.get("job_id") != job_id:
        told = plain(str(found.get("job_id")))[:80] if isinstance(found, dict) else "no job"
        raise Misread(
            f"the answer is not about job {job_id} but about {told}.",
            hint="A proxy may have kept an old answer.",
            **facts,
        )
    if not isinstance(found.get("status"), str | None):
        raise Misread(f"the status of job {job_id} is no word.", **facts)
    return Job(found)


def _exhausted(problem: Problem, patience: Patience, now: float) -> Problem:
    """Say how long it was tried, and what that leaves unknown."""
    if isinstance(problem, Unavailable):
        times = f"{patience.tries} tries in {now - patience.started:.0f} s; "
        tried = times if patience.tries > 1 else ""
        problem.hint = f"{problem.hint} ".lstrip() + f"({tried}the job's state is unknown.)"
    return problem
