"""The history: `@last`, how long a kind takes, and that no file can do harm."""

from __future__ import annotations

import io
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from tests.screens.draw import Interrupt
from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.program import RunResult, clean_env, run_process
from vbsjob import history
from vbsjob.__main__ import run
from vbsjob.cli import candidates
from vbsjob.config import loader
from vbsjob.errors import InternalError
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.context import Context

TOKEN = "canary-of-the-history"
ENV = {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test"}
BEGIN, END = "2026-01-01T00:00:00Z", "2026-01-01T00:11:00Z"


def send(request: Request) -> Response:
    job_id = request.url.rpartition("/")[2]
    job = {"job_id": job_id, "job_type": f"kind {TOKEN}", "status": "SUCCESS"}
    return Response(200, {}, json.dumps(job | {"begin_time": BEGIN, "end_time": END}).encode())


def context(folder: Path | None, env: dict[str, str] = ENV) -> Context:
    clock = FakeClock()
    return fake_context(
        io.StringIO(), io.StringIO(), io.StringIO(), env, monotonic=clock, sleep=clock.sleep,
        send=send, state_folder=folder,
    )  # fmt: skip


def vbsjob(folder: Path | None, *argv: str, env: dict[str, str] = ENV) -> RunResult:
    run_context = context(folder, env)
    code = run(argv, run_context)
    return RunResult(code, run_context.stdout.getvalue(), run_context.stderr.getvalue())  # type: ignore[attr-defined]


def names(folder: Path) -> list[str]:
    run_context = context(folder)
    entries = history.entries(loader.load({}, run_context), run_context)
    return [entry["job_id"] for entry in entries]


def tab(folder: Path) -> dict[str, str]:
    """Return the jobs that Tab offers, with their descriptions."""
    return dict(candidates.jobs(typer.Context(typer.core.TyperCommand("get"), obj=context(folder))))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "vbsjob"


def test_last_is_the_id_queried_last_and_2_the_one_before(folder: Path) -> None:
    vbsjob(folder, "get", "first", "second")
    assert names(folder) == ["second", "first"]
    assert vbsjob(folder, "get", "@2", "-o", "name").out == "first\n"
    assert vbsjob(folder, "get", "@last", "@2", "-o", "name").out == "first\nsecond\n"


def test_every_query_command_writes_the_history_and_accepts_last(folder: Path) -> None:
    for command in ("get", "tree", "watch"):
        own = folder / command
        assert vbsjob(own, command, "j").code == 0
        assert names(own) == ["j"]
        assert " j" in vbsjob(own, command, "@last").out


def test_an_id_missing_from_the_history_is_rejected(folder: Path) -> None:
    for word in ("@2", "@last"):
        ended = vbsjob(folder, "get", word)
        assert (ended.code, ended.out) == (2, "")
        assert "the history contains 0 jobs of this cloud" in ended.err


def test_an_id_that_resembles_the_history_syntax_is_rejected(folder: Path) -> None:
    for word in ("@", "@0", "@-1", "@99999", "@lst", "@last/../x", "@١"):
        assert vbsjob(folder, "get", word).code == 2


def test_durations_of_another_cloud_are_not_used(folder: Path) -> None:
    vbsjob(folder, "get", "j")
    for endpoint, seconds in ((ENV["VBSJOB_ENDPOINT"], [660.0]), ("https://other.test", [])):
        run_context = context(folder, ENV | {"VBSJOB_ENDPOINT": endpoint})
        settings = loader.load({}, run_context)
        assert history.durations(f"kind {TOKEN}", settings, run_context) == seconds


def test_last_is_the_job_whose_watch_ctrl_c_ended(folder: Path) -> None:
    vbsjob(folder, "get", "earlier")
    clock = FakeClock()

    def running(request: Request) -> Response:
        return Response(200, {}, json.dumps({"job_id": "now", "status": "RUNNING"}).encode())

    run_context = fake_context(
        io.StringIO(), io.StringIO(), io.StringIO(), ENV, monotonic=clock, sleep=clock.sleep,
        send=running, state_folder=folder, signals=lambda *_: Interrupt(clock, clock() + 30),
    )  # fmt: skip
    assert run(["watch", "now"], run_context) == 130
    assert names(folder) == ["now", "earlier"]


def test_tab_completes_an_id_once_whichever_cloud_it_is_from(folder: Path) -> None:
    for host in ("one", "two"):
        vbsjob(folder, "get", "j", "k", env=ENV | {"VBSJOB_ENDPOINT": f"https://{host}.test"})
    assert list(tab(folder)) == ["@last", "@running", "k", "j"]


def test_file_and_folder_are_private_whatever_the_umask(folder: Path) -> None:
    for mask in (0, 0o277):
        old = os.umask(mask)
        try:
            vbsjob(folder, "get", f"j{mask}")
        finally:
            os.umask(old)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / history.FILE).stat().st_mode) == 0o600
    assert len(names(folder)) == 2


