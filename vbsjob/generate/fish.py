"""The command tree as completions for fish."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.generate.offered import NOTICE, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.generate.command_tree import Command, Parameter

FISH = """\
{notice}

function __vbsjob_at --description 'Whether the command line has come to this command'
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
    inner = [below for group in top.below if group.below for below in (group, *group.below)]
    groups = " ".join(_quoted(_at(command)) for command in inner) or "''"
    lines = "\n".join(line for command in top.every() for line in _lines(command, top))
    return FISH.format(notice=NOTICE, groups=groups, lines=lines)


def _at(command: Command) -> str:
    return "".join(f" {word}" for word in command.path[1:])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _lines(command: Command, top: Command) -> Iterator[str]:
    where = _quoted(f"__vbsjob_at '{_at(command)}'")
    start = f"complete -c vbsjob -n {where}"
    for below in command.below:
        yield f"{start} -a {below.path[-1]} -d {_quoted(below.summary)}"
    for argument in command.arguments:
        if argument.kind:
            yield f"{start} -a {_values(argument, top)}"
    for option in command.options:
        names = " ".join(
            f"-{'l' if n.startswith('--') else 's'} {n.lstrip('-')}" for n in option.names
        )
        value = f" -x -a {_values(option, top)}" if option.kind else " -x" * bool(option.value)
        value = " -r -F" if option.kind == "files" else value
        yield f"{start} {names}{value} -d {_quoted(option.help)}"


def _values(found: Parameter, top: Command) -> str:
    known = " ".join(words(found, top))
    return _quoted(known or f"(vbsjob --offer {found.kind} 2>/dev/null)")
