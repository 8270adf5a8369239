# ruff: noqa: E501 - lists of what is odd, a screen wide
"""What surrounds the program (F37, F40, F62, F98): not trusted, not touched."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.support.filesystem import is_root, needs_mount, within_mount
from tests.support.program import COMMAND, ROOT, clean_env, run_process, running_sandbox
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.server import Server, always, answer, job
from vbsjob.http import url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = answer(job("SUCCESS", entities={"backup_id": "b"}))


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(always(GOOD)) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize("home", [None, "relative", "/dev/null", "\udcff"])
def test_f37_any_home_works_and_no_folder_is_created_in_the_working_directory(
    service: Server, tmp_path: Path, home: str | None
) -> None:
    env = clean_env(service.url, PYTHONPATH=str(ROOT))
    work = tmp_path / "work"
    work.mkdir()
    if home is None:
        del env["HOME"]
    else:
        env["HOME"] = home
    ended = run_process("get", "j", "--exit-status", env=env, cwd=work)
    assert ended.code == 0, ended.err
    assert ended.is_clean
    assert list(work.iterdir()) == []


@pytest.mark.slow
@pytest.mark.skipif(not is_root, reason="becoming an unknown user needs root")
def test_f37_a_user_without_a_name_or_a_home_gets_an_answer_and_a_note_that_no_token_is_cached(
    tmp_path: Path,
) -> None:
    tmp_path.chmod(0o777)
    with running_sandbox() as (_, sandbox_env):
        env = clean_env(PYTHONPATH=str(ROOT), **sandbox_env)
        del env["HOME"]
        ended = subprocess.run(
            ["setpriv", "--reuid", "54321", "--clear-groups", "--", *COMMAND, "get", "backup-1", "-v"],
            env=env, cwd=tmp_path, capture_output=True, check=False,
        )  # fmt: skip
    if b"Permission denied" in ended.stderr and b"vbsjob" not in ended.stderr:
        pytest.skip("that user may not run this interpreter")
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.count(b"not cached") == 1
    assert list(tmp_path.iterdir()) == []


def test_f37_with_an_empty_environment_it_prints_what_it_needs(tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = run_process("get", "j", env=env, cwd=tmp_path)
    assert ended.code == 4
    assert ended.err.startswith("vbsjob: error: no credentials are set.")
    assert list(tmp_path.iterdir()) == []


READ_ONLY = (
    'for at in $(findmnt -rno TARGET -t nosysfs,noproc); do mount -o remount,bind,ro "$at"; done 2>&-; '
    'touch "$HOME/x" 2>&- && exit 99; exec "$@"'
)


@needs_mount
@pytest.mark.parametrize("disk", ["read-only", pytest.param("full", marks=pytest.mark.slow)])
def test_f37_f72_a_machine_that_is_read_only_or_a_home_on_a_full_disk_changes_nothing(
    service: Server, tmp_path: Path, disk: str
) -> None:
    words: tuple[str, ...] = ("unshare", "--mount", "bash", "-c", READ_ONLY, "bash")
    if disk == "full":
        words = within_mount(tmp_path, "size=4k,nr_inodes=1")
    env = clean_env(service.url, HOME=str(tmp_path))
    ended = run_process("get", "j", "--exit-status", env=env, within=words)
    assert ended.code == 0, ended.err
    assert "SUCCESS" in ended.out


TERMINALS: tuple[dict[str, str], ...] = (
    {},
    {"TERM": "dumb", "COLORTERM": "truecolor", "FORCE_COLOR": "1"},
    {"TERM": "xterm-256color", "NO_COLOR": "1"},
    {"TERM": "nonsense", "FORCE_COLOR": "0"},
)
SIZES = ((80, 24), (1, 1), (20, 5))


@pytest.mark.slow
@pytest.mark.parametrize("given", TERMINALS, ids=str)
def test_f40_no_terminal_makes_get_do_more_than_show_colour(
    service: Server, given: dict[str, str]
) -> None:
    for columns, lines in SIZES:
        env = clean_env(service.url, **given)
        terminal = PseudoTerminal(
            "get", "j", "--exit-status", env=env, columns=columns, lines=lines
        )
        assert terminal.finish() == 0
        assert terminal.screen.untouched
        assert "Traceback" not in terminal.wrote
        if given.get("NO_COLOR") or given.get("TERM") == "dumb":
            assert "\x1b" not in terminal.wrote
        if columns == 80:
            assert any("SUCCESS" in row for row in terminal.screen.rows)


FORCED: tuple[dict[str, str], ...] = (
    {"TTY_COMPATIBLE": "1", "CLICOLOR_FORCE": "1"},
    {"FORCE_COLOR": "1"},
)


@pytest.mark.parametrize("given", FORCED, ids=str)
def test_f40_no_variable_makes_a_terminal_of_a_pipe(service: Server, given: dict[str, str]) -> None:
    ended = run_process("watch", "j", env=clean_env(service.url, TERM="xterm", **given))
    assert ended.code == 0, ended.err
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", ended.out + ended.err)


def test_f40_a_terminal_without_a_size_counts_as_80_columns_wide() -> None:
    below = {"job_id": "b" * 32, "status": "FAIL", "fail_reason": "because " * 20}
    controller, terminal = pty.openpty()
    with Server(always(answer(job("SUCCESS", sub_jobs=[below])))) as server:
        env = clean_env(server.url, TERM="xterm", NO_COLOR="1")
        ended = subprocess.run([*COMMAND, "tree", "j"], stdout=terminal, stderr=terminal, env=env, cwd=ROOT, check=False)  # fmt: skip
    shown = os.read(controller, 65536).decode()
    os.close(controller)
    os.close(terminal)
    assert (ended.returncode, shown.split()[1]) == (0, "SUCCESS")
    assert max(len(row) for row in shown.splitlines()) <= 80


def test_f40_no_value_of_columns_matters(service: Server) -> None:
    for columns in ("0", "-5", "1000000000", "x"):
        env = clean_env(service.url, COLUMNS=columns, LINES=columns)
        for argv in (["get", "j", "--exit-status"], ["explain", "--help"]):
            ended = run_process(*argv, env=env)
            assert ended.code == 0, (columns, ended.err)
            assert ended.is_clean


def test_f62_the_version_is_replaced_in_the_path_and_never_in_the_host() -> None:
    for host in ("vbs.test", "v2.vbs.test", "v2"):
        for path in ("", "/v2", "/v1.0", "/v3/x", "/v2/v2"):
            for project in ("p", "v2", "av2b"):
                made = urlsplit(url.jobs_address(f"https://{host}{path}", project))
                assert made.netloc == host
                assert made.path.endswith(f"/v1/{project}"), (path, project)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["get j --exit-status", "--help"])
def test_f98_modules_in_the_working_directory_are_not_imported(
    service: Server, tmp_path: Path, command: str
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    for name in {*sys.stdlib_module_names, *THIRD}:
        (work / f"{name}.py").write_text("raise SystemExit('hijacked')\n")
    (work / "evil.pth").write_text("import sys; sys.exit('hijacked')\n")
    script = tmp_path / "vbsjob-as-pip-makes-it"
    script.write_text("from vbsjob.__main__ import main\nmain()\n")
    env = clean_env(service.url, PYTHONPATH=str(ROOT))
    ended = subprocess.run(
        [sys.executable, str(script), *command.split()], env=env, cwd=work,
        capture_output=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, b"")


THIRD = ("httpx", "httpcore", "h11", "certifi", "idna", "anyio", "typer", "rich", "yaml", "_yaml",
         "platformdirs", "shellingham", "annotated_doc", "vbsjob")  # fmt: skip
