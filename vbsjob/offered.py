"""What completion scripts have in common: the words that may stand for a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob import codes, guide

if TYPE_CHECKING:
    from vbsjob.syntax import Command, Parameter

NOTICE = "# Written by python -m vbsjob.manual; do not edit."


def words(found: Parameter, top: Command) -> tuple[str, ...]:
    """Return the words that may stand for a value, where they are known beforehand."""
    if found.kind == "codes":
        return tuple(codes.everything())
    if found.kind == "topics":
        return (*(below.path[-1] for below in top.below), *guide.TOPICS)
    return found.choices