def test_no_secret_is_kept(folder: Path) -> None:
    vbsjob(folder, "get", "j")
    assert names(folder) == ["j"]
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    assert TOKEN.encode() not in content
    assert b"SUCCESS" in content


def test_only_the_newest_jobs_are_kept(folder: Path) -> None:
    vbsjob(folder, "get", "old")
    path = folder / history.FILE
    (entry,) = history.stored(context(folder))
    for _ in range(4):
        lines = (json.dumps(entry | {"job_id": f"j{n}"}) + "\n" for n in range(history.MAX_JOBS))
        with path.open("a") as file:
            file.writelines(lines)
    size = path.stat().st_size
    vbsjob(folder, "get", "new")
    job_ids = names(folder)
    assert len(job_ids) == history.MAX_JOBS
    assert (job_ids[0], "old" in job_ids) == ("new", False)
    assert path.stat().st_size < size / 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    vbsjob(folder, "get", "newer")
    assert names(folder)[:2] == ["newer", "new"]


def test_processes_that_write_at_the_same_time_lose_nothing(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: vbsjob(folder, "get", f"j{number}"), range(40)))
    assert set(names(folder)) == {f"j{number}" for number in range(40)}


def test_one_setting_turns_off_all_files(folder: Path) -> None:
    for off in ("off", "false", "0"):
        assert vbsjob(folder, "get", "j", env=ENV | {"VBSJOB_HISTORY": off}).code == 0
        assert not folder.exists()


def test_the_sandbox_is_not_remembered(folder: Path) -> None:
    env = clean_env(XDG_STATE_HOME=str(folder.parent))
    assert run_process("get", "backup-ended", "--cloud", "sandbox", env=env).code == 0
    assert not folder.exists()
    assert run_process("get", "@last", "--cloud", "sandbox", env=env).code == 2


def broken(path: Path) -> None:
    path.write_bytes(b"[" * 99_999 + b"\n{}\n\xff")
    path.chmod(0o600)


def open_to_others(path: Path) -> None:
    path.write_bytes(b"")
    path.chmod(0o644)


def too_large(path: Path) -> None:
    broken(path)
    os.truncate(path, 1 << 30)


DAMAGED: dict[str, tuple[Callable[[Path], object], bool]] = {
    "broken": (broken, True),
    "a link": (lambda path: path.symlink_to("nowhere"), False),
    "a pipe": (os.mkfifo, False),
    "readable by others": (open_to_others, False),
    "too large": (too_large, False),
}
"""How to damage a file, and whether it can be read then."""


def test_a_damaged_file_changes_neither_answer_nor_code_and_prints_at_most_one_line(
    tmp_path: Path,
) -> None:
    for name, (damage, readable) in DAMAGED.items():
        folder = tmp_path / name / "vbsjob"
        folder.mkdir(parents=True)
        folder.chmod(0o700)
        damage(folder / history.FILE)
        silent, loud = vbsjob(folder, "get", "j"), vbsjob(folder, "get", "j", "-v")
        assert (silent.code, silent.err) == (0, ""), name
        assert "SUCCESS" in silent.out
        assert (loud.code, loud.err.count("history:") <= 1) == (0, True)
        with nullcontext() if readable else pytest.raises(InternalError):
            assert list(tab(folder)) == ["@last", "@running", "j"]


def test_without_a_state_folder_there_is_no_history() -> None:
    for state_folder in (None, Path("/dev/null/x"), Path("/proc/nowhere")):
        ended = vbsjob(state_folder, "get", "j")
        assert (ended.code, ended.err) == (0, "")


def test_hostile_rows_are_not_completed(folder: Path) -> None:
    vbsjob(folder, "get", "good")
    (good,) = history.stored(context(folder))
    bad_ids = ("$(touch x)", "a b", "\x1b[31m", None)
    bad = [good | {"job_id": bad_id} for bad_id in bad_ids]
    bad += [good | {"job_id": "bad", "elapsed_s": "1"}, good | {"job_id": "bad", "failure": "x"}]
    bad += [good | {"job_id": "bad", "failure": {"error_code": 1}}]
    acting = good | {"job_id": "acting", "job_type": "\x1b\n"}
    with (folder / history.FILE).open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in (*bad, acting))
    assert list(tab(folder).items())[2:] == [
        ("acting", "^[⏎ SUCCESS"), ("good", "kind (secret) SUCCESS"),
    ]  # fmt: skip


def test_a_history_that_cannot_be_read_is_not_called_empty(folder: Path) -> None:
    vbsjob(folder, "get", "j")
    (folder / history.FILE).chmod(0o666)
    for argv in (("list",), ("list", "-o", "json"), ("get", "@last")):
        ended = vbsjob(folder, *argv)
        assert (ended.code, ended.out) == (70, ""), ended.err
        reason = "cannot be read: other users can use the file"
        assert f"{folder / history.FILE} {reason}" in ended.err
    assert vbsjob(folder, "get", "j").code == 0
