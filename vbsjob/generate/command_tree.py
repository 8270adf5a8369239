"""The command tree as values, for whoever writes about it: manual pages, completions.

Knows no library; `manual` reads the tree from the commands themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.exit_codes import ExitCode


@dataclass(frozen=True, slots=True)
class Parameter:
    """An option or an argument."""

    name: str
    names: tuple[str, ...]
    """How it is typed, short form first; empty for an argument."""
    help: str
    value: str = ""
    """What stands for its value in a synopsis; empty for a switch."""
    choices: tuple[str, ...] = ()
    repeated: bool = False
    required: bool = False

    @property
    def kind(self) -> str:
        """What completes its value: choices, jobs, clouds, codes, topics, files, or nothing."""
        if self.choices:
            return "choices"
        kinds = {"jobs": "jobs", "cloud": "clouds", "code": "codes", "topic": "topics"}
        return "files" if self.value == "FILE" else kinds.get(self.name, "")


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of them if it has any `below`."""

    path: tuple[str, ...]
    summary: str
    text: tuple[str, ...] = ()
    """Further paragraphs; one that begins with a newline is kept as it is, line by line."""
    examples: tuple[str, ...] = ()
    options: tuple[Parameter, ...] = ()
    arguments: tuple[Parameter, ...] = ()
    exit_codes: tuple[ExitCode, ...] = ()
    """Exit codes that its help lists."""
    below: tuple[Command, ...] = field(default=())

    @property
    def name(self) -> str:
        """The whole name: `vbsjob config show`."""
        return " ".join(self.path)

    @property
    def page(self) -> str:
        """The name of its manual page: `vbsjob-config-show`."""
        return "-".join(self.path)

    def every(self) -> Iterator[Command]:
        """Yield the command and all below it, parents first."""
        yield self
        for command in self.below:
            yield from command.every()
