"""Where `watch` writes reports: any kind of file, at every end."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
import sys
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from tests.support.clock import FakeClock
from tests.support.filesystem import needs_full
from tests.support.program import ROOT, clean_env, run_against, run_bash, run_process
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import JobOutcome, RunOutcome, of_answer
from vbsjob.output import github

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.program import RunResult

WATCH = ("watch", "backup-ended", "--cloud", "sandbox", "-q")
ENV = clean_env(PYTHONPATH=str(ROOT))
OLD = '<testsuites name="of an earlier run"/>'


def outcomes(report: Path) -> list[str]:
    """Return `failure` or `error` for each test case of a report; `success` without one."""
    cases = ET.parse(report).iter("testcase")
    ends = {"failure", "error"}
    return [next((e.tag for e in case if e.tag in ends), "success") for case in cases]


STREAMS = (
    '"$@" --junit /dev/stdout',
    'set -o pipefail; "$@" --junit /dev/stdout | cat',
    '"$@" --junit >(cat); sleep 0.3',
    'mkfifo f; cat f & "$@" --junit f; wait',
    'ln -s /dev/stdout l; "$@" --junit l',
    '"$@" --junit /dev/fd/3 3>&1',
)


CLOSED = (
    '"$@" -q --junit /dev/stdout >&-',
    'ln -s /dev/stdout l; "$@" -q --junit l >&-',
)
READ_ONLY_DEV = "mount --bind /dev /dev && mount -o remount,bind,ro /dev || exit 99; "


def run_watch_in(folder: Path, script: str) -> RunResult:
    """Run a script in a new folder, with the watch as its arguments."""
    folder.mkdir()
    line = f'cd {folder}; set -- "$@" {" ".join(WATCH)}; {script}'
    if os.geteuid() == 0:  # in a namespace whose /dev cannot be changed: a fault harms nothing
        line = f'unshare -m bash -c {shlex.quote(READ_ONLY_DEV + line)} bash "$@"'
    return run_bash(line, env=ENV)


@pytest.mark.slow
@needs_full
def test_f78_a_report_to_a_closed_stdout_by_any_name_does_not_end_with_0(tmp_path: Path) -> None:
    codes = {
        script: run_watch_in(tmp_path / str(number), script).code
        for number, script in enumerate(CLOSED)
    }
    assert codes == dict.fromkeys(CLOSED, 70)


@pytest.mark.slow
def test_a_descriptor_or_fifo_gets_the_report(tmp_path: Path) -> None:
    wrong = {}
    for number, script in enumerate(STREAMS):
        ended = run_watch_in(tmp_path / str(number), script)
        if (ended.code, ended.out.count("<testsuites ")) != (0, 1):
            wrong[script] = ended
    assert wrong == {}


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
def test_rights_follow_the_umask(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    script = f'umask 027; "$@" {" ".join(WATCH)} --junit {report}'
    assert run_bash(script, env=clean_env()).code == 0
    assert stat.S_IMODE(report.stat().st_mode) == 0o640


ENDINGS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("j --nosuch", {}, 2),
    ("a/b", {}, 2),
    ("j --timeout soon", {}, 2),
    ("j --cloud nowhere", {}, 2),
    ("j", {"OS_TOKEN": "", "VBSJOB_ENDPOINT": ""}, 4),
    ("nosuch --cloud sandbox --wait-for-job 0", {}, 5),
    ("endless --cloud sandbox --timeout 1m", {}, 124),
)
"""Arguments of a watch that ends without a result, its variables, and its exit code."""


def test_no_ending_leaves_the_report_of_an_earlier_run(tmp_path: Path) -> None:
    for by_option, (argv, env, code) in product((True, False), ENDINGS):
        report = tmp_path / "report.xml"
        report.write_text(OLD)
        option = ["--junit", str(report)] if by_option else []
        variable = {} if by_option else {"VBSJOB_JUNIT": str(report)}
        ended = vbsjob(*argv.split(), *option, **variable, **env)
        assert ended.code == code, ended.err
        assert outcomes(report) == ["error"]
        ids = {element.get("value") for element in ET.parse(report).iter("property")}
        # Of a misspelt option a word can be its value, and `a/b` is not an id.
        assert ids == {"watch" if argv in {"j --nosuch", "a/b"} else argv.split()[0]}


def vbsjob(*argv: str, **env: str) -> RunResult:
    clock = FakeClock()
    return run_against("", "watch", *argv, env=env, clock=clock, sleep=clock.sleep)


NOW = datetime(2026, 1, 2, tzinfo=UTC)


def failed(name: str) -> JobOutcome:
    document: dict[str, Any] = {"job_id": name, "status": "FAIL", "fail_reason": "漢" * 400}
    return of_answer(name, Job(document), NOW)


def test_the_summary_of_many_failed_jobs_is_below_the_limit_of_github() -> None:
    text = github.summary(RunOutcome(tuple(failed(f"j{n}") for n in range(200)), NOW))
    assert len(text.encode()) < 1 << 20
    assert "150 more jobs are not shown." in text


def test_f72_a_full_disk_leaves_no_half_of_the_outputs(tmp_path: Path) -> None:
    file = tmp_path / "outputs"
    file.write_text("kept=1\n" * 140)
    script = f'ulimit -f 1; exec "$@" {" ".join(WATCH[:-1])} --github'
    ended = run_bash(script, env=clean_env(GITHUB_OUTPUT=str(file)))
    assert ended.code == 70
    assert "GITHUB_OUTPUT could not be written: File too large" in " ".join(ended.err.split())
    assert file.read_text() == "kept=1\n" * 140
