"""A service with random jobs and random faults of exchanges, all from one seed.

Records every exchange that it delivered with a name for what it means. That name is given
where the fault is made; no code here parses an answer as vbsjob does.
"""

from __future__ import annotations

import io
import json
import random
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from tests.support import canary, schemas
from tests.support.cloud import PROJECT_ID, USER
from tests.support.context import fake_context
from tests.support.program import environment
from vbsjob.__main__ import run
from vbsjob.errors import PermanentConnectionError, UnavailableError, VbsjobError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.context import Context
    from vbsjob.http.messages import Request

    JobResult = Response | VbsjobError

BEGAN = datetime(2026, 5, 1, tzinfo=UTC)
SHORT_SLEEP = 30.0
ENDLESS = 10_000_000
"""A watch with so many requests does not end."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One exchange: when it ended, and what it means."""

    at: float
    kind: str
    """good, missing, silent, page, wrong, large, fatal, denied, refused or unauthorised.

    `page`: something between this machine and the service answered.
    """
    status: str | None = None
    failed_below: bool = False
    end: bool = False
    """Whether the job has an end_time and a status that is not known."""
    code: int = 7
    """Of a page: the exit code before the first answer."""
    wait: float = 0.0
    """Seconds of its Retry-After."""


@dataclass(frozen=True, slots=True)
class FaultRates:
    """Share of exchanges with a transient fault and with a permanent one, and outages."""

    faulty: float = 0.0
    mortal: float = 0.0
    outages: tuple[tuple[float, float], ...] = ()
    suspends: tuple[tuple[float, float], ...] = ()
    """(start, seconds) of each suspend of the machine."""
    revoked: tuple[float, ...] = ()
    """Times at which all earlier tokens are revoked."""
    locked_out: float = float("inf")
    """Time from which the password is wrong."""
    portal: float = 0.0
    """Share of exchanges that something else answers."""
    identity_outages: tuple[tuple[float, float], ...] = ()
    """(start, end) of times in which the identity service does not answer."""


@dataclass(frozen=True, slots=True)
class JobTimeline:
    """Bodies of a job, each from a time on; None: the service does not know the job."""

    times: tuple[float, ...]
    states: tuple[tuple[bytes, str | None, bool] | None, ...]

    def at(self, now: float) -> tuple[bytes, str | None, bool] | None:
        """Return the body, its status and whether a sub-job FAILED."""
        return self.states[bisect_right(self.times, now) - 1]


MIDDLE = ("RUNNING", "RUNNING", "RUNNING", "INIT", "PENDING_PAYMENT", "success", "fail", "", None)


def random_timeline(job_id: str, draw: random.Random, longest: float) -> JobTimeline:
    """Return a random job: sometimes visible late, with odd statuses, an end, and what follows."""
    begin = draw.choice((0.0, 0.0, 0.0, draw.uniform(0, 25), draw.uniform(0, 60)))
    end = begin + longest * draw.random() ** draw.choice((0.3, 1, 3))
    states: list[tuple[float, tuple[bytes, str | None, bool] | None]] = [(0.0, None)]
    states.append((begin, _body(job_id, draw.choice(("INIT", "RUNNING")), draw)))
    states += [
        (draw.uniform(begin, end), _body(job_id, draw.choice(MIDDLE), draw))
        for _ in range(draw.randrange(4))
    ]
    fate = draw.random()
    if fate < 0.88:
        states.append((end, _body(job_id, draw.choice(("SUCCESS", "FAIL")), draw)))
        if draw.random() < 0.2:
            states.append((end + draw.uniform(0, 60), _body(job_id, "RUNNING", draw)))
            states.append((end + 120, _body(job_id, draw.choice(("SUCCESS", "FAIL")), draw)))
    elif fate < 0.93:
        states.append((end, None))
    elif fate < 0.97:
        word, at = draw.choice(("ERROR", "success", "", None)), "2026-05-01T00:01:00Z"
        states.append((end, _body(job_id, word, draw, end_time=at)))
    else:
        states.append((end, _body(job_id, "SUCCESS", draw)))
        states.append((end + draw.uniform(0, 30), None))
    states.sort(key=lambda state: state[0])
    return JobTimeline(tuple(at for at, _ in states), tuple(body for _, body in states))


END = b'"end_time": "2026'


