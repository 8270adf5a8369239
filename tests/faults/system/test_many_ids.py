"""`get` with 200 ids in one call: at the rate limit, in order, each printed when it arrives."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, clean_env
from tests.support.server import Server, answer, job
from vbsjob.limits import REQUESTS_PER_SECOND

if TYPE_CHECKING:
    from tests.support.server import Peer

MANY = 200
BODY = 300_000
"""Characters in each answer."""
BURST = 5
"""Requests that the scheduler of a loaded machine may move into another second."""


class Jobs:
    """Answers each id with a large job; later ids sooner, so that answers overtake each other."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, peer: Peer) -> None:
        while request := peer.request():
            with self._lock:
                self.times.append(time.monotonic())
                number = len(self.times)
            job_id = request.split(None, 2)[1].decode().rpartition("/")[2]
            time.sleep(0.15 if number % 3 else 0.0)
            status = "FAIL" if job_id == "job-7" else "SUCCESS"
            peer.send(answer(job(status, job_id, entities={"text": job_id * (BODY // 8)})))


def ids(count: int) -> list[str]:
    return [f"job-{number}" for number in range(count)]


@pytest.mark.slow
def test_200_ids_are_answered_in_order_at_the_rate_limit() -> None:
    jobs = Jobs()
    with Server(jobs) as server:
        ended = subprocess.run(
            [*COMMAND, "get", *ids(MANY), "-o", "jsonl", "--exit-status"],
            env=clean_env(server.url), cwd=ROOT, capture_output=True, check=False,
        )  # fmt: skip
    documents: list[dict[str, Any]] = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [document["job_id"] for document in documents] == ids(MANY)
    assert ended.returncode == 1
    assert len(jobs.times) == MANY
    seconds = jobs.times[-1] - jobs.times[0]
    assert seconds >= (MANY - 1) / REQUESTS_PER_SECOND - 0.5
    per_second = Counter(int(at - jobs.times[0]) for at in jobs.times)
    assert max(per_second.values()) <= REQUESTS_PER_SECOND + BURST


def test_the_first_answers_are_printed_before_the_last_ids_are_queried() -> None:
    jobs = Jobs()
    with Server(jobs) as server:
        command = [*COMMAND, "get", *ids(MANY), "-o", "jsonl"]
        with Child(command, env=clean_env(server.url), cwd=ROOT, stdout=subprocess.PIPE) as running:
            assert running.stdout
            first = json.loads(running.stdout.readline())
            queried = len(jobs.times)
            running.stdout.close()
            code = running.wait(20)
    assert first["job_id"] == "job-0"
    assert queried < MANY / 2
    assert code == -13  # nobody reads the rest: the program stops
    assert len(jobs.times) < MANY
