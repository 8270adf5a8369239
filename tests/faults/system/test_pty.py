"""`vbsjob watch` on a real pseudo-terminal: what a person sees, and who may hold it up."""

from __future__ import annotations

import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, run_bash
from tests.support.pseudo_terminal import (
    SHOWN,
    PseudoTerminal,
    await_requests,
    check_terminal_restored,
    environment,
    watch_on_terminal,
)
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Peer

ROWS = [
    {"job_id": "c0ffee01", "job_type": "copyData", "status": "RUNNING"},
    {"job_id": "afe17", "job_type": "attachVolume", "status": "INIT"},
]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with Server(always(answer(job("RUNNING", sub_jobs=ROWS)))) as server:
        yield server


def picture(terminal: PseudoTerminal) -> list[str]:
    terminal.read_for()
    return [row for row in terminal.screen.rows if row]


PICTURE = ["├─ ● RUNNING  copyData", "└─ ○ INIT     attachVolume"]


@pytest.mark.slow
def test_the_last_frame_stays_on_a_real_terminal(running: Server) -> None:
    terminal = watch_on_terminal(running)
    terminal.wait_for(SHOWN)
    head, *rows, age = [re.sub(" +(c0ffee01|afe17)$", "", row) for row in picture(terminal)]
    assert re.fullmatch("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] RUNNING  bksCreateBackup  j", head)
    assert rows[-2:] == PICTURE
    assert re.fullmatch("  answered [0-9]+ s ago", age)
    terminal.type("\x03")
    assert terminal.finish() == -signal.SIGINT
    shown = [re.sub(" +(c0ffee01|afe17)$", "", row) for row in picture(terminal)]
    assert shown[:3] == ["● RUNNING  bksCreateBackup  j", *PICTURE]
    assert "exit code 130" in "".join(shown)
    assert shown[-1] == "To continue: vbsjob watch j"
    check_terminal_restored(terminal)


def test_f40_enter_typed_meanwhile_leaves_no_line_behind(running: Server) -> None:
    terminal = watch_on_terminal(running)
    terminal.wait_for(SHOWN)
    before = len(picture(terminal))
    for _ in range(3):
        terminal.type("\r")
        terminal.read_for(0.15)
    shown = picture(terminal)
    assert len(shown) == before
    assert sum("bksCreateBackup" in row for row in shown) == 1
    terminal.type("\x03")
    assert terminal.finish() == -signal.SIGINT
    assert sum("bksCreateBackup" in row for row in picture(terminal)) == 1
    check_terminal_restored(terminal)


@pytest.mark.slow
def test_f40_many_resizes_cause_no_request_and_no_crash(running: Server) -> None:
    terminal = watch_on_terminal(running, "--interval", "60")
    terminal.wait_for(SHOWN)
    count = running.requests
    for number in range(500):
        terminal.resize(20 + number % 100, 3 + number % 40)
        terminal.read_for()
    terminal.resize(200, 50)
    terminal.read_for(1.5)
    assert running.requests == count
    terminal.wrote = ""
    terminal.type("\x03")
    assert terminal.finish() == -signal.SIGINT
    assert "To continue: vbsjob watch j" in terminal.wrote
    assert terminal.screen.untouched


PAUSE, GO_ON = "\x13", "\x11"


@pytest.mark.slow
def test_f86_a_paused_terminal_is_drawn_again_when_it_continues() -> None:
    status = "INIT"

    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(answer(job("RUNNING", sub_jobs=[{**ROWS[0], "status": status}])))

    with Server(script) as server:
        terminal = watch_on_terminal(server, "--interval", "1")
        terminal.wait_for(SHOWN)
        terminal.type(PAUSE)
        terminal.read_for(0.3)
        terminal.wrote, status = "", "SUCCESS"
        await_requests(server, server.requests + 2)
        terminal.read_for()
        assert terminal.wrote == ""
        terminal.type(GO_ON)
        terminal.wait_for("SUCCESS")
        rows = picture(terminal)
        assert sum("bksCreateBackup" in row for row in rows) == 1
        assert any(re.match("└─ ✓ SUCCESS +copyData", row) for row in rows)
        terminal.type("\x03")
        assert terminal.finish() == -signal.SIGINT
        check_terminal_restored(terminal)


@pytest.mark.slow
def test_f86_a_paused_terminal_does_not_prevent_a_signal(running: Server) -> None:
    terminal = watch_on_terminal(running)
    terminal.wait_for(SHOWN)
    terminal.type(PAUSE)
    terminal.read_for(0.3)
    terminal.send(signal.SIGTERM)
    assert terminal.wait_until(lambda: terminal.code is not None)
    terminal.type(GO_ON)
    assert terminal.finish() == -signal.SIGTERM
    check_terminal_restored(terminal)


@pytest.mark.slow
@pytest.mark.parametrize("number", [None, signal.SIGTERM])
def test_f86_after_the_timeout_a_paused_terminal_is_waited_for_until_a_signal(
    running: Server, number: int | None
) -> None:
    terminal = watch_on_terminal(running, "--timeout", "1s")
    terminal.wait_for(SHOWN)
    terminal.type(PAUSE)
    terminal.read_for(2.5)
    assert terminal.code is None
    if number:
        terminal.send(number)
        assert terminal.wait_until(lambda: terminal.code is not None)
    terminal.type(GO_ON)
    assert terminal.finish() == (-signal.SIGPIPE if number else 124)
    check_terminal_restored(terminal)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stream", "number"), [("stdout", signal.SIGINT), ("stderr", signal.SIGTERM)]
)
def test_f86_a_full_pipe_does_not_prevent_a_signal(stream: str, number: int) -> None:
    texts = (answer(job("RUNNING", entities={"text": f"{n}" * 90_000})) for n in range(1000))

    def always_new(peer: Peer) -> None:
        while peer.request():
            peer.send(next(texts))

    with Server(always_new) as server:
        progress = ["-o", "jsonl"] if stream == "stdout" else ["--progress", "json"]
        with Child(
            [*COMMAND, "watch", "j", *progress, "--interval", "1"],
            cwd=ROOT, env=environment(server),
            stdout=subprocess.PIPE if stream == "stdout" else subprocess.DEVNULL,
            stderr=subprocess.PIPE if stream == "stderr" else subprocess.DEVNULL,
        ) as process:  # fmt: skip
            await_requests(server, 1)
            time.sleep(1.0)
            process.send_signal(number)
            assert process.wait(15) == -number


@pytest.mark.slow
@pytest.mark.parametrize(
    "pipe",
    [
        "-o jsonl | head -1",
        "--progress plain 2>&1 >/dev/null | head -1",
        "-o jsonl | true",
    ],
)
def test_f76_f77_a_reader_that_closes_ends_the_watch_with_141(running: Server, pipe: str) -> None:
    script = f'"$@" watch j --interval 60 {pipe}; echo "code ${{PIPESTATUS[0]}}"'
    begin = time.monotonic()
    ended = run_bash(script, env=environment(running))
    assert "code 141" in ended.out
    assert "Traceback" not in ended.err
    assert time.monotonic() - begin < 30
