# ruff: noqa: E501 - a list of what is hostile, a screen wide
"""Texts that would act on a terminal, and how each must be displayed: an independent oracle.

Written from the rows F52 to F54 of tests/rows.toml, not from the code that it checks.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from wcwidth import wcwidth

if TYPE_CHECKING:
    import random

PIECES = (
    "\x1b]0;title\x07", "\x1b]2;t\x1b\\", "\x1b]52;c;eA==\x07", "\x1b]8;;http://x\x07y\x1b]8;;\x07",
    "\x1b]10;?\x07", "\x1b]4;1;?\x07", "\x1b[2J", "\x1b[3J", "\x1b[H", "\x1b[1;1HSUCCESS", "\x1b[99A",
    "\x1b[?25l", "\x1b[?1049h", "\x1b[?1000h", "\x1b[?2004h", "\x1b[?5h", "\x1b[?7l", "\x1b[4h",
    "\x1b[6n", "\x1b[c", "\x1b[>c", "\x1b[5n", "\x1b[18t", "\x1b[21t", "\x1bZ", "\x1b[31m", "\x1b[7m",
    "\x1b[38;5;196m", "\x1b[0m", "\x1b[8m", "\x1b[2;5r", "\x1b(0", "\x1b)0", "\x0e", "\x0f", "\x1bc",
    "\x1b#8", "\x1b7", "\x1b8", "\x1bD", "\x1bM", "\x1bE", "\x1bH", "\x1b[3g", "\x1b[!p", "\x1b[1P",
    "\x1b[9M", "\x1b[9L", "\x1b[X", "\x1bP+q544e\x1b\\", "\x1bP$qm\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\",
    "\x1bX\x1b\\", "\x9b31m", "\x9b6n", "\x9d0;x\x9c", "\x90q\x9c", "\x84", "\x85", "\x8d", "\x1b", "\x1b[",
    "\x05", "\x07", "\x08\x08\x08", "\x09", "\x0b", "\x0c", "\r", "\r\n", "\n", "\x00", "\x7f", "\x1a",
    "a\rSUCCESS", "a\nj: SUCCESS", "\n::error::x", "\n::add-mask::x", "%0A::x",
    "##[error]x", "\x1b[1A\x1b[2K", "[/x]", "[red]SUCCESS[/red]", "[bold]", "[link=http://x]y[/]",
    ":smile:", "</testcase>", "<!--", "]]>", "&#0;", "&amp;", "|", "`", "$(x)", "'; x", '"', "\\", "%s", "{}",
    "\u202e", "\u202a", "\u2066", "\u2069", "\u200b", "\u200d", "\u200e", "\ufeff", "\u2028", "\u2029",
    "\u00ad", "\u00a0", "\u3000", "\u061c", "\ue000", "\ufffe", "\U000e0001", "\U000e0041", "\U0010ffff",
    "\ud800", "\udfff", "\udc9b", "FAIL", "SUCCESS", "RUNNING", "é", "恢复", "😀", "e\u0301", "م", " ", "   ",
)  # fmt: skip
SHOWN = "aZ09 .-_/éß恢م😀"


def random_hostile_text(draw: random.Random) -> str:
    """Return a random text of hostile pieces, of any characters, or of both."""
    made = "".join(_piece(draw) for _ in range(draw.randrange(1, 5)))
    # Two surrogates side by side are one character, as in JSON.
    return made.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _piece(draw: random.Random) -> str:
    kind = draw.randrange(8)
    if kind < 4:
        return draw.choice(PIECES)
    if kind == 4:
        return chr(draw.choice((draw.randrange(0x20), draw.randrange(0x7F, 0xA1))))
    if kind == 5:
        character = chr(draw.randrange(0x110000))
        return character if displayed(character) != character else draw.choice(SHOWN)
    return "".join(draw.choice(SHOWN) for _ in range(draw.randrange(1, 6)))


def displayed(text: str) -> str:
    """Return how a text must be displayed: on one line and complete."""
    return _without_commands("".join(map(_sign, text)))


def _without_commands(line: str) -> str:
    """Return a line with the commands of CI runners broken up at their `[` or first colon."""
    output, index = "", 0
    while index < len(line):
        rest = line[index:]
        hashes = re.match(r"##[A-Za-z._-]*(?=\[)", rest)
        blank = not output or output[-1].isspace()
        colons = re.match(r"::[A-Za-z_-]+(\s.*?)?::", rest) if blank else None
        if hashes:
            output += f"{hashes[0]}<U+005B>"
            index += hashes.end() + 1
        elif colons:
            output += "<U+003A>"
            index += 1
        else:
            output += line[index]
            index += 1
    return output


def _sign(character: str) -> str:
    number = ord(character)
    if character == "\n":
        return "\u23ce"
    if number < 32 or number == 127:
        return f"^{chr(number ^ 64)}"
    kind = unicodedata.category(character)
    if kind[0] == "C" or (kind[0] == "Z" and character != " "):
        return f"<U+{number:04X}>"
    return character


def same_width_text(text: str) -> str:
    """Return a harmless text of the same width."""
    return "".join("x" * wcwidth(character) for character in displayed(text))
