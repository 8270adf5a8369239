"""Each call with a file, of a `get` that signs in with a password over TLS, fails or is the last.

Files of the configuration end it with 2; the cache and the history never cost the answer or its
code, and whatever was left half done, the next run answers and leaves them whole.
"""

from __future__ import annotations

import errno
import os
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.canary import leaked
from tests.support.fault_injection import CallFault, compile_library, failing_runs
from tests.support.forkserver import ForkServer
from tests.support.home_directory import (
    CONFIGURED,
    ISSUED,
    ORPHAN,
    PASSWORD,
    TOKENS,
    HomeDirectory,
    HomeFactory,
    SignInService,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.fault_injection import Fault
    from tests.support.program import RunResult

GET = ("get", "k", "--exit-status")
BESIDE = 8
"""Runs at a time: each waits now and then for the disk."""
COLD, STALE = "nothing kept", "a spent token, a history, an orphan"
FILES = {"open", "stat", "read", "write", "close", "mkdir", "chmod", "lock", "unlink", "rename",
         "sync", "list", "descriptor"}  # fmt: skip


@dataclass(frozen=True)
class FileSetup:
    """Homes as earlier runs left them, and what runs in a copy of one."""

    home_factory: HomeFactory
    fork_server: ForkServer
    homes: dict[str, HomeDirectory]
    logs: Path

    def get(self, home: HomeDirectory, **env: str) -> RunResult:
        return self.fork_server.run(*GET, env={"HOME": str(home.path), **env})

    def failing_runs(
        self, state: str, operation: str, *harms: Fault, most: int | None
    ) -> Iterator[tuple[CallFault, tuple[HomeDirectory, RunResult]]]:
        """Let each call of an operation fail, in a copy of a home each; yield how the run ended."""

        def run(fault: CallFault) -> tuple[HomeDirectory, RunResult]:
            home = self.home_factory.copy(self.homes[state])
            return home, self.get(home, **fault.env)

        under = self.home_factory.folder
        yield from failing_runs(
            run, {operation: harms}, self.logs, under=under, most=most, beside=BESIDE
        )


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileSetup]:
    """A service whose jobs go on: 0 and 1 are both wrong."""
    folder = tmp_path_factory.mktemp("torture")
    (folder / "own").mkdir()
    home_factory = HomeFactory(folder / "own")
    with (
        ForkServer(folder / "fork-server", LD_PRELOAD=compile_library(folder)) as fork_server,
        home_factory.serving(SignInService("RUNNING")) as server,
    ):
        homes = {state: home_factory.home(server) for state in (COLD, STALE)}
        assert fork_server.run("get", "j", env={"HOME": str(homes[STALE].path)}).code == 0
        homes[STALE].check_whole("j")
        homes[STALE].age()
        yield FileSetup(home_factory, fork_server, homes, folder)


def check_output(ended: RunResult, fault: CallFault) -> None:
    """Hold a run to its code, to one error at most, and to saying no secret."""
    assert ended.is_clean
    assert ended.err.count("error: ") <= 1
    assert not leaked(ended.out + ended.err, PASSWORD, ISSUED)
    assert fault.open_files == []
    _, file = fault.hit or ("", "")
    if CONFIGURED.search(file) and ended.code in {2, 7}:  # 7: too many open files (F31)
        assert ended.out == ""
    else:  # without any of its configuration there would be no answer
        check_right(ended)


def check_right(ended: RunResult) -> None:
    assert ended.code == 8
    assert "RUNNING" in ended.out


def check_healed(context: FileSetup, state: str, home: HomeDirectory) -> None:
    """Hold the next run to the answer without a word of what went before."""
    ended = context.get(home)
    check_right(ended)
    assert ended.err == ""
    home.check_whole("k", *(["j"] if state == STALE else []))


