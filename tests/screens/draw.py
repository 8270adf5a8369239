"""Draws the golden screens: ten situations; `python -m tests.screens.draw`.

Each is what stands on a terminal, scrolled lines included, after a command has ended.
"""

from __future__ import annotations

import io
import json
import signal
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.clock import FakeClock
from tests.support.context import NoSignals, fake_context
from tests.support.pseudo_terminal import Screen
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run
from vbsjob.errors import VbsjobError
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent
SIZES = ((40, 10), (60, 20), (80, 24), (120, 40), (200, 50))
NARROW = {"failure", "cjk-names"}
"""Situations with lines that a narrow screen folds in its own way."""
WIDE = {"failure"}
"""A situation with columns that only a wide screen has."""
ENV = {"OS_TOKEN": "a-token-of-tests", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test",
       "TERM": "xterm-256color"}  # fmt: skip
START = datetime(2026, 1, 28, 16, 20, tzinfo=UTC)
Document = dict[str, Any]
Answer = Document | Response | VbsjobError


def sub_job(number: int, job_type: str, status: str, *below: Document, **more: Any) -> Document:
    """Return a sub-job that began `number` seconds after START."""
    begin = (START + timedelta(seconds=number)).isoformat(timespec="milliseconds")
    document: Document = {
        "job_id": f"4010b39b5281d3590152874b{number:08x}",
        "job_type": job_type,
        "status": status,
        "begin_time": begin if status != "INIT" else "",
    }
    if status in {"SUCCESS", "FAIL"}:
        end = START + timedelta(seconds=number + 5)
        document["end_time"] = end.isoformat(timespec="milliseconds")
    return document | {"entities": {"sub_jobs": list(below)} if below else {}} | more


DISK = {"error_code": "VolumeBackup.0202", "fail_reason": "volume is in error state while copying"}
ENTITIES = {
    "bks_create_volume_name": "autobk_volume",
    "backup_id": "ba5401a2-7cd2-4c01-8c0d-c936ab412d6d",
    "volume_id": "7e5fdc5a-5e36-4b22-8bcc-7f17037290cc",
}
BACKUP, RESTORE = "4010b39b5281d3590152874bfa3b1604", "8b9e0b346fbbef9f3fd7c66ceb2e354b"


def top(job_id: str, status: str, *below: Document, **more: Any) -> Document:
    """Return a job that began at START and lasted 11 min 18 s."""
    job = sub_job(0, "bksRestoreBackup" if below else "bksCreateBackup", status) | {
        "job_id": job_id,
        "entities": ENTITIES | ({"sub_jobs": list(below)} if below else {}),
    }
    if "end_time" in job:
        job["end_time"] = (START + timedelta(minutes=11, seconds=18)).isoformat()
    return job | more


def failed_restore(job_id: str, **more: Any) -> Document:
    failed = sub_job(5, "copyData", "FAIL", entities={"volume_id": ENTITIES["volume_id"]}, **DISK)
    volume = sub_job(3, "restoreVolume", "FAIL", sub_job(4, "detachVolume", "SUCCESS"), failed)
    steps = (sub_job(1, "checkBackup", "SUCCESS"), volume, sub_job(9, "cleanUp", "INIT"))
    return top(job_id, "FAIL", *steps, fail_reason="sub job fail", **more)


def deep(number: int) -> Document:
    if number == 12:
        return sub_job(number, "copyBlock", "FAIL", **DISK)
    return sub_job(number, f"step{number}", "FAIL", deep(number + 1))


def siblings(job_id: str, now: float) -> Document:
    words = ["SUCCESS" if n < 313 else "RUNNING" if n < 513 else "INIT" for n in range(1000)]
    words[77] = "FAIL"
    blocks = (sub_job(n, "copyBlock", word, **(DISK if word == "FAIL" else {}))
              for n, word in enumerate(words))  # fmt: skip
    return top(job_id, "FAIL" if now > 20 else "RUNNING", *blocks)


def running(job_id: str, _: float) -> Document:
    steps = (sub_job(1, "checkBackup", "SUCCESS"), sub_job(5, "copyData", "RUNNING"))
    return top(job_id, "RUNNING", *steps, sub_job(9, "cleanUp", "INIT"))


def outage(job_id: str, now: float) -> Answer:
    return running(job_id, now) if now < 20 else Response(502)


def new_id(job_id: str, now: float) -> Answer:
    if now < 20:
        return Response(404, {}, b'{"error": {"code": "common.0011", "message": "not found"}}')
    return top(job_id, "SUCCESS")


def several(job_id: str, now: float) -> Document:
    if job_id == "fail1":
        return failed_restore(job_id)
    return top(job_id, "SUCCESS") if job_id == "ok1" or now > 40 else running(job_id, now)


HOSTILE = "\x1b]0;x\x07\x9b2J[red]\r\n\u202eevil and then more words of a long reason"


