"""One user's session: signs in when first needed, renews tokens, sends authenticated requests.

Refused credentials are never sent twice: that can lock an account (F57, S13).
"""

from __future__ import annotations

import math
import threading
from contextlib import nullcontext
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vbsjob.auth import catalog, loading, token_cache
from vbsjob.errors import AuthError, RefusedCredentialsError, VbsjobError
from vbsjob.http import errors
from vbsjob.http.messages import Request
from vbsjob.text import utc_time

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.auth.keystone import AccessInfo
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Response
    from vbsjob.http.sender import Sender

UNAUTHORIZED = 401
SIGN_IN_RETRY_FOR, SIGN_IN_ATTEMPTS, SIGN_IN_DELAY = 60.0, 2, 2.0
"""Limits of a sign-in: seconds, attempts, and seconds between two attempts of all threads."""
SIGN_IN_FACTS = (("needed for", "the sign-in at the identity service (OS_AUTH_URL)"),)
"""Facts of an error that no job has caused."""
RENEW_EVERY, RENEWALS, HOUR = 60.0, 3, 3600.0
"""A refused token is renewed at most once in 60 s and 3 times in an hour."""
RENEW_BEFORE, RENEW_BEFORE_PART = 120.0, 0.05
"""How long before its end a token is renewed (F58): seconds, or a part of its lifetime if shorter.

A token of an hour is renewed 120 s before its end, one of 10 minutes 31 s before its end.
"""
CLOCK_LIMIT, CLOCK_SAME = timedelta(days=1), timedelta(minutes=1)
"""A signature is repeated with the time of the service if the clocks differ by more than CLOCK_SAME
and by less than CLOCK_LIMIT."""


