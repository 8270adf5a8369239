"""The command `sandbox`: its output, its end, its faults, and the scenarios of its jobs."""

from __future__ import annotations

import http.client
import io
import json
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest

from tests.support.context import fake_context
from tests.support.program import COMMAND, ROOT, clean_env, run_process, running_sandbox
from vbsjob.sandbox.account import PROJECT, USER
from vbsjob.sandbox.scenarios import SCENARIOS, Plan
from vbsjob.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@contextmanager
def within(**service: float) -> Iterator[Sandbox]:
    context = fake_context(io.StringIO(), io.StringIO(), io.StringIO(), {})
    with Sandbox(context, token_lifetime=service.get("token_lifetime", 60.0)) as sandbox:
        yield sandbox


def test_the_printed_variables_are_sufficient_for_a_client_and_a_signal_ends_the_sandbox() -> None:
    with running_sandbox() as (command, variables):
        ended = run_process("get", "backup", "-f", "status", env=clean_env(**variables))
        assert (ended.code, ended.out) == (0, "RUNNING\n"), ended.err
        ended = run_process("get", "nothing", env=clean_env(**variables))
        assert ended.code == 5
        command.send_signal(signal.SIGTERM)
        assert command.wait(10) == -signal.SIGTERM
        assert command.stderr
        assert "Traceback" not in command.stderr.read()


def test_ctrl_c_ends_it_without_a_traceback() -> None:
    with running_sandbox() as (command, _):
        command.send_signal(signal.SIGINT)
        assert command.wait(10) == -signal.SIGINT
        assert command.stderr
        assert "Traceback" not in command.stderr.read()


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_after_a_signal_nobody_claims_that_the_simulated_jobs_continue(
    ending: signal.Signals,
) -> None:
    with subprocess.Popen(
        [*COMMAND, "watch", "endless", "--cloud", "sandbox", "--progress", "plain"],
        env=clean_env(), cwd=ROOT, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as watch:  # fmt: skip
        assert watch.stderr
        while "endless: RUNNING" not in watch.stderr.readline():
            pass
        watch.send_signal(ending)
        last_line = watch.stderr.read().splitlines()[-1]
        assert watch.wait(10) == -ending
    assert f"Stopped by {ending.name}" in last_line
    assert "the sandbox and its simulated jobs end with this process" in last_line
    assert "still running" not in last_line
    assert "To continue" not in last_line


def test_after_a_timeout_nobody_claims_that_the_simulated_jobs_continue() -> None:
    ended = run_process(
        "watch", "endless", "--cloud", "sandbox", "--timeout", "1s", env=clean_env()
    )
    assert ended.code == 124
    assert "the sandbox and its simulated jobs end with this process" in ended.err
    assert "still running" not in ended.err


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        ended = run_process("sandbox", "--port", str(port), env=clean_env())
    assert (ended.code, ended.out) == (70, "")
    assert ended.err.count("\n") == 1
    assert f"127.0.0.1:{port}" in ended.err
    assert "--port" in ended.err


@pytest.mark.parametrize(
    "argv",
    [
        ("--fault", "418=0.5"), ("--fault", "502"), ("--fault", "502=2"), ("--fault", "cut=nan"),
        ("--fault", "cut=-0.1"), ("--fault", "cut=0.6", "--fault", "slow=0.6"),
        ("--fault", "cut=0.1", "--fault", "cut=0.1"), ("--token-life", "soon"),
        ("--token-life", "0"), ("--port", "65536"), ("--port", "x"), ("--port", "-1"),
        ("--port", "1_0"), ("--port", "٣"),
    ],
)  # fmt: skip
def test_a_bad_fault_life_or_port_is_a_usage_error(argv: tuple[str, ...]) -> None:
    ended = run_process("sandbox", *argv, env=clean_env())
    assert (ended.code, ended.out) == (2, "")
    assert f"{argv[0]}: " in ended.err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "code"), [("503", 7), ("429", 7), ("cut", 7), ("empty", 7), ("garbage", 7)]
)
def test_a_requested_fault_reaches_the_client(kind: str, code: int) -> None:
    with running_sandbox("--fault", f"{kind}=1") as (_, sandbox_env):
        ended = run_process("get", "backup", "--retry-for", "0s", env=clean_env(**sandbox_env))
        assert ended.code == code, ended.err


