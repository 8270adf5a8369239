"""Many ids in one call: at the rate limit, in order, each verdict right although answers fail."""

from __future__ import annotations

import json
import random
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, clean_env
from tests.support.server import Server, answer, job
from vbsjob.limits import REQUESTS_PER_SECOND

if TYPE_CHECKING:
    from tests.support.server import Peer

MANY = 40
BODY = 300_000
"""Characters in each answer of a query."""
FILES, MEMORY_KIB = 40, 150 << 10


class Jobs:
    """Answers each id with a job that has ended; the id ends with the status."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, peer: Peer) -> None:
        while request := peer.request():
            with self._lock:
                self.times.append(time.monotonic())
                number = len(self.times)
            self.send(peer, request.split(None, 2)[1].decode().rpartition("/")[2], number)

    def send(self, peer: Peer, job_id: str, number: int) -> None:
        """Send a large answer; later ids sooner, so that answers overtake each other."""
        peer.wait(0.15 if number % 3 else 0.0)
        text = job_id * (BODY // len(job_id))
        peer.send(answer(job(job_id.rpartition("-")[2], job_id, entities={"text": text})))

    def rate(self, started: float) -> float:
        """Requests per second since the start of the process: the first one may arrive late."""
        return (len(self.times) - 1) / (self.times[-1] - started)


class FailingJobs(Jobs):
    """More than a quarter of the answers fail; each tenth job runs when it is asked for first."""

    def __init__(self) -> None:
        super().__init__()
        self._draw = random.Random(31)
        self._answered: set[str] = set()

    def send(self, peer: Peer, job_id: str, number: int) -> None:
        """Send an error or a small answer, or cut it."""
        lot, status = self._draw.random(), job_id.rpartition("-")[2]
        if lot < 0.25:
            peer.send(answer(b"{}", 429 if lot < 0.2 else 503))
            return
        running = number % 10 == 0 and job_id not in self._answered
        content = answer(job("RUNNING" if running else status, job_id))
        if lot < 0.27:
            peer.send(content[:-9])
            peer.reset()
        else:
            self._answered.add(job_id)
            peer.send(content)


def ids(count: int) -> list[str]:
    return [f"job-{number}-{'FAIL' if number % 8 == 7 else 'SUCCESS'}" for number in range(count)]


@pytest.mark.slow
def test_many_ids_are_answered_in_order_at_the_rate_limit_and_each_as_soon_as_it_can() -> None:
    started = time.monotonic()
    with Server(jobs := Jobs()) as server:
        command = [*COMMAND, "get", *ids(MANY), "-o", "jsonl", "--exit-status"]
        with Child(command, env=clean_env(server.url), cwd=ROOT, stdout=subprocess.PIPE) as running:
            assert running.stdout
            lines = [running.stdout.readline()]
            assert len(jobs.times) < MANY  # the last ids are not queried yet
            lines += running.stdout
    documents: list[dict[str, Any]] = [json.loads(line) for line in lines]
    assert [document["job_id"] for document in documents] == ids(MANY)
    assert running.returncode == 1
    assert len(jobs.times) == MANY
    assert jobs.rate(started) <= REQUESTS_PER_SECOND


@pytest.mark.slow
@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_f31_s12_a_watch_of_many_jobs_is_right_within_its_files_requests_and_memory(
    count: int, tmp_path: Path
) -> None:
    out, most_files, memory = tmp_path / "out", 0, 0
    started = time.monotonic()
    with Server(jobs := FailingJobs()) as server, out.open("wb") as stdout, Child(
        [*COMMAND, "watch", "-", "-o", "jsonl", "--interval", "1s"],
        env=clean_env(server.url), cwd=ROOT, stdin=subprocess.PIPE, stdout=stdout,
    ) as watch:  # fmt: skip
        assert watch.stdin
        watch.stdin.write("\n".join(ids(count)).encode())
        watch.stdin.close()
        while watch.poll() is None:
            most_files = max(most_files, _files(watch.pid))
            memory = max(memory, _memory_kib(watch.pid))
            time.sleep(0.05)
    verdict = json.loads(out.read_bytes().splitlines()[-1])
    right = {job_id: int(job_id.endswith("FAIL")) for job_id in ids(count)}
    assert {entry["job_id"]: entry["exit_code"] for entry in verdict["jobs"]} == right
    assert verdict["exit_code"] == watch.returncode == 1
    assert len(jobs.times) > count * 1.2
    assert jobs.rate(started) <= REQUESTS_PER_SECOND
    assert 3 < most_files <= FILES
    assert 10 << 10 < memory <= MEMORY_KIB


def _files(pid: int) -> int:
    try:
        return len(list(Path(f"/proc/{pid}/fd").iterdir()))
    except OSError:
        return 0


def _memory_kib(pid: int) -> int:
    """Return the most memory that a process has held so far."""
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii")
    except OSError:
        return 0
    held = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(held[0]) if held else 0
