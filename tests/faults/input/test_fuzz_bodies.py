# ruff: noqa: E501 - lists of what is hostile, a screen wide
"""Hostile bodies: none is a verdict that the service did not give."""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.context import fake_context
from tests.support.program import SETTINGS, environment, run_in_memory
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import WatchService
from vbsjob.client import JobsClient
from vbsjob.config import loader as chosen
from vbsjob.errors import VbsjobError
from vbsjob.exit_codes import ExitCode, of_job
from vbsjob.http.messages import Request, Response
from vbsjob.jobs.fields import OUR_MEMBERS
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable

    Record = Callable[[str, object], None]

BODIES = 1_000
"""Bodies of a seed; ten times as many in a long test."""
CODES = set(ExitCode)
SEEDS = [json.dumps(members).encode() for members in (
    {"job_id": "j", "status": "SUCCESS", "entities": {"a": None, "n": 1.5}},
    {"status": "FAIL", "job_id": "j", "error_code": "VolumeBackup.0202", "fail_reason": "é\ud800"},
    {"job_id": "j", "status": "RUNNING", "entities": {"sub_jobs": [{"id": "s", "status": "FAIL"}]}},
    {"job_id": "j", "status": "INIT", "sub_jobs": [{"status": "SUCCESS"}, {"job_id": "j"}]},
    {"error": {"code": "common.0011", "message": "FAIL"}, "status": "SUCCESS"},
)]  # fmt: skip
PIECES = [b'"status"', b'"FAIL"', b'"SUCCESS"', b'"job_id"', b'"j"', b'"x"', b",", b":", b"{", b"}",
          b"[", b"]", b"null", b"NaN", b"1e999", b"\xff", b"\x00", b"\\u0000", b"\\", b'"', b" ",
          b"\xef\xbb\xbf", b'"status":"FAIL",', b'"job_id":"j",', b'"error":{"code":"x"},']  # fmt: skip


class Asker:
    """A client whose every question is answered by the body it is handed."""

    def __init__(self) -> None:
        self.response = Response(200)
        self._now = 0.0
        context = fake_context(
            io.StringIO(), io.StringIO(), io.StringIO(), environment("https://vbs.test"),
            monotonic=lambda: self._now, sleep=self._pass, random=lambda: 0.5, send=self._send,
        )  # fmt: skip
        context.error_output.quiet = True
        self._client = JobsClient(chosen.load({}, context), context)

    def _pass(self, seconds: float) -> None:
        self._now += seconds

    def _send(self, request: Request) -> Response:
        return self.response

    def __call__(self, body: bytes, status: int = 200) -> ExitCode:
        self.response = Response(status, {}, body)
        self._now += 1
        try:
            return of_job(self._client.get("j"))
        except VbsjobError as problem:
            return problem.exit_code


RUN_GET = Asker()


def truth(body: bytes) -> ExitCode | None:
    """What a body says of job j, read without vbsjob; None where it says nothing certain."""
    try:
        pairs = json.loads(body.decode("utf-8-sig"), object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, list) or not all(isinstance(pair, tuple) for pair in pairs):
        return None
    members = dict(pairs)
    if len(members) != len(pairs) or members.get("job_id") != "j":
        return None
    return {"SUCCESS": ExitCode.OK, "FAIL": ExitCode.JOB_FAILED}.get(str(members.get("status")))


def judged(run_get: Asker, body: bytes, status: int = 200) -> None:
    code = run_get(body, status)
    assert code in CODES
    assert code != ExitCode.INTERNAL, body
    if code in {ExitCode.OK, ExitCode.JOB_FAILED}:
        assert status == 200
        assert code == truth(body), body


ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7", "latin-1", "cp037")


def mutated(draw: random.Random) -> bytes:
    """Return a seed, sometimes in another encoding, after cuts, copies, swaps and insertions."""
    seed = draw.choice(SEEDS)
    if draw.random() < 0.1:
        seed = seed.decode().encode(draw.choice(ENCODINGS))
    body = bytearray(seed)
    for _ in range(draw.randrange(1, 5)):
        at, to = sorted((draw.randrange(len(body) + 1), draw.randrange(len(body) + 1)))
        kind = draw.randrange(7)
        if kind == 0:
            del body[at : min(to, at + 6)]
        elif kind == 1:
            body[at:at] = draw.choice(PIECES)
        elif kind == 2:
            body[at:at] = body[at : min(to, at + 30)]
        elif kind == 3 and at < len(body):
            body[at] = draw.randrange(256)
        elif kind == 4:
            old, new = draw.choice(PIECES), draw.choice(PIECES)
            body = bytearray(bytes(body).replace(old, new, 1))
        elif kind == 5 and draw.random() < 0.2:
            del body[at:]
        elif kind == 6:
            body[at:at] = draw.randbytes(draw.randrange(1, 5))
    return bytes(body)


@pytest.mark.parametrize(
    "bodies",
    [
        pytest.param(BODIES, marks=pytest.mark.slow),
        pytest.param(10 * BODIES, marks=pytest.mark.long),
    ],
)
@pytest.mark.parametrize("seed", range(10))
def test_s20_f07_f26_f43_f44_no_body_gives_a_verdict_the_service_did_not_send(
    seed: int, bodies: int, record_property: Record
) -> None:
    draw, run_get, verdicts = random.Random(seed), Asker(), 0
    for _ in range(bodies):
        body = mutated(draw)
        judged(run_get, body, draw.choice((*[200] * 9, 201, 404, 500)))
        verdicts += truth(body) is not None
    assert verdicts > bodies // 100
    record_property("cases", bodies)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["SUCCESS", "FAIL", "j"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["status", "job_id", "entities", "sub_jobs", "id", "error",
                                       "code", "message", "begin_time", "end_time"])
                      | st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip
