"""The sandbox: an identity service and a backup service on loopback, with simulated jobs.

Serves real HTTP for trials, for tests of scripts and for the tests of vbsjob. It does not back up
or restore anything.
"""

from __future__ import annotations

import json
import re
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from vbsjob.errors import InternalError, shortage
from vbsjob.sandbox import account, body
from vbsjob.sandbox.messages import RefusedError, Request, Response, identity_error
from vbsjob.sandbox.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from socket import socket

    from vbsjob.context import Context

TOKEN_LIFETIME = 86400.0
"""Seconds, as in Open Telekom Cloud."""
SLOW = 3.0
"""Seconds by which the fault `slow` delays a response."""
TARGET = re.compile(r"(?:https?://[^/?#]*)?([^?#]*)(?:\?([^#]*))?(?:#.*)?", re.IGNORECASE)
"""The target of a request: path and query. A proxy also sends scheme and host."""


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
        self._server = _listen(port, context)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._server.service = self._service = Service(
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
        return {
            "auth_url": f"{self.address}/v3",
            "username": account.USER.name,
            "password": account.USER.password,
            "user_domain_name": account.DOMAIN["name"],
            "project_domain_name": account.DOMAIN["name"],
            "project_name": account.PROJECT.name,
            "region": account.REGION,
        }

    def issue_token(self) -> str:
        """Return a new token of the user for the project with the jobs."""
        return self._service.tokens.issue(account.USER, account.PROJECT, ["password"]).id


def _listen(port: int, context: Context) -> _Server:
    try:
        return _Server(("127.0.0.1", port), context)
    except OSError as error:
        raise shortage(error) or InternalError(
            f"cannot listen on 127.0.0.1:{port}: {error.strerror}.",
            hint="Choose another --port, or omit it to use a free port.",
        ) from None


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
    default_request_version = "HTTP/1.0"
    """Version of a request without a valid one; the default HTTP/0.9 would omit the status."""
    disable_nagle_algorithm = True
    timeout = 60
    """Seconds after which an idle connection and its thread end."""
    _request_id = ""

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Return the handler of any method: the service decides which ones it allows."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _handle(self) -> None:
        self._request_id = _new_request_id()
        try:
            content = body.read(self.headers, self.rfile)
        except RefusedError as error:
            self.close_connection = True
            self._send(error.response)
            return
        match = TARGET.fullmatch(self.path)
        path, query = match.groups("") if match else (self.path, "")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, path, query, headers, content, self._request_id)
        self._send(self.server.service.respond(request))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the signature of the base class
        """Answer a request that is not valid HTTP. The base class calls some of these 5xx."""
        self._request_id = _new_request_id()
        self.close_connection = True
        status = 400 if code >= 500 else code
        self._send(identity_error(status, message or "The request is not valid HTTP.").response)

    def _send(self, response: Response) -> None:
        content = b"" if response.document is None else json.dumps(response.document).encode()
        if response.fault == "slow":
            self.server.context.sleep(SLOW)
        if response.fault == "empty":
            content = b""
        if response.fault == "garbage":
            content = b"<html>the fault 'garbage' of the sandbox</html>"
        self.send_response(response.status)
        if response.status != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
        for name in ("X-Openstack-Request-Id", "X-Request-Id"):
            self.send_header(name, self._request_id)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if response.fault == "cut":
            content = content[: len(content) // 2]
            self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(content)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the Date header from the clock of the context, which also ends the tokens."""
        return super().date_time_string(timestamp or self.server.context.now().timestamp())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Log nothing: `vbsjob -v` shows the requests."""


def _new_request_id() -> str:
    from uuid import uuid4

    return f"req-{uuid4()}"
