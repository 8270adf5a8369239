# ruff: noqa: E501 - lists of what is hostile, a screen wide
"""Hostile arguments, environments and configuration files: none of them decides a verdict."""

from __future__ import annotations

import io
import json
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.canary import leaked
from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.hostile_text import random_hostile_text
from tests.support.program import environment
from tests.support.watch_service import WatchService, job
from vbsjob.__main__ import run
from vbsjob.config.schema import SETTINGS
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.watch_service import Reply

    Record = Callable[[str, object], None]
    Draw = random.Random

COUNTS = pytest.mark.parametrize(
    "count",
    [pytest.param(300, marks=pytest.mark.slow), pytest.param(2_000, marks=pytest.mark.long)],
)
NO_VERDICT = {2, 3, 4, 5, 6, 7, 8}
"""How `--exit-status` may end where the service only ever says that the job runs."""
VALUES = ("j", "k-1", "json", "jsonl", "table", "value", "yaml", "csv", "env", "name", "1s", "15m", "1h30m", "0", "3",
          "always", "never", "auto", "plain", "tty", "none", "status", "begin", "failed,running", "entities.a", "eu-de",
          "true", "no", "https://vbs.test", "http://127.0.0.1:1", "https://vbs.test/v1/p", "a", "0" * 32, "", "-", "--", "@last")  # fmt: skip
COMMANDS = (
    ["get"], ["get"], ["tree"], ["watch"], ["watch"], ["explain"], ["config", "show"], ["help"],
)  # fmt: skip
OPTIONS = ("-o", "-f", "--exit-status", "--no-exit-status", "-q", "-v", "--cloud", "--region", "--project", "--endpoint",
           "--retry-for", "--color", "--insecure-http", "--no-cache", "--depth", "--only", "--sort", "--ascii", "--watch",
           "--timeout", "--any", "--fail-fast", "--wait-for-job", "--interval", "--progress", "--heartbeat", "--bell",
           "--github", "--version", "--help", "--color=always", "-ojson", "-qv")  # fmt: skip


def value(draw: Draw) -> str:
    """Return what somebody might mean, or what nobody does."""
    return draw.choice(VALUES) if draw.random() < 0.7 else random_hostile_text(draw)


def told_in_the_end(job_id: str, now: float) -> Reply:
    return job(job_id, "RUNNING" if now < 60 else "SUCCESS")


def arguments(draw: Draw) -> list[str]:
    """Return a command with options and values, most of them in places where they belong."""
    words = [] if draw.random() < 0.05 else [*draw.choice(COMMANDS), value(draw)]
    for _ in range(draw.randrange(4)):
        words.append(draw.choice(OPTIONS))
        words += [value(draw)] * (draw.random() < 0.7)
    if draw.random() < 0.1:
        draw.shuffle(words)
    return words


@COUNTS
def test_f89_s20_no_arguments_cause_a_verdict(count: int, record_property: Record) -> None:
    draw, codes = random.Random(89), []
    for _ in range(count):
        argv = arguments(draw)
        ended = WatchService(told_in_the_end).run(*argv)
        codes.append(ended.code)
        assert ended.code in {0, *NO_VERDICT, 124}, argv
        if ended.code == 0 and "--exit-status" in argv and argv[0] == "get":
            assert ended.lasted > 60 or not ended.requests, argv
        harmless(ended.err)
    assert codes.count(0) > count // 10  # they reach what the words are about
    record_property("cases", count)


def harmless(text: str) -> None:
    assert "Traceback" not in text
    assert "a bug" not in text
    for line in text.split("\n"):
        assert re.sub(r"\x1b\[[0-9;]*m", "", line).isprintable(), line


NAMES = sorted({name for key in SETTINGS for name in (*key.os, key.variable)})
OTHERS = ("NO_COLOR", "FORCE_COLOR", "TERM", "CI", "ACCESSIBLE", "COLUMNS", "GITHUB_OUTPUT", "LANG")


def running(_request: Request) -> Response:
    return Response(200, {}, b'{"job_id":"j","status":"RUNNING"}')


def run_and_join(argv: list[str], **context: Any) -> tuple[int, str]:
    out, err, clock = io.StringIO(), io.StringIO(), FakeClock()
    run_context = fake_context(
        io.StringIO(), out, err, monotonic=clock, sleep=clock.sleep, random=lambda: 1.0,
        send=running, **context,
    )  # fmt: skip
    code = run(argv, run_context)
    return code, out.getvalue() + err.getvalue()


@COUNTS
def test_f74_s20_no_environment_ends_in_a_verdict_of_its_own(
    count: int, record_property: Record
) -> None:
    draw, codes = random.Random(74), []
    for number in range(count):
        given = environment("https://vbs.test") if draw.random() < 0.8 else {}
        names = draw.choices((*NAMES, *OTHERS), k=draw.randrange(1, 6))
        env = given | {name: value(draw) for name in names if not name.startswith("GITHUB")}
        command = ["config", "show"] if number % 5 == 0 else ["get", "j", "--exit-status"]
        code, output = run_and_join(command, env=env)
        codes.append(code)
        assert code in NO_VERDICT or (code == 0 and command[0] == "config"), env
        harmless(output)
    assert codes.count(8) > count // 10
    record_property("cases", count)


CANARIES = ("canary-of-tests-4711", "another-canary-0815")
PLAIN = ("region_name", "interface", "profile", "verify", "cacert", "auth_type", "identity_api_version", "endpoint",
         "job_endpoint_override", "regions", "volume_api_version", "networks")  # fmt: skip
