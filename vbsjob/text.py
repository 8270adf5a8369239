"""Text: visible control characters, JSON on one line, times, durations, similar words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any, TextIO, TypeVar

    T = TypeVar("T")

NEWLINE = "\u23ce"
BLANK = (
    *(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x13441, 0x13442, 0x16FE4),
    *(0x1D159, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)),
)
"""Characters that show nothing although `str.isprintable` is true for them: some of Unicode's
Default_Ignorable_Code_Point, and blanks such as those of Braille and hieroglyphs."""


def hide_values(kind: type[T]) -> type[T]:
    """Class decorator: the `repr` is the name of the class, because values can be secret."""
    kind.__repr__ = lambda _: f"{kind.__name__}(...)"  # type: ignore[method-assign]
    return kind


def printable(text: str) -> str:
    """Return the text in one line, with every character that acts or shows nothing made visible.

    Control characters become `^[`, line ends a return sign, all else that does not print
    (C1, bidi and zero-width marks, lone surrogates, fillers) its number: `<U+202E>`.
    """
    if not (text.isascii() and text.isprintable()):
        text = text.translate(_SIGNS)
    return break_commands(text) if "##" in text or "::" in text else text


def break_commands(text: str) -> str:
    """Return the text with commands of CI runners broken up: their `[` or second `:` is visible.

    GitHub runs `##[name ...]` anywhere in a line and `::name ...::` after leading blanks; wrapping
    can move any word there. Azure runs `##vso[...]`. An IPv6 address is not a command.
    """
    import re

    text = re.sub(r"(##[A-Za-z._-]*)\[", r"\1<U+005B>", text)
    return re.sub(r"(^|\s):(?=:[A-Za-z_-]+(?:\s.*?)?::)", r"\1<U+003A>", text)


def safe_json(text: str) -> str:
    r"""Return JSON text with commands of CI runners broken up; the document is the same.

    In JSON a string may spell any character as a number: `##\u005b`. Outside strings `[` never
    follows `#`.
    """
    import re

    return re.sub(r"(##[A-Za-z._-]*)\[", r"\1\\u005b", text) if "##" in text else text


def dumps(value: Any) -> str:
    """Return a value as JSON on one line, pure ASCII, without spaces."""
    import json

    return safe_json(json.dumps(value, separators=(",", ":")))


class SafeJson:
    """A stream that passes on the chunks of a JSON encoder; a string is always one chunk."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        """Write a chunk."""
        self._out.write(safe_json(text))
        return len(text)


class _Signs(dict[int, str]):
    """The visible form of each character, computed at its first use."""

    def __missing__(self, number: int) -> str:
        sign = chr(number)
        if sign == "\n":
            sign = NEWLINE
        elif number < 0x20 or number == 0x7F:
            sign = "^" + chr(number ^ 0x40)
        elif not sign.isprintable() or number in BLANK:
            sign = f"<U+{number:04X}>"
        self[number] = sign
        return sign


_SIGNS = _Signs()


def parse_time(text: object) -> datetime | None:
    """Return a time of the service, UTC if it has no zone; None if it is not ISO 8601 (F50)."""
    from datetime import UTC, datetime

    if not isinstance(text, str):
        return None
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def utc_time(time: datetime, timespec: str = "seconds") -> str:
    """Return a time as ISO 8601 in UTC, such as `2016-01-28T16:14:09Z`."""
    from datetime import UTC

    return time.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def format_duration(seconds: float | None) -> str:
    """Return a duration for people: `0.3 s`, `42 s`, `11 min 18 s`, `1 h 02 min`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    total = round(seconds)
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min {total % 60:02} s"
    return f"{total // 3600} h {total % 3600 // 60:02} min"


def wrap(text: str, width: int, indent: int = 0) -> str:
    """Return the text in lines of at most `width` columns; a longer word is not cut.

    All lines but the first begin with `indent` spaces; with two if a word is too long for that.
    """
    if len(text) <= width:
        return text
    from textwrap import wrap as lines

    if max(map(len, text.split()), default=0) > width - indent:
        indent = min(indent, 2)

    return "\n".join(
        lines(
            text,
            max(width, 1),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """Return a hint: the most similar of the known words, or all of them."""
    from difflib import get_close_matches

    candidates = list(candidates)
    near = get_close_matches(word, candidates, n=1)
    return f"Did you mean {near[0]}?" if near else f"Known: {', '.join(candidates)}."
