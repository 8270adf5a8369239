"""Golden screens: ten situations, and what holds on each of them in three sizes.

`python -m tests.screens.draw` draws them anew after an intended change.
"""

from __future__ import annotations

import re
from itertools import product

from rich.cells import cell_len

from tests.screens import draw
from tests.screens.draw import FOLDER, SITUATIONS, golden, rows

SIZES = draw.SIZES[::2]
CAUSE = {
    "success": "volume_id",
    "failure": "snapshot_id|volume_id|7e5fdc5a",
    "deep-failure": "Give support",
    "thousand-siblings": "Failed after 11 min 18 s .exit code 1",
    "several-jobs": "1 of 3 jobs failed",
    "outage": "No answer for .* .HTTP 502",
    "new-id": "does not know this job +yet",
    "timeout": "--timeout",
    "hostile-names": "long reason",
    "cjk-names": "Give support",
}
"""What the last five lines of each situation hold."""
ID = "4010b39b5281d3590152874b0"
LONG_WORDS = {"hostile-names", "cjk-names"}
"""Situations with words without a space that are longer than a narrow screen."""


def screen(name: str, size: tuple[int, int]) -> tuple[int, list[str]]:
    return rows(SITUATIONS[name], size, "--color", "never")


def test_the_screen_is_the_one_that_was_agreed() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(SITUATIONS)
    agreed = {name: (FOLDER / f"{name}.txt").read_text(encoding="utf-8") for name in SITUATIONS}
    assert {name: golden(name) for name in SITUATIONS} == agreed


def test_the_last_five_lines_hold_the_verdict_or_the_cause_at_every_size() -> None:
    for name in SITUATIONS:
        wrong = []
        for size in SIZES:
            code, lines = screen(name, size)
            right = SITUATIONS[name].look_at is not None or code == SITUATIONS[name].code
            if not right or not re.search(CAUSE[name], " ".join(lines[-5:])):
                wrong.append((size, code, lines[-5:]))
        assert wrong == []


MARKS = {"✓": "SUCCESS", "✗": "FAIL", "●": "RUNNING", "○": "INIT"}


def test_no_line_begins_with_an_id_or_is_too_wide_and_every_status_mark_has_its_word() -> None:
    for name, size in product(SITUATIONS, SIZES):
        _, lines = screen(name, size)
        wrong = [line for line in lines if cell_len(line) > size[0] or line.startswith(ID)]
        assert wrong == [], (name, size)
        marks = re.findall(r"([✓✗●○]) (\w+)", "\n".join(lines))
        assert [(mark, word) for mark, word in marks if MARKS[mark] != word] == [], (name, size)


def test_no_word_is_cut() -> None:
    added = {"more", "done", "failed", "running", "waiting", "MIXED", "Job"}
    cut = []
    for name in sorted(CAUSE.keys() - LONG_WORDS):
        complete = set().union(
            *(words(line) for wide in SIZES[-1:] for line in screen(name, wide)[1])
        )
        for size in SIZES:
            shown = set().union(*map(words, screen(name, size)[1]))
            cut += [(name, size, word) for word in shown - complete - added]
    assert cut == []


def words(line: str) -> set[str]:
    """Return the words of a line: letters and what ids, types and codes have, two or more."""
    return set(re.findall(r"[A-Za-z][A-Za-z0-9_.-]+[A-Za-z0-9]", line))


def test_ascii_has_the_same_verdict_and_only_ascii_glyphs() -> None:
    for name, size in product([n for n in SITUATIONS if SITUATIONS[n].argv[0] == "tree"], SIZES):
        _, lines = rows(SITUATIONS[name], size, "--color", "never", "--ascii")
        assert re.search(CAUSE[name], " ".join(lines[-5:]))
        assert not re.search("[✓✗●○├└│▌━…×›]", "".join(lines))
