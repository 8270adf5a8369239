"""Writes the completion script for fish.

Written by hand and not by Typer: Typer's completion starts the whole program at each Tab, which
takes 60 to 100 ms of processor time; `vbsjob --offer jobs` takes 14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.generate.command_tree import Command, Parameter

FISH = """\
# Written by python -m vbsjob.generate; do not edit.

function __vbsjob_at --description 'Test which command the command line names so far'
    set -l at
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and continue
        contains -- "$at $word" {groups}; and set at "$at $word"; and continue
        test -z "$at"; and set at " $word"
        break
    end
    test "$at" = "$argv[1]"
end

complete -c vbsjob -f
{lines}
"""


def script(top: Command) -> str:
    """Return the whole script."""
    inner = [below for group in top.subcommands if group.subcommands for below in group.walk()]
    groups = " ".join(_quoted(_words_after_program(command)) for command in inner) or "''"
    lines = "\n".join(line for command in top.walk() for line in _lines(command))
    return FISH.format(groups=groups, lines=lines)


def _words_after_program(command: Command) -> str:
    return "".join(f" {word}" for word in command.path[1:])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _lines(command: Command) -> Iterator[str]:
    condition = _quoted(f"__vbsjob_at '{_words_after_program(command)}'")
    start = f"complete -c vbsjob -n {condition}"
    for below in command.subcommands:
        yield f"{start} -a {below.path[-1]} -d {_quoted(below.summary)}"
    for argument in command.arguments:
        if argument.kind:
            yield f"{start} -a {_values(argument)}"
    for option in command.options:
        flags = " ".join(
            f"-{'l' if flag.startswith('--') else 's'} {flag.lstrip('-')}" for flag in option.flags
        )
        yield f"{start} {flags}{_value_switches(option)} -d {_quoted(option.help)}"


def _value_switches(option: Parameter) -> str:
    """Return the switches of `complete` for the value of an option."""
    if option.kind == "files":
        return " -r -F"
    if option.kind:
        return f" -x -a {_values(option)}"
    return " -x" if option.metavar else ""


def _values(parameter: Parameter) -> str:
    words = " ".join(parameter.words)
    return _quoted(words or f"(vbsjob --offer {parameter.kind} 2>/dev/null)")