def tortured(
    context: FileSetup, state: str, operation: str, *harms: Fault, most: int | None
) -> Counter[str]:
    """Let each call of an operation fail; return the number of failed calls per kind."""
    failed_calls: Counter[str] = Counter()
    for fault, (home, ended) in context.failing_runs(state, operation, *harms, most=most):
        details = f"{fault.hit}, {fault}: {ended}"
        try:
            check_output(ended, fault)
            check_healed(context, state, home)
        except AssertionError as error:
            raise AssertionError(details) from error
        if fault.hit:
            failed_calls[fault.hit[0]] += 1
            # What could not be swept is for the next one who signs in to sweep.
            assert set(home.leftovers) <= {ORPHAN}, details
    return failed_calls


HARMS = {
    "open": (errno.EACCES, errno.EMFILE, errno.ENFILE, errno.ENAMETOOLONG, errno.EINTR),
    "stat": (errno.EACCES, errno.ELOOP, errno.ENOMEM),
    "read": (errno.EIO, errno.EINTR, errno.ESTALE),
    "list": (errno.EMFILE, errno.EACCES),
    "descriptor": (errno.EMFILE,),
    "mkdir": (errno.EACCES, errno.EPERM),
    "chmod": (errno.EPERM,),
    "lock": (errno.ENOLCK, errno.EINTR),
    "rename": (errno.EACCES, errno.EXDEV),
    "unlink": (errno.EACCES, errno.EBUSY),
    "close": (errno.EINTR, errno.ENOSPC),
    "write": (errno.EINTR, errno.EFBIG),
    "file": (errno.EIO,),
    "change": (errno.EROFS, errno.ENOSPC, errno.EDQUOT),
}  # fmt: skip
KINDS = {
    (COLD, "file"): FILES,
    (COLD, "change"): {"open", "write", "sync", "rename", "chmod", "mkdir"},
}
"""Calls among the failed ones."""
SOME = 14
"""Calls that fail in the slow tier, and moments of a kill."""
SLOW = (
    (COLD, "file", (errno.EIO,)), (STALE, "change", (errno.EDQUOT,)),
    (COLD, "lock", (errno.ENOLCK,)), (STALE, "lock", (errno.EINTR,)),
)  # fmt: skip
LONG = [(state, *harms) for state in (COLD, STALE) for harms in HARMS.items()]


@pytest.mark.parametrize(
    ("state", "operation", "harms", "most"),
    [
        *(pytest.param(*case, SOME, marks=pytest.mark.slow) for case in SLOW),
        *(pytest.param(*case, None, marks=pytest.mark.long) for case in LONG),
    ],
)
def test_s20_f69_f72_each_call_with_a_file_may_fail_once_without_a_wrong_code(
    context: FileSetup,
    state: str,
    operation: str,
    harms: tuple[int, ...],
    most: int | None,
    record_property: Callable[[str, object], None],
) -> None:
    failed_calls = tortured(context, state, operation, *harms, most=most)
    assert failed_calls
    assert most or failed_calls.keys() >= KINDS.get((state, operation), set())
    record_property("cases", failed_calls.total())


@pytest.mark.parametrize(("state", "moment"), [(COLD, "before"), (STALE, "after")])
@pytest.mark.parametrize(
    "most",
    [pytest.param(SOME, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.long)],
)
def test_f68_f84_killed_at_any_change_of_cache_or_history_the_next_run_repairs_it(
    context: FileSetup,
    state: str,
    moment: str,
    most: int | None,
    record_property: Callable[[str, object], None],
) -> None:
    kills = orphans = 0
    for fault, (home, ended) in context.failing_runs(state, "change", moment, most=most):
        if fault.at:
            kills += 1
            assert ended.code == -9, (fault, ended)
        check_healed(context, state, home)
        orphans += _swept(context, home)
    assert kills > 10
    assert orphans
    record_property("cases", kills)


def _swept(context: FileSetup, home: HomeDirectory) -> bool:
    """Whether there are orphans, which then are gone once a token is written an hour later."""
    left = home.leftovers
    assert [name for name in left if not name.startswith(".new-")] == []
    if not left:
        return False
    home.age()
    for name in left:
        os.utime(home.path / TOKENS / name, (time.time() - 7200,) * 2)
    check_right(context.get(home))
    assert home.leftovers == []
    return True
