# ruff: noqa: E501 - one server a line
"""Whatever a server does, time and memory stay bounded (S12): measured on whole processes."""

from __future__ import annotations

import json
import resource
import subprocess
import zlib
from itertools import count
from typing import TYPE_CHECKING

import pytest

from tests.support.program import COMMAND, ROOT, clean_env
from tests.support.resource_usage import ResourceUsage, measure
from tests.support.server import Server, always, answer, in_turn, job
from vbsjob.http import strict_json, transport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.server import Peer, Script


GET_KIB, WATCH_KIB = 160_000_000 >> 10, 240_000_000 >> 10
"""Memory that a command may need for one answer; a watch holds two answers to compare them."""
ROOM = (4 << 20) - 200
HEAD, TAIL = b'{"job_id":"j","status":"RUNNING","entities":{"x":[', b"0]}}"


def flood(head: bytes, piece: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.request()
        peer.send(head)
        peer.flood(piece)

    return script


def full_of(unit: bytes) -> bytes:
    """Return a body of 4 MiB with as many values as are accepted."""
    values = 1000 * sum(map(unit.count, (b",", b"{", b"["))) + 1
    padding = values * (strict_json.MIN_BYTES_PER_VALUE + 1) - 1000 * len(unit)
    block = unit * 1000 + b'"' + b"y" * padding + b'",'
    return HEAD + block * ((ROOM - len(HEAD) - len(TAIL)) // len(block)) + TAIL


def gzip_bomb(peer: Peer) -> None:
    """Send 300 MB of blanks, compressed."""
    compressor = zlib.compressobj(1, wbits=31)
    blanks = b" " * 1_000_000
    body = b"".join(compressor.compress(blanks) for _ in range(300)) + compressor.flush()
    always(answer(body, 200, "Content-Encoding: gzip"))(peer)


PLAIN = b"HTTP/1.1 200 OK\r\n"
SERVERS: dict[str, Script] = {
    "endless body": flood(PLAIN + b"\r\n", b"[" * 65536),
    "endless chunks": flood(PLAIN + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n%s\r\n" % (b" " * 4096)),
    "endless header": flood(PLAIN + b"X: ", b"x" * 65536),
    "gzip bomb": gzip_bomb,
    "wide characters": always(answer('{"job_id":"j","status":"RUNNING","message":"😀'.encode() + b"x" * (ROOM - 100) + b'"}')),
    "dicts": always(answer(full_of(b'{"":0},'))),
    "denser than any job": always(answer(HEAD + b'{"":0},' * 590_000 + TAIL)),
    "nested": always(answer(b"[" * ROOM)),
}  # fmt: skip

ENDLESS = [name for name in SERVERS if "endless" in name] + ["gzip bomb"]
BRIEFLY = ("--retry-for", "1s")
USER = {"OS_USERNAME": "u", "OS_PASSWORD": "a password", "OS_USER_DOMAIN_NAME": "d"}


def measured(asking: str, url: str) -> ResourceUsage:
    """Run a command, or a sign-in, whose first request goes to the server at `url`."""
    if asking == "sign-in":
        env = clean_env(OS_AUTH_URL=f"{url}/v3", OS_PROJECT_NAME="p", **USER)
        return measure("get", "j", *BRIEFLY, env=env)
    return measure(*asking.split(), *BRIEFLY, env=clean_env(url))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("asking", "name"),
    [
        *(("get j --exit-status -o json", name) for name in SERVERS),
        *((asking, name) for asking in ("watch j", "sign-in") for name in ENDLESS[:1]),
    ],
)
def test_s12_f21_f22_f23_f41_f60_no_answer_takes_more_than_160_mb(asking: str, name: str) -> None:
    with Server(SERVERS[name]) as server:
        ended = measured(asking, server.url)
    assert ended.code == 7 or (name not in ENDLESS and ended.code == 8), ended.output
    assert b"Traceback" not in ended.output
    assert b"a bug" not in ended.output
    assert ended.peak_kib < GET_KIB
    assert ended.cpu_seconds < 20


FAILED = b'{"job_id":"j","status":"FAIL",'


def members() -> bytes:
    """As many members of names of their own as are accepted."""
    made = [FAILED, b'"entities":{"":""']
    size = sum(map(len, made))
    for number in count():
        made.append(b',"%06d":"xxxxxxxxx"' % number)
        size += len(made[-1])
        if size > ROOM:
            return b"".join(made) + b"}}"
    raise AssertionError


def sub_jobs(unit: bytes, size: int) -> bytes:
    """So many sub-jobs, and as much text as makes them acceptable."""
    body = FAILED + b'"sub_jobs":[' + b",".join([unit] * size) + b'],"message":"'
    values = sum(map(body.count, (b",", b"{", b"[")))
    return body + b"x" * (values * strict_json.MIN_BYTES_PER_VALUE - len(body)) + b'"}'


SUB_JOB = {
    "job_id": "4010b39b5281d3590152874bfa3b1604", "job_type": "copyBlock", "status": "FAIL",
    "begin_time": "2016-01-28T16:14:09.466Z", "end_time": "2016-01-28T16:25:27.690Z",
    "error_code": "VolumeBackup.0202", "fail_reason": "volume is in error state while copying",
    "entities": {"volume_id": "7e5fdc5a-5e36-4b22-8bcc-7f17037290cc"},
}  # fmt: skip
BIG: dict[str, Callable[[], bytes]] = {
    "10,000 sub-jobs": lambda: sub_jobs(json.dumps(SUB_JOB).encode(), 10_000),
    "members": members,
    "sub-jobs": lambda: sub_jobs(b"{}", ROOM // strict_json.MIN_BYTES_PER_VALUE // 2 - 10),
}
"""Answers that are accepted and need the most memory for their 4 MiB."""
WATCH = ("watch", "j", "--interval", "1s")
SHOWN: dict[str, tuple[str, ...]] = {
    **{name: ("get", "j", "-o", name) for name in ("yaml", "env")},
    "table on a terminal": ("get", "j"),
    "tree json": ("tree", "j", "-o", "json"),
    "watch on a terminal": WATCH,
    "watch jsonl": (*WATCH, "-o", "jsonl"),
    "watch for CI": (*WATCH, "--github", "--junit", "report.xml"),
}
WORST = {
    "10,000 sub-jobs": ("yaml", "watch for CI"),
    "members": ("env",),
    "sub-jobs": ("tree json", "watch on a terminal"),
}  # fmt: skip


def shown(name: str, script: Script, folder: Path) -> ResourceUsage:
    with Server(script) as server:
        files = {file: str(folder / file) for file in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        env = clean_env(server.url, TERM="xterm-256color", **files)
        argv = [str(folder / word) if word == "report.xml" else word for word in SHOWN[name]]
        return measure(*argv, env=env, terminal="on a terminal" in name)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "big"),
    [
        *((name, big) for big, names in WORST.items() for name in names),
        pytest.param("table on a terminal", "members", marks=pytest.mark.long),
    ],
)
def test_s12_f51_get_shows_a_big_answer_within_160_mb_and_watch_within_240(
    name: str, big: str, tmp_path: Path
) -> None:
    ended = shown(name, always(answer(BIG[big]())), tmp_path)
    assert ended.code == ("watch" in name)
    assert ended.peak_kib < (WATCH_KIB if "watch" in name else GET_KIB)
    assert ended.cpu_seconds < 20  # a few seconds each; what grows by the square takes minutes


def running(number: int) -> bytes:
    """A big answer of a job that goes on, all its values others than in the last."""
    return members().replace(b'"FAIL"', b'"RUN"', 1).replace(b"xxxxxxxxx", b"%09d" % number)


@pytest.mark.slow
def test_s12_a_watch_holds_at_most_two_answers_in_memory(tmp_path: Path) -> None:
    responses = (answer(body) for body in (running(0), running(1), members()))
    ended = shown("watch jsonl", in_turn(*responses), tmp_path)
    assert ended.code == 1
    assert ended.peak_kib < WATCH_KIB


@pytest.mark.slow
@pytest.mark.parametrize("mebibytes", [24, 88])
def test_s20_with_too_little_memory_it_ends_without_a_verdict(mebibytes: int) -> None:
    size = mebibytes << 20

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (size, size))

    with Server(always(answer(job("RUNNING", message="x" * 3_000_000)))) as server:
        ended = subprocess.run(
            [*COMMAND, "get", "j", "--exit-status", "--retry-for", "0"], cwd=ROOT, check=False,
            env=clean_env(server.url), capture_output=True, preexec_fn=limited,
        )  # fmt: skip
    own = b"vbsjob" in ended.stderr or ended.stdout  # else Python itself could not start
    assert ended.returncode in (
        {7, 8, 70} if own and b"Fatal Python" not in ended.stderr else {1, 7, 8, 70, 127, -6, -11}
    ), ended


def test_s12_the_limits_are_the_promised_ones() -> None:
    limits = (transport.CONNECT, transport.READ, transport.WRITE, transport.TOTAL)
    assert limits == (3.0, 10.0, 5.0, 20.0)
    from vbsjob.config.schema import SETTINGS_BY_NAME

    assert SETTINGS_BY_NAME["body_limit"].default == 4 << 20
