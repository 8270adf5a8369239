"""Runs tests against mutants, each in a fork of a process that has loaded and collected all.

A first run without a change measures which lines each test executes and how long it takes. A
mutant is then tried with the tests that execute its statement: those that killed a mutant before
come first, then the quick ones. The run ends at the first failure.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import coverage
import pytest

from tests.support import loaded_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from tests.support.mutations import Mutant

SECONDS = 12.0
"""CPU time of the tests that a mutant is tried with; the slowest that do not fit are left out."""
HANG, PAUSE = 5.0, 15.0
"""A test that takes HANG times as long as without a change, and PAUSE seconds, fails."""
LONGEST = 300.0
"""Seconds after which a process is ended that its own limits did not end."""
MEMORY = 4 << 30
"""Bytes of address space for one mutant: a loop without an end fails before the machine does."""
REWRITTEN = "ignore::pytest.PytestAssertRewriteWarning"
"""Says that a library was imported before pytest could rewrite its assertions, which is fine."""


@dataclass
class Measured:
    """What one test does without a change: its times, and the lines of the module it executes."""

    name: str
    seconds: float
    cpu_seconds: float
    lines: list[int]


def copy_project(root: Path, target: Path) -> None:
    """Copy the files of the project that git knows or does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=root, check=True, capture_output=True,
    ).stdout.decode()  # fmt: skip
    for name in listed.rstrip("\0").split("\0"):
        if (root / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)


class Runner:
    """Tries the mutants of one module in a copy of the project."""

    def __init__(
        self, root: Path, copy: Path, module: str, tests: Sequence[str], deselected: Sequence[str]
    ) -> None:
        self._root, self.copy = root, copy
        self.file = copy / "vbsjob" / f"{module}.py"
        self._name = f"vbsjob.{module.replace('/', '.')}"
        self._tests = tests
        self._deselected = [f"--deselect={test}" for test in deselected]
        self._measured: list[Measured] = []
        self.killers: list[str] = []
        """Tests that killed a mutant, the last one first."""

    def survivors(
        self, mutants: Sequence[Mutant], report: Callable[[Mutant], None]
    ) -> list[Mutant]:
        """Return the mutants that survive, in their order; `report` is called with each at once.

        Raises RuntimeError with the names of the tests that fail without a change.
        """
        loaded = _Loaded(self, mutants, report)
        result = self._in_fork(lambda: self._pytest(self._tests, loaded), 3600.0)
        if result is None:
            raise RuntimeError("they cannot be collected")
        if result["failed"]:
            raise RuntimeError(", ".join(result["failed"]))
        self._measured = [Measured(**members) for members in result["measured"]]
        self.killers = result["killers"]
        survived = set(result["survived"])
        for number in result["not tried"]:
            failed = self._failure_when_imported(mutants[number])
            if failed == "":
                survived.add(number)
                report(mutants[number])
            elif not mutants[number].change:
                raise RuntimeError(f"imported, {failed}")
        return [mutants[number] for number in sorted(survived)]

    def _failure_when_imported(self, mutant: Mutant) -> str | None:
        """Try a mutant that changes what the module does when it is imported.

        Returns the first test that fails, empty if none does; None if no result came.
        """
        tests = selected(mutant, self._measured, self.killers)
        original = self.file.read_text()
        self.file.write_text(mutant.source)
        try:
            in_order = _InOrder(tests)
            files = list(dict.fromkeys(test.name.partition("::")[0] for test in tests))
            failed: str | None = self._in_fork(lambda: self._pytest(files, in_order), LONGEST)
        finally:
            self.file.write_text(original)
        if failed:
            self.note_killer(failed)
        return failed

    def note_killer(self, name: str) -> None:
        """Put a test first."""
        self.killers = [name, *(test for test in self.killers if test != name)]

    def _pytest(self, tests: Sequence[str], plugin: Any) -> Any:
        """Run pytest in this process, which has loaded nothing of the project."""
        os.chdir(self.copy)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(2):
            os.dup2(nothing, stream)
        sys.path[:] = [
            str(self.copy),
            *(p for p in sys.path if Path(p or ".").resolve() != self._root),
        ]
        for name in [name for name in sys.modules if name.split(".")[0] in {"tests", "vbsjob"}]:
            del sys.modules[name]
        sys.dont_write_bytecode = isinstance(plugin, _InOrder)
        options = ["-q", "-n0", "-p", "no:cacheprovider"]
        pytest.main([*options, "-W", REWRITTEN, *self._deselected, *tests], plugins=[plugin])
        return plugin.result

    def load(self) -> ModuleType:
        """Return the module as the tests have loaded it."""
        return importlib.import_module(self._name)

    def _in_fork(self, task: Callable[[], Any], limit: float) -> Any:
        return in_fork(task, limit, self.copy / "result.json")


def selected(
    mutant: Mutant, measured: Sequence[Measured], killers: Sequence[str]
) -> list[Measured]:
    """Return the tests that can kill a mutant, those that probably do it soonest first."""
    lines = range(mutant.line, mutant.last_line + 1)
    tests = [test for test in measured if test.lines]
    if mutant.in_function:
        tests = [test for test in tests if not set(lines).isdisjoint(test.lines)]
    rank = {name: number for number, name in enumerate(killers[:30])}
    tests.sort(key=lambda test: (rank.get(test.name, len(rank)), test.cpu_seconds))
    seconds, chosen = 0.0, []
    for test in tests:
        seconds += test.cpu_seconds
        if seconds > SECONDS:
            break
        chosen.append(test)
    return chosen


