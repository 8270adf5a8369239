"""Whatever breaks, wherever (F92, S05, S20): no secret is told, and no code that would be a lie."""

from __future__ import annotations

import random
import sys
from itertools import cycle
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import PASSWORD, SECRET, USER, Cloud
from tests.support.program import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import FrameType

PACKAGE_PATH = str(ROOT / "vbsjob")
SOME = 20
"""So many calls of a command break in the quick tier, with each kind in turn; all with -m long."""
SECRET_TEXT = f"{PASSWORD} {SECRET} canary-token-1"
BROKEN: dict[str, Callable[[], BaseException]] = {
    "a bug": lambda: RuntimeError(SECRET_TEXT),
    "a key": lambda: KeyError(SECRET_TEXT),
    "a system's error": lambda: OSError(5, "Input/output error", SECRET_TEXT),
    "an early end": lambda: SystemExit(SECRET_TEXT),
    "too little memory": lambda: MemoryError(SECRET_TEXT),
}
COMMANDS = ("get j --exit-status -v", "watch j -o jsonl", "config check", "tree j -o json")


class Breaking:
    """Raises at the n-th call that vbsjob makes or takes; counts them."""

    def __init__(self, number: int, error: Callable[[], BaseException]) -> None:
        self.calls = 0
        self._number, self._error = number, error

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        if event not in {"call", "c_call"} or not frame.f_code.co_filename.startswith(PACKAGE_PATH):
            return
        self.calls += 1
        if self.calls == self._number:
            raise self._error()


def broken(
    command: str, at: int, error: Callable[[], BaseException], cache: Path
) -> tuple[int, int, str]:
    """Run a command that breaks at a call; return how many there were, its code, its stdout."""
    breaking = Breaking(at, error)
    cloud = Cloud()
    sys.setprofile(breaking)
    try:
        code, out, _ = cloud.run(*command.split(), env=USER, cache=cache)
    except AssertionError:
        raise
    except BaseException:  # noqa: BLE001 - main() tells its kind alone, and ends with 70
        code, out = 70, ""
    finally:
        sys.setprofile(None)
    return breaking.calls, code, out


# A generator that is thrown away may break too, where nobody is told but the interpreter.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("limit", [SOME, pytest.param(None, marks=pytest.mark.long)])
def test_f92_s05_s20_an_error_at_any_call_prints_no_secret_and_no_wrong_verdict(
    command: str, limit: int | None, tmp_path: Path, record_property: Any
) -> None:
    calls, code, _ = broken(command, 0, BROKEN["a bug"], tmp_path / "whole")
    assert code == 0
    numbers = random.Random(command).sample(range(1, calls + 1), min(limit or calls, calls))
    for at, kind in zip(numbers, cycle(BROKEN), strict=False):
        _, code, out = broken(command, at, BROKEN[kind], tmp_path / str(at))
        assert code in {0, 2, 4, 6, 7, 70}, (at, kind, code)
        assert code != 0 or "SUCCESS" in out or "answers" in out, (at, kind)
    record_property("cases", len(numbers))
