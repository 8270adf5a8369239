"""Writes man/ and completions/ from the commands: `python -m vbsjob.generate` in a checkout.

The files depend only on the source, so they are committed, and a test compares them.
This package is not part of the wheel.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vbsjob.cli import help as help_command
from vbsjob.cli.app import root_command
from vbsjob.generate import bash, fish, man_pages, zsh
from vbsjob.generate.command_tree import Command, Parameter
from vbsjob.jobs import error_codes

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
HELP_OPTION = Parameter("help", ("-h", "--help"), "Show the help of the command.")


def command_tree() -> Command:
    """Return the whole command tree."""
    return _command(root_command(), ("vbsjob",))


def _command(command: Any, path: tuple[str, ...]) -> Command:
    """Read one Typer command. Its help is a summary, a block of examples, and further text."""
    paragraphs = re.split(r"\n\s*\n", (command.help or "").strip())
    blocks = [part.removeprefix("\b\n") for part in paragraphs if part.startswith("\b")]
    examples = next((block for block in blocks if "vbsjob " in block), "")
    parameters = [_parameter(item) for item in command.params if not _hidden(item)]
    return Command(
        path,
        " ".join(paragraphs[0].split()),
        tuple(_further_text(paragraphs[1:], examples)),
        tuple(examples.splitlines()),
        (*(item for item in parameters if item.flags), HELP_OPTION),
        tuple(item for item in parameters if not item.flags),
        help_command.command_exit_codes(" ".join(path[1:])),
        tuple(_command(below, (*path, name)) for name, below in _subcommands(command)),
    )


def _subcommands(command: Any) -> list[tuple[str, Any]]:
    commands: dict[str, Any] = getattr(command, "commands", {})
    return [(name, below) for name, below in commands.items() if not below.hidden]


def _hidden(parameter: Any) -> bool:
    return bool(getattr(parameter, "hidden", False)) or "--help" in parameter.opts


def _further_text(paragraphs: list[str], examples: str) -> Iterator[str]:
    """Yield the help without its examples; a block whose lines are kept starts with a newline."""
    for paragraph in paragraphs:
        block = paragraph.removeprefix("\b\n")
        if paragraph.startswith("\b") and block != examples:
            yield f"\n{block}"
        elif not paragraph.startswith("\b"):
            yield " ".join(paragraph.split())


def _parameter(parameter: Any) -> Parameter:
    is_option = parameter.param_type_name == "option"
    flags = [*parameter.opts, *parameter.secondary_opts] if is_option else []
    is_switch = is_option and parameter.is_flag
    metavar = "" if is_switch else parameter.metavar or parameter.type.name.upper()
    return Parameter(
        parameter.name,
        tuple(sorted(flags, key=lambda flag: flag.startswith("--"))),
        parameter.help or "",
        metavar.strip("[].,").replace("_", "-"),
        tuple(getattr(parameter.type, "choices", ())) or _words(parameter.name),
        bool(getattr(parameter, "multiple", False) or parameter.nargs == -1),
        parameter.required,
    )


def _words(name: str) -> tuple[str, ...]:
    """Return the values that the arguments of `explain` and `help` accept."""
    if name == "code":
        return tuple(error_codes.everything())
    if name == "topic":
        commands = [word for word, _ in _subcommands(root_command())]
        return (*commands, *help_command.TOPICS)
    return ()


def files() -> dict[str, str]:
    """Return the text of every generated file by its path in a checkout."""
    top = command_tree()
    return {
        **{f"man/{path}": text for path, text in man_pages.pages(top).items()},
        "completions/vbsjob.bash": bash.script(top),
        "completions/_vbsjob": zsh.script(top),
        "completions/vbsjob.fish": fish.script(top),
    }


def main() -> None:
    """Write every file, remove the pages of former commands, and print what was done."""
    texts = files()
    for page in ROOT.glob("man/*/*"):
        if page.relative_to(ROOT).as_posix() not in texts:
            page.unlink()
            sys.stdout.write(f"removed    {page.relative_to(ROOT).as_posix()}\n")
    for name, text in texts.items():
        path = ROOT / name
        unchanged = path.exists() and path.read_text(encoding="utf-8") == text
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{'unchanged' if unchanged else 'written':<10} {name}\n")


if __name__ == "__main__":
    main()
