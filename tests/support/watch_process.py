"""A watch in its own process, and its events."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.support import canary
from tests.support.child import Child
from tests.support.program import COMMAND, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Event = dict[str, Any]
LIMIT = 60.0
"""Seconds after which the process is killed."""


class WatchProcess:
    """The events so far; `complaint` is its standard error after the end."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.events: list[Event] = []
        self.complaint = ""

    def until(self, kind: str) -> Event:
        """Return the next event of a kind."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == kind:
                return self.events[-1]
        raise AssertionError((kind, self.events))

    def end(self) -> int:
        """Wait for the end; return the exit code, which the verdict must have too."""
        verdict = self.until("verdict")
        assert self.process.stderr
        self.complaint = self.process.stderr.read()
        canary.check(json.dumps(self.events) + self.complaint)
        assert self.process.wait(10) == verdict["exit_code"]
        return self.process.returncode

    @property
    def kinds(self) -> list[str]:
        """Kinds of the events so far."""
        return [event["event"] for event in self.events]


@contextmanager
def watch_events(*argv: str, env: Mapping[str, str]) -> Iterator[WatchProcess]:
    """Run `vbsjob watch j` with events; kill it at the end of the block or after LIMIT."""
    command = [*COMMAND, "watch", "j", "-o", "jsonl", *argv]
    with Child(
        command, env=env, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        guard = threading.Timer(LIMIT, process.kill)
        guard.start()
        try:
            yield WatchProcess(process)
        finally:
            guard.cancel()
            process.kill()


def at(event: Event) -> datetime:
    """Return the time of an event, by the clock of the watch."""
    return datetime.fromisoformat(event["time"])
