"""A signal and a verdict: what is decided first is what every channel tells."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import xml.etree.ElementTree as ET
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT
from tests.support.pseudo_terminal import environment
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Peer


@pytest.fixture
def end() -> threading.Event:
    """Set once the job is to end."""
    return threading.Event()


@pytest.fixture
def service(end: threading.Event) -> Iterator[Server]:
    def script(peer: Peer) -> None:
        while peer.request():
            peer.send(answer(job("SUCCESS" if end.is_set() else "RUNNING")))

    with Server(script) as server:
        yield server


def watched(service: Server, *argv: str, **env: str) -> subprocess.Popen[bytes]:
    return Child(
        [*COMMAND, "watch", "j", "--interval", "1", *argv], cwd=ROOT,
        env=environment(service) | env,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def wait_for(stream: IO[bytes] | None, words: bytes) -> bytes:
    assert stream
    while words not in (line := stream.readline()):
        assert line
    return line


def opened(process_id: int) -> set[str]:
    """Return the paths of the files that a process has open."""
    paths = set()
    for link in Path(f"/proc/{process_id}/fd").iterdir():
        with suppress(FileNotFoundError):
            paths.add(str(link.readlink()))
    return paths


def fill(descriptor: int) -> None:
    """Fill a pipe until it takes nothing more."""
    with suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"x" * 4096)


def test_f81_f85_of_two_signals_that_arrive_together_the_first_ends_it(service: Server) -> None:
    """While the process is stopped both wait; the system delivers SIGINT before SIGTERM.

    An event that is not written at once (F85) would never be read.
    """
    with watched(service, "-o", "jsonl") as process:
        wait_for(process.stdout, b'"event":"change"')
        for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGCONT):
            process.send_signal(number)
        out, err = process.communicate()
    assert process.returncode == -signal.SIGINT, err
    assert json.loads(out.splitlines()[-1])["exit_code"] == 130


@pytest.mark.slow
def test_f81_a_signal_after_the_code_was_decided_does_not_change_it(
    service: Server, end: threading.Event, tmp_path: Path
) -> None:
    end.set()
    held = tmp_path / "outputs"
    os.mkfifo(held)
    reader = os.open(held, os.O_RDWR | os.O_NONBLOCK)
    fill(reader)
    with watched(service, "-o", "jsonl", "--github", GITHUB_OUTPUT=str(held)) as process:
        wait_for(process.stdout, b'"SUCCESS"')
        while str(held) not in opened(process.pid):
            pass
        process.send_signal(signal.SIGTERM)
        os.set_blocking(reader, True)
        while b"exit_code=0" not in os.read(reader, 1 << 16):
            pass
        out, _ = process.communicate(timeout=30)
        assert (json.loads(out)["exit_code"], process.returncode) == (0, 0)
    os.close(reader)


def test_f81_a_signal_that_prevents_the_answer_ends_it_by_that_signal(
    service: Server, end: threading.Event
) -> None:
    with watched(service, "-o", "json", "--progress", "plain") as process:
        wait_for(process.stderr, b"RUNNING")
        stdout = os.open(f"/proc/{process.pid}/fd/1", os.O_WRONLY | os.O_NONBLOCK)
        fill(stdout)
        os.close(stdout)
        end.set()
        wait_for(process.stderr, b"SUCCESS")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_f81_ci_reports_are_written_for_a_watch_that_a_signal_ended(
    tmp_path: Path, number: signal.Signals
) -> None:
    report, outputs = tmp_path / "report.xml", tmp_path / "outputs"
    report.write_text("an earlier run's")
    with Server(always(answer(job("RUNNING")))) as server, Child(
        [*COMMAND, "watch", "j", "--junit", str(report), "--github", "--progress", "plain"],
        cwd=ROOT, env={**environment(server), "GITHUB_OUTPUT": str(outputs)},
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        wait_for(process.stderr, b"RUNNING")
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
        assert process.returncode == -number
    (mark,) = ET.parse(report).iter("error")
    assert mark.get("type") == "pending"
    word = {1: "hangup", 2: "interrupted", 3: "quit", 15: "terminated"}[number]
    assert f"exit_code={128 + number}\nverdict={word}\n" in outputs.read_text()
    assert f"::warning title=vbsjob%3A {word} ({128 + number})::job j is still".encode() in err
