"""Tab in real shells: what a person gets to choose from, and that nothing of it is evaluated."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.support.program import ROOT
from vbsjob import history
from vbsjob.output import formats

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HOSTILE = "$(touch evil)"
FORMATS = set(formats.NAMES)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a history, a configuration and the program on its PATH."""
    folder = tmp_path / ".local/state/vbsjob"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    with sqlite3.connect(folder / history.FILE) as database:
        database.execute(history.TABLE)
        for job_id in ("aaa-first", "aaa_second", "bbb", HOSTILE):
            row = ("p", job_id, f"kind: {HOSTILE}", "SUCCESS", "", "", 1.0)
            database.execute(history.INSERT, row)
    database.close()
    (folder / history.FILE).chmod(0o600)
    config = tmp_path / ".config/vbsjob"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f"[clouds.prod]\n[clouds.'{HOSTILE}']\n")
    program = tmp_path / "bin/vbsjob"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m vbsjob "$@"\n')
    program.chmod(0o755)
    return tmp_path


def env(home: Path) -> dict[str, str]:
    path = f"{home}/bin:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def run(home: Path, *command: str) -> list[str]:
    ran = subprocess.run(
        command, env=env(home), cwd=home, capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def by_bash(home: Path, line: str) -> set[str]:
    """Complete as readline would, words split where it splits them."""
    words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith(" ") else [])
    quoted = " ".join(f"'{word}'" for word in words)
    script = (
        f"source {ROOT}/completions/vbsjob.bash; COMP_WORDS=({quoted});"
        f"COMP_CWORD={len(words) - 1}; _vbsjob; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    return {word for word in run(home, "bash", "--norc", "-c", script) if word}


def by_fish(home: Path, line: str) -> set[str]:
    script = f"source {ROOT}/completions/vbsjob.fish; complete -C '{line}'"
    offered = {word.partition("\t")[0] for word in run(home, "fish", "--no-config", "-c", script)}
    start = re.match(r"(--[a-z-]+=)", line.rsplit(" ", maxsplit=1)[-1])
    return {word.removeprefix(start[0]) if start else word for word in offered}


ZSH = """
autoload -Uz compinit; compinit -u -D
fpath=({0} $fpath); autoload -Uz _vbsjob; compdef _vbsjob vbsjob
PS1='READY>'
compadd() {{
    local -a found; builtin compadd -O found "$@"
    print -rl -- {{1..0}} "offered:"$^found >>{1}; builtin compadd "$@"
}}
"""


def by_zsh(home: Path, line: str) -> set[str]:
    """Press Tab in an interactive zsh and note what the completion adds."""
    note = home / "offered"
    (home / ".zshrc").write_text(ZSH.format(ROOT / "completions", note))
    shell = pexpect.spawn("zsh", ["-i"], env=env(home), cwd=str(home), encoding="utf-8", timeout=30)
    shell.expect("READY>")
    shell.send(f"{line}\t")
    shell.send("\x15print -r do''ne\r")
    shell.expect("done")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
    lines = note.read_text().splitlines() if note.exists() else []
    return {word.removeprefix("offered:") for word in lines if word.startswith("offered:")}


SHELLS = [
    pytest.param(
        by,
        id=name,
        marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed"),
    )
    for name, by in (("bash", by_bash), ("fish", by_fish), ("zsh", by_zsh))
]


@pytest.mark.slow
@pytest.mark.parametrize("tab", SHELLS)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("vbsjob g", {"get"}),
        ("vbsjob get -o ", FORMATS),
        ("vbsjob get --output=js", {"json", "jsonl"}),
        ("vbsjob get --output js", {"json", "jsonl"}),
        ("vbsjob get --exit", {"--exit-status"}),
        ("vbsjob get --cloud ", {"sandbox", "prod"}),
        ("vbsjob get --cloud prod aaa", {"aaa-first", "aaa_second"}),
        ("vbsjob watch bbb aaa", {"aaa-first", "aaa_second"}),
        ("vbsjob help exit", {"exit-codes"}),
        ("vbsjob explain common", {"common.0011"}),
        ("vbsjob sandbox x", set()),
    ],
)
def test_tab_offers_what_may_stand_there_and_nothing_else(
    tab: Callable[[Path, str], set[str]], home: Path, line: str, offered: set[str]
) -> None:
    assert tab(home, line) == offered
    assert not (home / "evil").exists()


@pytest.mark.parametrize("tab", SHELLS)
def test_every_id_of_the_history_is_offered_but_no_hostile_one(
    tab: Callable[[Path, str], set[str]], home: Path
) -> None:
    assert tab(home, "vbsjob get ") == {"aaa-first", "aaa_second", "bbb"}
    assert not (home / "evil").exists()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_tab_at_a_bash_prompt_completes_the_line_that_is_typed(home: Path) -> None:
    shell = pexpect.spawn(
        "bash", ["--norc", "-i"], env=env(home) | {"PS1": "READY>"}, cwd=str(home),
        encoding="utf-8", timeout=30,
    )  # fmt: skip
    shell.expect("READY>")
    shell.sendline(f"source {ROOT}/completions/vbsjob.bash; bind 'set bell-style none'")
    shell.expect("READY>")
    shell.send("vbsjob get aaa-f\t--output=jsonl\x01echo \r")
    shell.expect_exact("\r\n")
    shell.expect_exact("\r\nREADY>")
    assert str(shell.before).strip() == "vbsjob get aaa-first --output=jsonl"
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
