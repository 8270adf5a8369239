"""Completion scripts for bash, zsh, fish and PowerShell, by the names of their files.

Everything a script offers stands in it, but for job ids and clouds: those it asks of
`vbsjob --offer`, which loads nothing heavy and asks no network. What that says is never evaluated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.generate import bash, fish, zsh

if TYPE_CHECKING:
    from vbsjob.generate.command_tree import Command


def scripts(top: Command) -> dict[str, str]:
    """Return each script by the name of its file."""
    return {
        "vbsjob.bash": bash.script(top),
        "_vbsjob": zsh.script(top),
        "vbsjob.fish": fish.script(top),
    }
