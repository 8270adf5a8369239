"""A scripted server on loopback: sends given bytes at given times and records what it received.

A script is a function of one connection; the n-th connection gets the n-th script, further ones
the last. It parses only the end of an HTTP request.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    Script = Callable[["Peer"], None]

LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)


class Peer:
    """One connection, from the server's side."""

    def __init__(self, connection: socket.socket, log: bytearray, over: threading.Event) -> None:
        self.connection = connection
        self._log = log
        self._over = over
        self._read = 0

    def request(self) -> bytes:
        """Return the next whole request, empty at the connection's end."""
        while True:
            request = self._complete_request(bytes(self._log[self._read :]))
            if request:
                self._read += len(request)
                return request
            got = self.connection.recv(65536)
            if not got:
                return b""
            self._log += got

    def _complete_request(self, waiting: bytes) -> bytes:
        head, end, body = waiting.partition(b"\r\n\r\n")
        length_match = LENGTH.search(head)
        length = int(length_match[1]) if length_match else 0
        return head + end + body[:length] if end and len(body) >= length else b""

    def send(self, content: bytes, *, piece: int = 0, every: float = 0.0) -> None:
        """Send bytes at once, or a piece `every` so many seconds."""
        step = piece or len(content) or 1
        for start in range(0, len(content), step):
            if start and self._over.wait(every):
                return
            self.connection.sendall(content[start : start + step])

    def flood(self, content: bytes, *, every: float = 0.0) -> None:
        """Send the same bytes until the client closes."""
        while not self._over.wait(every):
            self.connection.sendall(content)

    def stall(self) -> None:
        """Send nothing until the client closes."""
        while self.connection.recv(65536):
            pass

    def wait(self, seconds: float) -> None:
        """Wait for some seconds, or until the server is closed."""
        self._over.wait(seconds)

    def reset(self) -> None:
        """Abort the connection with RST, as a crashed host or a firewall does."""
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()


class Server:
    """Listens on its own port while it is entered."""

    def __init__(
        self,
        *scripts: Script,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self._scripts = scripts
        self._tls = tls
        self._over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._logs: list[bytearray] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=128)
        self._start(self._accept)
        self.port: int = self._socket.getsockname()[1]
        self.host = host

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection and stop listening."""
        self._over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        self._socket.close()

    def present(self, tls: ssl.SSLContext) -> None:
        """Use another certificate from the next connection on."""
        self._tls = tls

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"{'https' if self._tls else 'http'}://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """Number of connections."""
        return len(self._logs)

    @property
    def received(self) -> list[bytes]:
        """All received bytes, one item per connection."""
        return [bytes(log) for log in self._logs]

    @property
    def requests(self) -> int:
        """Number of received requests."""
        return sum(len(re.findall(rb"(?:GET|POST) [^ ]* HTTP/1.1\r\n", log)) for log in self._logs)

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            script = self._scripts[min(len(self._logs), len(self._scripts) - 1)]
            self._logs.append(bytearray())
            self._open.append(connection)
            self._start(self._serve, connection, script, self._logs[-1])

    def _serve(self, connection: socket.socket, script: Script, log: bytearray) -> None:
        # Many tests close the connection on purpose; that is not an error here.
        with contextlib.suppress(OSError), contextlib.closing(connection):
            # Else a second small piece waits 40 ms for the first to be acknowledged.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                script(Peer(connection, log, self._over))
                return
            with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                self._open.append(wrapped)
                script(Peer(wrapped, log, self._over))


def answer(
    body: bytes | dict[str, Any] = b"", status: int = 200, *headers: str, length: bool = True
) -> bytes:
    """Return the bytes of a response; without `length` it ends with the connection."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    ending = f"Content-Length: {len(content)}" if length else "Connection: close"
    lines = [f"HTTP/1.1 {status} Told", "Content-Type: application/json", ending, *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def respond_with(*answers: bytes) -> Script:
    """Answer one request after the other on one connection, then close it."""

    def script(peer: Peer) -> None:
        for content in answers:
            if not peer.request():
                return
            peer.send(content)

    return script


def in_turn(*answers: bytes) -> Script:
    """Answer one request after the other, on one connection or several; the last answer repeats."""
    left = list(answers)

    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(left.pop(0) if len(left) > 1 else left[0])

    return script


def always(content: bytes) -> Script:
    """Answer every request with the same bytes on one connection."""

    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(content)

    return script


def silent(peer: Peer) -> None:
    """Read a request and never answer."""
    peer.request()
    peer.stall()


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return int(closed.getsockname()[1])


class JobStatusScript:
    """Answers every query with `status`, which a test may change, on one connection."""

    status = "RUNNING"

    def __call__(self, peer: Peer) -> None:
        """Answer every request."""
        while request := peer.request():
            job_id = request.split(b" ", 2)[1].rpartition(b"/")[2].decode()
            peer.send(answer(job(self.status, job_id)))


def job(status: Any = "SUCCESS", job_id: str = "j", **members: Any) -> dict[str, Any]:
    """Return the document of a job as the service sends it."""
    return {"job_id": job_id, "job_type": "bksCreateBackup", "status": status, **members}
