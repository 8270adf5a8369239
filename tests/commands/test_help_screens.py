"""The help of each command on a terminal of 60, 80 and 120 columns.

`python -m tests.screens.help_screens` draws the goldens again after an intended change.
"""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from tests.screens.help_screens import COMMANDS, FOLDER, WIDTHS, file_of, golden


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_is_the_golden_one_at_each_width(command: str) -> None:
    assert golden(command) == file_of(command).read_text("utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_golden_help_has_three_widths_and_fits_each(command: str) -> None:
    blocks = re.split("^== ", file_of(command).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert [int(block.split()[0]) for block in blocks] == list(WIDTHS)
    for width, block in zip(WIDTHS, blocks, strict=True):
        lines = [line[1:] for line in block.splitlines()[1:]]
        assert [line for line in lines if cell_len(line) > width] == []
        text = " ".join(" ".join(lines).split())
        assert "Exit codes: " in text or not command or command == "help"
        assert re.findall(r"[<{][a-z|]+[>}]", text) == []  # the type of an argument


@pytest.mark.slow
def test_there_is_no_golden_help_of_a_removed_command() -> None:
    assert set(FOLDER.glob("*.txt")) == {file_of(command) for command in COMMANDS}
