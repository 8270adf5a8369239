"""Real processes whose clocks are wrong, step, or sleep (F63, F65, F66)."""

from __future__ import annotations

import ctypes
import itertools
import re
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.gateway import SETTINGS, SigningGateway
from tests.support.process_clocks import (
    SteppingClock,
    faketime_env,
    needs_faketime,
    needs_time_namespace,
)
from tests.support.program import clean_env, run_process
from tests.support.pseudo_terminal import await_requests
from tests.support.server import JobStatusScript, Server, closed_port
from tests.support.watch_process import watch_events
from vbsjob.terminal.signals import LONGEST

EIGHT_HOURS = 8 * 3600
LIBC = ctypes.CDLL(None)


@pytest.mark.slow
@needs_faketime
def test_f63_a_machine_with_a_wrong_clock_gets_a_note_and_signs_with_the_service_time() -> None:
    gateway = SigningGateway()
    with Server(gateway) as server:
        env = clean_env(server.url, **SETTINGS, **faketime_env("-23h"))
        began = datetime.now(UTC)
        runs = [run_process("get", "j", "--exit-status", env=env) for _ in range(2)]
        assert server.requests == 4
    notes = [
        f"clock says {now + timedelta(hours=-23):%Y-%m-%d %H}:"
        f".*the service's clock {now:%Y-%m-%d %H}:"
        for now in (began, datetime.now(UTC))
    ]
    # Nothing of it is kept: the second run is refused once as well.
    assert (gateway.late, gateway.wrong) == (2, 0)
    for ended in runs:
        assert ended.code == 0, ended.err
        assert re.search("|".join(notes), ended.err)


@pytest.fixture(scope="module")
def steps_of_all(tmp_path_factory: pytest.TempPathFactory) -> SteppingClock:
    return SteppingClock(tmp_path_factory.mktemp("steps"))


@pytest.fixture
def steps(steps_of_all: SteppingClock) -> SteppingClock:
    steps_of_all.set(clock=0, sleep=0)
    return steps_of_all


@pytest.mark.slow
def test_f65_a_clock_that_steps_an_hour_forward_and_back_changes_no_request_and_no_verdict(
    steps: SteppingClock,
) -> None:
    gateway = SigningGateway()
    gateway.status = "RUNNING"
    with (
        Server(gateway) as server,
        watch_events(
            "--interval", "1s", env=clean_env(server.url, **SETTINGS, **steps.env)
        ) as watch,
    ):
        for count, step in ((2, 3600), (4, 0)):
            await_requests(server, count)
            steps.set(clock=step, sleep=0)
        await_requests(server, 6)
        gateway.status = "SUCCESS"
        assert watch.end() == 0
    assert watch.kinds == ["start", "change", "change", "verdict"]
    # Each step costs one signature, and the answer to it tells the time.
    assert (gateway.late, gateway.wrong) == (2, 0)
    gaps = [after - before for before, after in itertools.pairwise(gateway.accepted)]
    assert all(0.7 < gap < 10 for gap in gaps), gaps


@pytest.mark.slow
def test_f66_after_a_suspend_it_polls_at_once_over_a_new_connection(steps: SteppingClock) -> None:
    with (
        Server(JobStatusScript()) as server,
        watch_events("--interval", "1h", env=clean_env(server.url, **steps.env)) as watch,
    ):
        watch.until("change")
        time.sleep(0.5)  # it rests by now, which is when machines are put to sleep
        steps.set(clock=0, sleep=45)
        await_requests(server, 2)
        assert server.connections == 2


@pytest.mark.slow
def test_f66_timeout_expires_during_a_suspend(steps: SteppingClock) -> None:
    with (
        Server(JobStatusScript()) as server,
        watch_events("--timeout", "7h", env=clean_env(server.url, **steps.env)) as watch,
    ):
        watch.until("change")
        steps.set(clock=0, sleep=EIGHT_HOURS)
        assert watch.end() == 124
        assert server.requests <= 2


@pytest.mark.slow
def test_f66_stopped_by_sigstop_it_polls_when_continued_if_time_was_missed(
    steps: SteppingClock,
) -> None:
    script = JobStatusScript()
    with (
        Server(script) as server,
        watch_events("--interval", "1h", env=clean_env(server.url, **steps.env)) as watch,
    ):
        watch.until("change")
        watch.process.send_signal(signal.SIGSTOP)
        steps.set(clock=0, sleep=45)
        script.status = "FAIL"
        watch.process.send_signal(signal.SIGCONT)
        assert watch.end() == 1
    assert watch.kinds == ["start", "change", "change", "verdict"]
    assert watch.events[-1]["jobs"][0]["status"] == "FAIL"
    assert server.requests == 2


@pytest.mark.skipif(not hasattr(LIBC, "tgkill"), reason="a signal to a thread needs glibc's tgkill")
def test_f66_f81_a_signal_delivered_to_another_thread_also_ends_the_wait() -> None:
    with (
        Server(JobStatusScript()) as server,
        watch_events("--interval", "1h", env=clean_env(server.url)) as watch,
    ):
        watch.until("change")
        pid = watch.process.pid
        others = {int(task.name) for task in Path(f"/proc/{pid}/task").iterdir()} - {pid}
        began = time.monotonic()
        LIBC.tgkill(pid, others.pop(), signal.SIGTERM)
        assert watch.process.wait(10) == -signal.SIGTERM
        assert time.monotonic() - began < LONGEST - 1


@pytest.mark.slow
@needs_time_namespace
def test_f66_on_a_machine_that_was_suspended_before_all_clocks_agree() -> None:
    # The clock that goes on in sleep is eight hours ahead of the one that does not.
    slept = ("unshare", "--time", "--boottime", str(EIGHT_HOURS))
    with Server(JobStatusScript()) as server:
        env = clean_env(server.url)
        assert run_process("get", "j", "--exit-status", env=env, within=slept).code == 8
        ended = run_process("watch", "j", "--timeout", "1s", env=env, within=slept)
    assert ended.code == 124
    env = clean_env(f"http://127.0.0.1:{closed_port()}")
    ended = run_process("get", "j", "--retry-for", "2s", env=env, within=slept)
    assert ended.code == 7
    assert re.search(r"attempts in [0-9] s", ended.err)
