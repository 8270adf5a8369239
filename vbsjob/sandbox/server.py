"""The sandbox: an identity service and a backup service on loopback, with simulated jobs.

Serves real HTTP for trials, for tests of scripts and for the tests of vbsjob. It does not back up
or restore anything. A job begins at its first query.
"""

from __future__ import annotations

import json
import re
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from vbsjob.errors import InternalError
from vbsjob.sandbox.identity import DOMAIN, PASSWORD, PROJECT, REGION, USER, IdentityService
from vbsjob.sandbox.jobs import JobService
from vbsjob.sandbox.messages import Request, Response, error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from socket import socket

    from vbsjob.context import Context

TOKEN_LIFETIME = 86400.0
SLOW = 3.0
"""Seconds by which the fault `slow` delays a response."""
BODY_LIMIT = 64 << 10
"""Bytes of the largest request body that is accepted."""


class Sandbox:
    """The server. As a context manager it serves in a thread of its own.

    Raises InternalError if the port cannot be used.
    """

    def __init__(
        self,
        context: Context,
        *,
        port: int = 0,
        faults: Mapping[str, float] | None = None,
        token_life: float = TOKEN_LIFETIME,
    ) -> None:
        self._server = _listen(port, self.respond, context)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._identity = IdentityService(context, self.address, token_life)
        self._jobs = JobService(context, faults or {})

    def __enter__(self) -> Self:
        """Start to serve in a thread of its own."""
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
        return {
            "auth_url": f"{self.address}/v3",
            "username": USER,
            "password": PASSWORD,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "project_name": PROJECT,
            "region": REGION,
        }

    def respond(self, request: Request) -> Response:
        """Return the response to a request."""
        if (request.method, request.path) == ("POST", "/v3/auth/tokens"):
            return self._identity.create_token(request)
        parts = request.path.split("/")
        is_job = parts[1:2] == ["v1"] and parts[3:4] == ["jobs"] and len(parts) == 5
        if request.method != "GET" or not is_job:
            document = {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}
            return Response(404, document)
        if not self._identity.is_valid(request.token):
            return error(401, "APIGW.0307", "Token is invalid or expired")
        return self._jobs.show(parts[4])


if TYPE_CHECKING:
    Respond = Callable[[Request], Response]


def _listen(port: int, respond: Respond, context: Context) -> _Server:
    try:
        return _Server(("127.0.0.1", port), respond, context)
    except OSError as error:
        raise InternalError(
            f"cannot listen on 127.0.0.1:{port}: {error.strerror}.",
            hint="Choose another --port, or omit it to use a free port.",
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], respond: Respond, context: Context) -> None:
        super().__init__(address, _Handler)
        self.respond = respond
        self.context = context

    def server_bind(self) -> None:
        """Bind without a DNS query for the name of this machine, which the base class sends."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """Print nothing if a client closes its connection early."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    """Seconds after which an idle connection and its thread end."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not re.fullmatch(r"[0-9]{1,5}", length) or int(length) > BODY_LIMIT:
            self.send_error(413)
            return
        body = self.rfile.read(int(length))
        token = self.headers.get("X-Auth-Token") or ""
        response = self.server.respond(Request(self.command, self.path, token, body))
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
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if response.fault == "cut":
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)

    do_GET = do_POST = _serve

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header from the clock of the context, which also ends the tokens."""
        return super().date_time_string(timestamp or self.server.context.now().timestamp())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: `vbsjob -v` shows the requests."""
