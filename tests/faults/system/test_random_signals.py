"""Signals in every state, at random moments: it dies by them, all is in order."""

from __future__ import annotations

import fcntl
import json
import random
import signal
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.filesystem import needs_mount, within_etc
from tests.support.forkserver import ForkedRun, ForkServer
from tests.support.program import COMMAND
from tests.support.pseudo_terminal import PseudoTerminal
from tests.support.run_states import (
    STATES,
    RunState,
    StateService,
    env_at,
    is_started,
    password_env,
    waits_for_lock,
)
from tests.support.sigint_handler import has_handler, wait_for_own_handler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    SendSignals = Callable[["SignalCase", ForkedRun], None]
    RecordProperty = Callable[[str, object], None]

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="needs Linux's /proc"
)
PART = 15
"""One in so many of the cases of a state is run in the slow tier, all of them with -m long."""
SHARE = 0.8
"""Signals that have to end a run, by the number of runs, where a run may end before by itself."""
NAMED = {state.name: state for state in STATES}


ENDINGS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
AT_ONCE = 5
GAPS = 0.02


class SignalCase:
    """One run in a state and its signals, identified by a seed and a number."""

    def __init__(
        self,
        state: RunState,
        service: StateService,
        seed: int,
        number: int,
        signals: Sequence[int] = (),
        server: ForkServer | None = None,
    ) -> None:
        chance = random.Random(seed * 100_000 + number)
        self.state = state
        self.name = service.named(state.kind)
        self.env, self.server = state.env(service, self.name), server
        self.argv = [word.replace("JOB", self.name) for word in state.argv]
        self.service, self.number = service, number
        self.signals = signals or [ENDINGS[number % len(ENDINGS)]]
        self.after, self.gap = chance.uniform(0, state.within), chance.uniform(0, GAPS)
        self.description = (state.name, seed, number, *self.signals, self.after, self.gap)

    def start(self) -> ForkedRun:
        """Start the run."""
        command = COMMAND if self.state.new else ()
        if self.state.tty:
            return PseudoTerminal(*self.argv, env=self.env, command=command)
        return ForkedRun(
            *self.argv,
            env=self.env,
            command=command,
            server=self.server,
            unread=self.state.unread,
        )

    def come(self, run: ForkedRun) -> None:
        """Wait until the run is in the state, then for the delay of the case."""
        # Before vbsjob's first line a SIGINT is the interpreter's own.
        if self.state.reached is is_started and self.signals[0] == signal.SIGINT:
            wait_for_own_handler(run.pid) if self.state.new else run.wait_until(
                lambda: not has_handler(run.pid)
            )
        run.wait_until(lambda: self.state.reached(run, self.service, self.name))
        run.read_for(self.after)

    def check(self, run: ForkedRun, code: int) -> None:
        """Assert that the signal ended it, or that it had ended before; all is restored."""
        details = (self.description, code, bytes(run.out), bytes(run.err))
        died = code == -self.signals[0]
        assert died or code in self.state.ends, details
        assert b"Traceback" not in run.out + run.err, details
        assert b"a bug in" not in run.out + run.err, details
        if died and self.state.resume:
            assert f"To continue: vbsjob watch {self.name}".encode() in run.out + run.err, details
        if isinstance(run, PseudoTerminal):
            assert run.modes_after == run.modes_before, details
            assert run.screen.untouched, details
        if "jsonl" in self.argv and code != -signal.SIGPIPE:
            check_events(bytes(run.out), 128 - code if code < 0 else code, details)
        check_kept(Path(self.env["HOME"]), details)


