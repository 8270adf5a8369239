"""Writes man/ and completions/ from the command tree: `python -m vbsjob.generate` in a checkout.

What is written depends on the tree and the tables alone, so it can be committed and compared.
Not part of running a command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main

from vbsjob.cli.app import app
from vbsjob.cli.help import command_exit_codes
from vbsjob.generate import man_pages, scripts
from vbsjob.generate.command_tree import Command, Parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def tree() -> Command:
    """Return the whole command tree."""
    return _command(typer.main.get_command(app), ("vbsjob",))


def _command(found: Any, path: tuple[str, ...]) -> Command:
    """Read one command: its docstring's first paragraph is its summary, then come examples."""
    paragraphs = re.split(r"\n\s*\n", (found.help or "").strip())
    blocks = [part.removeprefix("\b\n") for part in paragraphs if part.startswith("\b")]
    examples = next((block for block in blocks if "vbsjob " in block), "")
    parameters = [_parameter(parameter) for parameter in found.params if not _hidden(parameter)]
    return Command(
        path,
        " ".join(paragraphs[0].split()),
        tuple(_texts(paragraphs[1:], examples)),
        tuple(examples.splitlines()),
        (*(p for p in parameters if p.names), HELP),
        tuple(p for p in parameters if not p.names),
        command_exit_codes(" ".join(path[1:])),
        tuple(_command(below, (*path, name)) for name, below in _below(found)),
    )


HELP = Parameter("help", ("-h", "--help"), "Show the command's help.")


def _below(found: Any) -> list[tuple[str, Any]]:
    named: dict[str, Any] = getattr(found, "commands", {})
    return [(name, command) for name, command in named.items() if not command.hidden]


def _hidden(parameter: Any) -> bool:
    return bool(getattr(parameter, "hidden", False)) or "--help" in parameter.opts


def _texts(paragraphs: list[str], examples: str) -> Iterator[str]:
    """Yield what is left of the help beside the examples, blocks with a newline before them."""
    for part in paragraphs:
        block = part.removeprefix("\b\n")
        if part.startswith("\b") and block != examples:
            yield f"\n{block}"
        elif not part.startswith("\b"):
            yield " ".join(part.split())


def _parameter(found: Any) -> Parameter:
    is_option = found.param_type_name == "option"
    names = [*found.opts, *found.secondary_opts] if is_option else []
    choices = tuple(getattr(found.type, "choices", ()))
    value = "" if is_option and found.is_flag else found.metavar or found.type.name.upper()
    return Parameter(
        found.name,
        tuple(sorted(names, key=lambda name: name.startswith("--"))),
        found.help or "",
        "|".join(choices) or value.strip("[].").replace("_", "-"),
        choices,
        bool(getattr(found, "multiple", False) or found.nargs == -1),
        found.required,
    )


def files() -> dict[str, str]:
    """Return every file to be written: its place in a checkout, and its text."""
    top = tree()
    pages = {f"man/{command.page}.1": man_pages.page(command, top) for command in top.every()}
    return pages | {f"completions/{name}": text for name, text in scripts.scripts(top).items()}


def main() -> None:
    """Write every file, and remove pages of commands that are gone."""
    written = files()
    for old in ROOT.joinpath("man").glob("*.1"):
        if f"man/{old.name}" not in written:
            old.unlink()
    for place, text in written.items():
        path = ROOT / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
