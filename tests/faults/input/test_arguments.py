# ruff: noqa: E501 - lists of what is hostile, a screen wide
"""Arguments and addresses from outside (F87-F90, S02, S04, S10): refused before any network."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from man import generate
from tests.support.program import (
    TOKEN,
    clean_env,
    environment,
    run_against,
    run_in_memory,
    run_process,
)
from tests.support.pseudo_terminal import Screen
from tests.support.server import Server, always, answer, job
from vbsjob.config.schema import SETTINGS
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUEST = re.compile(
    rb"GET /v1/p/jobs/[0-9A-Za-z_-]{1,64} HTTP/1\.1\r\nHost: 127\.0\.0\.1:[0-9]+\r\n"
    rb"(?:[A-Za-z-]+: [\x20-\x7e]*\r\n)+\r\n"
)
ODD_IDS = ["../../x", "a?b", "a#b", "%2e%2e", "a/b", "a\x00b", "\u202ej", "", " ", "a b", ".",
           "..", "a\r\nX: y", "é", "\ud800", "a" * 65, "x" * 1_000_000, "j;v=1", "j\\..", "@last~"]  # fmt: skip


def unheard(request: Request) -> Response:
    raise AssertionError(request.url)


def test_f87_s10_an_invalid_id_is_rejected_before_any_request() -> None:
    for job_id in ODD_IDS:
        for ended in (
            run_in_memory("get", "--", job_id, send=unheard),
            run_in_memory("get", "-", send=unheard, stdin=f"{job_id}\n"),
        ):
            assert ended.code == 2, job_id[:99]
            assert ended.is_clean
            assert len(ended.err) < 400
            assert all(line.isprintable() for line in ended.err.splitlines())


def test_f87_an_invalid_project_id_is_rejected() -> None:
    for project in ("../x", "a/b", "a?b", "", "a\nb", "é", "x" * 65):
        env = environment("https://vbs.test", OS_PROJECT_ID=project)
        assert run_in_memory("get", "j", send=unheard, env=env).code == 2


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(always(answer(job("SUCCESS")))) as server:
        yield server


@pytest.mark.slow
@given(st.text(max_size=70) | st.from_regex(r"[0-9A-Za-z_./?#%-]{1,12}", fullmatch=True))
@example("j")
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_f87_s10_a_server_sees_a_plain_path_and_our_headers_or_nothing(
    service: Server, job_id: str
) -> None:
    before = service.connections
    ended = run_against(service.url, "get", "--retry-for", "0", "--", job_id)
    assert ended.is_clean
    for log in service.received[before:]:
        assert REQUEST.fullmatch(log), log
    assert service.connections - before <= 1
    if ended.code == 2:
        assert service.connections == before


ODD_ADDRESSES = [
    "https://h\\@evil.test", "https://user@vbs.test", "https://user:pw@vbs.test", "http://vbs.test",
    "https://xn--/", "https://xn--a/", "https://vbs .test", "https://vbs.test:0", "https://vbs.test:99999",
    "https://vbs.test:x", "https://vbs.test:", "https://0x7f.1", "https://127.1", "https://2130706433",
    "https://017700000001", "https://vbs。test", "https://vbs.tést", "https://[::1", "https://[fe80::1]",
    "https://169.254.169.254", "https://[::ffff:a9fe:a9fe]", "https://0.0.0.0", "https://[::]",
    "https://224.0.0.1", "ftp://vbs.test", "file:///etc/passwd", "vbs.test", "//vbs.test", "https://",
    "https:///v1", "https://vbs.test/?x=1", "https://vbs.test/#x", "https://vbs.test/../x",
    "https://vbs.test/%2e%2e/x", "https://vbs.test/\r\nX: y", "https://vbs.test/\x1b[31m", "javascript:x",
    "https://-vbs.test", "https://vbs..test", "https://" + "a" * 300, "https://%76bs.test", "https://v,b.test",
    "https://vbs.test/é", "https://vbs.test/v1\\x", "https://vbs.test/?", "https://vbs.test/#", "https://vbs.test\t",
    "https:\\\\vbs.test", "https://vbs．test", "https://ⓥbs.test", "https://vbs.test:８０", "https://vbs.test:-1",
    "https://vbs.test:1e3", "https://[::1%25eth0]", "https://[v1.x]", "HTTPS//vbs.test", "https:/vbs.test",
]  # fmt: skip


def test_f88_s02_an_address_that_parsers_read_differently_is_rejected() -> None:
    for address in ODD_ADDRESSES:
        ended = run_in_memory("get", "j", "--endpoint", address, send=unheard)
        assert ended.code == 2, ended.err
        assert ended.is_clean
        assert ended.err.startswith("vbsjob: error: --endpoint")
        assert all(line.isprintable() for line in ended.err.splitlines())
        assert "user:pw" not in ended.err


HOSTILE: list[list[str]] = [
    ["get", "j", "--endpoint", "\x1b]0;x\x07\x1b[31m"], ["get", "\x1b[31m\x9b\u202e"], ["\x1b[31mget"],
    ["get", "j", "--\x1b[31m"], ["get", "j", "-o", "\x1b[31m\x07"], ["get", "j", "--retry-for", "\x9b1"],
    ["get", "j", "--cloud", "\x1b[31m\n\u202e"], ["get", "j", "-f", "\x1b[31m"], ["get", "j", "--region", "\x1b"],
    ["get", "j", "--color", "\x1b"], ["get", "j", "--project", "\x1b[31m/"], ["sandbox", "--port", "\x1b[3"],
]  # fmt: skip


def test_f89_s08_echoed_arguments_never_act_on_a_terminal() -> None:
    for argv in HOSTILE:
        ended = run_in_memory(
            *argv, send=lambda _: Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')
        )
        assert ended.code in {0, 2, 3}, argv
        screen = Screen(200)
        screen.feed(ended.out + ended.err)
        assert screen.untouched
        assert all(c.isprintable() for c in (ended.out + ended.err).replace("\n", ""))


@pytest.mark.slow
def test_f89_arguments_that_are_not_text_are_rejected() -> None:
    for argv in ([b"\xff"], [b"get", b"j", b"--\xff=\xfe", b"--endpoint", b"https://\xff"]):
        ended = run_process(*argv, env=clean_env())
        assert ended.code == 2, ended.err
        assert ended.is_clean


COMMANDS = [command for command in generate.command_tree().walk() if not command.subcommands]


def test_f90_s04_no_option_of_any_command_takes_a_secret() -> None:
    secrets = {key.flag for key in SETTINGS if key.secret} | {"--token", "--password", "--secret"}
    for command in COMMANDS:
        options = {name for option in command.parameters for name in generate.flags(option)}
        assert not options & secrets
        assert not [name for name in options if re.search("pass|secret|credential|-key|auth", name)]
        words = command.path[1:]
        shown = run_in_memory(*words, "--help", send=unheard).out
        assert {name for name in options if name not in shown} == set()
        for option in sorted(secrets):
            ended = run_in_memory(*words, option, "geheimgeheim", send=unheard)
            assert ended.code == 2
            assert "geheim" not in ended.out + ended.err


def test_f92_s05_a_bug_is_reported_by_its_location_and_never_by_its_content() -> None:
    def broken(request: Request) -> Response:
        secret = request.headers["X-Auth-Token"]
        raise KeyError(f"{secret} {TOKEN}")

    for argv in (["get", "j"], ["get", "j", "-v"], ["get", "j", "-o", "json"], ["get", "j", "k"]):
        ended = run_in_memory(*argv, send=broken)
        assert ended.code == 70
        assert "a bug in vbsjob: KeyError at" in ended.err
        assert TOKEN not in ended.out + ended.err
