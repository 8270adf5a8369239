"""Mutation test of the modules that decide: `python -m tests.mutants [--sample N] [MODULE...]`.

Changes one place of a module at a time, in a copy of the project, and runs the tests of MODULES
below. A mutant that passes them all survives. Prints a table and the survivors; ends with 1 if the
score is below LEAST. equivalent_mutants.txt lists those that change no behaviour, with reasons.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.mutations import Mutant, mutants_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.txt"
LEAST = 0.9
HANG = 5.0
"""A run that takes so many times as long as the unchanged module counts as killed."""
LIBRARIES = ("hypothesis", "httpx", "typer", "rich.console", "rich.live", "yaml")
"""Imported once; each mutant is tried in a fork."""
REWRITTEN = "ignore::pytest.PytestAssertRewriteWarning"
"""Says that a library was imported before pytest could rewrite its assertions, which is fine."""
POLICY = ("tests/units/test_polling_policy.py", "tests/commands/test_watch.py")
EVENTS = ("tests/commands/test_watch_events.py", "tests/commands/test_watch_log.py")
SIGN_IN = ("tests/units/test_token_renewal.py", "tests/units/test_signin.py")
STATUSES = "tests/faults/network/test_statuses.py"
DOCUMENTS = "tests/faults/input/test_documents.py"
CACHE = "tests/security/test_token_cache.py"
MODULES: dict[str, tuple[str, ...]] = {
    "watch/state": (*POLICY, *EVENTS, "tests/units/test_estimate.py"),
    "http/errors": ("tests/units/test_responses.py", *SIGN_IN, DOCUMENTS, STATUSES),
    "errors": ("tests/units/test_errors.py", "tests/commands/test_get.py", STATUSES, *EVENTS),
    "client": ("tests/commands/test_get.py", *SIGN_IN, DOCUMENTS, STATUSES),
    "auth/session": (*SIGN_IN, CACHE, "tests/security/test_secrets.py"),
    "config/loader": (
        "tests/units/test_settings.py", "tests/units/test_clouds_yaml.py",
        "tests/security/test_named_cloud.py", "tests/units/test_values.py", *SIGN_IN,
        "tests/commands/test_config.py", "tests/security/test_working_directory.py",
        "tests/security/test_catalog.py", "tests/commands/test_get.py",
    ),
    "auth/token_cache": (CACHE, SIGN_IN[0]),
    "http/retry": ("tests/units/test_retry.py", STATUSES),
    "jobs/diff": ("tests/units/test_diff.py", *EVENTS),
    "output/events": EVENTS,
}  # fmt: skip
"""The tests of each module, those that find most first."""


@dataclass
class Score:
    """What became of the mutants of one module."""

    killed: int = 0
    equivalent: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Killed mutants by all that are not equivalent."""
        return self.killed / ((self.killed + len(self.survivors)) or 1)