class Session:
    """Sends requests with a token or a signature of one user. Threads may share it."""

    def __init__(self, settings: Settings, context: Context, sender: Sender) -> None:
        self._settings = settings
        self._context = context
        self._sender = sender
        self.method = loading.choose(settings, context)
        self._token_cache = self._open_cache()
        self._access: AccessInfo | None = None
        self._renew_at: float
        self._expires_at: float
        self._renewals: list[float] = []
        self._refused_tokens: set[str | None] = set()
        self._refused: VbsjobError | None = None
        self._failed_at, self._failure = -math.inf, VbsjobError("")
        """Time and error of the last sign-in that failed and may succeed later."""
        self._answered_at: datetime | None = None
        """When the service last answered a query."""
        self._accepted = not self.method.locks_on_failure
        self._clock_difference = timedelta()
        self._lock = threading.RLock()
        self.base: str
        """Address below which `jobs/ID` is; set by the sign-in."""

    def _open_cache(self) -> token_cache.TokenCache | None:
        key, folder = self.method.cache_key, self._context.paths.cache_folder
        if key is None or self._settings.sandbox or not self._settings["cache"]:
            return None
        if folder is None:
            self._context.debug("tokens are not cached: there is no cache directory.")
            return None
        key = (*key, *self._settings.cache_scope())
        return token_cache.TokenCache(folder / "tokens", key, self._context)

    def sign_in(self) -> AccessInfo:
        """Return valid access; sign in if there is none, in two attempts. Raises VbsjobError."""
        return self._sender.with_retries(self.access, SIGN_IN_RETRY_FOR, SIGN_IN_ATTEMPTS)

    def prompt(self) -> None:
        """Prompt for the secrets that a sign-in needs and that are not set. Raises UsageError.

        A watch signs in in other threads, which cannot prompt.
        """
        if self._use_cached() is None:
            for prompt in self.method.prompts:
                prompt()

    def query(self, job_id: str) -> dict[str, Any]:
        """Return the members of a job as the service describes it now. Raises VbsjobError.

        A refused token is renewed, and the request sent once more. Until a signature has been
        accepted, only one request at a time is sent: several refused ones in a row lock an access
        key. `job_id` must match url.NAME, for it becomes a segment of the path.
        """
        with nullcontext() if self._accepted else self._lock:
            access = self.access()
            request = Request("GET", f"{self.base}/jobs/{job_id}")
            response = self._send(request, access)
            if response.status != UNAUTHORIZED:
                self._accepted = True
            elif renewed := self._renew(access):
                response = self._send(request, renewed)
            try:
                members = errors.job_document(request, response, job_id)
            except AuthError as error:
                if isinstance(error, RefusedCredentialsError):
                    error = error.replace(hint=self.method.query_hint)
                if self.method.locks_on_failure and response.status == UNAUTHORIZED:
                    self._refused = error
                raise error from None
        self._answered_at = self._context.steady_now()
        return members

    def _send(self, request: Request, access: AccessInfo | None) -> Response:
        """Send a request; if it is refused for its time, sign it once more by the service's clock.

        Once per request: this machine's clock may change again during a watch (F63).
        """
        used = self._clock_difference
        response = self._sender.exchange(self._authenticated(request, access, used))
        difference = (
            errors.clock(response.headers, self._context.now())
            if errors.is_about_time(response)
            else None
        )
        if (
            difference is None
            or abs(difference) > CLOCK_LIMIT
            or abs(difference - used) < CLOCK_SAME
        ):
            return response
        if abs(difference - self._clock_difference) >= CLOCK_SAME:  # else a thread has noted it
            now = self._context.now()
            self._context.note(
                f"this machine's clock says {now:%Y-%m-%d %H:%M:%S} UTC, the service's clock"
                f" {now + difference:%Y-%m-%d %H:%M:%S}; requests are signed with the service's"
                " time."
            )
        self._clock_difference = difference
        return self._sender.exchange(self._authenticated(request, access, difference))

    def _authenticated(
        self, request: Request, access: AccessInfo | None, difference: timedelta
    ) -> Request:
        return self.method.authenticated(request, access, self._context.now() + difference)

    def _renew(self, refused: AccessInfo) -> AccessInfo | None:
        """Return other access than the refused one; None if it may not be renewed.

        If another thread has renewed it meanwhile, its access is returned.
        """
        with self._lock:
            if self._access is not refused:
                return self.access()
            if not self.method.renewable:
                if self._token_cache:
                    self._token_cache.forget(refused.token)
                return None
            now = self._context.monotonic()
            self._renewals = [at for at in self._renewals if now - at < HOUR]
            last = self._renewals[-1] if self._renewals else -math.inf
            if len(self._renewals) >= RENEWALS or now - last < RENEW_EVERY:
                return None
            self._renewals.append(now)
            self._refused_tokens.add(refused.token)
            self._access = None
            return self._new_access()

    def access(self) -> AccessInfo:
        """Return access that is not about to expire; sign in once if there is none.

        If the renewal fails, the old access is used until it has expired.
        """
        with self._lock:
            if self._refused is not None and self.method.locks_on_failure:
                raise self._refused
            now = self._context.monotonic()
            access = self._access
            if access is not None and now < self._renew_at:
                return access
            try:
                return self._new_access()
            except VbsjobError:
                if access is None or now >= self._expires_at:
                    raise
                self._renew_at = min(now + RENEW_EVERY, self._expires_at)
                return access

    def _new_access(self) -> AccessInfo:
        """Use new access: cached by another run, or by a sign-in."""
        if self._token_cache is None:
            access = self._sign_in()
            return self._use(access, access.lifetime)
        cached = self._use_cached()
        if cached is not None:
            return cached
        with self._token_cache.renewing():
            cached = self._use_cached()  # another process may have signed in meanwhile
            if cached is not None:
                return cached
            access = self._sign_in()
            self._token_cache.write(access)
            return self._use(access, access.lifetime)

    def _use_cached(self) -> AccessInfo | None:
        """Use the cached token, unless the service has refused it or it is about to expire."""
        cached = self._token_cache.read() if self._token_cache else None
        if cached is None or cached.access.token in self._refused_tokens:
            return None
        if self.method.renewable and cached.seconds_left <= _renewal_lead(
            cached.access.lifetime or 0.0
        ):
            return None
        return self._use(cached.access, cached.seconds_left)

    def _sign_in(self) -> AccessInfo:
        """Sign in at the identity service; an error that may pass is the result for 2 seconds."""
        if self._refused is not None:
            raise self._refused
        if self._context.monotonic() - self._failed_at < SIGN_IN_DELAY:
            raise self._failure.replace()
        flow = self.method.sign_in()
        try:
            request = next(flow)
            while True:
                response = self._send(request, None)
                self._context.secrets.add(response.headers.get("x-subject-token", ""))
                request = flow.send(response)
        except StopIteration as end:
            access: AccessInfo = end.value
            return access
        except AuthError as error:
            if self._answered_at is not None:
                until = utc_time(self._answered_at)
                message = f"{error.message} The service accepted the earlier token until {until}."
                error = error.replace(message=message)
            self._refused = error
            raise error from None
        except VbsjobError as error:
            self._failed_at = self._context.monotonic()
            facts = (*error.facts, *SIGN_IN_FACTS)
            self._failure = error.replace(min_delay=SIGN_IN_DELAY, facts=facts)
            raise self._failure from None

    def _use(self, access: AccessInfo, seconds_left: float | None) -> AccessInfo:
        self._context.secrets.add(access.token or "")
        self.base = catalog.service_address(self._settings, access)
        self._access = access
        self._renew_at = self._expires_at = math.inf
        if self.method.renewable and seconds_left is not None:
            self._expires_at = self._context.monotonic() + seconds_left
            self._renew_at = self._expires_at - _renewal_lead(access.lifetime or seconds_left)
        return access


def _renewal_lead(lifetime: float) -> float:
    """Return how many seconds before its end a token is renewed. `lifetime` is in seconds.

    One second is added because services state the end in whole seconds.
    """
    return min(RENEW_BEFORE, 1.0 + lifetime * RENEW_BEFORE_PART)
