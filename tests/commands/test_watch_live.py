"""The picture of `vbsjob watch`: what a person sees on a screen, and what is written to draw it."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks import frames
from tests.support.screen_recorder import (
    HIDE,
    SHOW,
    AsciiScreenRecorder,
    restore_job,
    watch_on_screen,
)
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import WatchService, job

if TYPE_CHECKING:
    from tests.support.watch_service import Reply

MIDDLE = """\
x RUNNING  bksCreateBackup  j  29 s
  ━━━━━━━━━━━━━━━━━━━━━━╸  3 of 5 sub-jobs
├─ ● RUNNING     29 s  copyData
│  ├─ ✓ SUCCESS        copyBlock b10c00
│  ├─ ✓ SUCCESS        copyBlock b10c01
│  ├─ ✓ SUCCESS        copyBlock b10c02
│  └─ ● RUNNING  29 s  copyBlock b10c03
└─ ○ INIT              attachVolume
  answered x"""
END = """\
✓ SUCCESS  bksCreateBackup  j
  started  2026-05-01 00:00:00 UTC

├─ ✓ SUCCESS     copyData
│  ├─ ✓ SUCCESS  copyBlock b10c00
│  ├─ ✓ SUCCESS  copyBlock b10c01
│  ├─ ✓ SUCCESS  copyBlock b10c02
│  └─ ✓ SUCCESS  copyBlock b10c03
└─ ✓ SUCCESS     attachVolume

