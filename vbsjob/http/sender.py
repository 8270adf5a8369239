"""The line to a service: sends requests at a measured pace, tells of each, tries again patiently.

Knows nothing of jobs or of signing in.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from vbsjob.errors import UnavailableError, VbsjobError
from vbsjob.http import errors
from vbsjob.http.retry import RetryBudget, RetryQuota
from vbsjob.limits import REQUESTS_PER_SECOND

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.http.messages import Request, Response

Result = TypeVar("Result")


class Sender:
    """Carries one process's requests; may be used by several threads at once."""

    def __init__(self, settings: Settings, context: Context) -> None:
        self._context = context
        self._send = context.send or _transport(settings, context)
        self._slot = context.monotonic()
        self._pacing = threading.Lock()
        self.quota = RetryQuota()
        self._last: tuple[Response, datetime] | None = None

    def exchange(self, request: Request) -> Response:
        """Send one request, once its turn has come, and tell of it with --verbose."""
        self._context.sleep(self._wait_for_slot())
        began = self._context.monotonic()
        try:
            response = self._send(request)
        except VbsjobError as problem:
            self._context.debug(f"{request.method} {request.url}: {problem.message}")
            raise
        self._last = (response, self._context.now())
        took = self._context.monotonic() - began
        known = f", request id {response.request_id}" if response.request_id else ""
        size = len(response.body)
        self._context.debug(
            f"{request.method} {request.url}: {response.status},"
            f" {size} bytes in {took:.2f} s{known}"
        )
        return response

    @property
    def clock_off(self) -> timedelta | None:
        """How far the service's clock was ahead of ours in its last answer."""
        return None if self._last is None else errors.clock(*self._last)

    def _wait_for_slot(self) -> float:
        """Seconds until this request may go."""
        with self._pacing:
            now = self._context.monotonic()
            self._slot = max(now, self._slot)
            wait = self._slot - now
            self._slot += 1 / REQUESTS_PER_SECOND
            return wait

    def with_retries(
        self,
        ask: Callable[[], Result],
        seconds: float,
        attempts: int | None,
        shortest_delay: float = 0.0,
    ) -> Result:
        """Ask again and again, as `retry` decides; raises the last Problem."""
        started = self._context.monotonic()
        patience = RetryBudget(
            seconds, attempts, started, self._context.random, self.quota, shortest_delay
        )
        while True:
            try:
                return ask()
            except VbsjobError as problem:
                delay = patience.delay(problem, self._context.monotonic())
                if delay is None:
                    raise _exhausted(problem, patience, self._context.monotonic()) from None
                if delay:
                    self._context.note(f"{problem} Next try in {delay:.1f} s.")
                self._context.sleep(delay)


def _exhausted(problem: VbsjobError, patience: RetryBudget, now: float) -> VbsjobError:
    """Say how long it was tried, and what that leaves unknown."""
    if isinstance(problem, UnavailableError):
        times = f"{patience.tries} tries in {now - patience.started:.0f} s; "
        tried = times if patience.tries > 1 else ""
        return problem.with_hint(
            f"{problem.hint} ".lstrip() + f"({tried}the job's state is unknown.)"
        )
    return problem


def _transport(settings: Settings, context: Context) -> Callable[[Request], Response]:
    from vbsjob.http import proxies, tls
    from vbsjob.http.transport import Transport

    context.secrets.add(*proxies.secrets(context.env))
    if not tls.checked(settings):
        context.warn("certificates are not checked: anyone on the way can read and change all.")
    wire = Transport(
        secrets=context.secrets,
        clock=context.monotonic,
        body_limit=settings["body_limit"],
        trust=tls.of(settings, context.env),
        env=context.env,
    )
    return wire.send
