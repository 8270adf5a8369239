"""Which test serves which row of FAULTS.md: `python -m tests.rows` runs them, writes ROWS.md.

A test serves the rows that its name tells: test_f05_f06_s20_... serves F05, F06 and S20. With
JUnit files as arguments nothing is run: their results are taken, a later one's before an earlier's.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE / "ROWS.md"
HEAD = """# Rows of FAULTS.md and the tests that provoke them

Made by `python -m tests.rows`; do not edit. A case is one run of a test; what a case of a fuzz or a
torture repeats in itself is told in tests/README.md.

"""
ROWS = [f"F{n:02}" for n in range(1, 99)] + [f"S{n:02}" for n in range(1, 23)]
REASON = re.compile(r"^\| ((?:[FS]\d\d(?:, )?)+) \| (.+) \|$", re.MULTILINE)


def serving() -> dict[str, list[str]]:
    """Return, for each row, the tests in the source whose names tell it."""
    found: dict[str, list[str]] = {row: [] for row in ROWS}
    for path in sorted(HERE.glob("test_*.py")):
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(), re.MULTILINE):
            for row in re.findall(r"(?<=_)[fs]\d\d(?=_|$)", name):
                found[row.upper()].append(f"{path.stem}::{name}")
    return found


def reasons() -> dict[str, str]:
    """Return, for each row that has none, why not, as tests/README.md states it."""
    told = REASON.findall((HERE / "README.md").read_text())
    return {row: why for rows, why in told for row in rows.split(", ")}


def results(report: Path) -> dict[str, Counter[str]]:
    """Count, for each test of a JUnit file, how its cases ended."""
    counted: dict[str, Counter[str]] = {}
    for case in ET.parse(report).iter("testcase"):
        file = case.get("classname", "").rpartition(".")[2]
        name = f"{file}::{case.get('name', '').partition('[')[0]}"
        ended = next(
            (child.tag for child in case if child.tag in {"failure", "error", "skipped"}), "passed"
        )
        counted.setdefault(name, Counter())[ended] += 1
    return counted


def table(counted: dict[str, Counter[str]]) -> str:
    """Return the table: row, tests, result, count of cases."""
    lines = ["| row | tests | result | cases |", "|---|---|---|---|"]
    why = reasons()
    for row, names in serving().items():
        if not names:
            lines.append(f"| {row} | none: {why.get(row, 'owed')} | | |")
            continue
        total = sum((counted.get(name, Counter()) for name in names), Counter())
        told = ", ".join(f"{count} {ended}" for ended, count in sorted(total.items())) or "not run"
        shown = "<br>".join(f"`{name}`" for name in names)
        lines.append(f"| {row} | {shown} | {told} | {total.total()} |")
    return "\n".join(lines)


def main() -> None:
    """Run the tests, unless their report is given, and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        reports = [Path(given) for given in sys.argv[1:]]
        if not reports:
            reports = [Path(folder) / "junit.xml"]
            command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={reports[0]}"]
            subprocess.run(command, cwd=HERE.parent, check=False)
        counted: dict[str, Counter[str]] = {}
        for report in reports:
            counted |= results(report)
        TABLE.write_text(HEAD + table(counted) + "\n")


if __name__ == "__main__":
    main()
