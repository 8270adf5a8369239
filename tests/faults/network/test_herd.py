"""A herd (F17): two hundred watches as processes, which one outage begins for at one moment."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support.child import Child
from tests.support.program import COMMAND, ROOT, SETTINGS, clean_env
from tests.support.server import Server, answer, job

if TYPE_CHECKING:
    from tests.support.server import Peer

WATCHES = 200
TENTHS = 10
SECONDS = 3.0
"""How long the herd is looked at; later there are too few questions to tell chance from step."""


@dataclass
class Outage:
    """A service that is well, holds back its answers, sends all away at once, and is well again."""

    job_ids: set[str] = field(default_factory=set)
    held: threading.Barrier = field(default_factory=lambda: threading.Barrier(WATCHES, timeout=60))
    began: float = 0.0
    after: list[float] = field(default_factory=list)
    state: str = "well"

    def __call__(self, peer: Peer) -> None:
        while request := peer.request():
            now, job_id = time.monotonic(), request.split()[1].rpartition(b"/")[2].decode()
            self.job_ids.add(job_id)
            if self.state == "holding":
                self.held.wait()
                self.began, self.state = time.monotonic(), "down"
                peer.send(answer(b"", 503))
            elif self.state == "down":
                self.after.append(now - self.began)
                peer.send(answer(b"", 503))
            else:
                status = "SUCCESS" if self.state == "over" else "RUNNING"
                peer.send(answer(job(status, job_id)))

    def wait(self) -> None:
        """Wait until every watch has asked."""
        end = time.monotonic() + 300
        while len(self.job_ids) < WATCHES:
            assert time.monotonic() < end
            time.sleep(0.1)


@pytest.mark.long
def test_f17_two_hundred_processes_rejected_at_once_do_not_return_together() -> None:
    outage = Outage()
    with Server(outage) as server, contextlib.ExitStack() as stack:
        env = clean_env(server.url, VBSJOB_PROGRESS="none", **SETTINGS)
        watches = [
            stack.enter_context(
                Child(
                    [*COMMAND, "watch", f"j{number}", "--interval", "2"], env=env, cwd=ROOT,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
            )
            for number in range(WATCHES)
        ]  # fmt: skip
        outage.wait()
        outage.state = "holding"
        while outage.state == "holding":
            time.sleep(0.1)
        time.sleep(SECONDS)
        outage.state = "over"
        assert [watch.wait(60) for watch in watches] == [0] * WATCHES
    per_tenth = Counter(int(at * TENTHS) for at in outage.after if 0 <= at < SECONDS)
    mean = per_tenth.total() / (SECONDS * TENTHS)
    assert mean > WATCHES / (SECONDS * TENTHS)  # each has come back, and more than once
    assert max(per_tenth.values()) <= 3 * mean
