"""Tab in real shells: what a person gets to choose from, and that nothing of it is evaluated."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipapp
from typing import TYPE_CHECKING

import pytest

from tests.support.program import ROOT, RunResult, clean_env, run_process
from tests.support.pseudo_terminal import PseudoTerminal
from vbsjob import history
from vbsjob.cli import completion
from vbsjob.jobs import error_codes
from vbsjob.output import formats
from vbsjob.sandbox.scenarios import SCENARIOS

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "x$(touch pwned)`touch pwned`[/x]%F{red}"
SCRIPTS = ROOT / "vbsjob/completions"
FORMATS = set(formats.NAMES)
IDS = {"aaa-first", "aaa_second", "bbb"}
SANDBOX = set(SCENARIOS)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a history, a configuration and the program on its PATH."""
    folder = tmp_path / ".local/state/vbsjob"
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    entry = dict.fromkeys(history.TEXTS, "") | {"job_type": HOSTILE, "status": "SUCCESS"}
    ids = ("aaa-first", "aaa_second", "bbb", HOSTILE)
    lines = [json.dumps(entry | {"job_id": job_id}) + "\n" for job_id in ids]
    (folder / history.FILE).write_text("".join(lines))
    (folder / history.FILE).chmod(0o600)
    config = tmp_path / ".config/vbsjob"
    config.mkdir(parents=True)
    (config / "config.toml").write_text(f"[clouds.prod]\n[clouds.'{HOSTILE}']\n")
    clouds = tmp_path / ".config/openstack/clouds.yaml"
    clouds.parent.mkdir()
    clouds.write_text("clouds: {staging: {}, 'a b': {}}\n")
    (tmp_path / "report 1.xml").touch()
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
    """Complete as readline would: it replaces only what is after `=` or `@`."""
    start, word = re.findall(r"(.*[ =@])(.*)", line)[0]
    script = (
        f"source {SCRIPTS}/vbsjob.bash; COMP_LINE='{line}' COMP_POINT={len(line)};"
        f"_vbsjob vbsjob '{word}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    start = start.rpartition(" ")[2]
    return {start + word for word in run(home, "bash", "--norc", "-c", script) if word}


LINES = {
    "vbsjob g": {"get"},
    "vbsjob get --output js": {"json", "jsonl"},
    "vbsjob get --exit": {"--exit-status"},
    "vbsjob get --cloud ": {"sandbox", "prod", "staging"},
    "vbsjob watch @r": {"@running"},
    "vbsjob get --cloud prod aaa": {"aaa-first", "aaa_second"},
    "vbsjob watch bbb aaa": {"aaa-first", "aaa_second"},
    "vbsjob watch --cloud sandbox ": SANDBOX,
    "vbsjob get -f failure_c": {"failure_code"},
    "vbsjob list -f cl": {"cloud"},
    "vbsjob config c": {"check"},
    "vbsjob help exit": {"exit-codes"},
    "vbsjob explain common": {"common.0011"},
    "vbsjob get -o ": FORMATS,
    "vbsjob get --output=js": {"--output=json", "--output=jsonl"},
    "vbsjob get ": {"@last", "@running"} | IDS,
    "vbsjob get @la": {"@last"},
    "vbsjob tree --only failed,w": {"failed,waiting"},
    "vbsjob sandbox x": set[str](),
}


@pytest.mark.slow
def test_tab_offers_what_may_stand_there_and_nothing_else(home: Path) -> None:
    """The scripts of all shells ask the same command: one shell shows what it answers."""
    offered = {line: by_bash(home, line) for line in LINES}
    assert offered == LINES
    assert not (home / "pwned").exists()


PROMPTS = {
    "bash": ("bash --norc -i", f"source {SCRIPTS}/vbsjob.bash"),
    "zsh": ("zsh -f -i", f"fpath=({SCRIPTS} $fpath); autoload -Uz compinit; compinit -u -D"),
    "fish": ("fish --no-config -i", f"source {SCRIPTS}/vbsjob.fish"),
}
"""Command of a shell, and what it runs first."""


@pytest.mark.slow
@pytest.mark.parametrize("shell", [name for name in PROMPTS if shutil.which(name)])
def test_tab_at_a_prompt_completes_the_line_and_runs_nothing_of_the_history(
    home: Path, shell: str
) -> None:
    """Two Tabs list the descriptions, which contain text of the service; the third line is run."""
    command, setup = PROMPTS[shell]
    typed = home / "typed"
    (home / "bin/show").write_text('#!/bin/sh\nprintf "<%s>" "$@" >>"$HOME/typed"\n')
    (home / "bin/show").chmod(0o755)
    terminal = PseudoTerminal(env=env(home), columns=200, command=tuple(command.split()))
    terminal.type(f"cd {home}; {setup}; show ready\r")
    assert terminal.wait_until(typed.exists)
    lines = ("vbsjob get \t\t", "vbsjob get bb\t", "vbsjob get @la\t", "vbsjob get @r\t",
             "vbsjob get --cloud=sandb\t", "vbsjob tree --only failed,w\t",
             "vbsjob sandbox x\t", "vbsjob watch --junit rep\t")  # fmt: skip
    for number, line in enumerate(lines, start=1):
        terminal.type(f"{line}\x01show \x05 end\r")
        assert terminal.wait_until(lambda: typed.read_text().count("<end>") == number)  # noqa: B023
    terminal.close()
    assert typed.read_text().removeprefix("<ready>").split("<end>")[1:-1] == [
        "<vbsjob><get><bbb>", "<vbsjob><get><@last>", "<vbsjob><get><@running>",
        "<vbsjob><get><--cloud=sandbox>", "<vbsjob><tree><--only><failed,waiting>",
        "<vbsjob><sandbox><x>", "<vbsjob><watch><--junit><report 1.xml>",
    ]  # fmt: skip
    assert not (home / "pwned").exists()


def test_candidates_have_an_origin_and_without_a_history_there_are_none(home: Path) -> None:
    """Nor an error: it would be written into the line."""
    for line, more, candidates in (
        ("get --cloud ", {}, "sandbox\tbuilt in\nprod\tconfig.toml\nstaging\tclouds.yaml\n"),
        ("get ", {"VBSJOB_HISTORY": "off"}, ""),
        ("get ", {"VBSJOB_HISTORY": "perhaps"}, ""),
        ("explain common", {}, f"common.0011\t{error_codes.everything()['common.0011'].meaning}\n"),
    ):
        tab = {"_VBSJOB_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": f"vbsjob {line}"}
        ended = run_process(env=clean_env(HOME=str(home), **tab, **more))
        assert ended == RunResult(0, candidates, "")


def test_a_command_runs_although_the_variable_of_the_scripts_is_exported() -> None:
    """Its exit code must not become 0."""
    ended = run_process("explain", "no-code", env=clean_env(_VBSJOB_COMPLETE="complete_fish"))
    assert (ended.code, ended.out) == (2, "")


@pytest.mark.slow
def test_a_zipapp_prints_scripts_schemas_and_help(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "vbsjob", tmp_path / "app/vbsjob")
    archive = tmp_path / "vbsjob.pyz"
    zipapp.create_archive(tmp_path / "app", archive, main="vbsjob.__main__:main")
    dependencies = {"PYTHONPATH": sysconfig.get_path("purelib")}

    def output(*argv: str) -> str:
        # Without the module site: vbsjob itself is only in the archive.
        command = [sys.executable, "-S", str(archive), *argv]
        return subprocess.check_output(command, env=clean_env(**dependencies), text=True)

    for shell, script in completion.SCRIPTS.items():
        assert output("completion", shell) == (SCRIPTS / script).read_text()
    for argv in ("schema list", "help formats", "explain common.0011", "get @last --help"):
        assert output(*argv.split())
    assert output("get", "backup-ended", "--cloud", "sandbox", "-f", "status") == "SUCCESS\n"