JOBS = st.fixed_dictionaries(
    {"job_id": st.just("j"), "status": st.sampled_from(["SUCCESS", "FAIL", "RUNNING", None])},
    optional=dict.fromkeys(("entities", "sub_jobs", "begin_time", "end_time", "error", "error_code", "fail_reason", "job_type", "code", "id"), ANY_JSON),
)  # fmt: skip
FORMATS = st.sampled_from(formats.NAMES)


@pytest.mark.slow
@given(ANY_JSON | JOBS, st.sampled_from([200, 200, 201, 400, 404, 500]))
@settings(max_examples=150, deadline=None)
def test_s20_f46_no_document_gives_a_verdict_the_service_did_not_send(
    document: Any, status: int
) -> None:
    judged(RUN_GET, json.dumps(document).encode(), status)


@pytest.mark.slow
@given(job_members=JOBS, name=FORMATS, command=st.sampled_from(["get", "tree"]))
@settings(max_examples=150, deadline=None)
def test_f46_f55_s09_any_job_is_printed_in_any_format_and_json_round_trips(
    job_members: dict[str, Any], name: str, command: str
) -> None:
    body = json.dumps(job_members).encode()
    ended = run_in_memory(
        command, "j", "--exit-status", "-o", name, send=lambda _: Response(200, {}, body)
    )
    assert ended.is_clean
    assert ended.code != ExitCode.INTERNAL
    assert (ended.code in {0, 1}) <= (ended.code == truth(body))
    if name in {"json", "jsonl"} and ended.out:
        assert ended.out.isascii()
        assert ended.out.replace("\n", "").isprintable()
    if name in {"json", "jsonl"} and ended.out and command == "get":
        document, members = json.loads(ended.out), json.loads(body)
        service_members = {
            name: value for name, value in members.items() if name not in OUR_MEMBERS
        }
        assert document.items() >= service_members.items()
        assert (
            document.get("others", {}).items()
            == {name: members[name] for name in members.keys() & OUR_MEMBERS}.items()
        )


CLEAN = {
    json.dumps(members).encode(): code
    for members, code in (
        ({"job_id": "j", "status": "SUCCESS", "entities": {"backup_id": "b"}}, 0),
        ({"job_id": "j", "status": "FAIL", "error_code": "VolumeBackup.0202"}, 1),
        ({"job_id": "j", "status": "RUNNING", "sub_jobs": [{"id": "s", "status": "FAIL"}]}, None),
        ({"job_id": "j", "status": "INIT"}, None),
    )
}
"""Bodies that leave no doubt, and how a watch ends with them: at once, or it goes on."""
WATCHES = 100
"""Watches of a seed."""
WAYS = (
    ("watch", "j"), ("watch", "j", "-o", "jsonl"), ("tree", "j", "--watch"),
    ("watch", "j", "--progress", "json", "-o", "json"), ("watch", "j", "--progress", "plain", "-o", "yaml"),
)  # fmt: skip


def turn(draw: random.Random, before: bytes) -> bytes:
    """Return what a service says next: a clean answer, a broken one, or the last one, changed."""
    kind = draw.randrange(6)
    if kind < 2:
        return draw.choice(list(CLEAN)) if draw.random() < 0.3 else draw.choice(list(CLEAN)[2:])
    if kind < 4:
        return mutated(draw)
    old, new = draw.choice(PIECES), draw.choice(PIECES)
    return before.replace(old, new, draw.randrange(1, 3))


def watched(draw: random.Random) -> tuple[int, list[bytes], str]:
    """Watch a service that changes its mind; return the code, what it was told, what was said."""
    delivered: list[bytes] = []

    def answer(_job_id: str, _now: float) -> Response:
        delivered.append(turn(draw, delivered[-1] if delivered else draw.choice(SEEDS)))
        return Response(200, {}, delivered[-1])

    ways = (*draw.choice(WAYS), "--retry-for", "30s")
    terminal = TerminalStream() if draw.random() < 0.5 else None
    env = {"TERM": "xterm", "VBSJOB_TIMEOUT": "2m", **SETTINGS}
    ended = WatchService(answer).run(*ways, stderr=terminal, **env)
    return ended.code, delivered, ended.out + ended.err


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 10))]
)
def test_s20_f48_a_watch_of_hostile_answers_ends_by_the_last_answer_or_with_an_error(
    seed: int, record_property: Record
) -> None:
    draw, codes = random.Random(seed), set()
    for _ in range(WATCHES):
        code, delivered, output = watched(draw)
        codes.add(code)
        assert code in {0, 1, 5, 6, 7, 124}, output
        assert "a bug" not in output
        assert "Traceback" not in output
        if code in {0, 1}:
            assert code == truth(delivered[-1]), delivered
        ends = [CLEAN[body] for body in delivered if CLEAN.get(body) is not None]
        assert ends in ([], [code])
        assert not ends or CLEAN.get(delivered[-1]) == code
    assert codes >= {0, 1, 7}
    record_property("cases", WATCHES)
