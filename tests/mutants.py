"""Changes vbsjob at mutations that a seed chooses, by mutmut's mutators, and runs the quick tests.

python -m tests.mutants [--seed 130] [--count 130] [--seconds 3600] [--at-once 2]
Each change is made in a copy of the checkout. Prints what no test noticed, and noticed / total.
Tests that run the changed lines in the process of pytest are first; if they pass, all tests run.
"""

from __future__ import annotations

import argparse
import difflib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coverage import CoverageData

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("vbsjob", "tests", "man", ".ci", ".github", ".gitignore", "LICENSE", "README.md",
          "pyproject.toml")  # fmt: skip
LONGEST = 600
"""Seconds after which a change counts as noticed: it can make a loop endless."""
FIRST_TESTS = 100
"""Tests that run the changed lines and are tried before all others, at most."""


class Change(NamedTuple):
    """A change of one file; `lines` are the numbers of the lines before it."""

    name: str
    before: str
    after: str

    @property
    def lines(self) -> set[int]:
        """The numbers of the lines that are changed, from 1."""
        matcher = difflib.SequenceMatcher(None, self.before.splitlines(), self.after.splitlines())
        changed = (code for code in matcher.get_opcodes() if code[0] != "equal")
        return {line + 1 for _, begin, end, _, _ in changed for line in range(begin, end)}

    @property
    def text(self) -> str:
        """The change as a unified diff without context."""
        before, after = self.before.splitlines(), self.after.splitlines()
        return "\n".join(difflib.unified_diff(before, after, self.name, lineterm="", n=0))


def changes(seed: int, count: int) -> tuple[list[Change], int]:
    """Return the chosen changes, and how many mutmut knows."""
    from mutmut.mutation.file_mutation import create_mutations, deep_replace

    possible: list[tuple[Path, Any, Any]] = []
    for path in sorted((ROOT / "vbsjob").rglob("*.py")):
        tree, mutations, *_ = create_mutations(str(path), path.read_text("utf-8"))
        possible += [(path, tree, mutation) for mutation in mutations]
    chosen = []
    for path, tree, mutation in random.Random(seed).sample(possible, count):
        changed: Any = deep_replace(tree, mutation.original_node, mutation.mutated_node)
        before = path.read_text("utf-8")
        chosen.append(Change(str(path.relative_to(ROOT)), before, changed.code))
    return chosen, len(possible)


def copied(folder: str) -> Path:
    """Return a copy of the checkout in a folder."""
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, Path(folder, name))
    return Path(folder)


def passes(checkout: Path, *arguments: str, runner: Sequence[str] = ("-m", "pytest")) -> bool:
    """Whether tests pass in a checkout, within LONGEST seconds."""
    command = ["timeout", "--signal=KILL", str(LONGEST), sys.executable, *runner,
               "-x", "-q", "-n0", "-p", "no:cacheprovider", *arguments]  # fmt: skip
    return not subprocess.run(command, cwd=checkout, capture_output=True, check=False).returncode


def coverage_of_tests(folder: str) -> CoverageData:
    """Run all tests in a copy; return which of them run which lines. Exits if one fails."""
    from coverage import CoverageData

    checkout = copied(f"{folder}/checkout")
    data, settings = Path(folder, "coverage"), Path(folder, "coveragerc")
    settings.write_text("[run]\nsource = vbsjob\ndynamic_context = test_function\n")
    runner = ("-m", "coverage", "run", f"--rcfile={settings}", f"--data-file={data}", "-m",
              "pytest")  # fmt: skip
    if not passes(checkout, runner=runner):
        raise SystemExit("A test fails without a change too.")
    measured = CoverageData(str(data))
    measured.read()
    return measured


def first_tests(change: Change, measured: CoverageData, checkout: str) -> list[str]:
    """Return node ids of tests that run a changed line."""
    by_line = measured.contexts_by_lineno(f"{checkout}/checkout/{change.name}")
    # A context is such as `tests.units.test_x.test_y`.
    contexts = {name for line in change.lines for name in by_line.get(line, ()) if name}
    parts = (name.rpartition(".") for name in sorted(contexts)[:FIRST_TESTS])
    return [f"{module.replace('.', '/')}.py::{function}" for module, _, function in parts]


def is_noticed(change: Change, tests: Sequence[str]) -> bool:
    """Whether a test fails after the change: one of these, else one of all."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = copied(folder)
        (checkout / change.name).write_text(change.after, "utf-8")
        return bool(tests and not passes(checkout, *tests)) or not passes(checkout)


def main() -> None:
    """Try changes until all are tried or the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=130)
    parser.add_argument("--count", type=int, default=130)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--at-once", type=int, default=2)
    options = parser.parse_args()
    chosen, possible = changes(options.seed, options.count)
    end = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory() as folder:
        measured = coverage_of_tests(folder)

        def try_change(change: Change) -> bool | None:
            if time.monotonic() > end:
                return None
            return is_noticed(change, first_tests(change, measured, folder))

        with ThreadPoolExecutor(options.at_once) as pool:
            results = pool.map(try_change, chosen)
            total = noticed = 0
            for change, result in zip(chosen, results, strict=True):
                total += result is not None
                noticed += result is True
                sys.stdout.write(f"{change.text}\n" if result is False else "")
                sys.stdout.flush()
    sys.stdout.write(f"{noticed} / {total} noticed, of {possible} possible changes\n")


if __name__ == "__main__":
    main()
