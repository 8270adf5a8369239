"""Draws the golden help of two commands at two widths; `python -m tests.screens.help_screens`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from tests.support.context import fake_context
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run

FOLDER = Path(__file__).parent / "help"
WIDTHS = (60, 100)
"""One below and one above the width at which rich draws."""
COMMANDS = ("", "explain")
"""The program, and a command with few options in two groups."""
STYLE = re.compile(r"\x1b\[[0-9;]*m")


def file_of(command: str) -> Path:
    """Return the file with the golden help of a command; the program itself is the empty one."""
    return FOLDER / f"{'-'.join(('vbsjob', *command.split()))}.txt"


def help_lines(command: str, width: int) -> list[str]:
    """Return the lines that are written to a terminal of this width, without styles."""
    terminal = TerminalStream()
    context = fake_context(
        io.StringIO(), terminal, io.StringIO(), {}, terminal_size=lambda _: (width, 200)
    )
    if code := run([*command.split(), "--help"], context):
        raise RuntimeError(f"vbsjob {command} --help ended with {code}")
    text = STYLE.sub("", terminal.getvalue()).rstrip()
    return [line.rstrip() for line in text.splitlines()]


def golden(command: str) -> str:
    """Return the help of a command at all widths."""
    parts = []
    for width in WIDTHS:
        lines = (f"|{line}" for line in help_lines(command, width))
        parts.append("\n".join([f"== {width} columns", *lines, ""]))
    return "\n".join(parts)


def main() -> None:
    """Write all goldens, and remove those of other commands."""
    for path in FOLDER.glob("*.txt"):
        path.unlink()
    for command in COMMANDS:
        file_of(command).write_text(golden(command), encoding="utf-8")


if __name__ == "__main__":
    main()
