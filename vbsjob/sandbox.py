"""A backup service of one's own, on loopback, with jobs that progress as time goes by.

Speaks the identity and the job API over real HTTP, for trying things out, for testing scripts
and for vbsjob's own tests. Nothing in it is backed up, restored or lost. A job begins when it
is first asked about.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from uuid import NAMESPACE_URL, uuid5

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from socket import socket

    from vbsjob.world import World

USER = PASSWORD = DOMAIN = "sandbox"
PROJECT = "eu-de_sandbox"
PROJECT_ID = "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b"
REGION = "eu-de"
ENDED = "ended"
AN_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Step:
    """A piece of work from `start` to `end`, in seconds after its job began."""

    type: str
    start: float
    end: float
    entities: Mapping[str, float] = field(default_factory=dict)
    """When each entity becomes known."""
    below: tuple[Step, ...] = ()
    error: tuple[str | None, str | None] | None = None
    """For a step that fails: its code and reason, which the service may leave empty."""


def _thousand() -> tuple[Step, ...]:
    return tuple(Step("copyBlock", n / 40, n / 40 + 5, {"block_id": n / 40}) for n in range(1000))


VOLUME = {"volume_id": 0.0}
RECIPES: dict[str, tuple[str, Step]] = {
    "backup": (
        "a backup, 20 s, SUCCESS",
        Step(
            "bksCreateBackup",
            0,
            20,
            {"bks_create_volume_name": 0, "volume_id": 0, "snapshot_id": 4, "backup_id": 9},
        ),
    ),
    "restore": (
        "a restore with nested sub-jobs, 40 s, SUCCESS",
        Step(
            "bksRestoreBackup",
            0,
            40,
            {"backup_id": 0, "volume_id": 0},
            (
                Step("checkBackup", 0, 5, {"backup_id": 0}),
                Step(
                    "restoreVolume",
                    5,
                    36,
                    VOLUME,
                    (
                        Step("detachVolume", 5, 10, VOLUME),
                        Step(
                            "copyData",
                            10,
                            31,
                            VOLUME,
                            tuple(
                                Step("copyBlock", 10 + 5 * n, 16 + 5 * n, {"block_id": 10 + 5 * n})
                                for n in range(4)
                            ),
                        ),
                        Step("attachVolume", 31, 36, VOLUME),
                    ),
                ),
                Step("cleanUp", 36, 40),
            ),
        ),
    ),
    "fail-deep": (
        "a restore that fails three levels down, 12 s, FAIL",
        Step(
            "bksRestoreBackup",
            0,
            12,
            {"backup_id": 0, "volume_id": 0},
            (
                Step("checkBackup", 0, 3, {"backup_id": 0}),
                Step(
                    "restoreVolume",
                    3,
                    11,
                    VOLUME,
                    (
                        Step("detachVolume", 3, 5, VOLUME),
                        Step(
                            "copyData",
                            5,
                            10,
                            {"volume_id": 5, "snapshot_id": 6},
                            error=("VolumeBackup.0202", "volume is in error state while copying"),
                        ),
                    ),
                    error=(None, None),
                ),
            ),
            error=(None, "sub job fail"),
        ),
    ),
    "endless": (
        "a backup that never ends, RUNNING",
        Step("bksCreateBackup", 0, float("inf"), {"volume_id": 0, "snapshot_id": 3}),
    ),
    "thousand": (
        "a deletion with 1000 sub-jobs, 30 s, SUCCESS",
        Step("bksDeleteBackup", 0, 30, {"backup_id": 0}, _thousand()),
    ),
}


def body(job_id: str, age: float, now: datetime) -> dict[str, Any] | None:
    """Return the document of a job that began `age` seconds ago; None for an unknown name.

    A name may be followed by a label of one's own, `backup-7`: another job of the same kind.
    """
    name = next((name for name in RECIPES if f"{job_id}-".startswith(f"{name}-")), None)
    if name is None:
        return None
    return _document(RECIPES[name][1], job_id, age, now - timedelta(seconds=age))


def _document(step: Step, job_id: str, age: float, began: datetime) -> dict[str, Any]:
    status = "INIT" if age < step.start else "RUNNING"
    if age >= step.end:
        status = "SUCCESS" if step.error is None else "FAIL"
    code, reason = step.error if step.error and status == "FAIL" else (None, None)
    entities: dict[str, Any] = {
        name: _id(job_id, name) for name, known in step.entities.items() if age >= known
    }
    if step.below:
        entities["sub_jobs"] = [
            _document(sub, _id(job_id, f"{sub.type}/{number}"), age, began)
            for number, sub in enumerate(step.below)
        ]
    return {
        "status": status,
        "entities": entities,
        "job_id": job_id,
        "job_type": step.type,
        "begin_time": _time(began, step.start) if status != "INIT" else "",
        "end_time": _time(began, step.end) if status in {"SUCCESS", "FAIL"} else "",
        "error_code": code,
        "fail_reason": reason,
    }


def _id(job_id: str, name: str) -> str:
    if name.endswith("_name"):
        return f"autobk_{job_id}"
    made = uuid5(NAMESPACE_URL, f"{job_id}/{name}")
    return str(made) if name.endswith("_id") else made.hex


def _time(began: datetime, seconds: float) -> str:
    at = began + timedelta(seconds=seconds)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says: a status, a JSON document, more headers; `fault` spoils it."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""


FAULTS = ("429", "500", "502", "503", "504", "cut", "empty", "garbage", "slow")
"""What `--fault KIND=SHARE` can do to a share of the answers about jobs."""
SLOW = 3.0


class Sandbox:
    """The service: `answer` is all it knows, `start` and `stop` put it on loopback."""

    def __init__(
        self,
        world: World,
        *,
        port: int = 0,
        faults: Mapping[str, float] | None = None,
        token_life: float = 86400.0,
    ) -> None:
        self._world = world
        self._faults = faults or {}
        self._token_life = token_life
        self._tokens: dict[str, float] = {}
        self._began: dict[str, float] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", port), self.answer, world.sleep)
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
        """What a client needs to sign in here, by the nouns of its settings."""
        return {
            "auth_url": f"{self.address}/v3",
            "username": USER,
            "password": PASSWORD,
            "user_domain_name": DOMAIN,
            "project_domain_name": DOMAIN,
            "project_name": PROJECT,
            "region": REGION,
        }

    def answer(self, method: str, path: str, token: str, sent: bytes) -> Answer:
        """Answer one request."""
        if (method, path) == ("POST", "/v3/auth/tokens"):
            return self._sign_in(sent)
        parts = path.split("/")
        if method != "GET" or parts[1:2] != ["v1"] or parts[3:4] != ["jobs"] or len(parts) != 5:
            gone = {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}
            return Answer(404, gone)
        with self._lock:
            valid = self._tokens.get(token, 0.0) > self._world.monotonic()
        if not valid:
            return Answer(401, _error("Token is invalid or expired", "APIGW.0307"))
        fault = self._fault()
        return fault if fault and fault.status != 200 else self._job(parts[4], fault)

    def _fault(self) -> Answer | None:
        drawn = self._world.random()
        for kind, share in self._faults.items():
            drawn -= share
            if drawn < 0:
                status = int(kind) if kind.isdigit() else 200
                return Answer(status, _error("the sandbox was told to fail", kind), fault=kind)
        return None

    def _job(self, job_id: str, fault: Answer | None) -> Answer:
        with self._lock:
            start = self._world.monotonic()
            if job_id.endswith(f"-{ENDED}"):
                start -= AN_HOUR
            began = self._began.setdefault(job_id, start)
        document = body(job_id, self._world.monotonic() - began, self._world.now())
        if document is None:
            return Answer(404, _error("query job fail", "common.0011"))
        return Answer(200, document, fault=fault.fault if fault else "")

    def _sign_in(self, sent: bytes) -> Answer:
        try:
            identity = json.loads(sent)["auth"]["identity"]
            user = identity["password"]["user"]
            right = (user["name"], user["password"]) == (USER, PASSWORD)
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            return Answer(401, {"error": {"code": 401, "title": "Unauthorized", "message": "No."}})
        with self._lock:
            token = f"sandbox-token-{len(self._tokens) + 1:04}"
            self._tokens[token] = self._world.monotonic() + self._token_life
        return Answer(201, {"token": self._token()}, {"X-Subject-Token": token})

    def _token(self) -> dict[str, Any]:
        expires = self._world.now() + timedelta(seconds=self._token_life)
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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        place: tuple[str, int],
        answer: Callable[[str, str, str, bytes], Answer],
        sleep: Callable[[float], None],
    ) -> None:
        super().__init__(place, _Handler)
        self.answer = answer
        self.sleep = sleep

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """A client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("X-Auth-Token") or ""
        answer = self.server.answer(self.command, self.path, token, sent)
        content = json.dumps(answer.document).encode()
        if answer.fault == "slow":
            self.server.sleep(SLOW)
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

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """The client's -v tells more."""
