"""The machine has no file descriptor, thread or memory left (F31): one line, the state unknown."""

from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.fault_injection import CallFault, compile_library
from tests.support.program import clean_env, run_process
from tests.support.server import Server, always, answer, job
from vbsjob import errors

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import RunResult

REASONS = {
    errno.EMFILE: "too many open files.",
    errno.ENFILE: "too many open files in the system.",
    errno.ENOMEM: "not enough memory.",
    errno.EAGAIN: "too many threads.",
}
WAYS = {"lines": (), "events": ("-o", "jsonl"), "quiet": ("-q",)}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> str:
    return compile_library(tmp_path_factory.mktemp("failing"))


def run_with_fault(
    library: str, server: Server, fault: CallFault, *argv: str, **env: str
) -> RunResult:
    """Run in a process in which a call fails, and make sure that it did."""
    full_env = clean_env(server.url, LD_PRELOAD=library, **fault.env) | env
    ended = run_process(*argv, env=full_env)
    assert fault.hit is not None
    return ended


@pytest.mark.slow
@pytest.mark.parametrize(("number", "way"), list(zip(REASONS, WAYS, strict=False)))
def test_f31_a_watch_that_gets_no_pipe_ends_with_7(
    library: str, tmp_path: Path, number: int, way: str
) -> None:
    fault, report = CallFault("pipe", tmp_path / "log", tmp_path, 1, number), tmp_path / "r.xml"
    with Server(always(answer(job("FAIL")))) as server:
        argv = ("watch", "j", "--junit", str(report), *WAYS[way])
        ended = run_with_fault(library, server, fault, *argv)
        assert server.requests == 0
    assert (ended.code, ended.is_clean) == (7, True)
    assert REASONS[number] in ended.err + ended.out
    assert REASONS[number] in report.read_text()
    if way == "events":
        assert '"event":"verdict"' in ended.out
        assert '"exit_code":7,"verdict":"unavailable"' in ended.out


@pytest.mark.slow
def test_f31_a_watch_that_cannot_wait_ends_with_7(library: str, tmp_path: Path) -> None:
    def run(at: int) -> int:
        fault = CallFault("poll", tmp_path / f"{at}", tmp_path, at, errno.ENOMEM)
        argv = ("watch", "j", "--interval", "1", "--timeout", "1")
        ended = run_with_fault(library, server, fault, *argv)
        assert ended.is_clean or ended.code == 124
        assert ended.code == 124 or REASONS[errno.ENOMEM] in ended.err
        return ended.code

    with Server(always(answer(job("RUNNING")))) as server, ThreadPoolExecutor(4) as pool:
        codes = set(pool.map(run, range(1, 7)))
    assert codes == {7, 124}  # a wait of the watch; a wait of a query, which is sent again


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "name"), list(zip(REASONS, ("config.toml", "clouds.yaml", "report"), strict=False))
)
def test_f31_a_file_that_cannot_be_opened_is_not_said_to_be_wrong(
    library: str, tmp_path: Path, name: str, number: int
) -> None:
    file = tmp_path / "vbsjob" / name
    file.parent.mkdir()
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    argv: tuple[str, ...] = ("get", "j")
    if name == "report":  # a temporary file in its folder is opened first
        file.mkdir()
        argv = ("watch", "j", "--junit", str(file / "r.xml"))
    else:
        file.write_text("[defaults]\n" if name == "config.toml" else "clouds: {c: {}}\n")
    if name == "clouds.yaml":
        env |= {"OS_CLIENT_CONFIG_FILE": str(file), "OS_CLOUD": "c"}
    fault = CallFault("open", tmp_path / "log", file, 1, number)
    with Server(always(answer(job()))) as server:
        ended = run_with_fault(library, server, fault, *argv, **env)
    assert (ended.code, ended.is_clean) == (7, True)
    assert REASONS[number] in ended.err


def test_f31_the_sandbox_without_a_socket_ends_with_7(library: str, tmp_path: Path) -> None:
    fault = CallFault("socket", tmp_path / "log", tmp_path, 1, errno.EMFILE)
    with Server(always(answer(job()))) as server:
        ended = run_with_fault(library, server, fault, "get", "restore", "--cloud", "sandbox")
    assert (ended.code, ended.is_clean) == (7, True)
    assert REASONS[errno.EMFILE] in ended.err


@pytest.mark.slow
@pytest.mark.parametrize("argv", [("get", "a"), ("get", "a", "b"), ("watch", "a", "b")])
def test_f31_a_thread_that_cannot_be_started_ends_a_run_with_7(
    library: str, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    counted = CallFault("thread", tmp_path / "log", tmp_path)
    with Server(always(answer(b"{}", 403))) as server:
        run_process(*argv, env=clean_env(server.url, LD_PRELOAD=library, **counted.env))
        for fault in counted.each([errno.EAGAIN], 3):
            ended = run_with_fault(library, server, fault, *argv)
            assert (ended.code, ended.is_clean) == (7, True)
            assert REASONS[errno.EAGAIN] in ended.err


@pytest.mark.parametrize("number", errors.SHORTAGES)
def test_f31_each_shortage_has_a_reason_and_a_next_step(number: int) -> None:
    error = errors.shortage(OSError(number, ""))
    assert error is not None
    assert (error.exit_code, error.message.count(".")) == (7, 1)
    assert error.hint.endswith(".")
