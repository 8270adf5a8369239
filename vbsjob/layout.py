"""Lays a document out over lines: as JSON, or as YAML in block style; pure ASCII both.

Equal to what json writes, and read by PyYAML as the same document, in a fraction of their time: a
job may have a hundred thousand sub-jobs. Takes what a JSON document can hold; knows no job.
"""

from __future__ import annotations

import re
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

STEP = "  "
BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
"""Texts that are the same with and without quotes in YAML, but for the words it has a use for."""
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
LITERALS = {None: "null", True: "true", False: "false"}


def as_json(value: Any, line: str = "\n") -> str:
    """Return the text that `json.dumps(value, indent=2)` has; `line` begins each further line."""
    if isinstance(value, str):
        return quoted(value)
    if not isinstance(value, dict | list):
        return _plain(value)
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not value:
        return opening + closing
    inner = line + STEP
    parts = []
    if isinstance(value, dict):
        for name, item in value.items():
            parts.append(f"{quoted(name)}: {as_json(item, inner)}")
    else:
        for item in value:
            parts.append(as_json(item, inner))  # noqa: PERF401 - a comprehension is a further frame a level
    return f"{opening}{inner}{f',{inner}'.join(parts)}{line}{closing}"


def as_yaml(value: Any, line: str = "\n") -> str:
    """Return the text of a value after `name:` or `-`; what stands below begins with `line`."""
    if isinstance(value, str):
        return " " + _text(value)
    if not value or not isinstance(value, dict | list):
        return f" {value}" if isinstance(value, dict | list) else " " + _number(_plain(value))
    parts = []
    if isinstance(value, dict):
        for name, item in value.items():
            below = line if isinstance(item, list) else line + STEP
            parts += [line, _text(name), ":", as_yaml(item, below)]
    else:
        for item in value:
            parts += [line, "- ", as_yaml(item, line + STEP).lstrip()]
    return "".join(parts)


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
    return f'"{"".join(map(_sign, text))}"'


def _sign(character: str) -> str:
    wide = character > "\uffff"
    return f"\\U{ord(character):08X}" if wide else quoted(character)[1:-1]
