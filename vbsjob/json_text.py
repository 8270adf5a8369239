r"""JSON text that a CI runner cannot take for a command, wherever it is printed.

GitHub runs `##[name ...]` and Azure `##vso[...]` anywhere in a line. In JSON a string may spell any
character as a number, so `##\u005b` is the same document.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

_COMMAND = re.compile(r"(##[A-Za-z._-]*)\[")


def safe(text: str) -> str:
    """Return JSON text with the commands broken up; outside strings `[` never follows `#`."""
    return _COMMAND.sub(r"\1\\u005b", text) if "##" in text else text


def dumps(value: Any) -> str:
    """Return a value as JSON on one line, pure ASCII, without spaces."""
    return safe(json.dumps(value, separators=(",", ":")))


class SafeJson:
    """A stream that passes on the chunks of a JSON encoder; a string is always one chunk."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write a chunk."""
        self._out.write(safe(text))
        return len(text)
