"""Writes the completion script for bash 3.2 and later.

Written by hand and not by Typer: Typer's completion starts the whole program at each Tab, which
takes 60 to 100 ms of processor time; `vbsjob --offer jobs` takes 14.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbsjob.generate.command_tree import Command, Parameter

BASH = """\
# Written by python -m vbsjob.generate; do not edit.
# Works with bash 3.2 and later; needs no bash-completion.

_vbsjob_words() {{
    local word
    for word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$prefix$word")
    done
}}

_vbsjob_candidates() {{
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
    for command in top.walk():
        steps += [
            f'"{command.name} {below.path[-1]}") at="{below.name}" ;;'
            for below in command.subcommands
        ]
        for option in command.options:
            if option.metavar:
                steps.append(f"{_pattern(command, option)}) pending=$word ;;")
                values.append(f"{_pattern(command, option)}) {_completion(option)} ;;")
    values += [
        f'"{command.name} ")\n{_plain_word(command)}\n            ;;' for command in top.walk()
    ]
    return BASH.format(
        steps="\n".join(f"            {step}" for step in steps),
        values="\n".join(f"        {value}" for value in values),
    )


def _pattern(command: Command, option: Parameter) -> str:
    return " | ".join(f'"{command.name} {flag}"' for flag in option.flags)


def _completion(parameter: Parameter) -> str:
    """Return the shell command that completes a value."""
    if parameter.words:
        return f"_vbsjob_words {' '.join(parameter.words)}"
    by_kind = {"files": "_vbsjob_files", "": ":"}
    return by_kind.get(parameter.kind, f"_vbsjob_candidates {parameter.kind}")


def _plain_word(command: Command) -> str:
    """Return the shell code for a word that is not the value of an option."""
    flags = " ".join(flag for option in command.options for flag in option.flags)
    names = [below.path[-1] for below in command.subcommands]
    completions = [f"_vbsjob_words {' '.join(names)}"] if names else []
    completions += [_completion(argument) for argument in command.arguments]
    return (
        "            if [[ $cur == -* ]]; then\n"
        f"                _vbsjob_words {flags}\n"
        "            else\n"
        f"                {'; '.join(completions) or ':'}\n"
        "            fi"
    )
