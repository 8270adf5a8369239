"""Which tests cover which row of rows.toml: `python -m tests.rows [REPORT...]` prints a table.

A row is a fault (F01) or a promise about security (S01). A test covers the rows in its name:
test_f05_f06_s20_... covers F05, F06 and S20. With JUnit files the table has results and cases; if
two files contain a test, the later file counts. A test that repeats cases records their number with
pytest's `record_property("cases", n)`. `--check REPORT...` prints no table: it ends with 1 and
lists the rows with a test that pytest does not collect, or without any test that passed.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parent
SENTENCES: dict[str, str] = tomllib.loads((TESTS / "rows.toml").read_text("utf-8"))
"""One sentence for each row."""
ROWS = list(SENTENCES)


@cache
def serving() -> dict[str, list[str]]:
    """Return, for each row, the tests whose names contain it."""
    tests: dict[str, list[str]] = {row: [] for row in ROWS}
    for path in sorted(TESTS.rglob("test_*.py")):
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(), re.MULTILINE):
            for row in re.findall(r"(?<=_)[fs]\d\d(?=_|$)", name):
                tests[row.upper()].append(f"{path.stem}::{name}")
    return tests


@dataclass
class Tally:
    """Results of the runs of some tests, and the number of their cases."""

    ended: Counter[str] = field(default_factory=Counter)
    cases: int = 0

    def __add__(self, other: Tally) -> Tally:
        """Return the sum of both."""
        return Tally(self.ended + other.ended, self.cases + other.cases)

    def __str__(self) -> str:
        """Return the results, each with its count."""
        return ", ".join(f"{n} {ended}" for ended, n in sorted(self.ended.items())) or "not run"


def results(report: Path) -> dict[str, Tally]:
    """Count, for each test of a JUnit file, how its runs ended and the cases they had."""
    counted: dict[str, Tally] = {}
    for case in ET.parse(report).iter("testcase"):
        file = case.get("classname", "").rpartition(".")[2]
        name = f"{file}::{case.get('name', '').partition('[')[0]}"
        counted[name] = counted.get(name, Tally()) + _tally(case)
    return counted


def _tally(case: ET.Element) -> Tally:
    """Return the result of one run; a skipped one has a reason and no cases."""
    counts = [int(p.get("value", "")) for p in case.iter("property") if p.get("name") == "cases"]
    for kind in ("failure", "error"):
        if case.find(kind) is not None:
            return Tally(Counter({kind: 1}), sum(counts) or 1)
    skipped = case.find("skipped")
    if skipped is None:
        return Tally(Counter({"passed": 1}), sum(counts) or 1)
    why = skipped.get("message", "").replace("|", "/")
    return Tally(Counter({f"skipped ({why})" if why else "skipped": 1}))


def table(counted: dict[str, Tally]) -> str:
    """Return the table: row, sentence, tests, result, number of cases."""
    lines = ["| row | fault or promise | tests | result | cases |", "|---|---|---|---|---|"]
    for row, names in serving().items():
        total = sum((counted.get(name, Tally()) for name in names), Tally())
        shown = "<br>".join(f"`{name}`" for name in names)
        lines.append(f"| {row} | {SENTENCES[row]} | {shown} | {total} | {total.cases:,} |")
    return "\n".join(lines)


def collected() -> set[str]:
    """Return every test that pytest collects in any tier, as `file::function`."""
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-m", "", "--collect-only"]
    listed = subprocess.run(command, cwd=TESTS.parent, check=True, capture_output=True, text=True)
    names = re.findall(r"^tests/(?:\w+/)*(\w+)\.py::(?:\w+::)*(\w+)", listed.stdout, re.MULTILINE)
    return {f"{file}::{name}" for file, name in names}


def complaints(counted: dict[str, Tally], listed: set[str]) -> list[str]:
    """Return what is wrong with each row: a test that is never collected, or none that passed."""
    wrong = []
    for row, names in serving().items():
        wrong += [f"{row}: pytest does not collect {name}" for name in names if name not in listed]
        passed = sum(counted[name].ended["passed"] for name in names if name in counted)
        if not passed:
            wrong.append(f"{row}: no test passed: {', '.join(names) or 'it has none'}")
    return wrong


def main() -> None:
    """Print the table, or check each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("reports", nargs="*", type=Path, metavar="REPORT")
    arguments = parser.parse_args()
    counted: dict[str, Tally] = {}
    for report in arguments.reports:
        counted |= results(report)
    if arguments.check:
        sys.exit("\n".join(complaints(counted, collected())) or None)
    sys.stdout.write(table(counted) + "\n")


if __name__ == "__main__":
    main()
