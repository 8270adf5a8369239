"""The command `completion`: print a completion script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vbsjob.cli import options
from vbsjob.exit_codes import ExitCode

if TYPE_CHECKING:
    from vbsjob.context import Context

SCRIPTS = {"bash": "vbsjob.bash", "zsh": "_vbsjob", "fish": "vbsjob.fish"}
PACKAGE = Path(__file__).parents[1]
FOLDERS = (PACKAGE / "completions", PACKAGE.parent / "completions")
"""Where the scripts are: in the installed package, or in a checkout."""


def completion(ctx: typer.Context, shell: options.Shell) -> ExitCode:
    """Print the completion script for a shell.

    \b
    eval "$(vbsjob completion bash)"          in ~/.bashrc
    vbsjob completion zsh > ~/.zfunc/_vbsjob  in your fpath
    vbsjob completion fish | source           in config.fish
    """
    context: Context = ctx.obj
    folder = next(folder for folder in FOLDERS if folder.is_dir())
    context.stdout.write((folder / SCRIPTS[shell]).read_text("utf-8"))
    return ExitCode.OK
