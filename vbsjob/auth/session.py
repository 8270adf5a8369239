"""One user's session with the cloud: who asks, for how long that holds, and where the service is.

Signs in when first needed, renews what expires or is refused; never sends refused credentials
a second time. Refuses to know what is asked for.
"""

from __future__ import annotations

import math
import threading
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING

from vbsjob.auth import loading, token_cache
from vbsjob.auth.keystone import AccessInfo
from vbsjob.auth.methods import Token
from vbsjob.config import endpoints
from vbsjob.errors import AuthError, VbsjobError
from vbsjob.http import errors

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Request, Response
    from vbsjob.http.sender import Sender

UNAUTHORIZED = 401
PATIENCE = 60.0
TRIES = 2
DELAY = 2.0
RENEW_EVERY = 60.0
RENEWALS = 3
HOUR = 3600.0
EARLY, EARLY_PART = 120.0, 0.05
"""A token is renewed this long, or this part of its life, before it expires."""
CLOCK_LIMIT, CLOCK_SAME = timedelta(days=1), timedelta(minutes=1)
"""A clock that is further off is not corrected; less than CLOCK_SAME is no other time."""


class Session:
    """Signs requests as one user; may be used by several threads at once."""

    def __init__(self, settings: Settings, context: Context, sender: Sender) -> None:
        self._settings = settings
        self._context = context
        self._sender = sender
        self._method = loading.choose(settings, context)
        self._token_cache = self._kept()
        self._access: AccessInfo | None = None
        self._renew_at = self._expires_at = math.inf
        self._renewals: list[float] = []
        self._refused: VbsjobError | None = None
        self._accepted = not self._method.locks_on_failure
        self._clock = timedelta()
        self._signing_in = threading.RLock()
        self.base = ""
        """The address below which `jobs/ID` is asked, once signed in."""

    def _kept(self) -> token_cache.TokenCache | None:
        cache_key = self._method.cache_key
        if cache_key is None or self._settings.sandbox or not self._settings["cache"]:
            return None
        return token_cache.open_cache((*cache_key, *self._settings.cache_scope()), self._context)

    @property
    def method(self) -> str:
        """The way of signing in, in a word."""
        return type(self._method).__name__

    @property
    def renewable(self) -> bool:
        """Whether a pass that expires can be renewed without a person."""
        return self._method.renewable

    @property
    def can_expire(self) -> bool:
        """Whether a long watch will outlive what proves who asks."""
        return self._method.can_expire

    def send_authenticated(self, request: Request) -> Response:
        """Send a request with its proof of who asks; renew a refused pass and try once more.

        Until a signature has been accepted once, only one is in the air: several wrong ones in
        a row lock a key.
        """
        with nullcontext() if self._accepted else self._signing_in:
            access = self.sign_in()
            response = self._signed(request, access)
            if response.status != UNAUTHORIZED:
                self._accepted = True
                return response
            if self._method.locks_on_failure:
                self._refused = errors.from_response(request, response)
                return response
        fresh = self._renewed(access)
        if fresh is not None:
            return self._signed(request, fresh)
        if self._token_cache and not self.renewable:
            self._token_cache.forget(access.token)
        return response

    def _signed(self, request: Request, access: AccessInfo | None) -> Response:
        """Send a request signed for this moment; correct the time once, by the service's clock.

        Once a request: this machine's clock may step again while the jobs are watched.
        """
        used = self._clock
        response = self._sender.exchange(self._proved(request, access, used))
        off = (
            errors.clock(response, self._context.now()) if errors.is_about_time(response) else None
        )
        if off is None or abs(off) > CLOCK_LIMIT or abs(off - used) < CLOCK_SAME:
            return response
        if abs(off - self._clock) >= CLOCK_SAME:  # else another thread has just said so
            self._context.note(
                f"this machine's clock says {self._context.now():%Y-%m-%d %H:%M:%S} UTC, the"
                f" service's {self._context.now() + off:%Y-%m-%d %H:%M:%S}; signing with the"
                " service's time."
            )
        self._clock = off
        return self._sender.exchange(self._proved(request, access, off))

    def _proved(self, request: Request, access: AccessInfo | None, off: timedelta) -> Request:
        return self._method.sign(request, access, self._context.now() + off)

    def _may_renew(self) -> bool:
        now = self._context.monotonic()
        recent = [at for at in self._renewals if now - at < HOUR]
        if not self.renewable or len(recent) >= RENEWALS:
            return False
        return not recent or now - recent[-1] >= RENEW_EVERY

    def _renewed(self, refused: AccessInfo) -> AccessInfo | None:
        """Return another pass than the refused one; None where there may be none.

        Where another thread has just renewed it, its pass serves: that is no second refusal.
        """
        with self._signing_in:
            if self._access is not refused:
                return self.sign_in()
            if not self._may_renew():
                return None
            self._renewals.append(self._context.monotonic())
            self._access = None
            return self._entered(refused)

    def sign_in(self) -> AccessInfo:
        """Return the pass in force; signs in where there is none, or it is about to expire.

        A pass that cannot be renewed serves until it has expired.
        """
        with self._signing_in:
            if self._refused is not None and self._method.locks_on_failure:
                raise self._refused
            now = self._context.monotonic()
            access = self._access
            if access is not None and now < self._renew_at:
                return access
            try:
                return self._entered(access)
            except VbsjobError:
                if access is None or now >= self._expires_at:
                    raise
                self._renew_at = min(now + RENEW_EVERY, self._expires_at)
                return access

    def _entered(self, old: AccessInfo | None) -> AccessInfo:
        """Enter with a new pass: as given, as kept by another run, or by signing in."""
        given = self._given_access()
        if given is not None:
            return self._enter(given, None)
        if self._token_cache is None:
            fresh = self._converse()
            return self._enter(fresh, fresh.life)
        if self._take(old):
            return self._access  # type: ignore[return-value] # _take has just set it
        with self._token_cache.renewing():
            if self._take(old):
                return self._access  # type: ignore[return-value] # as above
            fresh = self._converse()
            self._token_cache.write(fresh)
            return self._enter(fresh, fresh.life)

    def _take(self, old: AccessInfo | None) -> bool:
        """Enter with the token that is kept, unless it is the old one or about to expire."""
        kept = self._token_cache.read() if self._token_cache else None
        if kept is None or (old is not None and kept.held.token == old.token):
            return False
        if self.renewable and kept.left <= _early(kept.held.life or 0.0):
            return False
        self._enter(kept.held, kept.left)
        return True

    def _given_access(self) -> AccessInfo | None:
        """With endpoint, project id and token given, no identity call is made."""
        if not isinstance(self._method, Token) or self._settings["endpoint"] is None:
            return None
        project_id = self._settings["project_id"]
        return AccessInfo(self._method.token, project_id) if project_id else None

    def _converse(self) -> AccessInfo:
        """Sign in; refused credentials are never sent twice, for that could lock an account."""
        if self._refused is not None:
            raise self._refused
        conversation = self._method.sign_in()
        try:
            response = self._step(next(conversation))
            while True:
                response = self._step(conversation.send(response))
        except StopIteration as end:
            signed_in: AccessInfo = end.value
            return signed_in
        except AuthError as problem:
            self._refused = problem
            raise

    def _step(self, request: Request) -> Response:
        def ask() -> Response:
            response = self._signed(request, None)
            if response.status in errors.TRANSIENT:
                raise errors.from_response(request, response)
            return response

        return self._sender.with_retries(ask, PATIENCE, TRIES, DELAY)

    def _enter(self, signed_in: AccessInfo, left: float | None) -> AccessInfo:
        self._context.secrets.add(signed_in.token or "")
        self.base = self._service(signed_in)
        self._access = signed_in
        self._renew_at = self._expires_at = math.inf
        if self.renewable and left is not None:
            self._expires_at = self._context.monotonic() + left
            self._renew_at = self._expires_at - _early(signed_in.life or left)
        return signed_in

    def _service(self, signed_in: AccessInfo) -> str:
        project_id = self._settings["project_id"] or signed_in.project_id
        if not project_id or not endpoints.NAME.fullmatch(project_id):
            raise self._settings.missing("project_name", "jobs belong to a project")
        if self._settings["endpoint"]:
            return endpoints.jobs(self._settings["endpoint"], project_id)
        found = endpoints.from_catalog(
            signed_in.catalog,
            region=self._settings["region"],
            interface=self._settings["interface"].removesuffix("URL"),
            project_id=project_id,
            auth_url=self._settings["auth_url"],
        )
        insecure = self._settings["insecure_http"]
        trusted = endpoints.trusted(found, self._settings["auth_url"], insecure_http=insecure)
        return endpoints.jobs(trusted, project_id)


def _early(life: float) -> float:
    """Return how long before its end a token is renewed; its times are told in whole seconds."""
    return min(EARLY, 1.0 + life * EARLY_PART)
