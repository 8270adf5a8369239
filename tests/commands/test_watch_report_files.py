"""Where `watch` writes reports: any kind of file, at every end, never a wait without end."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import time
from contextlib import chdir, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests.support.program import ROOT, clean_env, run_bash, run_process
from vbsjob.errors import UsageError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.jobs.result import JobResult
from vbsjob.output import github, report_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WATCH = ("watch", "backup-ended", "--cloud", "sandbox", "-q")
OLD = '<testsuites name="of an earlier run"/>'


def outcomes(report: Path) -> list[str]:
    """Return the tag below each test case of a report; `success` where there is none."""
    cases = ET.parse(report).iter("testcase")
    return [next((child.tag for child in case), "success") for case in cases]


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        '"$@" --junit /dev/stdout',
        '"$@" --junit /dev/fd/1',
        '"$@" --junit /proc/self/fd/1',
        'set -o pipefail; "$@" --junit /dev/stdout | cat',
        '"$@" --junit >(cat); sleep 0.3',
        'mkfifo f; cat f & "$@" --junit f; wait',
        'ln -s /dev/stdout l; "$@" --junit l',
        '"$@" --junit /dev/fd/3 3>&1',
    ],
)
def test_a_descriptor_or_fifo_gets_the_report(script: str, tmp_path: Path) -> None:
    env = clean_env(PYTHONPATH=str(ROOT))
    ended = run_bash(f'cd {tmp_path}; set -- "$@" {" ".join(WATCH)}; {script}', env=env)
    assert ended.code == 0, ended.err
    assert ended.out.count("<testsuites ") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    "script",
    [
        'echo kept > in; "$@" --junit /dev/fd/3 3< in; code=$?; cat in; exit $code',
        'echo kept; "$@" --junit /proc/self/fd/3 3< <(sleep 5)',
        'echo kept; "$@" --junit /dev/fd/3 3< /dev/null',
    ],
    ids=["file", "pipe", "device"],
)
def test_a_descriptor_that_is_only_for_reading_is_refused_before_the_watch(
    script: str, tmp_path: Path
) -> None:
    env = clean_env(PYTHONPATH=str(ROOT))
    ended = run_bash(f'cd {tmp_path}; set -- "$@" {" ".join(WATCH)}; {script}', env=env)
    assert ended.code == 2, ended.err
    assert ended.out == "kept\n"


@pytest.mark.slow
def test_a_report_in_the_file_behind_stdout_leaves_the_file_in_place(tmp_path: Path) -> None:
    out = tmp_path / "out"
    env = clean_env(PYTHONPATH=str(ROOT))
    group = '{ echo first; "$@" --junit /dev/stdout; echo last; }'
    script = f'set -- "$@" {" ".join(WATCH)}; {group} > {out}'
    assert run_bash(script, env=env).code == 0
    lines = out.read_text().splitlines()
    assert (lines[0], lines[-1]) == ("first", "last")
    assert "</testsuites>" in lines


SAME_FILE = {
    "stdout": ('"$@" -o value --junit out > out', "SUCCESS"),
    "stdout, appended": ('"$@" -o value --junit out >> out', "SUCCESS"),
    "another name of stdout": ('ln out name; "$@" -o value --junit name > out', "SUCCESS"),
    "a link to stdout": ('ln -s out name; "$@" -o value --junit name > out', "SUCCESS"),
    "stderr": ('"$@" --junit out 2> out >/dev/null', "sandbox"),
    "both": ('"$@" -o value --junit out > out 2>&1', "SUCCESS"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME_FILE)
def test_the_file_behind_stdout_or_stderr_keeps_what_was_printed(name: str, tmp_path: Path) -> None:
    script, printed = SAME_FILE[name]
    (tmp_path / "out").write_text("")
    number = (tmp_path / "out").stat().st_ino
    argv = "watch backup-ended --cloud sandbox"
    env = clean_env(PYTHONPATH=str(ROOT))
    ended = run_bash(f'cd {tmp_path}; set -- "$@" {argv}; {script}', env=env)
    text = (tmp_path / "out").read_text()
    assert ended.code == 0, ended.err
    assert (tmp_path / "out").stat().st_ino == number
    assert printed in text
    assert text.count("</testsuites>") == 1
    assert "\0" not in text


@pytest.mark.slow
def test_a_quiet_watch_with_the_report_on_stdout_writes_a_valid_report(tmp_path: Path) -> None:
    env = clean_env(PYTHONPATH=str(ROOT))
    script = f'cd {tmp_path}; "$@" {" ".join(WATCH)} --junit out.xml > out.xml'
    assert run_bash(script, env=env).code == 0
    assert outcomes(tmp_path / "out.xml") == ["success"]


@pytest.mark.slow
@pytest.mark.parametrize("variable", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
def test_a_file_of_github_behind_stdout_keeps_what_was_printed(
    variable: str, tmp_path: Path
) -> None:
    env = clean_env(PYTHONPATH=str(ROOT), **{variable: "out"})
    argv = "watch backup-ended --cloud sandbox --github -o value"
    ended = run_bash(f'cd {tmp_path}; {{ "$@" {argv}; echo last; }} > out', env=env)
    lines = (tmp_path / "out").read_text().splitlines()
    assert ended.code == 0, ended.err
    assert (lines[0], lines[-1]) == ("SUCCESS", "last")
    assert "verdict=ok" in lines or "### vbsjob: ok (exit code 0)" in lines


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", "--nosuch"])
def test_a_report_does_not_replace_the_file_with_the_ids(more: str, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("backup-ended\n")
    argv = f"watch - --cloud sandbox --junit ids {more}"
    env = clean_env(PYTHONPATH=str(ROOT))
    ended = run_bash(f'cd {tmp_path}; exec < ids; "$@" {argv}', env=env)
    assert ended.code == 2
    assert "standard input" in ended.err
    assert (tmp_path / "ids").read_text() == "backup-ended\n"


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")
def test_a_file_that_is_a_mount_point_gets_the_report(tmp_path: Path) -> None:
    """As in a container with a single mounted file, which no other file can replace."""
    (tmp_path / "outside.xml").write_text(OLD * 50)
    (tmp_path / "report.xml").touch()
    script = (
        f"cd {tmp_path} && mount --bind outside.xml report.xml && "
        f'"$@" {" ".join(WATCH)} --junit report.xml'
    )
    command = ["unshare", "-m", "bash", "-c", script, "bash", sys.executable, "-m", "vbsjob"]
    env = clean_env(PYTHONPATH=str(ROOT))
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert outcomes(tmp_path / "outside.xml") == ["success"]
    assert {path.name for path in tmp_path.iterdir()} == {"outside.xml", "report.xml"}


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="a mount namespace needs root")
def test_dev_null_stays_a_device() -> None:
    script = (
        "mount -t tmpfs none /mnt && cp -a /dev/null /mnt/null && "
        f'"$@" {" ".join(WATCH)} --junit /mnt/null; echo "$?"; stat -c %F /mnt/null'
    )
    command = ["unshare", "-m", "bash", "-c", script, "bash", sys.executable, "-m", "vbsjob"]
    done = subprocess.run(
        command, cwd=ROOT, env=clean_env(), capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["0", "character special file"], done.stderr


@pytest.mark.slow
def test_a_link_is_resolved_and_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target.xml", tmp_path / "link.xml"
    link.symlink_to(target)
    for _ in range(2):
        assert run_process(*WATCH, "--junit", str(link), env=clean_env()).code == 0
        assert link.is_symlink()
        assert outcomes(target) == ["success"]


@pytest.mark.slow
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o007])
def test_rights_follow_the_umask(mask: int, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    script = f'umask {mask:o}; "$@" {" ".join(WATCH)} --junit {report}'
    assert run_bash(script, env=clean_env()).code == 0
    assert stat.S_IMODE(report.stat().st_mode) == 0o666 & ~mask


@pytest.mark.slow
def test_nothing_is_changed_by_name_so_that_an_exchanged_file_keeps_its_mode(
    tmp_path: Path,
) -> None:
    victim, report = tmp_path / "victim", tmp_path / "report.xml"
    victim.write_text("x")
    victim.chmod(0o600)

    def lines() -> Iterator[str]:
        yield "a"
        for name in tmp_path.glob(".vbsjob-*"):  # as the owner of the folder could do
            name.unlink()
            name.symlink_to(victim)
        yield "b"

    report_file.write(str(report), lines(), lambda: False)
    assert stat.S_IMODE(victim.stat().st_mode) == 0o600
    assert victim.read_text() == "x"


ENDINGS: dict[str, tuple[Sequence[str], dict[str, str], int]] = {
    "an unknown option": (("watch", "j", "--nosuch"), {}, 2),
    "an invalid id": (("watch", "a/b"), {}, 2),
    "an invalid duration": (("watch", "j", "--timeout", "soon"), {}, 2),
    "an unknown cloud": (("watch", "j", "--cloud", "nowhere"), {}, 2),
    "no credentials": (("watch", "j"), {"OS_TOKEN": "", "VBSJOB_ENDPOINT": ""}, 4),
    "an unknown job": (
        ("watch", "nosuch", "--cloud", "sandbox", "--wait-for-job", "0"), {}, 5,
    ),
    "a timeout": (("watch", "endless", "--cloud", "sandbox", "--timeout", "1s"), {}, 124),
}  # fmt: skip


@pytest.mark.parametrize("by", ["option", "variable"])
@pytest.mark.parametrize("name", ENDINGS)
def test_no_ending_leaves_the_report_of_an_earlier_run(name: str, by: str, tmp_path: Path) -> None:
    argv, env, code = ENDINGS[name]
    report = tmp_path / "report.xml"
    report.write_text(OLD)
    option = ["--junit", str(report)] if by == "option" else []
    variable = {} if by == "option" else {"VBSJOB_JUNIT": str(report)}
    ended = run_process(*argv, *option, "-q", env=clean_env(**variable, **env))
    assert ended.code == code, ended.err
    assert outcomes(report) == ["error"]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_writes_the_report_too(number: int, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(OLD)
    argv = ("watch", "endless", "--cloud", "sandbox", "--junit", str(report))
    with subprocess.Popen(
        [sys.executable, "-m", "vbsjob", *argv, "--progress", "plain"], cwd=ROOT, env=clean_env(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        while "RUNNING" not in (line := process.stderr.readline()):
            assert line, "it ended by itself"
        process.send_signal(number)
        process.stderr.read()
        assert process.wait(30) == -number
    assert outcomes(report) == ["error"]


@pytest.mark.parametrize("job", ["backup-ended", "thousand-ended"])
def test_a_full_disk_behind_stdout_leaves_a_report_of_the_error(job: str, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "vbsjob", "watch", job, "--cloud", "sandbox", "-o", "json",
             "--junit", report],
            cwd=ROOT, env=clean_env(), check=False, stdout=full, stderr=subprocess.PIPE,
        )  # fmt: skip
    assert process.returncode == 70, process.stderr
    assert outcomes(report) == ["error"]
    assert "No space left on device" in report.read_text()


@pytest.mark.slow
def test_a_reader_that_closes_the_pipe_leaves_a_report(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(OLD)
    argv = f"watch endless --cloud sandbox -o jsonl --progress none --junit {report}"
    script = f'set -o pipefail; "$@" {argv} | head -n 1 >/dev/null'
    assert run_bash(script, env=clean_env()).code == 141
    assert outcomes(report) == ["error"]


def fill(descriptor: int) -> None:
    """Write until the FIFO takes nothing more."""
    with suppress(BlockingIOError):
        while True:
            os.write(descriptor, b"x" * 4096)


def started(*argv: str, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "vbsjob", *argv], cwd=ROOT, env=clean_env(**env),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["none", "one that does not read"])
@pytest.mark.parametrize("variable", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "VBSJOB_JUNIT"])
def test_a_file_that_blocks_does_not_outlive_a_signal(
    variable: str, reader: str, tmp_path: Path
) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    filled = -1
    if reader != "none":
        filled = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        fill(filled)
    process = started(*WATCH, "--github", **{variable: str(fifo)})
    time.sleep(2.0)
    assert process.poll() is None, "it waits for the reader"
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) in {-signal.SIGTERM, 0}
    if filled >= 0:
        os.close(filled)


@pytest.mark.slow
def test_a_file_that_blocks_does_not_outlive_the_timeout(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = started(*WATCH, "--github", "--timeout", "2s", GITHUB_OUTPUT=str(fifo))
    assert process.wait(15) == 0


def failed(name: str) -> JobResult:
    document: dict[str, Any] = {"job_id": name, "status": "FAIL", "fail_reason": "漢" * 400}
    return JobResult(name, Job(document))


def summary(results: Sequence[JobResult], room: int) -> str:
    return github.summary(results, ExitCode.JOB_FAILED, datetime(2026, 1, 2, tzinfo=UTC), room)


@pytest.mark.parametrize("room", [0, 200, 1000, 5_000, 100_000, github.SUMMARY_LIMIT])
def test_the_summary_fits_the_room_that_earlier_tries_left(room: int) -> None:
    text = summary([failed(f"j{n}") for n in range(200)], room)
    assert len(text.encode()) <= room
    rows = len(re.findall(r"^\| j[0-9]+ \|", text, re.MULTILINE))
    assert not text or f"{200 - rows} more jobs are not shown." in text or rows == 200
    assert (rows > 0) == (room >= 5_000)


@pytest.mark.slow
def test_several_tries_in_one_step_stay_below_one_mebibyte(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * 900_000)
    argv = ("--github", "--cloud", "sandbox", "-q")
    ended = run_process(
        "watch", "backup-ended", *argv, env=clean_env(GITHUB_STEP_SUMMARY=str(file))
    )
    assert ended.code == 0
    assert 900_000 < file.stat().st_size <= 1 << 20


@pytest.mark.parametrize(("before", "notes"), [(900_000, 0), (1_048_000, 1), (2_000_000, 1)])
def test_a_summary_that_has_no_room_is_left_out_with_a_note(
    before: int, notes: int, tmp_path: Path
) -> None:
    file = tmp_path / "summary"
    file.write_text("x" * before)
    argv = ("watch", "backup-ended", "--github", "--cloud", "sandbox")
    ended = run_process(*argv, env=clean_env(GITHUB_STEP_SUMMARY=str(file)))
    assert ended.code == 0
    assert ended.err.count("the result is not in the step summary") == notes
    assert ended.err.count("1 MiB") == notes
    assert (file.stat().st_size == before) == bool(notes)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["{}/none/report.xml", "{}", "/dev/nosuch/x"])
def test_a_place_that_cannot_be_written_is_an_error_before_the_wait(
    path: str, tmp_path: Path
) -> None:
    argv = ("watch", "endless", "--cloud", "sandbox", "--junit", path.format(tmp_path))
    ended = run_process(*argv, env=clean_env())
    assert (ended.code, ended.out) == (2, "")
    assert "--junit" in ended.err


STRANGER, OTHER = 12345, 12346
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
LINKS = [
    # owner of the folder, owner of the link, who writes; whether the link is followed
    (OTHER, 0, STRANGER, False),
    (OTHER, STRANGER, 0, False),
    (0, STRANGER, 0, False),
    (STRANGER, OTHER, STRANGER, False),
    (STRANGER, STRANGER, 0, True),
    (OTHER, OTHER, STRANGER, True),
    (OTHER, STRANGER, STRANGER, True),
    (STRANGER, 0, STRANGER, True),
    (OTHER, 0, 0, True),
    (0, 0, STRANGER, True),
]


@contextmanager
def as_user(user: int) -> Iterator[None]:
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)


@needs_root
@pytest.mark.parametrize("dangling", [False, True])
@pytest.mark.parametrize(("folder", "link", "user", "followed"), LINKS)
def test_a_link_is_followed_if_the_user_or_the_owner_of_its_folder_made_it(
    folder: int, link: int, user: int, followed: bool, dangling: bool, tmp_path: Path
) -> None:
    tmp_path.chmod(0o755)
    (target := tmp_path / "target").mkdir()
    if not dangling:
        (target / "file").write_text("kept")
        os.chown(target / "file", user, user)
    os.chown(target, user, user)
    (link_folder := tmp_path / "place").mkdir()
    (link_folder / "report.xml").symlink_to("../target/file")
    os.lchown(link_folder / "report.xml", link, link)
    os.chown(link_folder, folder, folder)
    name = "place/report.xml"
    with chdir(tmp_path), as_user(user):
        if followed:
            report_file.prepare(name, "--junit")
            report_file.write(name, ["new"], lambda: True)
            report_file.append(name, "er", lambda: True)
        else:
            with pytest.raises(UsageError, match="a link of another user leads there"):
                report_file.prepare(name, "--junit")
            with pytest.raises(PermissionError):
                report_file.write(name, ["new"], lambda: True)
            with pytest.raises(PermissionError):
                report_file.append(name, "er", lambda: True)
    assert (link_folder / "report.xml").is_symlink()
    written = [path.read_text() for path in target.iterdir()]
    assert written == (["newer"] if followed else [] if dangling else ["kept"])


@needs_root
def test_a_link_of_another_user_is_refused_before_the_wait(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    (tmp_path / "report.xml").symlink_to("between")
    (tmp_path / "between").symlink_to("mine")
    os.lchown(tmp_path / "between", STRANGER, STRANGER)
    argv = ("watch", "backup-ended", "--cloud", "sandbox", "--junit", str(tmp_path / "report.xml"))
    ended = run_process(*argv, env=clean_env())
    assert (ended.code, ended.out) == (2, "")
    assert (tmp_path / "mine").read_text() == "kept"


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(UsageError):
        report_file.prepare(str(tmp_path / "a"), "--junit")
