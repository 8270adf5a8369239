"""The sandbox: an identity service and a backup service on loopback, with simulated jobs.

Serves real HTTP for trials, for tests of scripts and for the tests of vbsjob. It does not back up
or restore anything.
"""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from vbsjob.errors import InternalError, shortage
from vbsjob.sandbox import account
from vbsjob.sandbox.messages import Request, identity_error
from vbsjob.sandbox.service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

    from vbsjob.context import Context
    from vbsjob.sandbox.messages import Response

TOKEN_LIFETIME = 86400.0
"""Seconds, as in Open Telekom Cloud."""
SLOW = 3.0
"""Seconds by which the fault `slow` delays a response."""


class Sandbox:
    """The server. As a context manager it serves in a separate thread.

    Raises InternalError if the port cannot be used.
    """

    def __init__(
        self,
        context: Context,
        *,
        port: int = 0,
        faults: Mapping[str, float] | None = None,
        token_lifetime: float = TOKEN_LIFETIME,
    ) -> None:
        try:
            self._server = _Server(("127.0.0.1", port), context)
        except OSError as error:
            raise shortage(error) or InternalError(
                f"cannot listen on 127.0.0.1:{port}: {error.strerror}.",
                hint="Choose another --port, or omit it to use a free port.",
            ) from None
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._server.service = Service(
            context, self.address, fault_shares=faults or {}, token_lifetime=token_lifetime
        )

    def __enter__(self) -> Self:
        """Start to serve in a separate thread."""
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving and close the port."""
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Serve in this thread until the process ends."""
        self._server.serve_forever()

    @property
    def settings(self) -> dict[str, str]:
        """The settings with which vbsjob signs in here, by their names."""
        return account.settings(self.address)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    service: Service

    def __init__(self, address: tuple[str, int], context: Context) -> None:
        super().__init__(address, _Handler)
        self.context = context

    def server_bind(self) -> None:
        """Bind without a DNS query for the name of this machine, which the base class sends."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:  # noqa: ARG002 - the signature of the base class
        """Print nothing if a client closes its connection early, and one line for a bug."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.context.warn(f"a bug in the sandbox: {type(error).__name__}.")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version, sys_version = "vbsjob-sandbox", ""
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    """Seconds after which an idle connection and its thread end."""

    def do_GET(self) -> None:
        """Answer a request of any method that the services know."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        length = headers.get("content-length", "0")
        is_readable = length.isdecimal() and len(length) < 6 and "transfer-encoding" not in headers
        content = self.rfile.read(int(length)) if is_readable else b""
        path, _, query = self.path.partition("?")
        request = Request(self.command, path, query, headers, content, f"req-{uuid4()}")
        if is_readable:
            self._send(request, self.server.service.respond(request))
        else:
            message = "The body needs a Content-Length of at most 99999 bytes."
            refused = identity_error(411, message).response
            self._send(request, refused._replace(headers={"Connection": "close"}))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of the base class

    def _send(self, request: Request, response: Response) -> None:
        content = json.dumps(response.document).encode()
        if response.fault == "slow":
            self.server.context.sleep(SLOW)
        if response.fault == "empty":
            content = b""
        if response.fault == "garbage":
            content = b"<html>the fault 'garbage' of the sandbox</html>"
        self.send_response(response.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name in ("X-Openstack-Request-Id", "X-Request-Id"):
            self.send_header(name, request.id)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if response.fault == "cut":
            content = content[: len(content) // 2]
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: `vbsjob -v` shows the requests."""
