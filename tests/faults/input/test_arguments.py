# ruff: noqa: E501 - lists of what is hostile, a screen wide
"""Arguments and addresses from outside (F87-F90, S02, S04, S10): refused before any network."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from man import generate
from tests.support.program import (
    TOKEN,
    clean_env,
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

    from man.generate import Command

REQUEST = re.compile(
    rb"GET /v1/p/jobs/[0-9A-Za-z_-]{1,64} HTTP/1\.1\r\nHost: 127\.0\.0\.1:[0-9]+\r\n"
    rb"(?:[A-Za-z-]+: [\x20-\x7e]*\r\n)+\r\n"
)
ODD_IDS = ["../../x", "a?b", "a#b", "%2e%2e", "a/b", "a\x00b", "\u202ej", "", " ", "a b", ".",
           "..", "a\r\nX: y", "é", "\ud800", "a" * 65, "x" * 1_000_000, "j;v=1", "j\\..", "@last~"]  # fmt: skip


def unheard(request: Request) -> Response:
    raise AssertionError(request.url)


@pytest.mark.parametrize("job_id", ODD_IDS, ids=range(len(ODD_IDS)))
def test_f87_s10_an_invalid_id_is_rejected_before_any_request(job_id: str) -> None:
    for ended in (
        run_in_memory("get", "--", job_id, send=unheard),
        run_in_memory("get", "-", send=unheard, stdin=f"{job_id}\n"),
    ):
        assert ended.code == 2
        assert ended.is_clean
        assert len(ended.err) < 400
        assert all(line.isprintable() for line in ended.err.splitlines())


def test_f87_an_id_that_looks_like_an_option_is_parsed_as_an_option() -> None:
    assert run_in_memory("get", "-x", send=unheard).code == 2


@pytest.mark.parametrize("project", ["../x", "a/b", "a?b", "", "a\nb", "é", "x" * 65])
def test_f87_an_invalid_project_id_is_rejected(project: str) -> None:
    env = {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": project, "VBSJOB_ENDPOINT": "https://vbs.test"}
    assert run_in_memory("get", "j", send=unheard, env=env).code == 2


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(always(answer(job("SUCCESS")))) as server:
        yield server


@pytest.mark.slow
@given(st.text(max_size=70) | st.from_regex(r"[0-9A-Za-z_./?#%-]{1,12}", fullmatch=True))
@example("j")
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
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


@pytest.mark.parametrize("address", ODD_ADDRESSES)
def test_f88_s02_an_address_that_parsers_read_differently_is_rejected(address: str) -> None:
    ended = run_in_memory("get", "j", "--endpoint", address, send=unheard)
    assert ended.code == 2, ended.err
    assert ended.is_clean
    assert ended.err.startswith("vbsjob: error: --endpoint")
    assert all(line.isprintable() for line in ended.err.splitlines())
    assert "user:pw" not in ended.err


@pytest.mark.slow
@given(st.text(st.sampled_from("htps:/\\@.%0x1v:#?[]- \tvbé。＠\u202e"), max_size=24))
@example("://127.0.0.1@evil")
@settings(max_examples=400, deadline=None)
def test_f88_the_connection_goes_to_the_host_that_was_checked(rest: str) -> None:
    from urllib.parse import urlsplit

    import httpx

    def send(request: Request) -> Response:
        assert httpx.URL(request.url).host == urlsplit(request.url).hostname
        return Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')

    assert run_in_memory("get", "j", f"--endpoint=https://{rest}", send=send).code in {0, 2}


@pytest.mark.parametrize("argv", [
    ["get", "j", "--endpoint", "\x1b]0;x\x07\x1b[31m"], ["get", "\x1b[31m\x9b\u202e"], ["\x1b[31mget"],
    ["get", "j", "--\x1b[31m"], ["get", "j", "-o", "\x1b[31m\x07"], ["get", "j", "--retry-for", "\x9b1"],
    ["get", "j", "--cloud", "\x1b[31m\n\u202e"], ["get", "j", "-f", "\x1b[31m"], ["get", "j", "--region", "\x1b"],
    ["get", "j", "--color", "\x1b"], ["get", "j", "--project", "\x1b[31m/"], ["sandbox", "--port", "\x1b[3"],
])  # fmt: skip
def test_f89_s08_echoed_arguments_never_act_on_a_terminal(argv: list[str]) -> None:
    ended = run_in_memory(
        *argv, send=lambda _: Response(200, {}, b'{"job_id":"j","status":"SUCCESS"}')
    )
    assert ended.code in {0, 2, 3}
    screen = Screen(200)
    screen.feed(ended.out + ended.err)
    assert screen.untouched
    assert all(c.isprintable() for c in (ended.out + ended.err).replace("\n", ""))


@pytest.mark.slow
def test_f89_arguments_that_are_not_text_are_rejected() -> None:
    for argv in ([b"get", b"\xff\xfe"], [b"\xff"], [b"get", b"j", b"--cloud", b"\xff"],
                 [b"get", b"j", b"--\xff=\xfe"], [b"get", b"j", b"--endpoint", b"https://\xff"]):  # fmt: skip
        ended = run_process(*argv, env=clean_env())
        assert ended.code == 2, ended.err
        assert ended.is_clean


COMMANDS = [command for command in generate.command_tree().walk() if not command.subcommands]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda item: item.page)
def test_f90_s04_no_option_of_any_command_takes_a_secret(command: Command) -> None:
    options = {name for option in command.parameters for name in generate.flags(option)}
    secrets = {key.flag for key in SETTINGS if key.secret} | {"--token", "--password", "--secret"}
    assert not options & secrets
    assert not [name for name in options if re.search("pass|secret|credential|-key|auth", name)]
    words = command.path[1:]
    shown = run_process(*words, "--help", env=clean_env(COLUMNS="200")).out
    assert {name for name in options if name not in shown} == set()
    for option in sorted(secrets):
        ended = run_in_memory(*words, option, "geheimgeheim", send=unheard)
        assert ended.code == 2
        assert "geheim" not in ended.out + ended.err


def test_f91_s18_no_child_is_ever_started() -> None:
    # Nothing is spawned, so nothing can inherit a secret; the source is what shows it.
    from tests.support.program import ROOT

    for path in (ROOT / "vbsjob").rglob("*.py"):
        assert not re.search(
            r"subprocess|os\.(?:system|popen|spawn|exec|fork)|\bpty\.", path.read_text()
        )
    assert os.name == "posix"


def test_f92_s05_a_bug_is_reported_by_its_location_and_never_by_its_content() -> None:
    def broken(request: Request) -> Response:
        secret = request.headers["X-Auth-Token"]
        raise KeyError(f"{secret} {TOKEN}")

    for argv in (["get", "j"], ["get", "j", "-v"], ["get", "j", "-o", "json"], ["get", "j", "k"]):
        ended = run_in_memory(*argv, send=broken)
        assert ended.code == 70
        assert "a bug in vbsjob: KeyError at" in ended.err
        assert TOKEN not in ended.out + ended.err
