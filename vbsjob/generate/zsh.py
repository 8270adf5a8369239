"""The command tree as a completion function for zsh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.generate.offered import NOTICE, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.generate.command_tree import Command, Parameter

ZSH = """\
#compdef vbsjob
{notice}

_vbsjob_ask() {{
    local line
    local -a found
    while IFS= read -r line; do
        found+=("${{${{line//:/\\\\:}}/$'\\t'/:}}")
    done < <(vbsjob --offer "$1" 2>/dev/null)
    _describe -t "$1" "$2" found
}}

{functions}

if [[ $funcstack[1] == _vbsjob ]]; then
    _vbsjob "$@"
else
    compdef _vbsjob vbsjob
fi
"""


def script(top: Command) -> str:
    """Return the whole script."""
    functions = "\n\n".join(_function(command, top) for command in top.every())
    return ZSH.format(notice=NOTICE, functions=functions)


def _function(command: Command, top: Command) -> str:
    specs = [spec for option in command.options for spec in _option(option, top)]
    specs += [_argument(argument, top) for argument in command.arguments]
    name = "_" + "_".join(command.path)
    if not command.below:
        listed = " \\\n".join(f"        {spec}" for spec in specs)
        return f"{name}() {{\n    _arguments -S \\\n{listed}\n}}"
    specs += ["'1: :->command'", "'*:: :->rest'"]
    listed = " \\\n".join(f"        {spec}" for spec in specs)
    offered = "\n".join(
        f"                {_quoted(below.path[-1] + ':' + _colons(below.summary))}"
        for below in command.below
    )
    cases = "\n".join(
        f"                {below.path[-1]}) _{'_'.join(below.path)} ;;" for below in command.below
    )
    return f"""{name}() {{
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C \\
{listed}
    case $state in
        command)
            local -a commands=(
{offered}
            )
            _describe -t commands command commands
            ;;
        rest)
            case $line[1] in
{cases}
            esac
            ;;
    esac
}}"""


def _colons(text: str) -> str:
    return text.replace(":", "\\:")


def _option(option: Parameter, top: Command) -> Iterator[str]:
    """Yield a spec a name; one name shuts out the others unless the option may be repeated."""
    told = option.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    for name in option.names:
        others = "*" if option.repeated else f"({' '.join(option.names)})"
        sign = ("=" if name.startswith("--") else "+") if option.value else ""
        yield _quoted(f"{others}{name}{sign}[{told}]{_value(option, top)}")


def _value(option: Parameter, top: Command) -> str:
    return f":{_colons(option.value)}:{_action(option, top)}" if option.value else ""


def _argument(argument: Parameter, top: Command) -> str:
    place = "*" if argument.repeated else "1" if argument.required else "1:"
    return _quoted(f"{place}:{argument.value}:{_action(argument, top)}")


def _action(found: Parameter, top: Command) -> str:
    known = " ".join(words(found, top))
    if known:
        return f"({known})"
    asked = f" _vbsjob_ask {found.kind} {found.value.split('.')[0].lower()}"
    return {"files": "_files", "": " "}.get(found.kind, asked)


def _quoted(text: str) -> str:
    """Return a word in single quotes, as zsh reads it."""
    return "'" + text.replace("'", "'\\''") + "'"
