"""A proxy that forwards bytes to a service and records the time of each request."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from bisect import bisect_left
from typing import Self


class CountingProxy:
    """Listens on `address`; `times` are the monotonic times of the requests."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.times: list[float] = []

    def __enter__(self) -> Self:
        """Start to listen."""
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._listener.close()

    @property
    def most_in_a_second(self) -> int:
        """Largest number of requests within one second."""
        times = sorted(self.times)
        return max(bisect_left(times, at + 1.0) - index for index, at in enumerate(times))

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                service = socket.create_connection(("127.0.0.1", self._port))
                for end in (client, service):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._pass(client, service, counted=True)
                self._pass(service, client, counted=False)

    def _pass(self, source: socket.socket, target: socket.socket, *, counted: bool) -> None:
        def work() -> None:
            with contextlib.suppress(OSError):
                while piece := source.recv(1 << 16):
                    # One question at a time on a connection, each in a piece of its own.
                    if counted and piece.startswith((b"GET ", b"POST ")):
                        self.times.append(time.monotonic())
                    target.sendall(piece)
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            if counted:
                source.close()
                target.close()

        threading.Thread(target=work, daemon=True).start()
