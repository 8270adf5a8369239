"""Writes the completion function for zsh.

Written by hand and not by Typer: Typer's completion starts the whole program at each Tab, which
takes 60 to 100 ms of processor time; `vbsjob --offer jobs` takes 14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.generate.command_tree import Command, Parameter

ZSH = """\
#compdef vbsjob
# Written by python -m vbsjob.generate; do not edit.

_vbsjob_candidates() {{
    local line
    local -a candidates
    while IFS= read -r line; do
        candidates+=("${{${{line//:/\\\\:}}/$'\\t'/:}}")
    done < <(vbsjob --offer "$1" 2>/dev/null)
    _describe -t "$1" "$2" candidates
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
    return ZSH.format(functions="\n\n".join(_function(command) for command in top.walk()))


def _function(command: Command) -> str:
    specs = [spec for option in command.options for spec in _option_specs(option)]
    specs += [_argument_spec(argument) for argument in command.arguments]
    name = "_" + "_".join(command.path)
    if not command.subcommands:
        lines = " \\\n".join(f"        {spec}" for spec in specs)
        return f"{name}() {{\n    _arguments -S \\\n{lines}\n}}"
    specs += ["'1: :->command'", "'*:: :->rest'"]
    lines = " \\\n".join(f"        {spec}" for spec in specs)
    names = "\n".join(
        f"                {_quoted(below.path[-1] + ':' + _escaped_colons(below.summary))}"
        for below in command.subcommands
    )
    cases = "\n".join(
        f"                {below.path[-1]}) _{'_'.join(below.path)} ;;"
        for below in command.subcommands
    )
    return f"""{name}() {{
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C \\
{lines}
    case $state in
        command)
            local -a commands=(
{names}
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


def _escaped_colons(text: str) -> str:
    return text.replace(":", "\\:")


def _option_specs(option: Parameter) -> Iterator[str]:
    """Yield one spec per flag; a flag excludes the others unless the option may be repeated."""
    text = option.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    for flag in option.flags:
        excluded = "*" if option.repeated else f"({' '.join(option.flags)})"
        sign = ("=" if flag.startswith("--") else "+") if option.metavar else ""
        value = f":{_escaped_colons(option.metavar)}:{_action(option)}" if option.metavar else ""
        yield _quoted(f"{excluded}{flag}{sign}[{text}]{value}")


def _argument_spec(argument: Parameter) -> str:
    position = "*" if argument.repeated else "1" if argument.required else "1:"
    return _quoted(f"{position}:{argument.metavar}:{_action(argument)}")


def _action(parameter: Parameter) -> str:
    """Return the part of a spec that completes a value."""
    if parameter.words:
        return f"({' '.join(parameter.words)})"
    label = parameter.metavar.split(".")[0].lower()
    by_kind = {"files": "_files", "": " "}
    return by_kind.get(parameter.kind, f" _vbsjob_candidates {parameter.kind} {label}")


def _quoted(text: str) -> str:
    """Return the text in single quotes, as zsh reads it."""
    return "'" + text.replace("'", "'\\''") + "'"
