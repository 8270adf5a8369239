"""A terminal in memory on which a watch is drawn, and its screens."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.program import SETTINGS
from tests.support.pseudo_terminal import Screen
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import WatchService, job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.watch_service import Reply, WatchResult

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
TIMES = {"begin_time": "2026-05-01T00:00:00Z"}


@dataclass
class ScreenRecorder(TerminalStream):
    """A terminal whose screen can be inspected after each frame."""

    service: WatchService | None = None
    columns: int = 80
    lines: int = 24
    drawings: list[tuple[float, str]] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with an empty stream: the generated __init__ calls no other."""
        super().__init__()

    def write(self, text: str) -> int:
        assert self.service
        self.drawings.append((self.service.clock() - self.service.began, text))
        self.sizes.append(self.service.size(self))
        return super().write(text)

    def screen(self, until: float = math.inf) -> Screen:
        """Return the screen with all that was written up to a time."""
        screen = Screen(self.columns, self.lines)
        for (at, text), size in zip(self.drawings, self.sizes, strict=True):
            if at <= until:
                screen = screen if size == screen.size else reflowed(screen, size)
                screen.feed(text)
        return screen

    def picture(self, until: float = math.inf) -> list[str]:
        """Return the rows of the screen at a time, without the empty ones at the end."""
        rows = [row.rstrip() for row in self.screen(until).shown.display]
        return "\n".join(rows).rstrip("\n").split("\n")


def reflowed(screen: Screen, size: tuple[int, int]) -> Screen:
    """Change the size as most terminals do: a line that is too wide continues in the next row."""
    shown = screen.shown
    above = len(screen.rows) - shown.lines + shown.cursor.y
    changed = Screen(*size)
    changed.feed("".join(f"{row}\n" for row in screen.rows[:above]))
    return changed


@dataclass
class AsciiScreenRecorder(ScreenRecorder):
    encoding = "ascii"


def sub_job(
    name: str, status: str, *below: dict[str, Any], kind: str = "copyData"
) -> dict[str, Any]:
    made = {
        "job_id": name,
        "job_type": kind,
        "status": status,
        **(TIMES if status != "INIT" else {}),
    }
    return made | ({"entities": {"sub_jobs": list(below)}} if below else {})


def restore_job(_: str, now: float) -> Reply:
    """A restore whose second half begins after 20 s and that ends after 60 s."""
    late = now >= 20
    copy = sub_job(
        "c0ffee01", "RUNNING" if now < 60 else "SUCCESS",
        *(sub_job(f"b10c0{n}", "SUCCESS" if late and n < 3 else "RUNNING", kind="copyBlock")
          for n in range(4)),
    )  # fmt: skip
    if now >= 60:
        for block in copy["entities"]["sub_jobs"]:
            block["status"] = "SUCCESS"
    after = sub_job("afe17", "SUCCESS" if now >= 60 else "INIT", kind="attachVolume")
    return job("j", "SUCCESS" if now >= 60 else "RUNNING", sub_jobs=[copy, after], **TIMES)


def watch_on_screen(
    answer: Callable[[str, float], Reply],
    *argv: str,
    columns: int = 80,
    lines: int = 24,
    then: tuple[int, int] | None = None,
    kind: type[ScreenRecorder] = ScreenRecorder,
    env: Mapping[str, str] | None = None,
) -> tuple[ScreenRecorder, WatchResult]:
    """Watch on a terminal of that size, which changes to another after 9.5 s."""

    def size(_: object) -> tuple[int, int]:
        late = service.clock() - service.began > 9.5
        return then if late and then else (columns, lines)

    service = WatchService(answer, size=size)
    painted = kind(service=service, columns=columns, lines=lines)
    argv = argv or ("j",)
    given = {"TERM": "xterm-256color", "NO_COLOR": "1", **SETTINGS, **(env or {})}
    return painted, service.watch(*argv, stderr=painted, **given)
