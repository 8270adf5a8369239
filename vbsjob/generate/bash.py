"""The command tree as a completion script for bash 3.2 and later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.generate.offered import NOTICE, words

if TYPE_CHECKING:
    from vbsjob.generate.command_tree import Command, Parameter

BASH = """\
{notice}
# Works with bash 3.2 and later; needs no bash-completion.

_vbsjob_pick() {{
    local word
    for word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$prefix$word")
    done
}}

_vbsjob_ask() {{
    local word
    while IFS=$'\\t' read -r word _; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$prefix$word")
    done < <("${{COMP_WORDS[0]}}" --offer "$1" 2>/dev/null)
}}

_vbsjob_files() {{
    local word
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do
        COMPREPLY+=("$prefix$word")
    done < <(compgen -f -- "$cur")
}}

_vbsjob() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} at=vbsjob pending= prefix= word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${{COMP_WORDS[i]}}
        if [[ $word == '=' ]]; then
            continue
        fi
        if [[ -n $pending ]]; then
            pending=
            continue
        fi
        case "$at $word" in
{steps}
        esac
    done
    if [[ $cur == '=' ]]; then
        cur=
    elif [[ -z $pending && $cur == --*=* ]]; then
        pending=${{cur%%=*}}
        prefix=$pending=
        cur=${{cur#*=}}
    fi
    case "$at $pending" in
{values}
    esac
}}

complete -F _vbsjob vbsjob
"""


def script(top: Command) -> str:
    """Return the whole script."""
    steps: list[str] = []
    values: list[str] = []
    for command in top.every():
        steps += [
            f'"{command.name} {below.path[-1]}") at="{below.name}" ;;' for below in command.below
        ]
        for option in filter(lambda option: option.value, command.options):
            steps.append(f"{_case(command, option)}) pending=$word ;;")
            values.append(f"{_case(command, option)}) {_value(option, top)} ;;")
    values += [
        f'"{command.name} ")\n{_free(command, top)}\n            ;;' for command in top.every()
    ]
    return BASH.format(
        notice=NOTICE,
        steps="\n".join(f"            {step}" for step in steps),
        values="\n".join(f"        {value}" for value in values),
    )


def _case(command: Command, option: Parameter) -> str:
    return " | ".join(f'"{command.name} {name}"' for name in option.names)


def _value(found: Parameter, top: Command) -> str:
    known = " ".join(words(found, top))
    if known:
        return f"_vbsjob_pick {known}"
    return {"files": "_vbsjob_files", "": ":"}.get(found.kind, f"_vbsjob_ask {found.kind}")


def _free(command: Command, top: Command) -> str:
    """Offer options after a hyphen, else what may stand there."""
    options = " ".join(name for option in command.options for name in option.names)
    below = [below.path[-1] for below in command.below]
    free = [f"_vbsjob_pick {' '.join(below)}"] if below else []
    free += [_value(argument, top) for argument in command.arguments]
    return (
        "            if [[ $cur == -* ]]; then\n"
        f"                _vbsjob_pick {options}\n"
        "            else\n"
        f"                {'; '.join(free) or ':'}\n"
        "            fi"
    )
