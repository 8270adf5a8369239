"""The command tree as a completion script for PowerShell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from vbsjob.generate.offered import NOTICE, words

if TYPE_CHECKING:
    from vbsjob.generate.command_tree import Command, Parameter

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


def script(top: Command) -> str:
    """Return the whole script."""
    tree = {command.name: _command(command, top) for command in top.every()}
    told = json.dumps(tree, indent=1)
    return POWERSHELL.format(notice=NOTICE, tree=told, ask=ASK, skip=len(ASK))


def _command(command: Command, top: Command) -> dict[str, object]:
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
    return [*words(found, top)] or asks
