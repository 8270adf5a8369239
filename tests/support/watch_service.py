"""A watch in memory: a service that answers by the time of the request, and a fake clock."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TextIO

from tests.support import canary, schemas
from tests.support.clock import FakeClock
from tests.support.context import fake_context, standard_input
from tests.support.program import environment
from vbsjob.__main__ import run
from vbsjob.errors import VbsjobError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from vbsjob.http.messages import Request

START = datetime(2026, 5, 1, tzinfo=UTC)
Reply = Response | VbsjobError
"""A response, or the error that the network raises instead."""


def job(job_id: str, status: Any, **members: Any) -> Response:
    """Return a valid response about a job."""
    document = {"job_id": job_id, "job_type": "bksCreateBackup", "status": status, **members}
    return Response(200, {}, json.dumps(document).encode())


class ResponseSequence:
    """Return the given responses in order, the last one repeatedly; keep the requests."""

    def __init__(self, *responses: Response) -> None:
        self._responses = list(responses)
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        return self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]


@dataclass
class WatchResult:
    """Exit code, output and request times of a watch, in seconds from its start."""

    code: int
    out: str
    err: str
    requests: list[float]
    lasted: float

    def __post_init__(self) -> None:
        """S05: no watch prints a secret."""
        canary.check(self.out + self.err)
        schemas.check(self.out, self.err)

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class WatchService:
    """Answers with `answer(job_id, seconds since the start)`."""

    answer: Callable[[str, float], Reply]
    latency: float = 0.05
    clock: FakeClock = field(default_factory=FakeClock)
    random: Callable[[], float] = lambda: 0.5
    requests: list[float] = field(default_factory=list)
    wall: Callable[[float], float] = lambda seconds: seconds
    """Seconds that the wall clock shows after so many seconds; it may jump."""
    size: Callable[[TextIO], tuple[int, int]] = lambda _stream: (80, 24)
    state_folder: Path | None = None
    """Folder of the history; None: no history."""

    def __post_init__(self) -> None:
        """Record the start."""
        self.began = self.clock()

    def send(self, request: Request) -> Response:
        """Replace the network."""
        self.requests.append(self.clock() - self.began)
        self.clock.sleep(self.latency)
        result = self.answer(request.url.rpartition("/")[2], self.clock() - self.began)
        if isinstance(result, VbsjobError):
            raise result
        return result

    def now(self) -> datetime:
        """Return the wall-clock time."""
        return START + timedelta(seconds=self.wall(self.clock() - self.began))

    def watch(self, *argv: str, stderr: io.StringIO | None = None, **env: str) -> WatchResult:
        """Run `vbsjob watch` against this service."""
        return self.run("watch", *argv, stderr=stderr, **env)

    def run(self, *argv: str, stderr: io.StringIO | None = None, **env: str) -> WatchResult:
        """Run a command against this service."""
        out, err = io.StringIO(), stderr or io.StringIO()
        context = fake_context(
            standard_input(""), out, err, environment("https://vbs.test", **env),
            monotonic=self.clock, now=self.now,
            sleep=self.clock.sleep, random=self.random, send=self.send, terminal_size=self.size,
            state_folder=self.state_folder,
        )  # fmt: skip
        code = run(argv, context)
        lasted = self.clock() - self.began
        return WatchResult(code, out.getvalue(), err.getvalue(), self.requests, lasted)


def in_turn(*answers: Reply) -> Callable[[str, float], Reply]:
    """Return these answers in order, the last one repeatedly."""
    left = list(answers)
    return lambda _job_id, _now: left.pop(0) if len(left) > 1 else left[0]