def _body(
    job_id: str, status: str | None, draw: random.Random, **more: str
) -> tuple[bytes, str | None, bool]:
    failed = draw.random() < 0.05
    members: dict[str, Any] = {"job_id": job_id, "job_type": "bksCreateBackup", "status": status}
    members |= more
    if failed:
        members["entities"] = {"sub_jobs": [{"job_id": "s", "status": "FAIL"}]}
    elif draw.random() < 0.3:
        members["entities"] = {"backup_id": f"b{draw.randrange(9)}"}
    if draw.random() < 0.3:
        members["begin_time"] = draw.choice(("", "2026-05-01T00:00:00.000Z", "yesterday", 7))
    return json.dumps(members).encode(), status, failed


def _http(parse_time: datetime) -> str:
    return format_datetime(parse_time, usegmt=True)


RETRY_AFTER: tuple[tuple[str, str, float], ...] = (
    ("0", "", 0), ("1", "", 1), ("7", "", 7), ("120", "", 120), ("86400", "", 86400),
    ("2.5", "", 2.5), ("-1", "", 0), ("1e9", "", 1e9), ("NaN", "", 0), ("inf", "", 0),
    ("soon", "", 0),
    ("9" * 10_000, "", 0),
    (_http(BEGAN + timedelta(seconds=20)), _http(BEGAN), 20),
    (_http(BEGAN - timedelta(days=2)), _http(BEGAN), 0),
    (_http(BEGAN), "", 0), ("Wed, 99 Foo 2026 00:00:00 GMT", _http(BEGAN), 0),
)  # fmt: skip
"""A Retry-After header, its Date header, and the seconds that it means; 0 for an invalid one."""
ERRORS = (
    b"", b"<html>502</html>", b'{"error": {"message": "busy", "code": "VolumeBackup.0501"}}',
    b'{"error_msg": "busy", "error_code": "APIGW.0308", "request_id": "r-1"}',
    b'{"status": "FAIL"}',
    b'{"job_id": "j", "status": "SUCCESS"}', b"\xff\xfe", b"[" * 3000,
)  # fmt: skip
TRANSIENT = (408, 425, 429, 500, 502, 503, 504, 522, 524)
GARBAGE = (
    b"", b"   ", b"{}", b"<html><body>sign in to this Wi-Fi</body></html>", b"\xef\xbb\xbf", b"{",
    b"[" * 100_000, b'{"status": "FAIL", "n": NaN}', b'{"status": "SUCCESS", "n": 1e999}',
    b'{"n": ' + b"9" * 5000 + b"}", '{"status": "FAIL"}'.encode("utf-16"),
    b'{"status": "FAIL\xc3"}', b'[{"job_id": "j", "status": "FAIL"}]', b"null", b"1",
    b'{"job_id": "another", "status": "FAIL"}', b'{"job_id": "another", "status": "SUCCESS"}',
)  # fmt: skip
GONE = (
    (404, b'{"error": {"message": "query job fail", "code": "common.0011"}}'), (404, b"{}"),
    (404, b'{"itemNotFound": {"message": "no", "code": 404}}'),
    (500, b'{"error": {"message": "query job fail", "code": "Common.0011"}}'),
    (200, b'{"error": {"message": "query job fail", "code": "common.0011"}}'),
)  # fmt: skip
REFUSED = (
    (400, b"{}"), (405, b"{}"), (409, b'{"badRequest": {"message": "no", "code": 409}}'),
    (501, b"{}"), (302, b"{}"), (404, b'{"error_code": "APIGW.0101", "error_msg": "no such API"}'),
    (200, b'{"error": {"message": "broken", "code": "VolumeBackup.0202"}}'),
)  # fmt: skip
DENIED = ((403, b"{}"), (403, b'{"error": {"message": "no", "code": "VolumeBackup.0042"}}'))
PAGES = (
    *((status, 6) for status in (204, 302, 400, 401, 403, 404, 409, 421, 451, 501)),
    *((status, 7) for status in (502, 503, 511, 520, 521, 523, 525, 530)),
)
"""Statuses of pages, with the exit code before the first answer."""
PAGE_BODIES = (b"", b"<html><h1>404 Not Found</h1></html>", b"not JSON", b"[]", b"null", b"{")


