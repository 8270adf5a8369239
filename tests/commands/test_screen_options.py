"""--details, --utc and `tree --all`: what they add to a screen."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from tests.screens import draw
from tests.support.context import fake_context
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run
from vbsjob.http.messages import Response

EAST = timezone(timedelta(hours=5, minutes=30))


def shown(document: draw.Document, *argv: str, size: tuple[int, int] = (80, 24)) -> list[str]:
    """Return the lines on a terminal in a zone of 5.5 hours east of UTC."""
    terminal = TerminalStream()
    context = fake_context(
        io.StringIO(), terminal, io.StringIO(), draw.ENV | {"NO_COLOR": "1"},
        send=lambda _: Response(200, {}, json.dumps(document).encode()),
        now=lambda: draw.START, terminal_size=lambda _: size,
        local_time=lambda time: time.astimezone(EAST),
    )  # fmt: skip
    assert run([*argv, document["job_id"]], context) == 0
    return terminal.getvalue().splitlines()


FAILED = draw.failed_restore(draw.RESTORE)


def test_details_add_every_member_of_every_sub_job() -> None:
    plain, detailed = shown(FAILED, "get"), shown(FAILED, "get", "--details")
    ids = [f"4010b39b5281d3590152874b{number:08x}" for number in (1, 3, 4, 5, 9)]
    assert not any(job_id in line for job_id in ids[:3] for line in plain)
    below = [line for line in detailed if line not in plain]
    for job_id in ids:
        assert any(line.split() == ["job_id", job_id] for line in below)
    times = [line for line in below if line.split()[:1] == ["begin_time"]]
    assert len(times) == 4  # one sub-job waits
    assert "fail_reason" in " ".join(below)
    assert plain[-1] == detailed[-1]


def test_details_of_several_jobs_replace_the_table() -> None:
    several = replace(draw.SITUATIONS["several-jobs"], argv=("get", "ok1", "fail1"))
    _, table = draw.rows(several, (80, 24))
    _, detailed = draw.rows(several, (80, 24), "--details")
    assert not any("started" in line for line in table)
    assert sum(line.startswith("  started") for line in detailed) == 2


def test_colour_carries_no_information_that_the_text_lacks() -> None:
    for command in ("get", "tree"):
        colored = "\n".join(shown(FAILED, command, "--color", "always"))
        assert "\x1b[" in colored
        plain = re.sub(r"\x1b\[[0-9;]*m", "", colored)
        assert plain.split("\n") == shown(FAILED, command, "--color", "never")


def test_utc_shows_times_in_utc_instead_of_the_local_zone() -> None:
    job = draw.top(draw.BACKUP, "SUCCESS")
    local, utc = shown(job, "get"), shown(job, "get", "--utc")
    assert local[1] == "  started  2026-01-28 21:50:00 +05:30"
    assert utc[1] == "  started  2026-01-28 16:20:00 UTC"
    assert local[2] == "  ended    2026-01-28 22:01:18 +05:30, after 11 min 18 s"
    assert utc[2] == "  ended    2026-01-28 16:31:18 UTC, after 11 min 18 s"
    assert datetime.fromisoformat(local[1].split("  ")[-1].replace(" +", "+")) == draw.START


def test_tree_folds_equal_siblings_and_all_shows_each_of_them() -> None:
    blocks = [draw.sub_job(number, "copyBlock", "SUCCESS") for number in range(100)]
    document = draw.top(draw.RESTORE, "SUCCESS", draw.sub_job(200, "check", "SUCCESS"), *blocks)
    folded, everything = shown(document, "tree"), shown(document, "tree", "--all")
    assert sum("copyBlock" in line for line in folded) == 1
    assert "copyBlock ×100" in folded[-1]
    assert "100 done" in folded[-1]
    assert sum("copyBlock …" in line for line in everything) == 100
    assert "×" not in "".join(everything)


LONG = "e\u0301\u202e word " * 20_000
LONG_MEMBERS: dict[str, dict[str, Any]] = {
    **{
        name: {name: LONG}
        for name in ("job_type", "begin_time", "error_code", "fail_reason", "else")
    },
    "status": {"status": f"FAIL{LONG}"},
    "a list": {"error_code": [LONG]},
    "name of a member": {LONG: "else"},
    "entity": {"entities": {"name": LONG}},
    "name of an entity": {"entities": {LONG: "value"}},
    "sub-job": {
        "sub_jobs": [{"id": LONG, "job_type": LONG, "status": "FAIL", "fail_reason": LONG}]
    },
}


@pytest.mark.slow
def test_s12_a_terminal_shows_the_beginning_of_a_very_long_text() -> None:
    for members in LONG_MEMBERS.values():
        document = draw.top(draw.RESTORE, "FAIL") | members
        lines = shown(document, "get", "--details")
        text = "".join(lines).replace("▌", "").replace(" ", "")
        assert "morecharacters(shownwith-ojson)" in text
        for screen in (lines, shown(document, "tree")):
            assert sum(map(len, screen)) < 200_000


def test_the_note_of_a_failed_retry_replaces_the_one_before_if_one_job_is_queried() -> None:
    failures: list[float] = []

    def answer(job_id: str, now: float) -> draw.Answer:
        if now > 0.6:
            return draw.top(job_id, "SUCCESS")
        failures.append(now)
        return Response(502)

    for job_ids in (("j",), ("j", "k")):
        failures.clear()
        screen, _ = draw.shown(draw.Situation(("get", *job_ids), answer, 0), (60, 40))
        notes = sum(row.startswith("note:") for row in screen.rows)
        assert len(failures) > 1
        assert notes == (1 if len(job_ids) == 1 else len(failures))
