"""Sender: sends HTTP requests at a limited rate, logs each with --verbose, retries on request.

Used by the session and the client; contains nothing about jobs or sign-in.

Retries: full jitter, a limit of seconds and attempts for each request, and a quota that all
requests of a process share, so that many jobs do not multiply the load of an outage. The policy
needs Retry-After and new signatures, which tenacity does not know; importing it costs 32 ms.
"""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING, TypeVar

from vbsjob.errors import UnavailableError, VbsjobError
from vbsjob.http import errors
from vbsjob.limits import QUERY_RETRY_AFTER, REQUESTS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Request, Response
    from vbsjob.http.transport import Transport

Result = TypeVar("Result")
MAX_DELAY = 20.0
"""Seconds: upper bound of the jitter."""
QUOTA, RETRY_COST = 100, 5
"""The quota of all retries of a process, what a retry takes of it, and a good answer returns 1."""


def retry_delay(error: VbsjobError, attempts: int, random: Callable[[], float]) -> float:
    """Return the seconds to wait after an error; `attempts` is the number of attempts so far."""
    ceiling = min(MAX_DELAY, error.base_delay * 2.0 ** min(attempts - 1, 16))
    pause = min(error.retry_after or 0.0, QUERY_RETRY_AFTER)
    return max(error.min_delay + random() * ceiling, pause)


class Sender:
    """Sends all requests of the process: at most REQUESTS_PER_SECOND. Threads may share it."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._context = context
        self._transport = None if context.send else _transport(settings, context)
        self._next_start = context.monotonic()
        self._lock = threading.Lock()
        self._quota = QUOTA
        self._last_headers: tuple[Mapping[str, str], datetime] | None = None

    def exchange(self, request: Request) -> Response:
        """Send a request once and return its response with any status.

        Waits for the rate limit. Raises UnavailableError and UsageError.
        """
        self._context.sleep(self._reserve_start())
        started = self._context.monotonic()
        send = self._context.send or self._transport.send  # type: ignore[union-attr] # one of them
        try:
            response = send(request)
        except VbsjobError as error:
            self._context.debug(f"{request.method} {request.url}: {error.message}")
            raise
        self._last_headers = (response.headers, self._context.now())
        seconds = self._context.monotonic() - started
        request_id = f", request id {response.request_id}" if response.request_id else ""
        self._context.debug(
            f"{request.method} {request.url}: {response.status},"
            f" {len(response.body)} bytes in {seconds:.2f} s{request_id}"
        )
        return response

    @property
    def clock_off(self) -> timedelta | None:
        """How far the clock of the service was ahead of this machine in its last response."""
        return None if self._last_headers is None else errors.clock(*self._last_headers)

    def _reserve_start(self) -> float:
        """Reserve the next free start time; return the seconds until then."""
        with self._lock:
            now = self._context.monotonic()
            start = max(now, self._next_start)
            self._next_start = start + 1 / REQUESTS_PER_SECOND
            return start - now

    def with_retries(
        self, query: Callable[[], Result], seconds: float, attempts: int | None
    ) -> Result:
        """Call `query` until it returns. Raises its last VbsjobError.

        `seconds` and `attempts`, unless it is None, limit all calls together.
        """
        started, made = self._context.monotonic(), 0
        while True:
            try:
                result = query()
            except VbsjobError as error:
                made += 1
                delay = retry_delay(error, made, self._context.random)
                elapsed = self._context.monotonic() - started
                limits = [limit for limit in (attempts, error.max_attempts) if limit is not None]
                is_too_late = max(delay, error.retry_after or 0.0) > seconds - elapsed
                if made >= min(limits, default=math.inf) or is_too_late or self._quota < RETRY_COST:
                    raise _exhausted(error, made, elapsed) from None
                self._quota -= RETRY_COST
                if delay:
                    self._context.note(f"{error} Next attempt in {delay:.1f} s.", retry=True)
                self._context.sleep(delay)
            else:
                self._quota = min(QUOTA, self._quota + 1)
                return result

    def close(self) -> None:
        """Close every connection."""
        if self._transport is not None:
            self._transport.close()


def _exhausted(error: VbsjobError, attempts: int, seconds: float) -> VbsjobError:
    """Return the last error; its message has the number of attempts, its hint the next step."""
    if not isinstance(error, UnavailableError):
        return error
    failed = f" {attempts} attempts in {seconds:.0f} s failed." if attempts > 1 else ""
    hint = error.hint or "Try again later."
    if error.retry_after:
        hint = f"Try again after {error.retry_after:.0f} s, as the service requests."
    return error.replace(message=f"{error.message}{failed}", hint=hint)


def _transport(settings: Settings, context: Context) -> Transport:
    from vbsjob.http import proxies, tls
    from vbsjob.http.transport import Transport

    context.secrets.add(*proxies.secrets(context.env))
    if not tls.is_checked(settings):
        context.warn(
            "certificates are not checked: others on the network can read and change everything."
        )
    return Transport(
        secrets=context.secrets,
        body_limit=settings["body_limit"],
        trust=lambda: tls.ssl_context(settings, context.env),
        env=context.env,
    )
