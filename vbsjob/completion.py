"""The command tree as completion scripts for bash, zsh, fish and PowerShell.

Everything a script offers stands in it, but for job ids and clouds: those it asks of
`vbsjob --offer`, which loads nothing heavy and asks no network. What that says is never evaluated.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vbsjob import codes, guide

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.syntax import Command, Parameter

NOTICE = "# Written by python -m vbsjob.manual; do not edit."


def scripts(top: Command) -> dict[str, str]:
    """Return each script by the name of its file."""
    return {
        "vbsjob.bash": _bash(top),
        "_vbsjob": _zsh(top),
        "vbsjob.fish": _fish(top),
        "vbsjob.ps1": _powershell(top),
    }


def _words(found: Parameter, top: Command) -> tuple[str, ...]:
    """Return the words that may stand for a value, where they are known beforehand."""
    if found.kind == "codes":
        return tuple(codes.everything())
    if found.kind == "topics":
        return (*(below.path[-1] for below in top.below), *guide.TOPICS)
    return found.choices


def _quoted(text: str) -> str:
    """Return a word in single quotes, as bash and zsh read it."""
    return "'" + text.replace("'", "'\\''") + "'"


# bash


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


def _bash(top: Command) -> str:
    steps: list[str] = []
    values: list[str] = []
    for command in top.every():
        steps += [
            f'"{command.name} {below.path[-1]}") at="{below.name}" ;;' for below in command.below
        ]
        for option in filter(lambda option: option.value, command.options):
            steps.append(f"{_bash_case(command, option)}) pending=$word ;;")
            values.append(f"{_bash_case(command, option)}) {_bash_value(option, top)} ;;")
    values += [
        f'"{command.name} ")\n{_bash_free(command, top)}\n            ;;' for command in top.every()
    ]
    return BASH.format(
        notice=NOTICE,
        steps="\n".join(f"            {step}" for step in steps),
        values="\n".join(f"        {value}" for value in values),
    )


def _bash_case(command: Command, option: Parameter) -> str:
    return " | ".join(f'"{command.name} {name}"' for name in option.names)


def _bash_value(found: Parameter, top: Command) -> str:
    words = " ".join(_words(found, top))
    if words:
        return f"_vbsjob_pick {words}"
    return {"files": "_vbsjob_files", "": ":"}.get(found.kind, f"_vbsjob_ask {found.kind}")


def _bash_free(command: Command, top: Command) -> str:
    """Offer options after a hyphen, else what may stand there."""
    options = " ".join(name for option in command.options for name in option.names)
    below = [below.path[-1] for below in command.below]
    free = [f"_vbsjob_pick {' '.join(below)}"] if below else []
    free += [_bash_value(argument, top) for argument in command.arguments]
    return (
        "            if [[ $cur == -* ]]; then\n"
        f"                _vbsjob_pick {options}\n"
        "            else\n"
        f"                {'; '.join(free) or ':'}\n"
        "            fi"
    )


# zsh


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


def _zsh(top: Command) -> str:
    functions = "\n\n".join(_zsh_function(command, top) for command in top.every())
    return ZSH.format(notice=NOTICE, functions=functions)


def _zsh_function(command: Command, top: Command) -> str:
    specs = [spec for option in command.options for spec in _zsh_option(option, top)]
    specs += [_zsh_argument(argument, top) for argument in command.arguments]
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


def _zsh_option(option: Parameter, top: Command) -> Iterator[str]:
    """Yield a spec a name; one name shuts out the others unless the option may be repeated."""
    told = option.help.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    for name in option.names:
        others = "*" if option.repeated else f"({' '.join(option.names)})"
        sign = ("=" if name.startswith("--") else "+") if option.value else ""
        yield _quoted(f"{others}{name}{sign}[{told}]{_zsh_value(option, top)}")


def _zsh_value(option: Parameter, top: Command) -> str:
    return f":{_colons(option.value)}:{_zsh_action(option, top)}" if option.value else ""


def _zsh_argument(argument: Parameter, top: Command) -> str:
    place = "*" if argument.repeated else "1" if argument.required else "1:"
    return _quoted(f"{place}:{argument.value}:{_zsh_action(argument, top)}")


def _zsh_action(found: Parameter, top: Command) -> str:
    words = " ".join(_words(found, top))
    if words:
        return f"({words})"
    asked = f"_vbsjob_ask {found.kind} {found.value.split('.')[0].lower()}"
    return {"files": "_files", "": " "}.get(found.kind, asked)


# fish


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


def _fish(top: Command) -> str:
    inner = [below for group in top.below if group.below for below in (group, *group.below)]
    groups = " ".join(_fish_quoted(_fish_at(command)) for command in inner) or "''"
    lines = "\n".join(line for command in top.every() for line in _fish_lines(command, top))
    return FISH.format(notice=NOTICE, groups=groups, lines=lines)


def _fish_at(command: Command) -> str:
    return "".join(f" {word}" for word in command.path[1:])


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _fish_lines(command: Command, top: Command) -> Iterator[str]:
    where = _fish_quoted(f"__vbsjob_at '{_fish_at(command)}'")
    start = f"complete -c vbsjob -n {where}"
    for below in command.below:
        yield f"{start} -a {below.path[-1]} -d {_fish_quoted(below.summary)}"
    for argument in command.arguments:
        if argument.kind:
            yield f"{start} -a {_fish_values(argument, top)}"
    for option in command.options:
        names = " ".join(
            f"-{'l' if n.startswith('--') else 's'} {n.lstrip('-')}" for n in option.names
        )
        value = f" -x -a {_fish_values(option, top)}" if option.kind else " -x" * bool(option.value)
        value = " -r -F" if option.kind == "files" else value
        yield f"{start} {names}{value} -d {_fish_quoted(option.help)}"


def _fish_values(found: Parameter, top: Command) -> str:
    words = " ".join(_words(found, top))
    return _fish_quoted(words or f"(vbsjob --offer {found.kind} 2>/dev/null)")


# PowerShell


POWERSHELL = """\
{notice}
# Add to your profile:  . path/to/vbsjob.ps1