def test_an_expired_token_is_rejected() -> None:
    with within(token_lifetime=0.0) as sandbox:
        token = sign_in(sandbox)
        assert job_status(sandbox, "backup", token) == 401
    with within() as sandbox:
        assert job_status(sandbox, "backup", sign_in(sandbox)) == 200


def test_help_names_every_job() -> None:
    ended = run_process("sandbox", "--help", env=clean_env())
    assert all(name in ended.out for name in SCENARIOS)


def sign_in(sandbox: Sandbox) -> str:
    """Return a token for the project with the jobs."""
    user = {"name": USER.name, "password": USER.password, "domain": {"name": "sandbox"}}
    identity = {"methods": ["password"], "password": {"user": user}}
    connection = http.client.HTTPConnection(sandbox.address.removeprefix("http://"))
    headers = {"Content-Type": "application/json"}
    connection.request(
        "POST", "/v3/auth/tokens", json.dumps({"auth": {"identity": identity}}), headers
    )
    token = connection.getresponse().getheader("X-Subject-Token") or ""
    connection.close()
    return token


def job_status(sandbox: Sandbox, name: str, token: str) -> int:
    """Return the HTTP status of a job query."""
    connection = http.client.HTTPConnection(sandbox.address.removeprefix("http://"))
    connection.request("GET", f"/v1/{PROJECT.id}/jobs/{name}", headers={"X-Auth-Token": token})
    response = connection.getresponse()
    response.read()
    connection.close()
    return response.status


@pytest.mark.slow
def test_a_thousand_jobs_over_64_connections_are_all_answered() -> None:
    with within() as sandbox, ThreadPoolExecutor(64) as clients:
        token = sign_in(sandbox)
        statuses = clients.map(lambda n: job_status(sandbox, f"backup-{n}", token), range(1000))
        assert set(statuses) == {200}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_job_follows_its_scenario_from_start_to_end(name: str) -> None:
    plan = Plan.of(name, NOON)
    assert plan
    statuses = [plan.document(age)["status"] for age in (0, 1, 5, 60)]
    assert statuses[0] == "RUNNING"
    assert statuses[-1] == {"fail-deep": "FAIL", "endless": "RUNNING"}.get(name, "SUCCESS")


def test_ids_and_times_stay_from_one_answer_to_the_next_and_differ_between_jobs() -> None:
    first, again, other = (Plan.of(name, NOON) for name in ("restore", "restore", "restore-2"))
    assert first
    assert again
    assert other
    assert first.document(60) == again.document(60)
    assert (
        first.document(60)["entities"]["backup_id"] != other.document(60)["entities"]["backup_id"]
    )
    assert first.document(1)["begin_time"] == first.document(60)["begin_time"]


@pytest.mark.parametrize("name", ["", "backups", "nothing", "-ended"])
def test_an_unknown_name_is_not_a_job(name: str) -> None:
    assert Plan.of(name, NOON) is None


@pytest.mark.parametrize("year", [1999, 2026, 2099])
def test_the_sandbox_clock_is_that_of_its_tokens(year: int) -> None:
    now = NOON.replace(year=year)
    context = fake_context(io.StringIO(), io.StringIO(), io.StringIO(), {}, now=lambda: now)
    with Sandbox(context) as sandbox:
        line = http.client.HTTPConnection(sandbox.address.removeprefix("http://"))
        line.request("GET", "/")
        date = line.getresponse().headers["Date"]
        line.close()
    assert parsedate_to_datetime(date) == now