class Runner:
    """Runs the tests of a module in a copy of the project, one mutant at a time."""

    def __init__(self, folder: Path, deselected: Sequence[str]) -> None:
        self._root = folder / "project"
        listed = subprocess.run(
            ["git", "ls-files", "-z", "-co", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True,
        ).stdout.decode()  # fmt: skip
        for name in listed.rstrip("\0").split("\0"):
            if (ROOT / name).exists():
                (self._root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self._root / name)
        self._options = [f"--deselect={test}" for test in deselected]
        self._killers: list[str] = []
        """Tests that killed a mutant of this module: they are run before all others."""

    def baseline(self, module: str) -> float:
        """Return the seconds that the tests of a module take; raise if they fail unchanged."""
        self._killers = []
        began = time.monotonic()
        if self._passes(MODULES[module], 600.0) is not True:
            failed = ", ".join(self._killers) or "the run itself"
            raise SystemExit(f"{module}: its tests fail without any change: {failed}")
        return time.monotonic() - began

    def kills(self, module: str, mutant: Mutant, limit: float) -> bool:
        """Return whether a test fails, or hangs, with a mutant in place of the module."""
        file = self._root / "vbsjob" / f"{module}.py"
        original = file.read_text()
        file.write_text(mutant.source)
        try:
            return not self._passes((*self._killers[:20], *MODULES[module]), limit)
        finally:
            file.write_text(original)

    def _passes(self, tests: tuple[str, ...], limit: float) -> bool:
        report = self._root / "failed"
        report.unlink(missing_ok=True)
        child = os.fork()
        if not child:
            self._test(tests, report)
        until = time.monotonic() + limit
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
            if time.monotonic() > until:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return False
            time.sleep(0.02)
        if ended[1] and report.exists():
            name = report.read_text()
            self._killers = [name, *(test for test in self._killers if test != name)]
        return ended[1] == 0

    def _test(self, tests: tuple[str, ...], report: Path) -> NoReturn:
        os.setpgid(0, 0)
        os.chdir(self._root)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        sys.path[:] = [str(self._root), *(p for p in sys.path if Path(p or ".").resolve() != ROOT)]
        for name in [name for name in sys.modules if name.split(".")[0] in {"tests", "vbsjob"}]:
            del sys.modules[name]
        sys.dont_write_bytecode = True
        argv = [
            "-x",
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            "--timeout=60",
            "-W",
            REWRITTEN,
            *self._options,
            *tests,
        ]
        os._exit(int(pytest.main(argv, plugins=[_FirstFailure(report)])))


class _FirstFailure:
    """Plugin that writes the name of the first test that fails."""

    def __init__(self, report: Path) -> None:
        self._report = report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self._report.exists():
            self._report.write_text(report.nodeid)


def equivalents() -> set[str]:
    """Return the keys of the mutants that change no behaviour; their reasons are comments."""
    if not EQUIVALENT.exists():
        return set()
    lines = EQUIVALENT.read_text().splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def scores(
    modules: list[str], sample: int, deselected: Sequence[str]
) -> Iterator[tuple[str, Score]]:
    """Yield the score of each module; of at most `sample` mutants each, if that is not 0."""
    known = equivalents()
    with tempfile.TemporaryDirectory(prefix="vbsjob-mutants-") as folder:
        runner = Runner(Path(folder), deselected)
        for module in modules:
            mutants = list(mutants_of(module, (ROOT / f"vbsjob/{module}.py").read_text()))
            if sample and len(mutants) > sample:
                mutants = sorted(
                    random.Random(module).sample(mutants, sample), key=lambda m: m.line
                )
            score, limit = Score(), HANG * runner.baseline(module) + 5
            for mutant in mutants:
                if mutant.key in known:
                    score.equivalent += 1
                elif runner.kills(module, mutant, limit):
                    score.killed += 1
                else:
                    score.survivors.append(mutant)
                    sys.stderr.write(f"survived: {mutant}\n")
            yield module, score


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run, print the table and the survivors."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("module", nargs="*", choices=[[], *MODULES], metavar="MODULE")
    parser.add_argument("--sample", type=int, default=0, help="mutants of a module; 0: all")
    parser.add_argument("--deselect", action="append", default=[], help="a test that fails anyway")
    options = parser.parse_args()
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _print("| module | mutants | killed | equivalent | survived | score |")
    _print("|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    survivors: list[Mutant] = []
    for module, score in scores(options.module or list(MODULES), options.sample, options.deselect):
        row = (score.killed, score.equivalent, len(score.survivors))
        total.update(dict(zip(("killed", "equivalent", "survived"), row, strict=True)))
        cells = " | ".join(map(str, (sum(row), *row)))
        _print(f"| {module} | {cells} | {score.ratio:.0%} |")
        survivors += score.survivors
    ratio = total["killed"] / ((total["killed"] + total["survived"]) or 1)
    cells = " | ".join(str(total[name]) for name in ("killed", "equivalent", "survived"))
    _print(f"| all | {total.total()} | {cells} | {ratio:.0%} |\n")
    _print("\n".join(map(str, survivors)))
    sys.exit(ratio < LEAST)


if __name__ == "__main__":
    main()