SIGN_IN = ("auth_url", "username", "user_domain_name", "project_name", "project_id", "domain_name",
           "application_credential_id", "access_key", "passcode")  # fmt: skip
SECRET = ("password", "token", "application_credential_secret", "secret_key", "sk")


def anything(draw: Draw, depth: int = 0) -> Any:
    """Return a value of any shape."""
    kind = draw.randrange(10)
    if kind == 0 and depth < 4:
        return {value(draw): anything(draw, depth + 1) for _ in range(draw.randrange(3))}
    if kind == 1 and depth < 4:
        return [anything(draw, depth + 1) for _ in range(draw.randrange(3))]
    if kind == 2:
        return draw.choice((True, 0, -1, 1.5, 10**30, 1e300))
    return value(draw)


def cloud(draw: Draw) -> dict[str, Any]:
    """Return a cloud as its users write them, a little wrong here and there."""
    auth: dict[str, Any] = {
        "auth_url": "https://identity.test/v3", "project_id": "p", "username": "u", "user_domain_name": "d",
        draw.choice(("password", "token", *SECRET)): draw.choice(CANARIES),
    }  # fmt: skip
    entry: dict[str, Any] = {"auth": auth, "region_name": "eu-de"}
    for where, names in ((entry, PLAIN), (auth, (*SIGN_IN, *SECRET))):
        for _ in range(draw.choice((0, 0, 1, 2))):
            name = draw.choice(names)
            odd = random_hostile_text(draw) if draw.random() < 0.2 else ""
            where[name] = draw.choice(CANARIES) + odd if name in SECRET else anything(draw)
    if draw.random() < 0.1:
        entry["auth"] = anything(draw)
    return entry


def as_toml(name: str, table: dict[str, Any]) -> str:
    """Return a table and those in it; what TOML cannot say is said as in JSON, which may be wrong."""
    own = {key: value for key, value in table.items() if not isinstance(value, dict)}
    below = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(own[key])}" for key in own)]
    return "\n".join([*lines, *(as_toml(f"{name}.{json.dumps(k)}", below[k]) for k in below)])


def spoilt(draw: Draw, text: str) -> bytes:
    """Return a file with a line doubled, gone, cut, indented, or with bytes that are no text."""
    lines = text.split("\n")
    for _ in range(draw.choice((0, 0, 0, 1, 2))):
        at = draw.randrange(len(lines))
        kind = draw.randrange(6)
        lines[at : at + 1] = {
            0: [lines[at], lines[at]], 1: [], 2: [lines[at][: draw.randrange(len(lines[at]) + 1)]],
            3: ["  " + lines[at]], 4: [lines[at], draw.choice(PIECES)], 5: [draw.choice(PIECES) + lines[at]],
        }[kind] or [""]  # fmt: skip
    written = "\n".join(lines).encode("utf-8", "backslashreplace")
    if draw.random() < 0.05:
        marked, lines_of_windows = b"\xef\xbb\xbf" + written, written.replace(b"\n", b"\r\n")
        written = draw.choice((marked, lines_of_windows, written + b"\xff", written + b"\x00"))
    return written


PIECES = ("&a ", "*a", "- ", "{", "}", "[", "]", "!!python/object:x", "? ", "%YAML 9.9", "---", "...", "<<: *a", "0x10",
          "!!binary x", "| ", "> ", "'", '"', "#", "\t", ": ", "=", "[clouds.a]", "[[clouds]]", "a.b.c = 1", "clouds:")  # fmt: skip


def written(draw: Draw, folder: Path) -> None:
    """Write the files of a home in which a good deal is as it should be."""
    others = {value(draw): anything(draw)} if draw.random() < 0.2 else {}
    clouds = {"a": cloud(draw), **others}
    if draw.random() < 0.5:
        odd = draw.random() < 0.2
        defaults = {draw.choice(SETTINGS).name: anything(draw)} if odd else {"output": "json"}
        text = as_toml("defaults", defaults) + "\n" + as_toml("clouds", clouds)
        (folder / "config.toml").write_bytes(spoilt(draw, text))
    else:
        suffix = draw.choice((".yaml", ".yml", ".json"))
        write = json.dumps if suffix == ".json" or draw.random() < 0.2 else yaml.safe_dump
        files = {"clouds": clouds}
        if draw.random() < 0.3:
            files["secure"] = {"a": {"auth": {"token": CANARIES[0]}}}
        for name, content in files.items():
            text = write({"clouds": content}, indent=1)
            (folder / f"{name}{suffix}").write_bytes(spoilt(draw, text))
    for file in folder.iterdir():
        file.chmod(0o600)


@COUNTS
def test_f73_f94_s20_no_configuration_file_ends_in_a_traceback_a_verdict_or_a_leak(
    count: int, tmp_path: Path, record_property: Record
) -> None:
    draw, codes = random.Random(73), []
    for number in range(count):
        folder = tmp_path / str(number)
        folder.mkdir()
        written(draw, folder)
        env = {"VBSJOB_CLOUD": "a"} | (
            environment("https://vbs.test") if draw.random() < 0.5 else {}
        )
        command = ["config", "show"] if number % 4 == 0 else ["get", "j", "--exit-status"]
        files = {"config_folders": (folder,), "config_file": folder / "config.toml"}
        code, output = run_and_join(command, env=env, **files)
        codes.append(code)
        assert code in NO_VERDICT or (code == 0 and command[0] == "config"), output
        harmless(output)
        assert not leaked(output, *CANARIES)
    assert codes.count(2) > count // 10  # many are refused, and many are read to the end
    assert len(codes) - codes.count(2) > count // 10
    record_property("cases", count)
