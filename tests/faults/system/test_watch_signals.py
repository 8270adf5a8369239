"""`vbsjob watch` and signals: twice, ignored, from a shell with job control, a closed terminal."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT
from tests.support.pseudo_terminal import (
    SHOWN,
    PseudoTerminal,
    check_terminal_restored,
    environment,
    typed_into_shell,
    watch_on_terminal,
)
from tests.support.server import Server, always, answer, job
from vbsjob.terminal.signals import name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server(always(answer(job("RUNNING")))) as server:
        yield server


OTHERS = ["USR1", "XCPU", "PWR", "RTMIN"]
"""Some of them: catchable signals whose default action is to end the process."""


@pytest.mark.slow
def test_f80_every_other_signal_that_ends_a_process_ends_a_watch_as_sigterm_does(
    running: Server, tmp_path: Path
) -> None:
    wrong = []
    for number in [getattr(signal, f"SIG{short}") for short in OTHERS]:
        report = tmp_path / f"{number}.xml"
        terminal = watch_on_terminal(running, "--junit", str(report))
        terminal.wait_for(SHOWN)
        terminal.send(number)
        ended = terminal.finish()
        check_terminal_restored(terminal)
        words = f"still running. Stopped by {name(number)} (exit code {128 + number})."
        printed = words in " ".join(terminal.wrote.split()) and report.exists()
        if ended != -number or not printed:
            wrong.append((name(number), ended, terminal.wrote[-200:]))
    assert not wrong


@pytest.fixture
def prompt(running: Server) -> Iterator[PseudoTerminal]:
    """A shell with job control in which a watch is being shown that asks once a minute."""
    terminal = typed_into_shell("watch j --interval 60", environment(running))
    terminal.wait_for(SHOWN)
    yield terminal
    terminal.close()


def test_f82_ctrl_z_stops_it_and_fg_draws_it_again(running: Server, prompt: PseudoTerminal) -> None:
    count = running.requests
    prompt.type("\x1a")
    prompt.wait_for("Stopped")
    assert not prompt.screen.shown.cursor.hidden
    prompt.type("\x0cfg\n")
    prompt.wrote = ""
    prompt.wait_for(SHOWN)
    assert running.requests == count  # it was stopped for less than 30 s
    prompt.type("\x03")
    prompt.wait_for("To continue: vbsjob watch j")
    prompt.type("echo code $?\n")
    prompt.wait_for("code 130")
    assert not prompt.screen.shown.cursor.hidden


@pytest.mark.slow
def test_f83_in_the_background_it_leaves_the_terminal_to_the_shell(prompt: PseudoTerminal) -> None:
    prompt.type("\x1a")
    prompt.wait_for("Stopped")
    prompt.type("bg\n")
    prompt.wait_for(r"watch j --interval 60 &\r\n")
    prompt.read_for(0.3)
    prompt.wrote = ""
    prompt.read_for(0.5)  # five turns of the spinner
    assert prompt.wrote == ""
    prompt.type("fg\n")
    prompt.wait_for(SHOWN)
    prompt.type("\x03")
    prompt.wait_for("To continue: vbsjob watch j")


@pytest.mark.slow
@pytest.mark.parametrize("controlling", [True, False])
def test_f81_a_closed_terminal_ends_it_by_sighup(running: Server, controlling: bool) -> None:
    above, below = os.openpty()
    command = [*(["setsid", "--ctty"] if controlling else []), *COMMAND, "watch", "j"]
    with Child(
        command, cwd=ROOT, env=environment(running), stdin=below, stdout=below, stderr=below,
        start_new_session=not controlling,
    ) as process:  # fmt: skip
        os.close(below)
        wrote = b""
        while b"answered" not in wrote:
            wrote += os.read(above, 65536)
        os.close(above)
        assert process.wait(10) == -signal.SIGHUP


@pytest.mark.slow
def test_f83_a_signal_that_was_ignored_stays_ignored(running: Server) -> None:
    script = 'exec nohup "$@" watch j --timeout 1s'
    with Child(
        ["bash", "-c", script, "bash", *COMMAND], cwd=ROOT, env=environment(running),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        while "RUNNING" not in (line := process.stdout.readline()):
            assert line
        process.send_signal(signal.SIGHUP)
        assert "(exit code 124)" in process.stdout.read()
        assert process.wait(10) == 124
