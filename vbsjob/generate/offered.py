"""What completion scripts have in common: the words that may stand for a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.cli import help as help_command
from vbsjob.jobs import error_codes

if TYPE_CHECKING:
    from vbsjob.generate.command_tree import Command, Parameter

NOTICE = "# Written by python -m vbsjob.generate; do not edit."


def words(found: Parameter, top: Command) -> tuple[str, ...]:
    """Return the words that may stand for a value, where they are known beforehand."""
    if found.kind == "codes":
        return tuple(error_codes.everything())
    if found.kind == "topics":
        return (*(below.path[-1] for below in top.below), *help_command.TOPICS)
    return found.choices
