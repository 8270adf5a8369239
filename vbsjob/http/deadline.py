"""Deadline of one HTTP exchange, and name resolution that ends with it.

httpx and httpcore limit each read by itself, and the name resolution not at all.
"""

from __future__ import annotations

import queue
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Deadline(threading.local):
    """The time at which the exchange of this thread must be over, on the monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.now = clock
        self.end = 0.0

    def left(self, timeout: float | None) -> float:
        """Return the seconds that one step may still take. Raises TimeoutError."""
        left = self.end - self.now()
        if left <= 0:
            raise TimeoutError("the exchange took too long")
        return left if timeout is None else min(left, timeout)


def resolve(host: str, port: int, timeout: float) -> list[str]:
    """Return the addresses of a host. Raises OSError (also after `timeout`) and UnicodeError.

    The resolver of the system has no time limit, so it runs in a thread that may be left behind.
    """
    results: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put(list(dict.fromkeys(str(entry[4][0]) for entry in entries)))
        except (OSError, UnicodeError) as error:
            results.put(error)

    try:
        threading.Thread(target=look_up, daemon=True).start()
    except RuntimeError:  # no thread is available: resolving without a limit is better than failing
        look_up()
    try:
        result = results.get(timeout=timeout)
    except queue.Empty:  # the error of a resolver that has a time limit
        result = socket.gaierror(socket.EAI_AGAIN, "no address in time")
    if isinstance(result, list):
        return result
    raise result