@dataclass(slots=True)
class RandomService:
    """The service and the clock of one watch, and the record of its exchanges."""

    seed: int
    lives: dict[str, JobTimeline]
    weather: FaultRates
    latency: float = 0.05
    password: bool = False
    """Whether the watch signs in with a password; else it has a token without renewal."""
    now: float = 0.0
    delivered: dict[str, list[Exchange]] = field(default_factory=dict)
    sign_ins: list[float] = field(default_factory=list)
    """Times at which the password was sent."""
    wakes: list[float] = field(default_factory=list)
    """Times at which a suspend ended that was long enough to be noticed."""
    state_folder: Path | None = None
    """Folder of the history; None: no history."""
    slept: float = 0.0
    requests: int = 0
    _draw: random.Random = field(init=False)
    _steps: random.Random = field(init=False)
    """Separate: the number of clock reads does not change the faults."""
    _between: bool = False
    _suspends: list[tuple[float, float]] = field(init=False)
    _step: timedelta = timedelta()

    def __post_init__(self) -> None:
        """Prepare the random numbers."""
        self._draw = random.Random(self.seed)
        self._steps = random.Random(f"steps of {self.seed}")
        self._suspends = sorted(self.weather.suspends)
        self.delivered = {job_id: [] for job_id in self.lives}

    def sleep(self, seconds: float) -> None:
        """Let time pass; the machine may be suspended between two requests."""
        self.now += seconds
        if self._between and self._suspends and self.now >= self._suspends[0][0]:
            slept = self._suspends.pop(0)[1]
            self.now += slept
            self.slept += slept
            if slept > SHORT_SLEEP:
                self.wakes.append(self.now)
        self._between = False

    def wall(self) -> datetime:
        """Return the wall clock, which is sometimes changed by hours."""
        if self._steps.random() < 0.001:
            self._step += timedelta(hours=self._steps.choice((-26, -1, 1, 26)))
        return BEGAN + timedelta(seconds=self.now) + self._step

    def send(self, request: Request) -> Response:
        """Replace the network."""
        self.requests += 1
        assert self.requests < ENDLESS, "this watch does not end"
        self.now += self.latency
        answer = self._sign_in() if request.method == "POST" else self._answer(request)
        if isinstance(answer, VbsjobError):
            raise answer
        return answer

    def _answer(self, request: Request) -> JobResult:
        job_id = request.url.rpartition("/")[2]
        token = request.headers.get("X-Auth-Token", "")
        portal = self._draw.random() < self.weather.portal
        answer, exchange = self._page() if portal else self._next_answer(job_id, token)
        self.delivered[job_id].append(exchange)
        self._between = getattr(answer, "status", 0) != 401  # a renewal follows at once
        return answer

    def _next_answer(self, job_id: str, token: str) -> tuple[JobResult, Exchange]:
        draw, weather = self._draw, self.weather
        if any(start <= self.now < end for start, end in weather.outages):
            return self._silent(draw, b"")
        if self._is_dead(token):
            return Response(401, {}, b"{}"), Exchange(self.now, "unauthorised")
        state = self.lives[job_id].at(self.now)
        lot = draw.random()
        if lot < weather.mortal:
            return self._mortal(draw)
        if lot < weather.faulty:
            return self._fault(draw, job_id, state[0] if state else b"")
        if state is None:
            status, body = draw.choice(GONE)
            return Response(status, {}, body), Exchange(self.now, "missing")
        body, word, failed = state
        return Response(200, {}, body), Exchange(self.now, "good", word, failed, END in body)

    def _fault(self, draw: random.Random, job_id: str, body: bytes) -> tuple[JobResult, Exchange]:
        lot = draw.random()
        if lot < 0.02:
            odd = {"job_id": job_id, "status": draw.choice((0, ["FAIL"], True, {"is": "FAIL"}))}
            wrong = draw.choice((odd, {"status": "FAIL"}, {"job": {"status": "success"}}))
            return Response(200, {}, json.dumps(wrong).encode()), Exchange(self.now, "wrong")
        if lot < 0.03:
            return UnavailableError("too large.", max_attempts=2), Exchange(self.now, "large")
        if lot < 0.06:
            status, gone = draw.choice(GONE)
            return Response(status, {}, gone), Exchange(self.now, "missing")
        return self._silent(draw, body)

    def _silent(self, draw: random.Random, body: bytes) -> tuple[JobResult, Exchange]:
        lot = draw.random()
        if lot < 0.05:
            header, date, seconds = draw.choice(RETRY_AFTER)
            headers = {"retry-after": header, **({"date": date} if date else {})}
            response = Response(draw.choice((429, 503)), headers, draw.choice(ERRORS))
            return response, Exchange(self.now, "silent", wait=seconds)
        silent = Exchange(self.now, "silent")
        if lot < 0.5:
            return Response(draw.choice(TRANSIENT), {}, draw.choice(ERRORS)), silent
        if lot < 0.65 and body:
            return Response(200, {}, body[: draw.randrange(len(body))]), silent
        if lot < 0.7 and body:
            twice = body.replace(b'"status":', b'"status": "SUCCESS", "status":')
            return Response(200, {}, twice), silent
        if lot < 0.85:
            return Response(200, {"content-type": "text/html"}, draw.choice(GARBAGE)), silent
        return UnavailableError("connection reset"), silent

    def _page(self) -> tuple[JobResult, Exchange]:
        status, code = self._draw.choice(PAGES)
        headers = {"content-type": "text/html", "location": "https://portal.test/"}
        page = Response(status, headers, self._draw.choice(PAGE_BODIES))
        return page, Exchange(self.now, "page", code=code)

    def _mortal(self, draw: random.Random) -> tuple[JobResult, Exchange]:
        kind = draw.choice(("fatal", "denied", "refused"))
        if kind == "fatal":
            return PermanentConnectionError(
                "the certificate of https://vbs.test is not valid."
            ), Exchange(self.now, kind)
        status, body = draw.choice(DENIED if kind == "denied" else REFUSED)
        return Response(status, {"location": "https://elsewhere.test"}, body), Exchange(
            self.now, kind
        )

    def _is_dead(self, token: str) -> bool:
        dead = [at for at in self.weather.revoked if at <= self.now]
        if not self.password:
            return bool(dead)
        born = float(token.removeprefix("token-"))
        return any(born < at for at in dead)

    def _sign_in(self) -> JobResult:
        self._between = False
        self.sign_ins.append(self.now)
        job = self.delivered[next(iter(self.lives))]  # a watch with a password has one job
        if any(start <= self.now < end for start, end in self.weather.identity_outages):
            answer, exchange = self._identity_down()
            job.append(exchange)
            return answer
        if self.now >= self.weather.locked_out:
            job.append(Exchange(self.now, "denied"))
            return Response(
                401, {}, b'{"error": {"code": 401, "title": "Unauthorized", "message": ""}}'
            )
        parse_time = BEGAN + timedelta(seconds=self.now)
        token = {
            "issued_at": parse_time.isoformat(),
            "expires_at": (parse_time + timedelta(hours=24)).isoformat(),
            "project": {"id": PROJECT_ID, "name": "eu-de_team"},
        }
        body = json.dumps({"token": token}).encode()
        return Response(
            201, {"x-subject-token": f"token-{self.now}", "date": _http(parse_time)}, body
        )

    def _identity_down(self) -> tuple[JobResult, Exchange]:
        lot = self._draw.random()
        if lot < 0.3:
            return UnavailableError("connection reset"), Exchange(self.now, "silent")
        if lot < 0.6:
            status = self._draw.choice((429, 500, 502, 503, 504))
            return Response(status, {}, b"{}"), Exchange(self.now, "silent")
        return self._page()

    def context(self, out: io.StringIO) -> Context:
        """Return a Context whose network is this service."""
        env = environment("https://vbs.test", VBSJOB_PROGRESS="none")
        if self.password:
            env = {**USER, "VBSJOB_ENDPOINT": "https://vbs.cloud.test", "VBSJOB_PROGRESS": "none"}
        return fake_context(
            io.StringIO(), out, io.StringIO(), env, monotonic=lambda: self.now, now=self.wall,
            sleep=self.sleep, random=random.Random(-self.seed).random, send=self.send,
            state_folder=self.state_folder,
        )  # fmt: skip

    def watch(self, *argv: str) -> tuple[int, dict[str, int]]:
        """Run `vbsjob watch` on all jobs; return its exit code and each job's own."""
        out = io.StringIO()
        context = self.context(out)
        code = run(["watch", *self.lives, "-o", "jsonl", *argv], context)
        canary.check(out.getvalue())
        schemas.check(out.getvalue(), context.stderr.getvalue())  # type: ignore[attr-defined]
        verdict = json.loads(out.getvalue().splitlines()[-1])
        assert verdict["event"] == "verdict", context.stderr
        assert verdict["exit_code"] == code
        return code, {row["job_id"]: row["exit_code"] for row in verdict["jobs"]}
