"""The line to a service: sends requests at a measured pace, tells of each, tries again patiently.

Knows nothing of jobs or of signing in.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from vbsjob.http import errors
from vbsjob.http.retry import Patience, Quota
from vbsjob.outcome import Problem, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from vbsjob.config.loader import Settings
    from vbsjob.context import World
    from vbsjob.http.messages import Reply, Request

RATE = 20.0
"""Requests a second, at most, from this process."""

Answer = TypeVar("Answer")


class Line:
    """Carries one process's requests; may be used by several threads at once."""

    def __init__(self, settings: Settings, world: World) -> None:
        self._world = world
        self._send = world.send or _wire(settings, world)
        self._slot = world.monotonic()
        self._pacing = threading.Lock()
        self.quota = Quota()
        self._last: tuple[Reply, datetime] | None = None

    def exchange(self, request: Request) -> Reply:
        """Send one request, once its turn has come, and tell of it with --verbose."""
        self._world.sleep(self._wait_for_slot())
        began = self._world.monotonic()
        try:
            reply = self._send(request)
        except Problem as problem:
            self._world.trace(f"{request.method} {request.url}: {problem.message}")
            raise
        self._last = (reply, self._world.now())
        took = self._world.monotonic() - began
        known = f", request id {reply.request_id}" if reply.request_id else ""
        size = len(reply.body)
        self._world.trace(
            f"{request.method} {request.url}: {reply.status}, {size} bytes in {took:.2f} s{known}"
        )
        return reply

    @property
    def clock_off(self) -> timedelta | None:
        """How far the service's clock was ahead of ours in its last answer."""
        return None if self._last is None else errors.clock(*self._last)

    def _wait_for_slot(self) -> float:
        """Seconds until this request may go."""
        with self._pacing:
            now = self._world.monotonic()
            self._slot = max(now, self._slot)
            wait = self._slot - now
            self._slot += 1 / RATE
            return wait

    def patiently(
        self,
        ask: Callable[[], Answer],
        seconds: float,
        attempts: int | None,
        shortest_delay: float = 0.0,
    ) -> Answer:
        """Ask again and again, as `retry` decides; raises the last Problem."""
        started = self._world.monotonic()
        patience = Patience(
            seconds, attempts, started, self._world.random, self.quota, shortest_delay
        )
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


def _exhausted(problem: Problem, patience: Patience, now: float) -> Problem:
    """Say how long it was tried, and what that leaves unknown."""
    if isinstance(problem, Unavailable):
        times = f"{patience.tries} tries in {now - patience.started:.0f} s; "
        tried = times if patience.tries > 1 else ""
        problem.hint = f"{problem.hint} ".lstrip() + f"({tried}the job's state is unknown.)"
    return problem


def _wire(settings: Settings, world: World) -> Callable[[Request], Reply]:
    from vbsjob.http import proxies, tls
    from vbsjob.http.transport import Wire

    world.secrets.add(*proxies.secrets(world.env))
    if not tls.checked(settings):
        world.warn("certificates are not checked: anyone on the way can read and change all.")
    wire = Wire(
        secrets=world.secrets,
        clock=world.monotonic,
        body_limit=settings["body_limit"],
        trust=tls.of(settings, world.env),
        env=world.env,
    )
    return wire.send
