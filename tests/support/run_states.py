"""Every state of a run of vbsjob in which a signal may arrive, and how to detect it.

A run is identified by its job id and user name, which are equal; their first part says how
the service answers it.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import socket
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import canary
from tests.support.program import TOKEN, clean_env
from tests.support.server import Server, answer, job

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.forkserver import ForkedRun
    from tests.support.server import Peer

    Reached = Callable[[ForkedRun, "StateService", str], Any]

PASSWORD = canary.secret("a-password-of-tests")
RUNNING = answer(job("RUNNING", "JOB"))
BUSY = answer(b"{}", 503)
LARGE = {"text": "x" * 300_000}
TOKEN_DOCUMENT = {
    "issued_at": "2026-01-01T00:00:00Z",
    "expires_at": "2126-01-01T00:00:00Z",
    "project": {"id": "p", "name": "p"},
    "catalog": [],
}
SIGNED_IN = answer({"token": TOKEN_DOCUMENT}, 201, f"X-Subject-Token: {TOKEN}")


class StateService:
    """Identity and jobs; counts the requests of each run."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._server = Server(self._script)
        self.url = self._server.url
        self._deaf = Server(_deaf, host="0.0.0.0")
        self._full = socket.create_server(("0.0.0.0", 0), backlog=0)
        self._waiting = [self._fill() for _ in range(3)]

    def close(self) -> None:
        """Close all servers."""
        self._server.close()
        self._deaf.close()
        for connection in (*self._waiting, self._full):
            connection.close()

    def named(self, kind: str) -> str:
        """Return the name of a new run."""
        return f"{kind}-{next(self._numbers)}"

    def deaf(self, name: str) -> str:
        """Return the run's own address at which connections are accepted and nothing is sent."""
        return f"https://{_own(name)}:{self._deaf.port}"

    def full(self, name: str) -> str:
        """Return the run's own address at which no connection is accepted."""
        return f"http://{_own(name)}:{self._full.getsockname()[1]}"

    def _fill(self) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        connection.connect_ex(("127.0.0.1", self._full.getsockname()[1]))
        return connection

    def _script(self, peer: Peer) -> None:
        while request := peer.request():
            words = request.split(None, 2)[1].decode().rsplit("/", 1)
            name = words[1] if request.startswith(b"GET") else _user(request)
            kind, _, number = name.partition("-")
            self.requests[f"{kind}-{number.partition('-')[0]}"] += 1
            if request.startswith(b"POST"):
                peer.stall() if kind == "nobody" else peer.send(SIGNED_IN)
            else:
                self._send(peer, kind, name)

    def _send(self, peer: Peer, kind: str, name: str) -> None:
        count = self.requests[name]
        response = answer(job("SUCCESS" if kind == "ended" else "RUNNING", name))
        if kind == "large":
            response = answer(job("SUCCESS", name, entities=LARGE))
        if kind == "busy" or (kind == "lost" and count > 1):
            response = BUSY
        if kind == "changing":
            rows = [job("RUNNING", f"{count}-{n}") for n in range(count % 7)]
            response = answer(job("RUNNING", name, sub_jobs=rows))
        cut = {"silent": 0, "crew": 0, "body": len(response) - 30}
        peer.send(response[: cut.get(kind, len(response))])
        if kind in cut:
            peer.stall()


def _deaf(peer: Peer) -> None:
    peer.stall()


def _own(name: str) -> str:
    number = int(name.partition("-")[2])
    return f"127.7.{number >> 8}.{number & 255}"


def _user(request: bytes) -> str:
    document = json.loads(request.partition(b"\r\n\r\n")[2])
    return str(document["auth"]["identity"]["password"]["user"]["name"])


def token_env(service: StateService, name: str) -> dict[str, str]:
    """Return the environment of a run that need not sign in."""
    return clean_env(service.url, TERM="xterm", NO_COLOR="1")


def password_env(service: StateService, name: str) -> dict[str, str]:
    """Return the environment of a run that signs in with a password and caches its token."""
    return prompt_env(service, name) | {"OS_PASSWORD": PASSWORD}


def prompt_env(service: StateService, name: str) -> dict[str, str]:
    """Return the environment of a run that prompts for the password."""
    given = {"OS_AUTH_URL": f"{service.url}/v3", "OS_USERNAME": name, "OS_USER_DOMAIN_NAME": "d"}
    return clean_env(TERM="xterm", NO_COLOR="1", VBSJOB_ENDPOINT=service.url,
                        OS_PROJECT_NAME="p", **given)  # fmt: skip


def env_at(
    endpoint: Callable[[StateService, str], str],
) -> Callable[[StateService, str], dict[str, str]]:
    """Return the environment of a run with another endpoint."""
    return lambda service, name: (
        token_env(service, name) | {"VBSJOB_ENDPOINT": endpoint(service, name)}
    )


def is_started(run: ForkedRun, service: StateService, name: str) -> bool:
    """True as soon as the process exists."""
    return True


def sent_request(run: ForkedRun, service: StateService, name: str) -> bool:
    """Whether the service has received a request."""
    return service.requests[name] >= 1


