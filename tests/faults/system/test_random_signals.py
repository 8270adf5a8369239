"""Signals in every state, at random moments: it dies by them, all is in order."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import zlib
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

import pytest

from tests.support.filesystem import needs_mount, within_etc
from tests.support.job_control import JobControlShell
from tests.support.run_states import (
    STATES,
    RunState,
    StateService,
    env_at,
    password_env,
    waits_for_lock,
)
from tests.support.signal_case import AT_ONCE, SignalCase, run_cases, send_signals
from tests.support.signalled_run import SignalledRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.signal_case import SendSignals, Shells

    RecordProperty = Callable[[str, object], None]

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
)
PART = 10
"""One in so many of the cases of a state is run."""
SHARE = 0.8
"""Signals that have to end a run, by the number of runs, where a run may end before by itself."""
NAMED = {state.name: state for state in STATES}


@pytest.fixture(scope="module")
def service() -> Iterator[StateService]:
    with closing(StateService()) as service:
        yield service


@pytest.fixture(scope="module")
def shells() -> Iterator[Shells]:
    started = [JobControlShell() for _ in range(AT_ONCE)]
    waiting: Shells = SimpleQueue()
    for shell in started:
        waiting.put(shell)
    yield waiting
    for shell in started:
        shell.close()


def cases_of(
    state: RunState, service: StateService, *signals: int, runs: int = 0
) -> list[SignalCase]:
    """Return the cases of a state, the same each time."""
    seed = zlib.crc32(f"{state.name} {signals}".encode())
    return [SignalCase(state, service, seed, n, signals) for n in range(runs or part(state))]


def part(state: RunState) -> int:
    return -(-state.runs // PART)


def enough(
    state: RunState,
    service: StateService,
    shells: Shells,
    *signals: int,
    send: SendSignals = send_signals,
) -> int:
    """Run the cases of a state; return how many runs the signal ended.

    All of them have to be; where a run may end by itself before the signal, at least SHARE. If
    they are fewer, as on a fast machine, more cases are run with the signal ever sooner.
    """
    if not state.ends:
        ended = run_cases(cases_of(state, service, *signals), shells, send)
        assert ended == part(state)
        return ended
    ended = 0
    for sooner in (1, 2, 4, 8):
        cases = cases_of(replace(state, within=state.within / sooner), service, *signals)
        ended += run_cases(cases, shells, send)
        if ended >= SHARE * part(state):
            return ended
    raise AssertionError(f"only {ended} signals came before the end of a run")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMED)
def test_f79_f81_a_signal_in_every_state_ends_it_by_that_signal(
    service: StateService, shells: Shells, name: str, record_property: RecordProperty
) -> None:
    record_property("cases", enough(NAMED[name], service, shells))


TWICE = [state.name for state in STATES if state.again]


@pytest.mark.slow
@pytest.mark.parametrize("name", TWICE)
def test_f80_a_second_ctrl_c_within_20_ms_changes_nothing(
    service: StateService, shells: Shells, name: str, record_property: RecordProperty
) -> None:
    runs = -(-NAMED[name].again // PART)
    record_property("cases", runs)
    cases = cases_of(NAMED[name], service, signal.SIGINT, signal.SIGINT, runs=runs)
    assert run_cases(cases, shells) == runs


def stop(case: SignalCase, run: SignalledRun) -> None:
    """Stop it by Ctrl-Z; the signal is sent before it goes on, or soon after."""
    os.write(run.keyboard, b"\x1a")
    run.wait_for(run.stopped)
    assert not run.screen.shown.cursor.hidden
    early = case.number % 2
    for number in (case.signals[0], signal.SIGCONT)[:: 1 if early else -1]:
        run.send(number)
        run.read_for(0.0 if early else case.after)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["waiting", "drawing", "first-question"]
)  # Ctrl-Z is ignored at a prompt
def test_f81_f82_a_signal_to_a_run_that_was_stopped_ends_it_by_that_signal(
    service: StateService, shells: Shells, name: str, record_property: RecordProperty
) -> None:
    cases = cases_of(NAMED[name], service, runs=4)
    record_property("cases", len(cases))
    assert run_cases(cases, shells, stop) == len(cases)


@pytest.mark.slow
def test_f79_f81_a_signal_while_another_run_signs_in_ends_it_by_that_signal(
    service: StateService, shells: Shells, record_property: RecordProperty
) -> None:
    name = service.named("running")
    env, shell = password_env(service, name), shells.get()
    assert SignalledRun(shell, ["get", name], env).finish() == 0
    shells.put(shell)
    folder = Path(env["HOME"], ".cache/vbsjob/tokens")
    (cache_file,) = folder.glob("*.json")
    cache_file.unlink()
    with (folder / f"{cache_file.name}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = RunState("locked", ("get", "JOB"), waits_for_lock, 24, 0.2, env=lambda *_: env)
        record_property("cases", part(state))
        assert run_cases(cases_of(state, service), shells) == part(state)


@pytest.mark.slow
@needs_mount
def test_f79_f81_a_signal_while_a_name_is_looked_up_ends_it_by_that_signal(
    service: StateService, tmp_path: Path, record_property: RecordProperty
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.7.255.53\n")
    waiting: Shells = SimpleQueue()
    queries = b""

    def looked_up(_run: SignalledRun, _service: StateService, name: str) -> bool:
        nonlocal queries
        try:
            queries += silent.recv(4096)
        except BlockingIOError:
            return name.encode() in queries
        return name.encode() in queries

    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
        closing(JobControlShell(*within_etc(tmp_path))) as shell,
    ):
        silent.bind(("127.7.255.53", 53))
        silent.setblocking(False)
        waiting.put(shell)
        env = env_at(lambda _, name: f"https://{name}.test")
        state = RunState("looking-up", ("get", "JOB"), looked_up, 16, 0.05, env=env)
        record_property("cases", part(state))
        assert run_cases(cases_of(state, service), waiting) == part(state)


@pytest.mark.slow
def test_f84_files_left_by_sigkill_do_not_disturb_later_runs(
    service: StateService, shells: Shells, record_property: RecordProperty
) -> None:
    state = replace(NAMED["keeping-a-token"], within=0.03)
    cases = cases_of(state, service, signal.SIGKILL, runs=8)
    killed = run_cases(cases, shells)
    record_property("cases", killed)
    assert killed >= len(cases) // 4
    calm = replace(state, within=0.0)
    again = [SignalCase(calm, service, 0, 0, (0,), env=case.env) for case in cases]
    assert run_cases(again, shells) == 0