Register-ArgumentCompleter -Native -CommandName vbsjob -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $tree = ConvertFrom-Json @'
{tree}
'@
    $typed = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object {{ $_.Extent.EndOffset -lt $cursorPosition }} | ForEach-Object {{ "$_" }})
    $at = 'vbsjob'
    foreach ($word in $typed) {{
        if ($tree."$at".commands -contains $word) {{ $at = "$at $word" }}
    }}
    $here = $tree."$at"
    $last = if ($typed.Count) {{ $typed[-1] }} else {{ '' }}
    $value = if ($last) {{ $here.values."$last" }} else {{ $null }}
    if ($null -eq $value) {{
        $value = if ($wordToComplete.StartsWith('-')) {{ $here.options }} else {{ $here.free }}
    }}
    $value | ForEach-Object {{
        if ($_ -ceq '{ask}jobs' -or $_ -ceq '{ask}clouds') {{
            & vbsjob --offer $_.Substring({skip}) 2>$null | ForEach-Object {{ ($_ -split "`t")[0] }}
        }} else {{ $_ }}
    }} | Where-Object {{ "$_".StartsWith($wordToComplete) }} | ForEach-Object {{
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
    }}
}}
"""
ASK = "ask:"


def _powershell(top: Command) -> str:
    tree = {command.name: _powershell_command(command, top) for command in top.every()}
    told = json.dumps(tree, indent=1)
    return POWERSHELL.format(notice=NOTICE, tree=told, ask=ASK, skip=len(ASK))


def _powershell_command(command: Command, top: Command) -> dict[str, object]:
    below = [below.path[-1] for below in command.below]
    valued = [option for option in command.options if option.value]
    free = [word for argument in command.arguments for word in _asked(argument, top)]
    return {
        "commands": below,
        "options": [name for option in command.options for name in option.names],
        "values": {name: _asked(option, top) for option in valued for name in option.names},
        "free": [*below, *free],
    }


def _asked(found: Parameter, top: Command) -> list[str]:
    asks = [ASK + found.kind] if found.kind in {"jobs", "clouds"} else []
    return [*_words(found, top)] or asks
