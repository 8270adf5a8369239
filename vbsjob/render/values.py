"""Values of the service as text on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.jobs.fields import one_line

if TYPE_CHECKING:
    from vbsjob.render.theme import View


def shown(value: Any, view: View) -> str:
    """Return a value as one printable line; on a terminal at most `longest_value` characters."""
    text = value if isinstance(value, str) else one_line(value)
    more = len(text) - view.longest_value
    if view.width is None or more <= 0:
        return one_line(text)
    return one_line(text[: view.longest_value]) + more_characters(more, view.glyphs.more)


def more_characters(number: int, sign: str) -> str:
    """Return what replaces the rest of a value."""
    return f"{sign} {number:,} more characters (shown with -o json)"
