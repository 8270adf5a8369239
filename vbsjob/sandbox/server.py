"""A backup service of one's own, on loopback, whose jobs progress as time goes by.

Speaks the identity and the job API over real HTTP, for trying things out, for testing scripts
and for vbsjob's own tests. Nothing in it is backed up, restored or lost. A job begins when it
is first asked about.
"""

from __future__ import annotations

import json
import re
import socketserver
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from vbsjob.errors import InternalError, UsageError
from vbsjob.sandbox.scenarios import ENDED, Plan
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from socket import socket

    from vbsjob.context import Context

USER = DOMAIN = "sandbox"
PASSWORD = "no-secret-at-all"
"""No word of any message, for what is secret is replaced in them."""
PROJECT = "eu-de_sandbox"
PROJECT_ID = "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b"
REGION = "eu-de"
AN_HOUR = 3600.0
A_DAY = 86400.0
SLOW = 3.0
LARGEST = 64 << 10
"""Bytes of a request that are read at most."""
FAULTS = ("429", "500", "502", "503", "504", "cut", "empty", "garbage", "slow")
SHARE = re.compile(r"0?\.[0-9]{1,9}|[01](\.0{1,9})?")


def faults(told: Iterable[str]) -> dict[str, float]:
    """Read KIND=SHARE, each kind once, the shares 1 at most in all; raises Usage."""
    found: dict[str, float] = {}
    for word in told:
        kind, _, share = word.partition("=")
        if kind not in FAULTS or kind in found or not SHARE.fullmatch(share):
            raise UsageError(
                f"--fault {printable(word)[:80]!r} is no KIND=SHARE, or told twice.",
                hint=f"KIND is one of {', '.join(FAULTS)}; SHARE a number from 0 to 1.",
            )
        found[kind] = float(share)
    if sum(found.values()) > 1:
        raise UsageError("--fault: the shares are more than 1 in all.")
    return found