def is_answered(run: ForkedRun, service: StateService, name: str) -> bool:
    """Whether it has signed in and queried its job."""
    return service.requests[name] >= 2


def wrote_text(*words: bytes) -> Reached:
    """Return a check whether the run has written one of these texts."""
    return lambda run, _service, _name: any(word in run.out + run.err for word in words)


def output_is_full(run: ForkedRun, service: StateService, name: str) -> bool:
    """Whether its standard output is full."""
    waiting = fcntl.ioctl(run.reader, 0x541B, bytes(4))  # FIONREAD
    return int.from_bytes(waiting, "little") >= 60_000


def is_connecting(run: ForkedRun, service: StateService, name: str) -> bool:
    """Whether it waits for a connection to be accepted."""
    return _has_socket(name, state="02")


def is_in_tls_handshake(run: ForkedRun, service: StateService, name: str) -> bool:
    """Whether it has a connection on which nothing was sent to it."""
    return _has_socket(name, state="01")


def _has_socket(name: str, state: str) -> bool:
    address = socket.inet_aton(_own(name))[::-1].hex().upper()
    table = Path("/proc/net/tcp").read_text().splitlines()
    return any(row.split()[2].startswith(address) and row.split()[3] == state for row in table)


def waits_for_lock(run: ForkedRun, service: StateService, name: str) -> bool:
    """Whether it waits for the lock of the sign-in."""
    try:
        folder = f"/proc/{run.pid}/fd"
        return any(os.readlink(f"{folder}/{n}").endswith(".lock") for n in os.listdir(folder))  # noqa: PTH115, PTH208 - a link to what may be gone
    except OSError:
        return False


@dataclass(frozen=True)
class RunState:
    """A state, how a run gets there, and how it may have ended by then."""

    name: str
    argv: tuple[str, ...]
    reached: Reached
    runs: int
    within: float = 0.02
    """Longest delay of the signal in seconds."""
    kind: str = "running"
    env: Callable[[StateService, str], dict[str, str]] = token_env
    tty: bool = False
    new: bool = False
    unread: bool = False
    ends: frozenset[int] = field(default=frozenset())
    """Exit codes that it may have had before the signal."""
    resume: bool = False
    """Whether it must print the command to continue."""


ASKING = wrote_text(b"Password for ")
PICTURE, OUTAGE, PLAIN = b"answered ", b"No answer for ", b"RUNNING"
GET, WATCH = ("get", "JOB"), ("watch", "JOB")
JUDGED = (*GET, "--exit-status")
OFTEN = (*WATCH, "--interval", "1")
JSONL = (*OFTEN, "-o", "jsonl")
OK, NOT_YET = frozenset({0}), frozenset({8})

STATES = [
    RunState("get-from-its-first-line", JUDGED, is_started, 70, 0.5, new=True, ends=NOT_YET),
    RunState("watch-from-its-first-line", WATCH, is_started, 70, 0.7, new=True, tty=True),
    RunState("settings", JUDGED, is_started, 50, 0.05, ends=NOT_YET),
    RunState("prompt", GET, ASKING, 30, 0.005, env=prompt_env, tty=True),
    RunState("prompt-of-watch", WATCH, ASKING, 20, 0.005, env=prompt_env, tty=True),
    RunState("signing-in", GET, sent_request, 30, kind="nobody", env=password_env),
    RunState("connecting", GET, is_connecting, 20, env=env_at(StateService.full)),
    RunState("handshake", GET, is_in_tls_handshake, 20, env=env_at(StateService.deaf)),
    RunState("status-line", GET, sent_request, 30, kind="silent"),
    RunState("body", GET, sent_request, 30, kind="body"),
    RunState("between-two-tries", (*GET, "--retry-for", "60"), sent_request, 30, 0.3, "busy"),
    RunState("keeping-a-token", GET, sent_request, 30, 0.01, "ended", password_env, ends=OK),
    RunState("writing", GET, is_answered, 50, kind="ended", env=password_env, ends=OK),
    RunState("full-pipe", (*GET, "-o", "json"), output_is_full, 20, kind="large", unread=True),
    RunState("first-question", WATCH, sent_request, 25, kind="silent", tty=True),
    RunState("waiting", WATCH, wrote_text(PICTURE), 40, 0.3, tty=True, resume=True),
    RunState("drawing", OFTEN, sent_request, 50, 0.05, kind="changing", tty=True),
    RunState("outage", OFTEN, wrote_text(OUTAGE), 20, kind="lost", tty=True, resume=True),
    RunState("crew", ("watch", *(f"JOB-{n}" for n in range(40))), sent_request, 25, kind="crew"),
    RunState("lines", (*OFTEN, "--heartbeat", "1"), wrote_text(PLAIN), 25, 0.5, resume=True),
    RunState("events", JSONL, wrote_text(b'"change"'), 30, 0.2, resume=True),
    RunState("verdict", JSONL, sent_request, 80, 0.008, kind="ended", ends=OK),
    RunState("last-picture", OFTEN, sent_request, 40, 0.008, kind="ended", tty=True, ends=OK),
    RunState("sandbox", ("sandbox",), wrote_text(b"--method"), 20),
]  # fmt: skip
