"""The end of an exchange, and a network whose every wait ends by then; below the HTTP library.

httpx limits each read on its own and a look-up of names not at all. Knows nothing of HTTP.
"""

from __future__ import annotations

import queue
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vbsjob.http.library import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

LIFE = 300.0
"""A connection serves this long, so that a certificate that went bad is seen."""
IDLE = 30.0
"""One that was not used for so long is left, also where the machine slept meanwhile."""


class Deadline(threading.local):
    """When the exchange of this thread has to be over, on the monotonic clock."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.now = clock
        self.end = 0.0

    def left(self, timeout: float | None) -> float:
        """Return how long one step may still take."""
        left = self.end - self.now()
        if left <= 0:
            raise httpcore.ReadTimeout("the exchange took too long")
        return left if timeout is None else min(left, timeout)


class DeadlineBackend(httpcore.NetworkBackend):
    """A network whose every wait ends with the exchange."""

    def __init__(self, backend: httpcore.NetworkBackend, deadline: Deadline) -> None:
        self._backend = backend
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of the host in turn, the last one for as long as there is time."""
        found = _resolved(host, port, self._deadline.left(timeout))
        for place in found[:-1]:
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                left = self._deadline.left(timeout) / 2
                return self._to(place, port, left, local_address, socket_options)
        return self._to(
            found[-1], port, self._deadline.left(timeout), local_address, socket_options
        )

    def _to(self, place: str, port: int, *more: Any) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_tcp(place, port, *more), self._deadline)


def _resolved(host: str, port: int, timeout: float) -> list[str]:
    """Look a name up within the exchange's time, which the system's resolver knows nothing of."""
    found: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look() -> None:
        try:
            told = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(list(dict.fromkeys(str(entry[4][0]) for entry in told)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    try:
        threading.Thread(target=look, daemon=True).start()
    except RuntimeError:  # the system gives no thread: better without a limit than not at all
        look()
    answer: list[str] | OSError | UnicodeError
    try:
        answer = found.get(timeout=timeout)
    except queue.Empty:  # as the resolver itself would say, had it an end of its own
        answer = socket.gaierror(socket.EAI_AGAIN, "no address in time")
    if isinstance(answer, list):
        return answer
    try:
        raise answer
    except (OSError, UnicodeError) as error:  # as context too: httpcore drops the cause
        raise httpcore.ConnectError(str(error)) from error


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline
        self._made = self._used = deadline.now()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        part = self._stream.read(max_bytes, self._deadline.left(timeout))
        self._used = self._deadline.now()
        return part

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.left(timeout)
        stream = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Claim to have been closed by the other side once too old to be used again."""
        if info == "is_readable":
            now = self._deadline.now()
            if now - self._made > LIFE or now - self._used > IDLE:
                return True
        return self._stream.get_extra_info(info)