def check_events(out: bytes, code: int, details: Any) -> None:
    """Assert that each line is complete and that the only verdict is last and has the exit code."""
    events = [json.loads(line) for line in out.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds.count("verdict") <= 1, details
    # Before the first event a signal is not noted yet: nothing is said, nothing is promised.
    assert not kinds or kinds[-1] == "verdict", details
    assert not kinds or events[-1]["exit_code"] == code, details


def check_kept(home: Path, details: Any) -> None:
    """Assert that the files in its home are valid."""
    for path in home.glob(".cache/vbsjob/tokens/*.json"):
        assert json.loads(path.read_bytes())["access"], details
    for path in home.glob(".local/state/vbsjob/history.jsonl"):
        assert all(json.loads(line)["job_id"] for line in path.read_text().splitlines() if line), (
            details
        )


def send_signals(case: SignalCase, run: ForkedRun) -> None:
    """Send the signals, one soon after the other."""
    run.send(case.signals[0])
    for number in case.signals[1:]:
        time.sleep(case.gap)
        run.send(number)


def run_case(case: SignalCase, send: SendSignals = send_signals) -> int:
    """Start a run, send the signals in its state, check it; return its exit code."""
    run = case.start()
    try:
        case.come(run)
        send(case, run)
        code = run.finish()
    except BaseException:
        run.send(signal.SIGKILL)
        run.finish()
        raise
    case.check(run, code)
    return code


def run_cases(cases: Sequence[SignalCase], send: SendSignals = send_signals) -> int:
    """Run all cases, some at once; return how many the signal ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(lambda case: run_case(case, send), cases))
    return sum(code < 0 for code in codes)


@pytest.fixture(scope="module")
def service() -> Iterator[StateService]:
    with closing(StateService()) as service:
        yield service


def cases_of(
    state: RunState,
    service: StateService,
    *signals: int,
    runs: int = 0,
    server: ForkServer | None = None,
) -> list[SignalCase]:
    """Return the cases of a state, the same each time."""
    seed = zlib.crc32(f"{state.name} {signals}".encode())
    return [
        SignalCase(state, service, seed, number, signals, server)
        for number in range(runs or part(state))
    ]


def part(state: RunState) -> int:
    return -(-state.runs // PART)


def enough(state: RunState, service: StateService) -> int:
    """Run the cases of a state; return how many runs the signal ended.

    All of them have to be; where a run may end by itself before the signal, at least SHARE. If
    they are fewer, as on a fast machine, more cases are run with the signal ever sooner.
    """
    if not state.ends:
        ended = run_cases(cases_of(state, service))
        assert ended == part(state)
        return ended
    ended = 0
    for sooner in (1, 2, 4, 8):
        cases = cases_of(replace(state, within=state.within / sooner), service)
        ended += run_cases(cases)
        if ended >= SHARE * part(state):
            return ended
    raise AssertionError(f"only {ended} signals came before the end of a run")


@pytest.mark.parametrize(
    "times", [pytest.param(1, marks=pytest.mark.slow), pytest.param(PART, marks=pytest.mark.long)]
)
@pytest.mark.parametrize("name", NAMED)
def test_f79_f81_a_signal_in_every_state_ends_it_by_that_signal(
    service: StateService, name: str, times: int, record_property: RecordProperty
) -> None:
    state = replace(NAMED[name], runs=times * NAMED[name].runs)
    record_property("cases", enough(state, service))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["prompt", "waiting", "drawing"])
def test_f80_a_second_ctrl_c_within_20_ms_changes_nothing(service: StateService, name: str) -> None:
    cases = cases_of(NAMED[name], service, signal.SIGINT, signal.SIGINT, runs=4)
    assert run_cases(cases) == len(cases)


def stop(case: SignalCase, run: ForkedRun) -> None:
    """Stop it by Ctrl-Z; the signal is sent before it goes on, or soon after."""
    assert isinstance(run, PseudoTerminal)
    run.type("\x1a")
    state = Path(f"/proc/{run.pid}/stat")
    run.wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "T")
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
    service: StateService, name: str
) -> None:
    cases = cases_of(NAMED[name], service, runs=4)
    assert run_cases(cases, stop) == len(cases)


@pytest.mark.slow
def test_f79_f81_a_signal_while_another_run_signs_in_ends_it_by_that_signal(
    service: StateService,
) -> None:
    name = service.named("running")
    env = password_env(service, name)
    assert ForkedRun("get", name, env=env).finish() == 0
    folder = Path(env["HOME"], ".cache/vbsjob/tokens")
    (cache_file,) = folder.glob("*.json")
    cache_file.unlink()
    with (folder / f"{cache_file.name}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        state = RunState("locked", ("get", "JOB"), waits_for_lock, 24, 0.2, env=lambda *_: env)
        assert run_cases(cases_of(state, service)) == part(state)


@pytest.mark.slow
@needs_mount
def test_f79_f81_a_signal_while_a_name_is_looked_up_ends_it_by_that_signal(
    service: StateService, tmp_path: Path
) -> None:
    (tmp_path / "resolv.conf").write_text("nameserver 127.7.255.53\n")
    queries = b""

    def looked_up(_run: ForkedRun, _service: StateService, name: str) -> bool:
        nonlocal queries
        try:
            queries += silent.recv(4096)
        except BlockingIOError:
            return name.encode() in queries
        return name.encode() in queries

    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
        ForkServer(tmp_path / "forks", *within_etc(tmp_path)) as server,
    ):
        silent.bind(("127.7.255.53", 53))
        silent.setblocking(False)
        env = env_at(lambda _, name: f"https://{name}.test")
        state = RunState("looking-up", ("get", "JOB"), looked_up, 16, 0.05, env=env)
        assert run_cases(cases_of(state, service, server=server)) == part(state)
