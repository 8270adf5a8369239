"""OSC 9;4 and --notify: bytes on a real pseudo-terminal, undone at every exit."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.pseudo_terminal import (
    SHOWN,
    PseudoTerminal,
    check_terminal_restored,
    environment,
    typed_into_shell,
)
from tests.support.server import Server, always, answer, in_turn, job
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run
from vbsjob.http.messages import Response
from vbsjob.terminal import integration

if TYPE_CHECKING:
    from collections.abc import Iterator

TERMINAL_ENV = {"TERM_PROGRAM": "WezTerm"}
STEPS = [{"job_id": "a", "status": "SUCCESS"}, {"job_id": "b", "status": "RUNNING"}]
HALF = "\x1b]9;4;1;50\x1b\\"
SET, REMOVE = re.compile("\x1b\\]9;4;[1-4];"), "\x1b]9;4;0;\x1b\\"


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server(always(answer(job("RUNNING", sub_jobs=STEPS)))) as server:
        yield server


def watch(server: Server, *argv: str, **env: str) -> PseudoTerminal:
    return PseudoTerminal("watch", "j", *argv, env=environment(server) | env)


def check_removed(written: str) -> None:
    """The progress was shown, and the last sequence about it removes it."""
    *_, last = SET.finditer(written)
    assert written.rindex(REMOVE) > last.start()


@pytest.mark.slow
def test_progress_of_the_terminal_is_removed_at_the_end() -> None:
    first = answer(job("RUNNING", sub_jobs=STEPS))
    with Server(in_turn(first, answer(job("FAIL")))) as server:
        terminal = watch(server, "--interval", "1s", **TERMINAL_ENV)
        assert terminal.finish() == 1
    assert HALF in terminal.wrote
    check_removed(terminal.wrote)
    check_terminal_restored(terminal)


def test_progress_of_the_terminal_is_removed_while_the_watch_is_stopped_and_after_a_signal(
    running: Server,
) -> None:
    terminal = typed_into_shell("watch j", environment(running) | TERMINAL_ENV)
    terminal.wait_for(SHOWN)
    terminal.type("\x1a")
    terminal.wait_for("Stopped")
    assert HALF in terminal.wrote
    check_removed(terminal.wrote)
    terminal.wrote = ""
    terminal.type("fg\n")
    terminal.wait_for(re.escape(HALF))
    terminal.type("\x03")
    terminal.wait_for("To continue: vbsjob watch j")
    check_removed(terminal.wrote)
    terminal.close()


def test_progress_of_the_terminal_is_removed_after_an_exception() -> None:
    terminal, clock = TerminalStream(), FakeClock()
    requests = iter([job("RUNNING", sub_jobs=STEPS)])

    def send(_: object) -> object:
        for document in requests:
            return Response(200, {}, json.dumps(document).encode())
        raise ZeroDivisionError

    env = {"OS_TOKEN": "t", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test",
           "TERM": "xterm", **TERMINAL_ENV}  # fmt: skip
    context = fake_context(
        io.StringIO(), terminal, terminal, env, monotonic=clock, sleep=clock.sleep, send=send
    )
    assert run(["watch", "j"], context) == 70
    check_removed(terminal.getvalue())


TERMINALS: list[tuple[dict[str, str], bool]] = [
    ({"WT_SESSION": "4a5b"}, True),
    ({"ConEmuANSI": "ON"}, True),
    ({"ConEmuANSI": "OFF"}, False),
    ({"TERM_PROGRAM": "WezTerm"}, True),
    ({"TERM_PROGRAM": "ghostty"}, True),
    ({"TERM_PROGRAM": "iTerm.app", "TERM_FEATURES": "T2CwBFP"}, True),
    ({"TERM_PROGRAM": "iTerm.app", "TERM_FEATURES": "T2CwBFPa"}, False),
    ({"TERM_PROGRAM": "iTerm.app"}, False),
    ({"PTYXIS_VERSION": "48.1"}, True),
    ({"PTYXIS_VERSION": "47.9"}, False),
    ({"TERM_PROGRAM": "Apple_Terminal"}, False),
    ({"TERM": "xterm-kitty"}, False),
    ({}, False),
]


def test_only_terminals_that_show_progress_get_it() -> None:
    assert [(env, integration.has_progress(env)) for env, _ in TERMINALS] == TERMINALS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "note"),
    [
        (TERMINAL_ENV, "\x1b]9;j: ok\x1b\\"),
        ({"TERM": "foot"}, "\x1b]777;notify;vbsjob;j: ok\x1b\\"),
        ({}, "\a"),
    ],
)
def test_notify_sends_one_notification_at_the_end(env: dict[str, str], note: str) -> None:
    with Server(always(answer(job("SUCCESS")))) as server:
        terminal = watch(server, "--notify", **env)
        assert terminal.finish() == 0
    assert terminal.wrote.count(note) == 1
    assert terminal.wrote.endswith(note)


def test_another_terminal_gets_no_sequence_of_its_own_and_no_notification_without_notify() -> None:
    with Server(always(answer(job("SUCCESS")))) as server:
        terminal = watch(server, TERM="foot")
        assert terminal.finish() == 0
    assert "\x1b]" not in terminal.wrote
    assert "\a" not in terminal.wrote
