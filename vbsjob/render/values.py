"""Values of the service as text on a screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.jobs.fields import one_line

if TYPE_CHECKING:
    from vbsjob.render.theme import View

LONGEST = 10_000
"""Characters of a value that a terminal shows. rich needs time by the square of the number of
lines of a text, and an answer can be one text of 4 MiB."""


def shown(value: Any, view: View) -> str:
    """Return a value as one printable line; on a terminal a longer one than LONGEST is cut."""
    text = value if isinstance(value, str) else one_line(value)
    more = len(text) - LONGEST
    if view.width is None or more <= 0:
        return one_line(text)
    rest = f"{view.glyphs.more} {more:,} more characters (shown with -o json)"
    return one_line(text[:LONGEST]) + rest
