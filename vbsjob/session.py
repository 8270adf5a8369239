"""One user's session with the cloud: who asks, for how long that holds, and where the service is.

Signs in when first needed, renews what expires or is refused; never sends refused credentials
a second time. Refuses to know what is asked for.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from vbsjob import address, auth, refusal
from vbsjob.outcome import NotSignedIn, Problem

if TYPE_CHECKING:
    from vbsjob.exchange import Reply, Request
    from vbsjob.line import Line
    from vbsjob.settings import Settings
    from vbsjob.world import World

UNAUTHORIZED = 401
PATIENCE = 60.0
TRIES = 2
DELAY = 2.0
RENEW_EVERY = 60.0
RENEWALS = 3
HOUR = 3600.0
EARLY, EARLY_PART = 120.0, 0.05
"""A token is renewed this long, or this part of its life, before it expires."""


class Session:
    """Signs requests as one user; may be used by several threads at once."""

    def __init__(self, settings: Settings, world: World, line: Line) -> None:
        self._settings = settings
        self._world = world
        self._line = line
        self._method = auth.choose(settings)
        self._pass: auth.Pass | None = None
        self._renew_at = self._expires_at = math.inf
        self._renewals: list[float] = []
        self._refused: Problem | None = None
        self._signing_in = threading.RLock()
        self.base = ""
        """The address below which `jobs/ID` is asked, once signed in."""

    @property
    def renewable(self) -> bool:
        """Whether a pass that expires can be renewed without a person."""
        return self._method.renewable

    def authorised(self, request: Request) -> Reply:
        """Send a request with its proof of who asks; renew a refused pass and try once more."""
        held = self.sign_in()
        reply = self._line.exchange(held.sign(request))
        if reply.status != UNAUTHORIZED or not self._may_renew():
            return reply
        return self._line.exchange(self._renewed(held).sign(request))

    def _may_renew(self) -> bool:
        now = self._world.monotonic()
        recent = [at for at in self._renewals if now - at < HOUR]
        if not self.renewable or len(recent) >= RENEWALS:
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

        A pass that cannot be renewed serves until it has expired.
        """
        with self._signing_in:
            now = self._world.monotonic()
            held = self._pass
            if held is not None and now < self._renew_at:
                return held
            try:
                return self._enter(self._given_pass() or self._converse())
            except Problem:
                if held is None or now >= self._expires_at:
                    raise
                self._renew_at = min(now + RENEW_EVERY, self._expires_at)
                return held

    def _given_pass(self) -> auth.Pass | None:
        """With endpoint, project id and token given, no identity call is made."""
        if not isinstance(self._method, auth.Token) or self._settings["endpoint"] is None:
            return None
        project_id = self._settings["project_id"]
        return auth.Pass(self._method.token, project_id) if project_id else None

    def _converse(self) -> auth.Pass:
        """Sign in; refused credentials are never sent twice, for that could lock an account."""
        if self._refused is not None:
            raise self._refused
        conversation = self._method.sign_in()
        try:
            reply = self._step(next(conversation))
            while True:
                reply = self._step(conversation.send(reply))
        except StopIteration as end:
            signed_in: auth.Pass = end.value
            return signed_in
        except NotSignedIn as problem:
            self._refused = problem
            raise

    def _step(self, request: Request) -> Reply:
        def ask() -> Reply:
            reply = self._line.exchange(request)
            if reply.status in refusal.TRANSIENT:
                raise refusal.problem(request, reply)
            return reply

        return self._line.patiently(ask, PATIENCE, TRIES, DELAY)

    def _enter(self, signed_in: auth.Pass) -> auth.Pass:
        self._world.secrets.add(signed_in.token)
        self.base = self._service(signed_in)
        self._pass = signed_in
        self._renew_at = self._expires_at = math.inf
        if self.renewable and signed_in.expires_at is not None:
            life = (signed_in.expires_at - self._world.now()).total_seconds()
            self._expires_at = self._world.monotonic() + life
            self._renew_at = self._expires_at - min(EARLY, life * EARLY_PART)
        return signed_in

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