@dataclass(frozen=True)
class Situation:
    """A command and what the service answers."""

    argv: tuple[str, ...]
    answer: Callable[[str, float], Answer]
    code: int
    look_at: float | None = None
    """Seconds at which the screen is looked at, instead of at the end; Ctrl-C is a second later."""


def always(document: Document) -> Callable[[str, float], Answer]:
    return lambda _job_id, _now: document


WATCH = ("watch", RESTORE)
SITUATIONS = {
    "success": Situation(("get", BACKUP), always(top(BACKUP, "SUCCESS")), 0),
    "failure": Situation(("get", RESTORE), always(failed_restore(RESTORE)), 0),
    "deep-failure": Situation(("tree", RESTORE), always(top(RESTORE, "FAIL", deep(1))), 0),
    "thousand-siblings": Situation(WATCH, siblings, 1),
    "several-jobs": Situation(("watch", "ok1", "run1", "fail1"), several, 1),
    "outage": Situation(WATCH, outage, 0, look_at=60),
    "new-id": Situation(WATCH, new_id, 0, look_at=10),
    "timeout": Situation((*WATCH, "--timeout", "1m"), running, 124),
    "hostile-names": Situation(
        ("tree", RESTORE),
        always(top(RESTORE, "FAIL", sub_job(1, HOSTILE, "FAIL", fail_reason=HOSTILE),
                   sub_job(2, "[b]x[/b]", "FAIL\x1b[32m", job_id="id\nrow"))),
        0,
    ),
    "cjk-names": Situation(
        ("tree", RESTORE),
        always(top(RESTORE, "FAIL", sub_job(1, "恢复备份", "SUCCESS"),
                   sub_job(2, "复制数据块到目标磁盘", "FAIL", error_code="VolumeBackup.0202",
                           fail_reason="复制时目标磁盘处于错误状态因此无法继续恢复备份数据请联系支持"))),
        0,
    ),
}  # fmt: skip


class Interrupt(NoSignals):
    """Signals that bring one SIGINT at a time of the clock."""

    def __init__(self, clock: FakeClock, at: float) -> None:
        super().__init__(clock.sleep)
        self._clock, self._at = clock, at

    def wait(self, seconds: float) -> float:
        super().wait(min(seconds, max(self._at - self._clock(), 0.0)))
        if self._clock() >= self._at:
            self.ending = signal.SIGINT
        return seconds


@dataclass
class Recorder(TerminalStream):
    """One terminal for both streams that remembers what was written by a time."""

    clock: FakeClock
    parts: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def write(self, text: str) -> int:
        self.parts.append((self.clock(), text))
        return len(text)


@cache
def rows(situation: Situation, size: tuple[int, int], *more: str) -> tuple[int, list[str]]:
    """Return exit code and rows of a terminal of that size, those that scrolled away included."""
    screen, code = shown(situation, size, *more)
    return code, "\n".join(screen.rows).rstrip().split("\n")


def shown(situation: Situation, size: tuple[int, int], *more: str) -> tuple[Screen, int]:
    """Run the command on a terminal of that size; return its screen and the exit code."""
    clock = FakeClock()
    began = clock()
    terminal = Recorder(clock)

    def send(request: Request) -> Response:
        clock.sleep(0.05)
        answer = situation.answer(request.url.rpartition("/")[2], clock() - began)
        if isinstance(answer, VbsjobError):
            raise answer
        if isinstance(answer, Response):
            return answer
        return Response(200, {}, json.dumps(answer).encode())

    fields: dict[str, Any] = {}
    if situation.look_at is not None:  # what follows is not looked at
        signals = Interrupt(clock, began + situation.look_at + 1)
        fields["signals"] = lambda *_: signals
    context = fake_context(
        io.StringIO(), terminal, terminal, ENV, monotonic=clock, sleep=clock.sleep, send=send,
        random=lambda: 0.5, terminal_size=lambda _: size,
        now=lambda: START + timedelta(seconds=clock() - began), **fields,
    )  # fmt: skip
    code = run([*situation.argv, *more], context)
    screen = Screen(*size)
    until = float("inf") if situation.look_at is None else began + situation.look_at
    screen.feed("".join(text for at, text in terminal.parts if at <= until))
    return screen, code


def golden(name: str) -> str:
    """Return the screens of a situation in the sizes that have a golden."""
    situation, parts = SITUATIONS[name], []
    narrow, wide = ([SIZES[0]] if name in NARROW else []), ([SIZES[3]] if name in WIDE else [])
    for size in (*narrow, SIZES[2], *wide):
        code, lines = rows(situation, size, "--color", "never")
        when = f"exit code {code}" if situation.look_at is None else f"after {situation.look_at} s"
        title = f"== {size[0]}x{size[1]}, {when}"
        parts.append("\n".join([title, *(f"|{line}" for line in lines), ""]))
    return "\n".join(parts)


def main() -> None:
    """Write all goldens."""
    for name in SITUATIONS:
        (FOLDER / f"{name}.txt").write_text(golden(name), encoding="utf-8")


if __name__ == "__main__":
    main()
