"""Settings of every test run: workers, time limits, the same cases each time, and their count."""

from __future__ import annotations

import gc
import json
import os
import signal
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from tests import errors
from tests.support import outside

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
BEFORE = pytest.StashKey[set[str]]()
CHANGES = pytest.StashKey[list[str]]()
LONG_TIMEOUT = 3600
"""Seconds for a test with the marker `long`; the limit of all others is in pyproject.toml."""

# No test asserts a time: how fast a machine is says nothing about the product.
settings.register_profile(
    "every commit",
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("every commit")

# A run under nohup or in the background ignores these signals, and children inherit that.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        handler = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, handler)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the number of workers: 0 for one file, which is faster than starting workers."""
    files = {argument.partition("::")[0] for argument in config.args}
    if len(files) == 1 and files.pop().endswith(".py"):
        return 0
    return (os.cpu_count() or 2) * 3 // 2  # half of the tests wait for something


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the long tests a limit of their own."""
    for item in items:
        if item.get_closest_marker("long") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(LONG_TIMEOUT))


def pytest_collection_finish() -> None:
    """Leave what was collected out of garbage collection: each then takes less time."""
    gc.collect()
    gc.freeze()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember what the run must leave as it is; the process that starts the workers does it."""
    if not hasattr(session.config, "workerinput"):
        session.config.stash[BEFORE] = outside.snapshot(ROOT, Path.home())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that created or removed something outside of its temporary folders."""
    if before := session.config.stash.get(BEFORE, None):
        after = outside.snapshot(ROOT, Path.home())
        session.config.stash[CHANGES] = sorted(before ^ after)
        if before != after and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """List what the run created or removed."""
    if changes := config.stash.get(CHANGES, None):
        terminalreporter.section("created or removed outside of temporary folders", red=True)
        terminalreporter.write_line("\n".join(changes))


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Add the errors that the test provoked to its report, for `python -m tests.errors`."""
    for document in errors.take():
        item.user_properties.append((errors.PROPERTY, json.dumps(document)))


@pytest.fixture(scope="session", autouse=True)
def _no_secret_is_kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """S05: look through all that the runs of this test process left in their homes."""
    yield
    from tests.support import canary, program

    for folder in (Path(program.HOMES.name), tmp_path_factory.getbasetemp()):
        canary.check_files(folder)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Function) -> Iterator[None]:
    """Record how many examples of a property were tried, as a test with a loop does itself."""
    if not is_hypothesis_test(item.obj):
        return (yield)
    handle: Any = item.obj.hypothesis
    test, examples = handle.inner_test, 0

    @wraps(test)
    def counted(*args: Any, **members: Any) -> None:
        nonlocal examples
        examples += 1
        test(*args, **members)

    handle.inner_test = counted
    try:
        return (yield)
    finally:
        handle.inner_test = test
        item.user_properties.append(("cases", examples))