def in_fork(task: Callable[[], Any], limit: float, file: Path) -> Any:
    """Return what a task returns in a fork; None if that ended otherwise or not in `limit` s."""
    file.unlink(missing_ok=True)
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.setpgid(0, 0)
            text = json.dumps(task())
            file.write_text(text)
        os._exit(0)
    until = time.monotonic() + limit
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > until:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return None
        time.sleep(0.005)
    return json.loads(file.read_text()) if file.exists() else None


class _Recorder:
    """Plugin: runs tests and notices a failure."""

    def __init__(self) -> None:
        self._failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed |= report.failed

    def _fails(self, item: pytest.Item, following: pytest.Item | None) -> bool:
        self._failed = False
        try:
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        except BaseException:  # noqa: BLE001 - also SystemExit, and what a mutant raises in a hook
            return True
        return self._failed

    def _first_failure(self, items: Sequence[pytest.Item]) -> str:
        """Return the name of the first test that fails; empty if none does."""
        for item, following in zip(items, [*items[1:], None], strict=True):
            if self._fails(item, following):
                return item.nodeid
        return ""


class _InOrder(_Recorder):
    """Plugin: runs the tests named, in this order, until one fails."""

    def __init__(self, tests: Sequence[Measured]) -> None:
        super().__init__()
        self._tests = tests
        self.result: str | None = None
        """The first failure; None if the tests cannot be collected."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if not session.testsfailed:
            by_name = {item.nodeid: item for item in session.items}
            _limit_memory()
            self.result = self._first_failure(_limited(self._tests, by_name))
        return True


class _Loaded(_Recorder):
    """Plugin: tries each mutant of a function in a fork of this process."""

    def __init__(
        self, runner: Runner, mutants: Sequence[Mutant], report: Callable[[Mutant], None]
    ) -> None:
        super().__init__()
        self._runner, self._mutants, self._report = runner, mutants, report
        self.result: dict[str, Any] | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return True
        module, items = self._runner.load(), session.items
        gc.collect()
        gc.freeze()
        file = self._runner.copy / "mutant.json"
        baseline = in_fork(lambda: self._baseline(items), 3000.0, file)
        measured = [Measured(*members) for members in baseline["measured"]]
        survived, not_tried = [], []
        by_name = {item.nodeid: item for item in items}
        for number, mutant in enumerate(self._mutants if not baseline["failed"] else ()):
            if not mutant.in_function or not loaded_code.can_replace(module, mutant.source):
                not_tried.append(number)
                continue
            tests = selected(mutant, measured, self._runner.killers)
            chosen = _limited(tests, by_name)
            failed = in_fork(functools.partial(self._try, module, mutant, chosen), LONGEST, file)
            if failed:
                self._runner.note_killer(failed)
            elif failed == "":
                survived.append(number)
                self._report(mutant)
            if not mutant.change and failed != "":
                baseline["failed"] = [f"in place, {failed}"]
                break
        self.result = {
            "failed": baseline["failed"],
            "measured": [vars(test) for test in measured],
            "killers": self._runner.killers,
            "survived": survived,
            "not tried": not_tried,
        }
        return True

    def _try(self, module: ModuleType, mutant: Mutant, items: Sequence[pytest.Item]) -> str:
        _limit_memory()
        loaded_code.replace(module, mutant.source)
        return self._first_failure(items)

    def _baseline(self, items: Sequence[pytest.Item]) -> dict[str, Any]:
        """Run all tests without a change; return the failures and what each test does."""
        measure = coverage.Coverage(
            data_file=None, config_file=False, include=[str(self._runner.file)]
        )
        failed, seconds, cpu_seconds = [], {}, {}
        measure.start()
        for item, following in zip(items, [*items[1:], None], strict=True):
            measure.switch_context(item.nodeid)
            began, cpu_began = time.monotonic(), time.process_time()
            if self._fails(item, following):
                failed.append(item.nodeid)
            seconds[item.nodeid] = time.monotonic() - began
            cpu_seconds[item.nodeid] = time.process_time() - cpu_began
        measure.stop()
        lines: dict[str, list[int]] = {name: [] for name in seconds}
        contexts = measure.get_data().contexts_by_lineno(str(self._runner.file))
        for line, names in contexts.items():
            for name in names:
                if name:
                    lines[name].append(line)
        return {
            "failed": failed,
            "measured": [
                (name, seconds[name], cpu_seconds[name], sorted(lines[name])) for name in seconds
            ],
        }


def _limited(tests: Sequence[Measured], by_name: Mapping[str, pytest.Item]) -> list[pytest.Item]:
    """Return the items of some tests, each with a limit of time."""
    items = []
    for test in tests:
        if test.name in by_name:
            timeout = pytest.mark.timeout(PAUSE + HANG * test.seconds)
            by_name[test.name].add_marker(timeout, append=False)
            items.append(by_name[test.name])
    return items


def _limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