@dataclass(frozen=True, slots=True)
class Response:
    """What the server says: a status, a JSON document, more headers; `fault` spoils it."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


if TYPE_CHECKING:
    Asked = Callable[[str, str, str, bytes], Response]


class Sandbox:
    """The service: `answer` is all it knows, `start` and `stop` put it on loopback."""

    def __init__(
        self,
        context: Context,
        *,
        port: int = 0,
        faults: Mapping[str, float] | None = None,
        token_life: float = A_DAY,
    ) -> None:
        self._context = context
        self._faults = faults or {}
        self._token_life = token_life
        self._tokens: dict[str, float] = {}
        self._signed_in = 0
        self._plans: dict[str, tuple[float, Plan]] = {}
        self._lock = threading.Lock()
        self._server = _listening(port, self.answer, context)
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Start serving in a thread of its own."""
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def serve(self) -> None:
        """Serve in this thread until the process ends."""
        self._server.serve_forever()

    @property
    def settings(self) -> dict[str, str]:
        """What a client needs to sign in here, by the names of its settings."""
        return {
            "auth_url": f"{self.address}/v3",
            "username": USER,
            "password": PASSWORD,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "project_name": PROJECT,
            "region": REGION,
        }

    def answer(self, method: str, path: str, token: str, sent: bytes) -> Response:
        """Answer one request."""
        if (method, path) == ("POST", "/v3/auth/tokens"):
            return self._sign_in(sent)
        parts = path.split("/")
        if method != "GET" or parts[1:2] != ["v1"] or parts[3:4] != ["jobs"] or len(parts) != 5:
            gone = {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}
            return Response(404, gone)
        with self._lock:
            valid = self._tokens.get(token, 0.0) > self._context.monotonic()
        if not valid:
            return Response(401, _error("Token is invalid or expired", "APIGW.0307"))
        fault = self._fault()
        return fault if fault and fault.status != 200 else self._job(parts[4], fault)

    def _fault(self) -> Response | None:
        drawn = self._context.random()
        for kind, share in self._faults.items():
            drawn -= share
            if drawn < 0:
                status = int(kind) if kind.isdigit() else 200
                return Response(status, _error("the sandbox was told to fail", kind), fault=kind)
        return None

    def _job(self, job_id: str, fault: Response | None) -> Response:
        with self._lock:
            began, plan = self._plans.get(job_id) or self._begun(job_id)
        if plan is None:
            return Response(404, _error("query job fail", "common.0011"))
        document = plan.document(self._context.monotonic() - began)
        return Response(200, document, fault=fault.fault if fault else "")

    def _begun(self, job_id: str) -> tuple[float, Plan | None]:
        ago = AN_HOUR if job_id.endswith(f"-{ENDED}") else 0.0
        plan = Plan.of(job_id, self._context.now() - timedelta(seconds=ago))
        began = self._context.monotonic() - ago
        if plan is not None:
            self._plans[job_id] = began, plan
        return began, plan

    def _sign_in(self, sent: bytes) -> Response:
        try:
            identity = json.loads(sent)["auth"]["identity"]
            user = identity["password"]["user"]
            right = (user["name"], user["password"]) == (USER, PASSWORD)
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            return Response(
                401, {"error": {"code": 401, "title": "Unauthorized", "message": "No."}}
            )
        with self._lock:
            now = self._context.monotonic()
            self._tokens = {token: end for token, end in self._tokens.items() if end > now}
            self._signed_in += 1
            token = f"sandbox-token-{self._signed_in:04}"
            self._tokens[token] = now + self._token_life
        return Response(201, {"token": self._token()}, {"X-Subject-Token": token})

    def _token(self) -> dict[str, Any]:
        expires = self._context.now() + timedelta(seconds=self._token_life)
        url = f"{self.address}/v2/{PROJECT_ID}"
        return {
            "expires_at": expires.isoformat().replace("+00:00", "Z"),
            "project": {"id": PROJECT_ID, "name": PROJECT, "domain": {"name": DOMAIN}},
            "user": {"name": USER, "domain": {"name": DOMAIN}},
            "catalog": [
                {
                    "type": "vbs",
                    "name": "vbs",
                    "endpoints": [{"interface": "public", "region_id": REGION, "url": url}],
                }
            ],
        }


def _error(message: str, code: str) -> dict[str, Any]:
    return {"error": {"message": message, "code": code}}


def _listening(port: int, answer: Asked, context: Context) -> _Server:
    try:
        return _Server(("127.0.0.1", port), answer, context)
    except OSError as error:
        raise InternalError(
            f"cannot listen on 127.0.0.1:{port}: {error.strerror}.",
            hint="Choose another --port, or leave it away for any free one.",
        ) from None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, place: tuple[str, int], answer: Asked, context: Context) -> None:
        super().__init__(place, _Handler)
        self.answer = answer
        self.context = context

    def server_bind(self) -> None:
        """Bind without asking the network for a name of this machine."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    """An idle connection and its thread end after these seconds."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not re.fullmatch(r"[0-9]{1,5}", length) or int(length) > LARGEST:
            self.send_error(413)
            return
        sent = self.rfile.read(int(length))
        token = self.headers.get("X-Auth-Token") or ""
        answer = self.server.answer(self.command, self.path, token, sent)
        content = json.dumps(answer.document).encode()
        if answer.fault == "slow":
            self.server.context.sleep(SLOW)
        if answer.fault == "empty":
            content = b""
        if answer.fault == "garbage":
            content = b"<html>not what you asked for</html>"
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if answer.fault == "cut":
            content = content[: len(content) // 2]
            self.close_connection = True
        self.wfile.write(content)

    do_GET = do_POST = _serve

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time of the sandbox's own world, on which its tokens live."""
        return super().date_time_string(timestamp or self.server.context.now().timestamp())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """The client's -v tells more."""
