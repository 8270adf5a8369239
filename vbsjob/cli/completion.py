"""The command `completion`: print a completion script."""

from __future__ import annotations

import typer

from vbsjob.cli import options
from vbsjob.exit_codes import ExitCode

SCRIPTS = {"bash": "vbsjob.bash", "zsh": "_vbsjob", "fish": "vbsjob.fish"}


def completion(ctx: typer.Context, shell: options.Shell) -> ExitCode:
    """Print the completion script for a shell.

    \b
    eval "$(vbsjob completion bash)"          in ~/.bashrc
    vbsjob completion zsh > ~/.zfunc/_vbsjob  in your fpath
    vbsjob completion fish | source           in config.fish
    """
    from importlib import resources

    script = resources.files("vbsjob").joinpath("completions", SCRIPTS[shell])
    ctx.obj.stdout.write(script.read_text("utf-8"))
    return ExitCode.OK
