"""Draws the golden screens of `vbsjob tree`; run as a program it writes them beside itself."""

from __future__ import annotations

import fcntl
import io
import json
import os
import pty
import struct
import termios
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

from tests.support.context import fake_context
from vbsjob.__main__ import run
from vbsjob.http.messages import Response

FOLDER = Path(__file__).parent
WIDTHS = (36, 80, 160)
STYLES = {
    "unicode": ("--color", "never"),
    "unicode-colour": ("--color", "always"),
    "ascii": ("--color", "never", "--ascii"),
    "ascii-colour": ("--color", "always", "--ascii"),
}
ENV = {"OS_TOKEN": "a-token-of-tests", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test"}
NOW = datetime(2026, 1, 28, 16, 20, tzinfo=UTC)
Job = dict[str, Any]


def _job(number: int, kind: str, status: str, *below: Job, **members: Any) -> Job:
    told: Job = {"job_id": f"4010b39b5281d3590152874b{number:08x}", "job_type": kind}
    told |= {"status": status, "begin_time": f"2026-01-28T16:{number % 20:02}:09.466Z"}
    if status in {"SUCCESS", "FAIL"}:
        told["end_time"] = "2026-01-28T16:19:30.000Z"
    return told | {"entities": {"sub_jobs": list(below)} if below else {}} | members


def _chain(number: int, last: int) -> Job:
    below = [_chain(number + 1, last)] if number < last else []
    return _job(number, "step", "RUNNING", *below)


DISK = {"error_code": "VolumeBackup.0202", "fail_reason": "volume is in error state while copying"}
SHAPES: dict[str, Job] = {
    "alone": _job(1, "bksCreateBackup", "SUCCESS"),
    "flat": _job(
        1,
        "bksDeleteBackup",
        "RUNNING",
        *(_job(n, "copyBlock", word) for n, word in enumerate(("SUCCESS", "RUNNING", "INIT"), 2)),
    ),
    "failed": _job(
        1,
        "bksRestoreBackup",
        "FAIL",
        _job(2, "checkBackup", "SUCCESS"),
        _job(
            3,
            "restoreVolume",
            "FAIL",
            _job(4, "detachVolume", "SUCCESS"),
            _job(5, "copyData", "FAIL", **DISK),
        ),
        _job(6, "cleanUp", "INIT", begin_time=""),
        fail_reason="sub job fail",
    ),
    "deep": _chain(1, 70),
    "odd": _job(
        1,
        "",
        "PENDING_PAYMENT_OF_A_VERY_LONG_NAME_INDEED",
        _job(2, "恢复备份", "success"),
        {"status": None, "job_type": "withoutId"},
        _job(3, "longId", "RUNNING", job_id="x" * 100),
        {"id": "4010b39b-5281-d359-0152-874bfa3b1604", "status": "INIT"},
    ),
    "hostile": _job(
        1,
        "[red]x[/red]",
        "FAIL",
        _job(2, "\x1b]0;x\x07\x9b2J", "FAIL\x1b[32m", fail_reason="[/x]\r\n\u202eevil"),
        _job(3, "a\u0301\u200b", "SUCCESS", job_id="id\nrow"),
    ),
}


class SizedTerminal(io.StringIO):
    """A text stream that is a terminal of a given width, and keeps what is written."""

    encoding = "utf-8"

    def __init__(self, width: int) -> None:
        super().__init__()
        self._ends = pty.openpty()
        size = struct.pack("HHHH", 24, width, 0, 0)
        fcntl.ioctl(self._ends[1], termios.TIOCSWINSZ, size)

    def fileno(self) -> int:
        return self._ends[1]

    def isatty(self) -> bool:
        return True

    def close(self) -> None:
        super().close()
        for end in self._ends:
            os.close(end)


def screen(shape: str, style: str) -> str:
    """Return what the terminal gets at each width, escapes spelled out."""
    return "\n".join(f"== {width}\n{_at(shape, style, width)}" for width in WIDTHS)


def _at(shape: str, style: str, width: int) -> str:
    job = SHAPES[shape]
    out, err = SizedTerminal(width), io.StringIO()
    body = json.dumps(job).encode()
    context = fake_context(
        io.StringIO(), out, err, ENV, now=lambda: NOW, sleep=lambda _: None,
        send=lambda _: Response(200, {}, body),
    )  # fmt: skip
    code = run(["tree", job["job_id"], *STYLES[style]], context)
    drawn = out.getvalue().replace("\x1b", "\\e")
    out.close()
    return drawn if code == 0 else f"{code}: {err.getvalue()}"


if __name__ == "__main__":
    for name, look in product(SHAPES, STYLES):
        (FOLDER / f"{name}-{look}.txt").write_text(screen(name, look), encoding="utf-8")
