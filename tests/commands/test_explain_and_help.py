"""`explain`, `help`, synonyms, and the messages for wrong arguments; all of it is offline."""

from __future__ import annotations

import io
import json
import re
from itertools import product
from typing import TYPE_CHECKING, NoReturn

import pytest

from tests.support.context import fake_context
from tests.support.program import RunResult, clean_env, run_in_memory, run_process
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.terminal_stream import TerminalStream
from vbsjob import __version__
from vbsjob.__main__ import run
from vbsjob.config.schema import SECRET_VARIABLES
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs import error_codes

if TYPE_CHECKING:
    from vbsjob.http.messages import Request


def vbsjob(*argv: str, **env: str) -> RunResult:
    """Run with these variables and without a network."""

    def send(request: Request) -> NoReturn:
        raise AssertionError(request.url)

    return run_in_memory(*argv, send=send, env={"HOME": ""} | env)


def test_explain_prints_meaning_and_action_of_a_code_in_any_case() -> None:
    ended = vbsjob("explain", "volumebackup.0202")
    assert (ended.code, ended.err) == (0, "")
    code_text = error_codes.everything()["VolumeBackup.0202"]
    assert ended.out.splitlines()[0] == "VolumeBackup.0202"
    assert code_text.meaning in ended.out
    assert code_text.action in ended.out


def test_explain_wraps_at_words_on_a_terminal() -> None:
    for argv, width in product((("explain", "VolumeBackup.0202"), ("explain",)), (40, 80)):
        terminal, piped = TerminalStream(), io.StringIO()
        for stream in (terminal, piped):
            size = (width, 24)
            context = fake_context(
                io.StringIO(), stream, io.StringIO(), {}, terminal_size=lambda _, s=size: s
            )
            assert run(argv, context) == 0
        assert max(map(len, terminal.getvalue().splitlines())) <= width
        assert terminal.getvalue().split() == piped.getvalue().split()


def test_a_terminal_shows_long_texts_with_the_pager() -> None:
    for argv, paged in (
        (("explain",), True),
        (("explain", "VolumeBackup.0202"), False),
        (("explain", "-o", "json"), False),
        (("help",), True),
        (("help", "get"), True),
        (("help", "formats"), True),
    ):
        pages: list[str] = []
        plain, terminal = TerminalStream(), TerminalStream()
        for stream, pager in ((plain, None), (terminal, pages.append)):
            context = fake_context(io.StringIO(), stream, io.StringIO(), {}, pager=pager)
            assert run(argv, context) == 0
        shown, empty = ("".join(pages), terminal) if paged else (terminal.getvalue(), io.StringIO())
        assert shown == plain.getvalue()
        assert empty.getvalue() == ""
        assert bool(pages) is paged


def test_explain_in_json_is_one_document_or_an_array() -> None:
    document = json.loads(vbsjob("explain", "common.0011", "-o", "json").out)
    assert set(document) == {"schema_version", *error_codes.FIELDS}
    every = json.loads(vbsjob("explain", "-o", "json").out)
    assert [item["code"] for item in every] == list(error_codes.everything())
    listed = vbsjob("explain").out.splitlines()
    assert [line.split()[0] for line in listed] == list(error_codes.everything())
    assert document in every


def test_explain_gives_one_field_alone_and_names_alone() -> None:
    action = error_codes.everything()["common.0011"].action
    assert vbsjob("explain", "common.0011", "-f", "action").out == f"{action}\n"
    assert vbsjob("explain", "common.0011", "-o", "name").out == "common.0011\n"


def test_a_code_of_another_service_is_an_error_without_a_guess() -> None:
    ended = vbsjob("explain", "\x1b[31mXYZ")
    assert ended.code == ExitCode.USAGE
    assert "Did you mean" not in ended.err
    assert "\x1b" not in ended.err
    assert vbsjob("explain", "XYZ", "-o", "json").err.startswith('{"schema_version"')


def test_explain_works_with_a_broken_configuration() -> None:
    env = {"VBSJOB_CLOUD": "nowhere", "OS_CLIENT_CONFIG_FILE": "/nowhere/clouds.yaml"}
    assert vbsjob("explain", "common.0011", **env).code == 0


def test_help_exit_codes_lists_every_code_and_every_signal() -> None:
    out = vbsjob("help", "exit-codes").out
    codes = {int(code) for code in re.findall(r"^ *([0-9]+)  ", out, re.MULTILINE)}
    assert codes == {int(code) for code in ExitCode}


def test_help_environment_lists_every_variable_and_no_value() -> None:
    from vbsjob.config.schema import OTHER_VARIABLES, SETTINGS

    out = vbsjob("help", "environment", VBSJOB_TOKEN="canary").out
    assert [
        name for name in (*(k.variable for k in SETTINGS), *OTHER_VARIABLES) if name not in out
    ] == []
    assert "canary" not in out


def test_help_of_a_command_equals_its_help_option() -> None:
    for command in ("get", "config"):
        by_command = vbsjob("help", command)
        assert by_command == vbsjob(command, "--help")
        assert f"vbsjob {command}" in by_command.out


def test_two_options_print_the_version() -> None:
    for argv in (["--version"], ["-V"]):
        ended = run_process(*argv, env=clean_env())
        assert (ended.code, ended.out, ended.err) == (0, f"vbsjob {__version__}\n", "")


@pytest.mark.slow
def test_pager_names_the_program_that_shows_a_long_text() -> None:
    env = clean_env(PAGER="sed s/^/paged:/")
    terminal = PseudoTerminal("help", "formats", env=env)
    assert terminal.finish() == 0
    assert terminal.wrote.startswith("paged:FORMATS")
    assert "paged:" not in run_process("help", "formats", env=env).out


@pytest.mark.slow
def test_f91_s18_the_pager_gets_no_secret_and_no_open_file() -> None:
    secrets = dict.fromkeys((*SECRET_VARIABLES, "https_proxy", "ALL_PROXY"), "http://u:canary@host")
    env = clean_env(PAGER="sh -c 'env; ls /proc/self/fd'", VBSJOB_OUTPUT="table", **secrets)
    terminal = PseudoTerminal("help", "formats", env=env)
    assert terminal.finish() == 0
    assert "VBSJOB_OUTPUT=table" in terminal.wrote
    assert "canary" not in terminal.wrote
    assert [word for word in terminal.wrote.split() if word.isdigit()] == ["0", "1", "2", "3"]


def test_no_command_at_all_is_a_usage_error_with_the_help_on_stderr() -> None:
    ended = vbsjob()
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.split()[:2] == ["Usage:", "vbsjob"]
    assert "watch" in ended.err
