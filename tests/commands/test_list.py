"""`vbsjob list`: recent jobs of the history."""

from __future__ import annotations

import csv
import io
import json
import shlex
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.program import COMMAND, ROOT, RunResult, clean_env, run_bash, run_process
from tests.support.server import JobStatusScript, Server
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run
from vbsjob.http.messages import Request, Response
from vbsjob.render.theme import to_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path

ENV = {"OS_TOKEN": "canary-token", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://vbs.test"}
OTHER = ENV | {"VBSJOB_ENDPOINT": "https://other.test"}
JOBS = {
    "old": ("SUCCESS", "2026-04-01T00:00:00Z", "2026-04-01T00:11:00Z"),
    "bad": ("FAIL", "2026-04-30T23:00:00Z", "2026-04-30T23:01:30Z"),
    "new": ("RUNNING", "2026-04-30T23:50:00Z", None),
}


class Cloud:
    """A service whose jobs a test can change, and the history of one user."""

    def __init__(self, folder: Path) -> None:
        self.jobs: dict[str, Any] = dict(JOBS)
        self.requests: list[str] = []
        self._folder = folder

    def send(self, request: Request) -> Response:
        job_id = request.url.rpartition("/")[2]
        self.requests.append(job_id)
        if job_id not in self.jobs:
            return Response(404, {}, b'{"error": {"code": "common.0011", "message": "no"}}')
        status, begin, end = self.jobs[job_id]
        job = {"job_id": job_id, "job_type": "bksCreateBackup", "status": status}
        if status == "FAIL":
            job |= {"error_code": "VolumeBackup.0064", "fail_reason": "no space"}
        return Response(200, {}, json.dumps(job | {"begin_time": begin, "end_time": end}).encode())

    def run(
        self,
        *argv: str,
        env: Mapping[str, str] = ENV,
        width: int = 0,
        local_time: Callable[[datetime], datetime] = to_utc,
        later: float = 0,
    ) -> RunResult:
        clock = FakeClock()
        clock.sleep(later)
        context = fake_context(
            io.StringIO(), TerminalStream() if width else io.StringIO(), io.StringIO(), env,
            monotonic=clock, terminal_size=lambda _: (width, 24), local_time=local_time,
            sleep=clock.sleep, send=self.send, state_folder=self._folder, now=clock.utc,
        )  # fmt: skip
        code = run(argv, context)
        return RunResult(code, context.stdout.getvalue(), context.stderr.getvalue())  # type: ignore[attr-defined]

    def documents(self, *argv: str) -> list[dict[str, Any]]:
        ended = self.run("list", "-o", "json", *argv)
        assert ended.code == 0
        documents: list[dict[str, Any]] = json.loads(ended.out)
        return documents


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    """A history with three jobs of one cloud, the newest one last."""
    cloud = Cloud(tmp_path / "state")
    cloud.run("get", "old", "bad", "new", "-q")
    cloud.requests.clear()
    return cloud


def test_list_sends_no_request_and_shows_the_newest_job_first(cloud: Cloud) -> None:
    ended = cloud.run("list")
    assert ended.code == 0
    lines = [line.split() for line in ended.out.splitlines()]
    assert lines[0] == ["STATUS", "STARTED", "DURATION", "TYPE", "JOB", "CAUSE"]
    assert [line[1] for line in lines[1:]] == ["RUNNING", "FAIL", "SUCCESS"]
    assert "new" in lines[1]
    assert lines[2][-4:] == ["bad", "VolumeBackup.0064", "no", "space"]
    assert lines[3][-1] == "old"
    assert "11 min 00 s" in ended.out
    assert cloud.requests == []


def test_times_have_a_zone_and_utc_changes_it(cloud: Cloud) -> None:
    def east(time: datetime) -> datetime:
        return time.astimezone(timezone(timedelta(hours=2)))

    def west(time: datetime) -> datetime:
        return time.astimezone(timezone(timedelta(hours=-5)))

    assert "2026-05-01 01:50 +02:00" in cloud.run("list", local_time=east).out
    assert "2026-04-30 23:50 UTC" in cloud.run("list", "--utc", local_time=east).out
    cloud.jobs["first"] = ("SUCCESS", "0001-01-01T00:00:00Z", None)
    cloud.run("get", "first", "-q")
    assert "0001-01-01 00:00 UTC" in cloud.run("list", local_time=west).out  # year 0 is no date


def test_a_document_has_the_last_known_state_and_the_cloud(cloud: Cloud) -> None:
    document = cloud.documents()[1]
    failure = document.pop("failure")
    assert document == {
        "schema_version": 1, "cloud": "https://vbs.test", "job_id": "bad",
        "job_type": "bksCreateBackup", "status": "FAIL", "begin_time": JOBS["bad"][1],
        "end_time": JOBS["bad"][2], "elapsed_s": 90.0, "failure_code": "VolumeBackup.0064",
        "queried_at": "2026-05-01T00:16:40Z",
    }  # fmt: skip
    assert failure.pop("meaning")
    assert failure.pop("action")
    assert failure == {
        "job_id": "bad", "job_type": "bksCreateBackup", "error_code": "VolumeBackup.0064",
        "fail_reason": "no space",
    }  # fmt: skip
    assert cloud.documents()[0]["failure"] is None
    codes = cloud.run("list", "--failed", "-f", "failure.error_code")
    assert (codes.code, codes.out) == (0, "VolumeBackup.0064\n")


def test_failed_and_since_select_jobs(cloud: Cloud) -> None:
    assert [item["job_id"] for item in cloud.documents("--failed")] == ["bad"]
    every = cloud.documents("--since", "36500d")
    assert [item["job_id"] for item in every] == ["new", "bad", "old"]
    assert cloud.documents("--since", "1s") == []


def test_a_wrong_since_is_a_usage_error(cloud: Cloud) -> None:
    for since in ("", "d", "-1d", "1w", "1e3d", "999999d", "x\x1b"):
        ended = cloud.run("list", "--since", since)
        assert (ended.code, ended.out) == (2, "")
        assert "--since: " in ended.err
        assert "\x1b" not in ended.err


def test_jobs_of_the_selected_cloud_are_listed_and_all_lists_those_of_every_cloud(
    cloud: Cloud,
) -> None:
    cloud.run("get", "old", "-q", env=OTHER)
    assert {item["cloud"] for item in cloud.documents()} == {"https://vbs.test"}
    assert len(cloud.documents("--all")) == 4
    some, every = cloud.run("list"), cloud.run("list", "--all")
    note = "not listed: 1 of other clouds. All: vbsjob list --all"
    assert (note in some.err, note in every.err) == (True, False)
    lines = every.out.splitlines()
    assert lines[0].split()[-2:] == ["CLOUD", "CAUSE"]
    assert sum(line.endswith(OTHER["VBSJOB_ENDPOINT"]) for line in lines) == 1
    assert cloud.run("get", "@last", "-o", "name").out == "new\n"
    assert cloud.run("get", "@last", "-o", "name", env=OTHER).out == "old\n"
    ended = cloud.run("list", "--cloud", "sandbox")
    assert (ended.code, ended.out) == (0, "")


def test_the_newest_start_is_first_and_limit_shows_less(cloud: Cloud) -> None:
    cloud.run("get", "new", "old", "-q")
    assert [item["job_id"] for item in cloud.documents("--limit", "2")] == ["new", "bad"]
    assert cloud.run("get", "@last", "-o", "name").out == "old\n"
    assert cloud.run("list", "--limit", "0").code == 2
    fresh, old = (cloud.run("list", "--limit", "2", width=100, later=s).out for s in (0, 600))
    assert fresh.endswith("2 of 3 jobs.\n")
    assert old.endswith("2 of 3 jobs. 1 had not ended when last queried: vbsjob list --refresh\n")


def test_running_selects_jobs_that_had_not_ended(cloud: Cloud) -> None:
    assert [item["job_id"] for item in cloud.documents("--running")] == ["new"]
    assert cloud.run("get", "@running", "-o", "name").out == "new\n"
    cloud.jobs["new"] = ("SUCCESS", JOBS["new"][1], "2026-05-01T00:00:00Z")
    assert cloud.run("watch", "@running", "-q").code == 0
    ended = cloud.run("watch", "@running")
    assert (ended.code, ended.out) == (2, "")
    assert "every job of this cloud in the history has ended" in ended.err


def test_a_status_that_may_have_changed_has_a_question_mark_and_its_age(cloud: Cloud) -> None:
    assert "?" not in cloud.run("list", width=100).out
    ended = cloud.run("list", width=100, later=3 * 3600, env=ENV | {"NO_COLOR": "1"})
    running = ended.out.splitlines()[1]
    assert running.split()[1] == "RUNNING?"
    assert running.endswith("new  seen 3 h ago")
    assert "yesterday 23:00" in ended.out
    assert "2026-04-01  " in ended.out


def test_refresh_queries_only_the_jobs_of_this_cloud_that_had_not_ended(cloud: Cloud) -> None:
    cloud.run("get", "new", "-q", env=OTHER)
    cloud.run("get", "old", "-q")
    cloud.requests.clear()
    cloud.jobs["new"] = ("SUCCESS", JOBS["new"][1], "2026-05-01T00:00:00Z")
    statuses = {
        (item["job_id"], item["cloud"]): item["status"]
        for item in cloud.documents("--refresh", "--all")
    }
    assert cloud.requests == ["new"]
    assert statuses["new", "https://vbs.test"] == "SUCCESS"
    assert statuses["new", "https://other.test"] == "RUNNING"
    assert cloud.run("get", "@last", "-o", "name").out == "old\n"


def test_a_refresh_that_fails_prints_the_error_and_its_exit_code(cloud: Cloud) -> None:
    del cloud.jobs["new"]
    ended = cloud.run("list", "--refresh")
    assert ended.code == 5
    assert "RUNNING" in ended.out
    assert "new" in ended.err


def test_every_format_writes_the_list(cloud: Cloud) -> None:
    assert cloud.run("list", "-o", "name").out == "new\nbad\nold\n"
    assert cloud.run("list", "-f", "job_id").out == "new\nbad\nold\n"
    assert cloud.run("list", "-f", "status").out == "RUNNING\nFAIL\nSUCCESS\n"
    assert len(cloud.run("list", "-o", "jsonl").out.splitlines()) == 3
    rows = list(csv.DictReader(io.StringIO(cloud.run("list", "-o", "csv").out)))
    assert [row["status"] for row in rows] == ["RUNNING", "FAIL", "SUCCESS"]
    assert cloud.run("list", "-f", "no_such").code == 3


def test_columns_that_do_not_fit_a_terminal_are_left_out_and_ids_are_whole(cloud: Cloud) -> None:
    for width, last in ((120, "CAUSE"), (60, "CAUSE"), (20, "JOB"), (10, "JOB")):
        ended = cloud.run("list", width=width, env=ENV | {"NO_COLOR": "1"})
        lines = ended.out.splitlines()
        assert lines[0].split()[-1] == last
        assert [line for line in lines if len(line) > max(width, 21)] == []
        assert [set(line.split()) & {"new", "bad", "old"} for line in lines if "RUNNING" in line]
        cause = [line for line in lines if "VolumeBackup.0064" in line]
        assert ("bad" in cause[0]) == (last == "CAUSE")


def test_an_empty_history_says_how_it_is_filled(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path / "none")
    ended = cloud.run("list")
    assert (ended.code, ended.out) == (0, "")
    assert "get, watch and tree" in ended.err
    assert "not those of the sandbox" in ended.err
    assert "vbsjob get JOB_ID" in ended.err
    assert cloud.documents() == []
    off = cloud.run("list", env=ENV | {"VBSJOB_HISTORY": "off"})
    assert "switched off" in off.err


@pytest.mark.slow
def test_the_recipe_of_readme_continues_a_watch_and_get_reads_list() -> None:
    readme = (ROOT / "README.md").read_text()
    first, second = readme.split("Continue a watch:\n\n```sh\n")[1].split("```")[0].splitlines()
    answers = JobStatusScript()
    with Server(answers) as server:
        env = clean_env(server.url)
        vbsjob = f'vbsjob() {{ {shlex.join(COMMAND)} "$@"; }}; set -e;'
        create = """create-backups() { echo '{"job_id": "one"} {"job_id": "two"}'; };"""
        ended = run_bash(f"{vbsjob} {create} {first.replace('1h', '1s')}", env=env)
        assert ended.code == 124, ended
        other = env | {"VBSJOB_ENDPOINT": server.url.replace("127.0.0.1", "localhost")}
        assert run_process("get", "of-another-cloud", env=other).code == 0
        answers.status = "SUCCESS"
        ended = run_bash(f"{vbsjob} {second}", env=env)
        assert "All 2 jobs succeeded" in ended.err
        ended = run_bash(f"{vbsjob} vbsjob list -o name | vbsjob get - -o name", env=env)
    assert (ended.code, set(ended.out.split())) == (0, {"one", "two"})
