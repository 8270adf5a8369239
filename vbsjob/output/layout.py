"""Lays a document out over lines: as JSON, or as YAML in block style; pure ASCII both.

Equal to what json writes, and read by PyYAML as the same document, in a fraction of their time: a
job may have a hundred thousand sub-jobs. Written piece by piece, so that the text is never held as
a whole. Takes what a JSON document can hold; knows no job.
"""

from __future__ import annotations

import re
from json.encoder import encode_basestring_ascii as quoted
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Write = Callable[[str], object]

STEP = "  "
BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
"""Texts that are the same with and without quotes in YAML, but for the words it has a use for."""
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
PIECE = 4096
"""Characters of a long text that are spelled at once."""
LITERALS = {None: "null", True: "true", False: "false"}


def as_json(value: Any, write: Write, line: str = "\n") -> None:
    """Write the text that `json.dumps(value, indent=2)` has; `line` begins each further line."""
    if isinstance(value, str):
        write(quoted(value))
    elif not isinstance(value, dict | list):
        write(_plain(value))
    elif not value:
        write("{}" if isinstance(value, dict) else "[]")
    elif isinstance(value, dict):
        inner = line + STEP
        before = "{" + inner
        for name, item in value.items():
            write(f"{before}{quoted(name)}: ")
            as_json(item, write, inner)
            before = "," + inner
        write(line + "}")
    else:
        inner = line + STEP
        before = "[" + inner
        for item in value:
            write(before)
            as_json(item, write, inner)
            before = "," + inner
        write(line + "]")


def as_yaml(value: Any, write: Write, line: str = "\n", *, listed: bool = False) -> None:
    """Write a value after `name:`, or `listed` after `- `; what stands below begins with `line`."""
    gap = "" if listed else " "
    begin = "" if listed else line
    if isinstance(value, str):
        write(gap + _text(value))
    elif not isinstance(value, dict | list):
        write(gap + _number(_plain(value)))
    elif not value:
        write(f"{gap}{value}")
    elif isinstance(value, dict):
        for name, item in value.items():
            write(f"{begin}{_text(name)}:")
            as_yaml(item, write, line if isinstance(item, list) else line + STEP)
            begin = line
    else:
        for item in value:
            write(f"{begin}- ")
            as_yaml(item, write, line + STEP, listed=True)
            begin = line


def _plain(value: float | None) -> str:
    """Return null, a truth value or a number: 1 is no True here."""
    return LITERALS[value] if value is None or isinstance(value, bool) else repr(value)


def _number(text: str) -> str:
    """Put the point into 1e+20 that YAML wants in a number."""
    return (
        text.replace("e", ".0e") if "e" in text and text[-1].isdigit() and "." not in text else text
    )


def _text(text: str) -> str:
    """Return a text as YAML has it; JSON's quotes are YAML's, but for characters beyond 16 bits."""
    if BARE.fullmatch(text) and text.lower() not in WORDS:
        return text
    if text.isascii():
        return quoted(text)
    pieces = (text[at : at + PIECE] for at in range(0, len(text), PIECE))
    return f'"{"".join("".join(map(_sign, piece)) for piece in pieces)}"'


def _sign(character: str) -> str:
    wide = character > "\uffff"
    return f"\\U{ord(character):08X}" if wide else quoted(character)[1:-1]
