"""The wheel, installed where nothing of this checkout is: the program, its pages, Tab."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.installation import install_wheel
from tests.support.program import ROOT
from vbsjob import __version__
from vbsjob.cli.topics import TOPICS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the wheel; what it depends on is lent by ours."""
    return install_wheel(tmp_path_factory.mktemp("wheel"))


def output_of(venv: Path, *command: str, **more: str) -> str:
    path = f"{venv}/bin:{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(venv), "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    ran = subprocess.run(
        command, cwd=venv, env=env | more, check=True, capture_output=True, text=True, timeout=60
    )
    return ran.stdout


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def test_the_program_runs_and_tells_the_one_version_there_is(venv: Path) -> None:
    assert output_of(venv, "vbsjob", "--version") == f"vbsjob {__version__}\n"
    output = output_of(venv, "vbsjob", "get", "backup-ended", "--cloud", "sandbox", "-f", "status")
    assert output == "SUCCESS\n"
    text = "".join(f"{line}\n" for line in TOPICS["formats"]())
    assert output_of(venv, "vbsjob", "help", "formats") == text
    script = "import vbsjob; print(vbsjob.__file__)"
    assert output_of(venv, "python", "-c", script).startswith(str(venv))


def test_every_page_is_where_man_looks(venv: Path) -> None:
    pages = {path.name: path.read_bytes() for path in ROOT.glob("man/man*/*")}
    installed = {path.name: path.read_bytes() for path in venv.glob("share/man/*/*")}
    assert installed == pages
    assert {path.name for path in venv.glob("share/man/*")} == {"man1", "man5"}


@needs("man")
def test_man_finds_the_page_by_the_commands_name(venv: Path) -> None:
    output = output_of(venv, "man", "vbsjob-get", MANPATH=str(venv / "share/man"), MANWIDTH="80")
    assert "EXIT STATUS" in output


def test_bash_completes_from_where_the_wheel_put_it(venv: Path) -> None:
    script = venv / "share/bash-completion/completions/vbsjob"
    line = f"source {script}; COMP_LINE='vbsjob g' COMP_POINT=8; _vbsjob vbsjob g; echo $COMPREPLY"
    assert output_of(venv, "bash", "--norc", "-c", line) == "get\n"


@needs("fish")
def test_fish_loads_the_completion_by_itself(venv: Path) -> None:
    line = "complete -C 'vbsjob g'"
    output = output_of(venv, "fish", "-c", line, XDG_DATA_DIRS=f"{venv}/share:/usr/share")
    assert output.startswith("get\t")


@needs("zsh")
def test_zsh_loads_the_completion_by_itself(venv: Path) -> None:
    line = f"fpath=({venv}/share/zsh/site-functions $fpath); autoload -Uz compinit;"
    line += "compinit -u -D; print $_comps[vbsjob]"
    assert output_of(venv, "zsh", "-f", "-c", line) == "_vbsjob\n"
