"""Streams that are full, closed or gone (F76, F78): a code of its own, never 1, no traceback."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import canary
from tests.support.child import Child
from tests.support.filesystem import needs_full
from tests.support.home_directory import HomeFactory, SignInService
from tests.support.program import COMMAND, ROOT, TOKEN, clean_env, run_bash, run_process
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.server import Peer

SIGPIPE = -13


@pytest.fixture(scope="module")
def failing() -> Iterator[Server]:
    """A service whose job failed: with --exit-status the right code is 1."""
    with Server(always(answer(job("FAIL", entities={"note": "x" * 200_000})))) as server:
        yield server


@pytest.fixture(scope="module")
def well() -> Iterator[Server]:
    with Server(always(answer(job("SUCCESS")))) as server:
        yield server


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize(
    "command",
    ["get j", "get j -o json", "--help", "--version", "sandbox"],
)
def test_f78_a_full_disk_under_stdout_or_a_closed_stdout_is_70_and_reported(
    well: Server, command: str
) -> None:
    for redirection in (">/dev/full", ">&-"):
        ended = run_bash(f'"$@" {command} {redirection}', env=clean_env(well.url))
        assert ended.code == 70, ended.err
        assert ended.is_clean
        assert ended.err.startswith(("vbsjob: ", '{"schema_version":'))
    assert command.startswith("--") or "standard output is closed" in ended.err


LOSES_OUTPUT = {
    # Redirections, and whether output is lost.
    "<&-": False, ">&-": True, ">/dev/full": True, "2>&-": False, "2>/dev/full": False,
    "<&- 2>&-": False, ">&- 2>/dev/full": True, "<&- >&- 2>&-": True,
}  # fmt: skip


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize("redirections", LOSES_OUTPUT)
def test_f78_s20_a_missing_stream_does_not_change_the_code(
    failing: Server, redirections: str
) -> None:
    ended = run_bash(f'"$@" get j --exit-status {redirections}', env=clean_env(failing.url))
    assert ended.code == (70 if LOSES_OUTPUT[redirections] else 1)
    assert "Traceback" not in ended.err
    if LOSES_OUTPUT[redirections]:
        quiet = run_bash(f'"$@" get j --exit-status -q {redirections}', env=clean_env(failing.url))
        assert quiet.code == 1


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize(
    "command", ["get ../x 2>/dev/full", "get j --cloud none 2>&-", "--zz 2>/dev/full >&-"]
)
def test_f78_an_error_that_cannot_be_printed_keeps_its_code(command: str) -> None:
    assert run_bash(f'"$@" {command}', env=clean_env()).code == 2


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize("progress", ["plain", "json"])
def test_f78_a_full_disk_under_stderr_changes_neither_the_answer_nor_the_code_of_a_watch(
    failing: Server, progress: str
) -> None:
    line = f'"$@" watch j -o json --progress {progress} 2>/dev/full'
    ended = run_bash(line, env=clean_env(failing.url))
    assert ended.code == 1
    assert json.loads(ended.out)["status"] == "FAIL"


def test_f86_a_full_pipe_that_is_non_blocking_gets_the_complete_answer(
    failing: Server,
) -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with Child(
        [*COMMAND, "get", "j", "-o", "json"], env=clean_env(failing.url), cwd=ROOT,
        stdout=writer, stderr=subprocess.PIPE,
    ) as child, os.fdopen(reader, "rb") as stream:  # fmt: skip
        while select.select([], [writer], [], 0)[1] and child.poll() is None:
            time.sleep(0.01)
        os.close(writer)
        assert len(json.loads(stream.read())["entities"]["note"]) == 200_000
        assert child.wait() == 0


def read_some(env: dict[str, str], count: int, *argv: str) -> tuple[int, bytes]:
    """Start it, read so many bytes of its stdout, go away; return its code and its stderr."""
    with Child(
        [*COMMAND, *argv], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        if count:
            os.read(child.stdout.fileno(), count)
        child.stdout.close()
        return child.wait(30), child.stderr.read()


@pytest.mark.slow
@pytest.mark.parametrize(("count", "output"), [(0, "table"), (1, "json"), (65536, "value")])
def test_f76_a_reader_that_closes_ends_it_by_sigpipe_without_output(
    failing: Server, count: int, output: str
) -> None:
    argv = ("get", "j", "--exit-status", "-o", output, "-f", "entities.note")
    code, err = read_some(clean_env(failing.url), count, *argv)
    assert (code, err) == (SIGPIPE, b"")


def test_f76_help_into_head_is_quiet() -> None:
    ended = run_bash('"$@" --help | head -1 >/dev/null; echo ${PIPESTATUS[0]}', env=clean_env())
    assert ended.out.strip() in {"0", "141"}
    assert ended.err == ""


def test_f76_an_error_whose_reader_has_closed_keeps_its_code(failing: Server) -> None:
    line = '"$@" get ../x 2> >(true); exit $?'
    assert run_bash(line, env=clean_env(failing.url)).code == 2


NAME = "Größe ✓ 大 \ud800 \x9b"
SURROUNDINGS: list[tuple[dict[str, str], bool]] = [
    # A locale or an encoding, and whether it can carry every sign.
    ({"LANG": "C"}, True),
    ({"PYTHONIOENCODING": "ascii"}, False),
    ({"PYTHONIOENCODING": "cp936"}, False),
    ({"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, False),
    ({"PYTHONIOENCODING": "utf-16"}, True),
]


@pytest.fixture(scope="module")
def foreign() -> Iterator[Server]:
    """A service of many alphabets: of job j it tells, of job k it complains."""
    subs = [{"job_id": "s", "job_type": NAME, "status": "FAIL"}, {"job_id": "t", "status": "INIT"}]
    good = answer(job("SUCCESS", entities={NAME: NAME, "sub_jobs": subs}))
    bad = answer({"error": {"message": NAME, "code": "X.1"}}, 400)

    def script(peer: Peer) -> None:
        while request := peer.request():
            peer.send(bad if b"/jobs/k " in request else good)

    with Server(script) as server:
        yield server


@pytest.mark.slow
@pytest.mark.parametrize(("more", "able"), SURROUNDINGS, ids=str)
def test_f38_s09_an_ascii_terminal_or_odd_locale_changes_no_code_and_no_json(
    foreign: Server, more: dict[str, str], able: bool
) -> None:
    env = clean_env(foreign.url, **more)
    wide = more.get("PYTHONIOENCODING") == "utf-16"
    table = run_process("get", "j", "--exit-status", env=env)
    assert table.code == 0, table.err
    assert table.is_clean
    tree = run_process("tree", "j", "k", env=env)
    assert tree.code == 6, tree.err  # of k, which standard error tells of
    assert tree.is_clean
    assert wide or "service  Gr" in tree.err
    assert wide or [line[:3] for line in tree.out.splitlines()[1:3]] == (
        ["├─ ", "└─ "] if able else ["|- ", "`- "]
    )
    document = run_process("get", "j", "-o", "json", env=env)
    assert wide or json.loads(document.out)["entities"][NAME] == NAME
    assert wide or document.out.isascii()


GET, WATCH = "get j --exit-status -v", "watch j --progress plain -v"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "closed"),
    [(GET, ""), (GET, "1"), (GET, "02"), (GET, "012"), (WATCH, "012")],
)
def test_f78_no_closed_stream_becomes_a_file_or_a_socket(
    tmp_path: Path, closed: str, command: str
) -> None:
    marks = {"0": "<&-", "1": ">&-", "2": "2>&-"}
    factory = HomeFactory(tmp_path)
    with factory.serving(SignInService("SUCCESS")) as server:
        home = factory.home(server)
        env = clean_env(HOME=str(home.path))
        line = f'"$@" {command} {" ".join(marks[number] for number in closed)}'
        assert run_bash(line, env=env).code == (70 if "1" in closed else 0)
        assert server.requests == 2
    for log in server.received:
        assert b"vbsjob" not in log.replace(b"User-Agent: vbsjob", b"")
        assert b"SUCCESS" not in log
    home.check_whole("j")


LAST_RESORT = "from vbsjob.__main__ import _exit_internal\n_exit_internal({error})"


def last_resort(error: str, before: str = "") -> subprocess.CompletedProcess[bytes]:
    """End a process that cannot report an error in the usual way."""
    command = [sys.executable, "-c", before + LAST_RESORT.format(error=error)]
    return subprocess.run(
        command, env=clean_env(), cwd=ROOT, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize("kind", ["ValueError", "RecursionError", "SystemExit", "MemoryError"])
def test_s05_f92_the_last_resort_prints_the_kind_of_the_error_and_nothing_else(kind: str) -> None:
    ended = last_resort(f"{kind}({TOKEN!r})")
    canary.check(ended.stdout + ended.stderr)
    assert (ended.returncode, ended.stdout) == (70, b"")
    assert ended.stderr == f"vbsjob: could not run: {kind}.\n".encode()


def test_f78_without_stderr_the_last_resort_still_ends_with_70() -> None:
    assert last_resort("ValueError()", "import os\nos.close(2)\n").returncode == 70