Succeeded."""
UNICODE_TO_ASCII = str.maketrans(
    {"✓": "+", "✗": "x", "●": "*", "○": ".", "├": "|", "└": "`", "│": "|", "─": "-"}
)


def short(job_id: str, now: float) -> Reply:
    """A restore that ends within three seconds."""
    return restore_job(job_id, now * 20)


def still(picture: list[str]) -> list[str]:
    """Return the picture without what turns and counts: spinner, bar and age of the answer."""
    text = re.sub("^[^ ] RUNNING", "x RUNNING", "\n".join(picture))
    text = re.sub("(?m)^  [━╸╺-]+ *([0-9])", r"  \1", text)
    return re.sub("answered [0-9]+ s ago", "answered x", text).split("\n")


def test_the_display_in_the_middle_and_at_the_end_of_a_restore() -> None:
    column = " +(c0ffee01|afe17)$| +(?= b10c0[0-9]$)"  # there is one from 120 columns on
    for color in ("always", "never"):
        painted, watched = watch_on_screen(restore_job, "j", "--color", color, "--interval", "5")
        shown = [re.sub(column, "", row) for row in painted.picture(30)]
        assert still(shown) == still(MIDDLE.split("\n"))
        rows = "\n".join(painted.screen().rows).rstrip("\n").split("\n")
        assert [re.sub(column, "", row) for row in rows] == END.split("\n")
        assert watched.code == 0
        assert painted.screen().untouched
        assert (("\x1b[32m" in watched.err) or ("\x1b[36m" in watched.err)) is (color == "always")


def test_f38_a_stream_that_cannot_encode_the_glyphs_gets_ascii_ones() -> None:
    painted, watched = watch_on_screen(
        restore_job, "j", "--interval", "5", kind=AsciiScreenRecorder
    )
    assert still(painted.picture(30)) == still(MIDDLE.translate(UNICODE_TO_ASCII).split("\n"))
    assert watched.err.isascii()


def test_the_spinner_alone_is_written_ten_times_a_second_and_the_rest_once() -> None:
    painted, _ = watch_on_screen(lambda _, now: job("j", "RUNNING" if now < 300 else "SUCCESS"))
    between = [(at, text) for at, text in painted.drawings if 1 < at < 299]
    gaps = [later - at for (at, _), (later, _) in itertools.pairwise(between)]
    assert min(gaps) > 0.07  # an answer ends a wait earlier
    assert sum(len(text) for _, text in between) / 298 < 600
    redrawn = [at for at, text in between if "answered" in text]
    assert min(later - at for at, later in itertools.pairwise(redrawn)) > 0.9
    spun = [text for at, text in between if at not in redrawn]
    assert 8 * 298 < len(spun) < 11 * 298
    assert max(map(len, spun)) < 40
    assert not any("bksCreateBackup" in text for text in spun)


def test_each_running_job_of_several_has_a_spinner_that_is_written_alone() -> None:
    def answer(job_id: str, now: float) -> Reply:
        return job(job_id, "RUNNING" if now < 60 and job_id != "ok" else "SUCCESS")

    painted, _ = watch_on_screen(answer, "a", "ok", "b")
    between = [text for at, text in painted.drawings if 10 < at < 50]
    spun = [text for text in between if "answered" not in text and "a" not in text]
    assert len(spun) > 8 * 40
    assert all(len(re.findall("[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]", text)) == 2 for text in spun)
    assert max(map(len, spun)) < 60


def test_only_the_lines_that_changed_are_written() -> None:
    painted, _ = watch_on_screen(restore_job, "j", "--interval", "5")
    for at, text in painted.drawings[1:-1]:
        if not (10 < at < 12 or 20 < at < 27 or 59 < at < 66):  # the columns move, or a status
            assert "attachVolume" not in text
            assert "copyBlock" not in text or "RUNNING" in text
    spun = [len(text) for _, text in painted.drawings if not re.search("answered|RUNNING", text)]
    assert sorted(spun)[len(spun) // 2] < 30  # one character, and moves of the cursor


@pytest.mark.slow
@pytest.mark.parametrize("then", [(23, 24), (120, 50), (10, 4)])
def test_f40_after_a_change_of_size_one_whole_picture_stands_there(then: tuple[int, int]) -> None:
    painted, _ = watch_on_screen(restore_job, then=then)
    straight, _ = watch_on_screen(restore_job, columns=then[0], lines=then[1])
    redrawn = next(at for at, _ in painted.drawings if at > 9.5)
    assert redrawn < 10.2
    assert painted.picture() == straight.picture()


def test_f40_no_size_is_too_odd() -> None:
    for size in ((1, 1), (0, 0), (10**9, 10**9), (3, 1000), (1000, 2)):
        service = WatchService(short, size=lambda _, size=size: size)  # type: ignore[misc]
        assert service.watch("j", stderr=TerminalStream(), TERM="xterm").code == 0


def test_f84_every_drawing_leaves_the_cursor_shown_and_below() -> None:
    painted, watched = watch_on_screen(restore_job)
    for _, text in painted.drawings:
        assert text.startswith(HIDE)
        assert text.endswith(SHOW)
    for at in (1.0, 10.04, 30.0):
        assert painted.screen(at).shown.cursor.x == 0
        assert painted.screen(at).shown.cursor.y == len(painted.picture(at))
    assert painted.screen().shown.cursor.x == 0
    assert watched.err.endswith(SHOW)


def test_what_is_noted_meanwhile_goes_above_the_picture_and_stays() -> None:
    painted, _ = watch_on_screen(short, "j", "--verbose")
    rows = painted.screen().rows
    notes = [row for row in rows if row.startswith("GET ")]
    assert len(notes) == len(painted.service.requests if painted.service else [])
    text = "\n".join(rows).rstrip("\n").split("\n")
    end = END.split("\n")
    assert text[-len(end) :] == end
    assert all(row.startswith("GET ") for row in text[: -len(end)])


PLAIN = re.compile(r"^[0-9-]{10}T[0-9:]{8}Z ")


def test_f40_f85_words_instead_of_a_picture_where_none_is_wanted() -> None:
    for env in ({"TERM": "dumb"}, {"TERM": ""}, {"ACCESSIBLE": "1"}, {"CI": "true"}):
        _, watched = watch_on_screen(restore_job, env=env)
        assert "\x1b" not in watched.err
        assert all(PLAIN.match(line) for line in watched.err.splitlines())
    _, colored = watch_on_screen(restore_job, "j", "--color", "always", env=env)
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored.err) == watched.err != colored.err


def test_progress_is_shown_as_asked_for() -> None:
    lines = "Z watching job j\n"
    for progress, term, first in (
        ("auto", "xterm", HIDE),
        ("auto", "dumb", lines),
        ("tty", "dumb", HIDE),
        ("plain", "xterm", lines),
        ("json", "xterm", '{"event":"start"'),
        ("none", "xterm", ""),
    ):
        _, watched = watch_on_screen(short, "j", "--progress", progress, env={"TERM": term})
        assert first in watched.err.splitlines(keepends=True)[0] if first else not watched.err
        assert ("\x1b" in watched.err) is (first == HIDE)
    _, by_setting = watch_on_screen(short, env={"VBSJOB_PROGRESS": "none"})
    assert not by_setting.err
    for argv, begin in (("-o json", HIDE), ("-o jsonl", ""), ("-o jsonl --progress tty", HIDE)):
        _, watched = watch_on_screen(short, "j", *argv.split())
        assert '"SUCCESS"' in watched.out
        assert begin in watched.err if begin else not watched.err


def test_the_bell_rings_once_at_the_end() -> None:
    _, watched = watch_on_screen(short, "j", "--bell")
    assert watched.err.count("\a") == 1
    assert watched.err.endswith("\a")


@pytest.mark.slow
def test_a_drawing_costs_by_the_screen_and_not_by_the_tree() -> None:
    few, many_more = (min(frames.cost(count, 10)[0] for _ in range(2)) for count in (100, 3_000))
    assert many_more < 2 * few


STAMP = re.compile(r"[0-9-]{10}T[0-9:.]+Z")


def test_f65_a_clock_that_steps_changes_no_question_no_verdict_and_no_duration() -> None:
    def watched(progress: str, step: float) -> tuple[int, list[float], str, str]:
        service = WatchService(
            restore_job, wall=lambda seconds: seconds + (step if seconds > 15 else 0.0)
        )
        argv = ("j", "--progress", progress, "--timeout", "50s")
        ended = service.watch(*argv, stderr=TerminalStream(), TERM="xterm")
        # The picture, its ages and durations: all but the times of day that begin a line.
        return ended.code, ended.requests, STAMP.sub("", ended.err), STAMP.sub("", ended.out)

    for progress in ("tty", "plain", "json"):
        usual = watched(progress, 0.0)
        assert usual[0] == 124
        for step in (-3600.0, 86400.0 * 366):
            assert watched(progress, step) == usual
