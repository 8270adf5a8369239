# ruff: noqa: E501 - lists of what is odd, a screen wide
"""What surrounds the program (F37, F40, F62, F97, F98): not trusted, not touched."""

from __future__ import annotations

import ast
import itertools
import os
import pty
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
@pytest.mark.parametrize(
    "home", [None, "", "relative", "{tmp_path}/missing/x", "/dev/null", "~", "\udcff"]
)
def test_f37_any_home_works_and_no_folder_is_created_in_the_working_directory(
    service: Server, tmp_path: Path, home: str | None
) -> None:
    env = clean_env(service.url, PYTHONPATH=str(ROOT))
    work = tmp_path / "work"
    work.mkdir()
    env |= {"HOME": home.format(tmp_path=tmp_path)} if home is not None else {}
    if home is None:
        del env["HOME"]
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


def check_served(service: Server, words: tuple[str, ...], home: Path) -> None:
    """Behind words that change the machine for it, the question is answered all the same."""
    ended = subprocess.run(
        [*words, *COMMAND, "get", "j", "--exit-status"], cwd=ROOT, capture_output=True, check=False,
        env=clean_env(service.url, HOME=str(home)),
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert b"SUCCESS" in ended.stdout


@needs_mount
def test_f37_f72_a_whole_machine_that_is_read_only_changes_nothing(
    service: Server, tmp_path: Path
) -> None:
    frozen = 'for at in $(findmnt -rno TARGET -t nosysfs,noproc); do mount -o remount,bind,ro "$at"; done 2>&-; '
    words = (
        "unshare",
        "--mount",
        "bash",
        "-c",
        frozen + 'touch "$HOME/x" 2>&- && exit 99; exec "$@"',
        "bash",
    )
    check_served(service, words, tmp_path)


@pytest.mark.slow
@needs_mount
def test_f37_f72_a_home_on_a_full_disk_changes_nothing(service: Server, tmp_path: Path) -> None:
    for options in ("size=4k,nr_inodes=1", "ro"):
        words = within_mount(tmp_path, options)
        check_served(service, words, tmp_path)


TERMS: tuple[dict[str, str], ...] = (
    {"TERM": "dumb"},
    {},
    {"TERM": "xterm-256color"},
    {"TERM": "nonsense"},
)
COLORS: tuple[dict[str, str], ...] = (
    {},
    {"NO_COLOR": "1"},
    {"FORCE_COLOR": "0"},
    {"COLORTERM": "truecolor", "FORCE_COLOR": "1"},
)
SIZES = ((80, 24), (1, 1), (20, 5))


@pytest.mark.slow
@pytest.mark.parametrize(("term", "color"), list(itertools.product(TERMS, COLORS)))
def test_f40_no_terminal_makes_get_do_more_than_show_colour(
    service: Server, term: dict[str, str], color: dict[str, str]
) -> None:
    for columns, lines in SIZES if term == TERMS[0] or color == COLORS[0] else SIZES[:1]:
        env = clean_env(service.url, LANG="C.UTF-8", **term, **color)
        terminal = PseudoTerminal(
            "get", "j", "--exit-status", env=env, columns=columns, lines=lines
        )
        assert terminal.finish() == 0
        assert terminal.screen.untouched
        assert "Traceback" not in terminal.wrote
        if color.get("NO_COLOR") or term.get("TERM") == "dumb":
            assert "\x1b" not in terminal.wrote
        if columns == 80:
            assert any("SUCCESS" in row for row in terminal.screen.rows)


@pytest.mark.parametrize(
    "env",
    [{"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1", "CLICOLOR_FORCE": "1"}, {"FORCE_COLOR": "1", "TERM": "dumb"}],
    ids=str,
)  # fmt: skip
def test_f40_no_variable_makes_a_terminal_of_a_pipe(service: Server, env: dict[str, str]) -> None:
    for command in ("get", "watch"):
        ended = run_process(command, "j", env=clean_env(service.url, **{"TERM": "xterm", **env}))
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


@pytest.mark.parametrize("columns", ["0", "1", "-5", "1000000000", "x", "1e9", ""])
def test_f40_no_value_of_columns_matters(service: Server, columns: str) -> None:
    env = clean_env(service.url, COLUMNS=columns, LINES=columns)
    for argv in (["get", "j", "--exit-status"], ["--help"], ["get", "--help"]):
        ended = run_process(*argv, env=env)
        assert ended.code == 0, ended.err
        assert ended.is_clean


NAMES = st.from_regex(r"(v[0-9]|v2|[a-z])[a-z0-9]{0,6}", fullmatch=True)


@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from(["", "/v2", "/v1.0", "/v3/x", "/v2/v2"]),
       st.sampled_from(["p", "v2", "av2b"]))  # fmt: skip
def test_f62_the_version_is_replaced_in_the_path_and_never_in_the_host(
    labels: list[str], path: str, project: str
) -> None:
    host = ".".join(labels)
    made = urlsplit(url.jobs_address(f"https://{host}{path}", project))
    assert made.netloc == host
    assert made.path.endswith(f"/v1/{project}")


def test_f97_one_module_imports_the_http_libraries_so_that_they_can_be_exchanged() -> None:
    users = {path.stem for path in (ROOT / "vbsjob").rglob("*.py")
             if {"httpx", "httpcore", "h11"} & set(_imported(path))}  # fmt: skip
    assert users == {"transport"}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["get j --exit-status", "watch j -q", "--help", "--version"])
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
