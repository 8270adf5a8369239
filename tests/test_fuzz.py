# ruff: noqa: E501 - lists of what is hostile, a screen wide
"""Families of hostile input: bodies, texts on a screen, arguments, environments, files."""

from __future__ import annotations

import io
import json
import random
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.rigs.program import environment, told
from tests.rigs.terminal import Screen
from vbsjob import settings as chosen
from vbsjob.__main__ import run
from vbsjob.client import Client
from vbsjob.exchange import Reply, Request
from vbsjob.keys import KEYS
from vbsjob.outcome import Code, Problem, verdict
from vbsjob.world import World

if TYPE_CHECKING:
    from pathlib import Path

BODIES = 100_000
CODES = set(Code)
SEEDS = [json.dumps(found).encode() for found in (
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
        self.reply = Reply(200)
        self._now = 0.0
        world = World(
            io.StringIO(), io.StringIO(), io.StringIO(), environment("https://vbs.test"),
            monotonic=lambda: self._now, sleep=self._pass, random=lambda: 0.5, send=self._send,
        )  # fmt: skip
        world.manner.quiet = True
        self._client = Client(chosen.load({}, world), world)

    def _pass(self, seconds: float) -> None:
        self._now += seconds

    def _send(self, request: Request) -> Reply:
        return self.reply

    def __call__(self, body: bytes, status: int = 200) -> Code:
        self.reply = Reply(status, {}, body)
        self._now += 1
        try:
            return verdict(self._client.job("j"))
        except Problem as problem:
            return problem.exit_code


def truth(body: bytes) -> Code | None:
    """What a body says of job j, read without vbsjob; None where it says nothing certain."""
    try:
        pairs = json.loads(body.decode("utf-8-sig"), object_pairs_hook=list)
    except (ValueError, RecursionError):
        return None
    if not isinstance(pairs, list) or not all(isinstance(one, tuple) for one in pairs):
        return None
    members = dict(pairs)
    if len(members) != len(pairs) or members.get("job_id") != "j":
        return None
    return {"SUCCESS": Code.OK, "FAIL": Code.JOB_FAILED}.get(str(members.get("status")))


def judged(ask: Asker, body: bytes, status: int = 200) -> None:
    found = ask(body, status)
    assert found in CODES
    assert found != Code.INTERNAL, body
    if found in {Code.OK, Code.JOB_FAILED}:
        assert status == 200
        assert found == truth(body), body


def mutated(draw: random.Random) -> bytes:
    """Return one of the seeds after a few cuts, copies, swaps and insertions."""
    body = bytearray(draw.choice(SEEDS))
    for _ in range(draw.randrange(1, 5)):
        at, to = sorted((draw.randrange(len(body) + 1), draw.randrange(len(body) + 1)))
        kind = draw.randrange(6)
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
    return bytes(body)


@pytest.mark.parametrize("seed", range(10))
def test_s20_f07_f26_f44_no_mutated_body_is_a_verdict_the_service_did_not_give(seed: int) -> None:
    draw, ask, verdicts = random.Random(seed), Asker(), 0
    for _ in range(BODIES // 10):
        body = mutated(draw)
        judged(ask, body)
        verdicts += truth(body) is not None
    assert verdicts > BODIES // 1000


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
FORMATS = st.sampled_from(["table", "json", "jsonl", "yaml", "csv", "value", "env", "name"])


@given(ANY_JSON | JOBS, st.sampled_from([200, 200, 201, 400, 404, 500]))
@settings(max_examples=1_000, deadline=None)
def test_s20_f46_no_document_is_a_verdict_the_service_did_not_give(found: Any, status: int) -> None:
    judged(Asker(), json.dumps(found).encode(), status)


@given(st.binary(max_size=60))
@example(b"\xef\xbb\xbf")
@settings(max_examples=1_000, deadline=None)
def test_s20_f43_no_bytes_are_a_verdict(body: bytes) -> None:
    judged(Asker(), body)


@given(JOBS, FORMATS)
@settings(max_examples=500, deadline=None)
def test_f46_f55_s09_any_job_comes_out_in_any_format_and_json_gives_it_back(
    found: dict[str, Any], name: str
) -> None:
    body = json.dumps(found).encode()
    ended = told("get", "j", "--exit-status", "-o", name, send=lambda _: Reply(200, {}, body))
    assert ended.tidy
    assert ended.code != Code.INTERNAL
    if name in {"json", "jsonl"} and ended.out:
        assert ended.out.isascii()
        assert ended.out.replace("\n", "").isprintable()
        assert json.loads(ended.out).items() >= json.loads(body).items()


TEXTS = st.text(
    st.characters() | st.sampled_from("\x1b\x07\x08\r\n\t\x9b\x9d\x90\x00\x7f\u202e\u2066\u200b\ufeff\u2028"),
    max_size=12,
) | st.sampled_from(["\x1b]0;t\x07", "\x1b]52;c;eA==\x07", "\x1b[2J", "\x1b[?25l", "\x1b[?1049h",
                     "\x1b[6n", "\x9b6n", "\x1bc", "\x1b[1;1HSUCCESS", "\x1bP+q\x1b\\", "\x0e", "[/x]",
                     "[red]SUCCESS[/red]", "[link=http://x]y[/]", ":smile:", "\x1b]8;;x\x07y"])  # fmt: skip
JOBS_OF_TEXT = st.fixed_dictionaries(
    {"status": TEXTS, "job_type": TEXTS, "begin_time": TEXTS, "end_time": TEXTS, "error_code": TEXTS,
     "fail_reason": TEXTS, "id": TEXTS, "message": TEXTS},
    optional={"sub_jobs": st.lists(st.fixed_dictionaries({"id": TEXTS, "status": TEXTS}), max_size=2)},
)  # fmt: skip


def undisturbed(out: str, err: str) -> None:
    screen = Screen(120, 50)
    screen.feed(out + err)
    assert screen.untouched
    for line in (out + err).split("\n"):
        assert line.isprintable(), line


@given(JOBS_OF_TEXT, st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=2),
       st.sampled_from(["table", "value", "csv", "env", "name", "yaml"]))  # fmt: skip
@example({"message": "\ud800"}, {"\udfff": "\ud800"}, "yaml")
@settings(max_examples=2_000, deadline=None)
def test_f52_f53_f54_s08_twenty_thousand_texts_on_a_screen_do_nothing_but_show(
    found: dict[str, Any], entities: dict[str, str], name: str
) -> None:
    body = json.dumps(found | {"job_id": "j", "entities": entities}).encode()
    ended = told("get", "j", "-o", name, send=lambda _: Reply(200, {}, body))
    assert ended.code == 0
    undisturbed(ended.out, ended.err)


def _given(reply: Reply, _request: Request) -> Reply:
    return reply


@given(TEXTS, TEXTS, TEXTS, st.sampled_from([200, 302, 400, 401, 403, 404, 407, 429, 500]))
@settings(max_examples=500, deadline=None)
def test_f53_f95_s08_no_text_of_an_error_acts_on_a_screen(
    message: str, code: str, header: str, status: int
) -> None:
    headers = dict.fromkeys(
        ("location", "retry-after", "date", "x-request-id", "content-type"), header
    )
    body = json.dumps({"error": {"message": message, "code": code}, "request_id": message}).encode()
    for reply in (Reply(status, headers, body), Reply(status, headers, b"<html>" + body)):
        ended = told("get", "j", "-v", send=partial(_given, reply))
        assert ended.code in {4, 5, 6, 7}
        undisturbed(ended.out, ended.err)
        assert len(ended.err) < 4_000 + 40 * len(header)


WORDS = st.sampled_from(["get", "j", "-", "--", "-o", "json", "-f", "entities.a", "--exit-status", "-q",
                         "-v", "--cloud", "sandbox-", "--retry-for", "1m", "--region", "--project",
                         "--endpoint", "https://vbs.test", "--color", "always", "--insecure-http", "@last",
                         "--version", "--help", "config", "explain"])  # fmt: skip


@given(st.lists(WORDS | TEXTS, max_size=7))
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_f89_s20_no_arguments_end_in_a_verdict_of_their_own(argv: list[str]) -> None:
    ended = told(*argv, send=lambda _: Reply(200, {}, b'{"job_id":"j","status":"RUNNING"}'))
    assert ended.code != 1
    assert ended.tidy
    assert ended.code != 0 or "--exit-status" not in argv or not ended.out.startswith("● RUNNING")


NAMES = sorted({name for key in KEYS for name in (*key.os, key.variable)})


@given(
    st.dictionaries(st.sampled_from(NAMES), TEXTS | WORDS | st.just("https://vbs.test"), max_size=6)
)
@example({"OS_PASSWORD": "long enough \udcff"})
@example({"HUAWEICLOUD_SDK_AK": "long enough \ud800"})
@settings(max_examples=500, deadline=None)
def test_f74_s20_no_environment_ends_in_a_verdict_of_its_own(more: dict[str, str]) -> None:
    def send(request: Request) -> Reply:
        return Reply(200, {}, b'{"job_id":"j","status":"RUNNING"}')

    env = environment("https://vbs.test") | more
    ended = told("get", "j", "--exit-status", send=send, env=env)
    assert ended.code in {2, 4, 5, 6, 7, 8}, ended.err
    assert ended.tidy
    for line in ended.err.split("\n"):
        assert line.isprintable()


CONFIG = [b"[defaults]\n", b"[clouds.a]\n", b"[clouds.a.auth]\n", b"region", b"token", b" = ", b'"x"', b"\n",
          b"clouds:\n", b"  a:\n", b"    auth:\n", b"      auth_url: https://i.test\n", b"&a ", b"*a", b"- ",
          b"{", b"}", b"[", b"]", b"!!python/object:x", b"\xff", b"\x00", b"\xef\xbb\xbf", b"\r\n", b"? ",
          b"%YAML 9.9\n", b"---\n", b"...\n", b"<<: ", b"0x10", b"1e999", b"null", b"2001-01-01", b"\t"]  # fmt: skip


@given(st.lists(st.sampled_from(CONFIG) | st.binary(max_size=4), max_size=14), st.booleans())
@settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
def test_f73_f94_no_configuration_file_ends_in_a_traceback_or_a_verdict(
    tmp_path: Path, pieces: list[bytes], toml: bool
) -> None:
    canary = b"geheim-4711"
    file = tmp_path / ("config.toml" if toml else "clouds.yaml")
    file.write_bytes(b"".join(pieces) + b"# " + canary)
    file.chmod(0o600)
    out, err = io.StringIO(), io.StringIO()
    world = World(
        io.StringIO(), out, err, environment("https://vbs.test", VBSJOB_CLOUD="a"),
        config_folders=(tmp_path,), config_file=tmp_path / "config.toml", sleep=lambda _: None,
        send=lambda _: Reply(200, {}, b'{"job_id":"j","status":"RUNNING"}'),
    )  # fmt: skip
    code = run(["get", "j", "--exit-status"], world)
    file.unlink()
    assert code in {2, 4, 8}, err.getvalue()
    assert "a bug" not in err.getvalue()
    assert "geheim" not in err.getvalue()
