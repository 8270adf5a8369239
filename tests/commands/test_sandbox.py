"""The command `sandbox`: its output, its end, its faults, and the scenarios of its jobs."""

from __future__ import annotations

import re
import signal
import socket
from datetime import UTC, datetime
from subprocess import DEVNULL, PIPE

import pytest

from tests.support.child import Child
from tests.support.clock import FakeClock
from tests.support.program import (
    COMMAND,
    ROOT,
    RunResult,
    clean_env,
    run_against,
    run_process,
    running_sandbox,
)
from vbsjob.config import schema
from vbsjob.sandbox import account
from vbsjob.sandbox.scenarios import SCENARIOS, Plan

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ENDS = "sandbox and its simulated jobs end with this process"


def test_the_start_text_fits_80_columns_and_clients_use_the_sandbox_until_a_signal() -> None:
    command = [*COMMAND, "sandbox"]
    with Child(command, env=clean_env(), cwd=ROOT, text=True, stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout
        assert process.stderr
        lines = [process.stdout.readline() for _ in range(5)]
        (port,) = re.findall(r"^Sandbox on http://127\.0\.0\.1:([0-9]+)\. Ctrl-C", lines[0])
        settings = account.settings(f"http://127.0.0.1:{port}").items()
        variables = {schema.SETTINGS_BY_NAME[name].os[0]: value for name, value in settings}
        ended = run_process("get", "backup", "-f", "status", env=clean_env(**variables))
        assert (ended.code, ended.out) == (0, "RUNNING\n"), ended.err
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT
        assert "Traceback" not in process.stderr.read()
    assert max(map(len, lines)) <= 81  # with the line end
    assert lines[1].strip() == f'eval "$(vbsjob sandbox --env {port})"'
    assert f"(jobs: {' '.join(SCENARIOS)})" in lines[2]
    assert lines[4].strip().startswith(f"vbsjob sandbox --env {port} --method token|")


@pytest.mark.slow
def test_after_a_signal_nobody_claims_that_the_simulated_jobs_continue() -> None:
    with Child(
        [*COMMAND, "watch", "endless", "--cloud", "sandbox", "--progress", "plain"],
        env=clean_env(), cwd=ROOT, text=True, stdout=DEVNULL, stderr=PIPE,
    ) as watch:  # fmt: skip
        assert watch.stderr
        while "endless: RUNNING" not in watch.stderr.readline():
            pass
        watch.send_signal(signal.SIGTERM)
        last_line = watch.stderr.read().splitlines()[-1]
        assert watch.wait(10) == -signal.SIGTERM
    assert "Stopped by SIGTERM" in last_line
    assert ENDS in last_line
    assert "still running" not in last_line
    assert "To continue" not in last_line


def test_after_a_timeout_nobody_claims_that_the_simulated_jobs_continue() -> None:
    ended = vbsjob("watch", "endless", "--cloud", "sandbox", "--timeout", "1m")
    assert ended.code == 124
    assert ENDS in ended.err.lower()
    assert "RUNNING" in ended.out
    assert "still running" not in ended.err
    assert max(map(len, ended.err.splitlines()[:1])) <= 80  # the note that it is the sandbox


def vbsjob(*argv: str) -> RunResult:
    clock = FakeClock()
    return run_against("", *argv, env={}, clock=clock, sleep=clock.sleep)


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = vbsjob("sandbox", "--port", str(port))
    assert (ended.code, ended.out) == (70, "")
    assert ended.err.count("vbsjob: error: ") == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert "--port" in ended.err


def test_a_wrong_value_of_an_option_is_a_usage_error() -> None:
    commands = (
        "--fault 418=0.5", "--fault 502", "--fault 502=2", "--fault cut=nan", "--fault cut=-0.1",
        "--fault cut=0.6 --fault slow=0.6", "--fault cut=0.1 --fault cut=0.1", "--token-life soon",
        "--token-life 0", "--port 65536", "--port x", "--port -1",
        "--env x",
    )  # fmt: skip
    for line in commands:
        ended = vbsjob("sandbox", *line.split())
        assert (ended.code, ended.out) == (2, ""), line
        assert line.split()[0] in ended.err
    ended = vbsjob("sandbox", "--env", "1", "--method", "mfa")
    assert ended.code == 2
    assert all(method in ended.err for method in account.METHODS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["503", "429", "cut", "empty", "garbage"])
def test_a_requested_fault_reaches_the_client(kind: str) -> None:
    with running_sandbox("--fault", f"{kind}=1") as (_, sandbox_env):
        ended = run_process("get", "backup", "--retry-for", "0s", env=clean_env(**sandbox_env))
        assert ended.code == 7, ended.err


def test_a_job_follows_its_scenario_from_start_to_end() -> None:
    for name in SCENARIOS:
        plan = Plan.of("vbs", name, NOON)
        assert plan
        statuses = [plan.document(age)["status"] for age in (0, 1, 5, 60)]
        assert statuses[0] == "RUNNING"
        end = {"fail-deep": "FAIL", "endless": "RUNNING"}.get(name, "SUCCESS")
        assert statuses[-1] == end, name


def test_ids_and_times_stay_from_one_answer_to_the_next_and_differ_between_jobs() -> None:
    first, again, other = (
        Plan.of("vbs", name, NOON) for name in ("restore", "restore", "restore-2")
    )
    assert first
    assert again
    assert other
    last = first.document(60)
    assert last == again.document(60)
    assert last["entities"]["backup_id"] != other.document(60)["entities"]["backup_id"]
    assert first.document(1)["begin_time"] == last["begin_time"]
