"""One case of the random signal tests: a run in a state, the signals, and what must hold."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.run_states import is_started
from tests.support.sigint_handler import has_handler, wait_for_own_handler
from tests.support.signalled_run import SignalledRun

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from queue import SimpleQueue

    from tests.support.job_control import JobControlShell
    from tests.support.run_states import RunState, StateService

    Shells = SimpleQueue[JobControlShell]
    SendSignals = Callable[["SignalCase", SignalledRun], None]

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
        env: Mapping[str, str] | None = None,
    ) -> None:
        chance = random.Random(seed * 100_000 + number)
        self.state = state
        self.name = service.named(state.kind)
        self.env = env or state.env(service, self.name)
        self.argv = [word.replace("JOB", self.name) for word in state.argv]
        self.service, self.number = service, number
        self.signals = signals or [ENDINGS[number % len(ENDINGS)]]
        self.after, self.gap = chance.uniform(0, state.within), chance.uniform(0, GAPS)
        self.description = (state.name, seed, number, *self.signals, self.after, self.gap)

    def come(self, run: SignalledRun) -> None:
        """Wait until the run is in the state, then for the delay of the case."""
        # Before vbsjob's first line a SIGINT is the interpreter's own.
        if self.state.reached is is_started and self.signals[0] == signal.SIGINT:
            wait_for_own_handler(run.pid) if self.state.new else run.wait_for(
                lambda: not has_handler(run.pid)
            )
        run.wait_for(lambda: self.state.reached(run, self.service, self.name))
        run.read_for(self.after)

    def check(self, run: SignalledRun, code: int) -> None:
        """Assert that the signal ended it, or that it had ended before; all is restored."""
        details = (self.description, code, bytes(run.out), bytes(run.err))
        died = code == -self.signals[0]
        assert died or code in self.state.ends, details
        assert b"Traceback" not in run.out + run.err, details
        assert b"a bug in" not in run.out + run.err, details
        if died and self.state.resume:
            assert f"To continue: vbsjob watch {self.name}".encode() in run.out + run.err, details
        if self.state.tty:
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


def send_signals(case: SignalCase, run: SignalledRun) -> None:
    """Send the signals, one soon after the other."""
    run.send(case.signals[0])
    for number in case.signals[1:]:
        time.sleep(case.gap)
        run.send(number)


def run_case(case: SignalCase, shells: Shells, send: SendSignals = send_signals) -> int:
    """Start a run, send the signals in its state, check it; return its exit code."""
    shell, state = shells.get(), case.state
    run = SignalledRun(
        shell, case.argv, case.env, tty=state.tty, new=state.new, unread=state.unread
    )
    try:
        case.come(run)
        send(case, run)
        code = run.finish()
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(run.pid, signal.SIGKILL)
        run.finish()
        raise
    finally:
        shells.put(shell)
    case.check(run, code)
    return code


def run_cases(cases: Sequence[SignalCase], shells: Shells, send: SendSignals = send_signals) -> int:
    """Run all cases, some at once; return how many the signal ended."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        codes = list(pool.map(lambda case: run_case(case, shells, send), cases))
    return sum(code < 0 for code in codes)
