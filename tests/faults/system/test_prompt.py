"""A person is asked for a password: once, without echo, and the terminal is left as it was."""

from __future__ import annotations

import shlex
import signal
import termios
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.program import COMMAND, clean_env
from tests.support.pseudo_terminal import PseudoTerminal, check_terminal_restored, typed_into_shell
from tests.support.server import Server, silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


SECRET = "half-a-secret"


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(silent) as server:
        yield server


def environment(service: Server) -> dict[str, str]:
    return clean_env(
        TERM="xterm", OS_AUTH_URL=f"{service.url}/v3", OS_USERNAME="u", OS_USER_DOMAIN_NAME="d",
        OS_PROJECT_NAME="p",
    )  # fmt: skip


def echoes(terminal: PseudoTerminal) -> bool:
    modes = terminal.termios()[3]
    assert isinstance(modes, int)
    return bool(modes & termios.ECHO)


def await_echo(terminal: PseudoTerminal, wanted: bool) -> None:
    end = time.monotonic() + 10
    while echoes(terminal) is not wanted:
        assert time.monotonic() < end
        time.sleep(0.01)


def asking(service: Server, *argv: str) -> PseudoTerminal:
    terminal = PseudoTerminal(*argv, env=environment(service))
    terminal.wait_for("Password for [^ ]+ at [^ ]+: ")
    await_echo(terminal, wanted=False)
    return terminal


def test_f80_f81_a_second_ctrl_c_at_the_prompt_changes_nothing(service: Server) -> None:
    terminal = asking(service, "get", "j")
    terminal.type(SECRET)
    terminal.type("\x03\x03")
    assert terminal.finish() == -signal.SIGINT
    assert SECRET not in terminal.wrote
    check_terminal_restored(terminal)


def test_f82_ctrl_z_at_the_prompt_is_ignored_and_the_echo_stays_off(service: Server) -> None:
    terminal = typed_into_shell("get j", environment(service))
    terminal.wait_for("Password for [^ ]+ at [^ ]+: ")
    await_echo(terminal, wanted=False)
    terminal.type("\x1a")
    terminal.type(f"{SECRET}\n\x03")
    terminal.wait_for(r"\$ $")
    terminal.type("echo code $?\n")
    terminal.wait_for("code 130")
    assert SECRET not in terminal.wrote
    assert "Stopped" not in terminal.wrote
    terminal.close()


def test_without_a_password_the_error_has_a_line_of_its_own_and_nothing_is_asked_again(
    service: Server,
) -> None:
    for typed in ("\n", "\x04"):
        terminal = asking(service, "get", "j")
        terminal.type(typed)
        assert terminal.finish() == 2
        assert terminal.wrote.count("Password for ") == 1
        assert "\n\x1b[1;31merror:\x1b[0m password is not set" in terminal.wrote
        check_terminal_restored(terminal)


def test_typed_bytes_that_are_not_utf_8_are_an_error_of_the_user(service: Server) -> None:
    terminal = asking(service, "get", "j")
    terminal.type(b"half-a-secret\xe4\n")
    assert terminal.finish() == 2
    assert "password that was typed is not valid UTF-8" in terminal.wrote
    assert SECRET not in terminal.wrote
    check_terminal_restored(terminal)


def test_the_prompt_is_on_the_terminal_alone_if_both_streams_are_files(
    service: Server, tmp_path: Path
) -> None:
    script = f"exec {shlex.join([*COMMAND, 'get', 'j'])} >{tmp_path}/out 2>{tmp_path}/err"
    terminal = PseudoTerminal(env=environment(service), command=("sh", "-c", script))
    terminal.wait_for("Password for [^ ]+ at [^ ]+: ")
    await_echo(terminal, wanted=False)
    terminal.type(f"{SECRET}\x03")
    assert terminal.finish() == -signal.SIGINT
    written = (tmp_path / "out").read_text() + (tmp_path / "err").read_text()
    assert "Password for" not in written
    assert SECRET not in written + terminal.wrote
