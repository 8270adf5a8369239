"""What a picture of `watch` costs: CPU a frame at 80x24, by the number of sub-jobs.

python -m tests.benchmarks.frames
"""

from __future__ import annotations

import io
import sys
import time
from datetime import timedelta
from typing import Any

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import START
from vbsjob.jobs.job import Job
from vbsjob.jobs.tree import TreeOptions
from vbsjob.render import theme
from vbsjob.render.live import LiveDisplay
from vbsjob.watch.state import Event, WatchRules, WatchState

COUNTS = (10, 100, 1_000, 10_000, 100_000)
FRAMES = 100
ANSWERS = 5


class Sink(TerminalStream):
    """A terminal that shows nothing."""

    def write(self, text: str) -> int:
        return len(text)


def members(count: int) -> dict[str, Any]:
    """Return a job with so many sub-jobs in branches of ten, every third of them running."""

    def made(number: int) -> dict[str, Any]:
        status = "SUCCESS" if number % 3 else "RUNNING"
        times = {"begin_time": "2026-05-01T00:00:00Z"}
        return {"job_id": f"{number:032x}", "job_type": "copyBlock", "status": status, **times}

    branches = [
        made(n) | {"sub_jobs": [made(n + m) for m in range(1, min(10, count - n))]}
        for n in range(0, count, 10)
    ]
    return made(0) | {"job_id": "j", "sub_jobs": branches}


def display(document: dict[str, Any]) -> tuple[LiveDisplay, WatchState, FakeClock, list[Event]]:
    """Return a display at 80x24, the state of its watch, its clock, and the events of the job."""
    clock = FakeClock()
    context = fake_context(
        io.StringIO(), io.StringIO(), Sink(), {"TERM": "xterm"},
        monotonic=clock, now=lambda: START + timedelta(seconds=clock()),
        terminal_size=lambda _: (80, 24),
    )  # fmt: skip

    def view(width: int, height: int) -> theme.View:
        return theme.View(
            width - 1, height, theme.UNICODE, colors=True, now=context.steady_now(),
            local_time=context.local_time,
        )  # fmt: skip

    live = LiveDisplay(context, view, TreeOptions())
    poll = WatchState(["j"], WatchRules(), clock(), lambda: 0.5)
    poll.take_due(clock(), 1)
    return live, poll, clock, list(poll.record_result("j", Job(document), clock()))


def cost(count: int, frames: int = FRAMES) -> tuple[float, float]:
    """Return CPU seconds a frame: while only time passes, and of the first after an answer."""
    live, poll, clock, events = display(members(count))
    after = still = 0.0
    for _ in range(ANSWERS):
        live.on_events(events, poll, clock())
        clock.sleep(1.0)
        after += _timed(live, poll, clock())
        for _ in range(frames):
            clock.sleep(1.0)
            still += _timed(live, poll, clock())
    return still / frames / ANSWERS, after / ANSWERS


def _timed(live: LiveDisplay, poll: WatchState, now: float) -> float:
    begin = time.process_time()
    live.refresh(poll, now)
    return time.process_time() - begin


def main() -> None:
    """Print the table."""
    sys.stdout.write("| sub-jobs | ms a frame | ms a frame after an answer |\n|---|---|---|\n")
    for number in COUNTS:
        usual_duration, fresh = cost(number)
        sys.stdout.write(f"| {number} | {usual_duration * 1000:.2f} | {fresh * 1000:.2f} |\n")


if __name__ == "__main__":
    main()
