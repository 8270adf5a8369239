"""The commands as plain values: what man pages and completion scripts are made from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.exit_codes import ExitCode

DYNAMIC = {"jobs": "jobs", "cloud": "clouds"}
"""Parameters whose values `vbsjob --offer KIND` prints while the user presses Tab."""


class Parameter(NamedTuple):
    """An option or an argument."""

    name: str
    flags: tuple[str, ...]
    """How the option is typed, short form first; empty for an argument."""
    help: str
    metavar: str = ""
    """Placeholder of its value in a synopsis; empty for a switch."""
    words: tuple[str, ...] = ()
    """All values that it accepts, if they are known when the scripts are written."""
    repeated: bool = False
    required: bool = False

    @property
    def kind(self) -> str:
        """What completes its value: words, jobs, clouds, files, or empty for nothing."""
        if self.words:
            return "words"
        return "files" if self.metavar == "FILE" else DYNAMIC.get(self.name, "")


class Command(NamedTuple):
    """A command, or a group of commands if it has `subcommands`."""

    path: tuple[str, ...]
    """Its words: ("vbsjob", "config", "show")."""
    summary: str
    text: tuple[str, ...] = ()
    """Further paragraphs of its help; one that begins with a newline keeps its lines."""
    examples: tuple[str, ...] = ()
    options: tuple[Parameter, ...] = ()
    arguments: tuple[Parameter, ...] = ()
    exit_codes: tuple[ExitCode, ...] = ()
    """Exit codes that it can end with."""
    subcommands: tuple[Command, ...] = ()

    @property
    def name(self) -> str:
        """Its full name: `vbsjob config show`."""
        return " ".join(self.path)

    @property
    def page(self) -> str:
        """The name of its man page: `vbsjob-config-show`."""
        return "-".join(self.path)

    def walk(self) -> Iterator[Command]:
        """Yield this command and all subcommands, parents first."""
        yield self
        for command in self.subcommands:
            yield from command.walk()
