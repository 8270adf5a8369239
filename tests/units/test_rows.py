"""The promises are counted (S22): every row has a test; 1 has one source."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

from tests import rows
from tests.support.program import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_s22_every_row_has_a_sentence_and_a_test() -> None:
    assert list(rows.SENTENCES) == [
        *(f"F{n:02}" for n in range(1, 99)),
        *(f"S{n:02}" for n in range(1, 23)),
    ]
    assert [row for row, names in rows.serving().items() if not names] == []
    for sentence in rows.SENTENCES.values():
        assert re.fullmatch(r"[-A-Z.0-9][^|]*\.", sentence), sentence


def test_s22_a_row_needs_a_test_that_is_collected_and_one_that_passed() -> None:
    names = {name for names in rows.serving().values() for name in names}
    passed = {name: rows.Tally(Counter({"passed": 1})) for name in names}
    assert rows.complaints(passed, names) == []
    row, (first, *others) = next((row, of) for row, of in rows.serving().items() if len(of) > 1)
    uncollected = rows.complaints(passed, names - {first})
    assert f"{row}: pytest does not collect {first}" in uncollected
    failed = dict.fromkeys((first, *others), rows.Tally(Counter({"failure": 1, "skipped": 1})))
    for results in (passed | failed, {}):
        complaints = rows.complaints(results, names)
        assert any(line.startswith(f"{row}: no test passed") for line in complaints)


def test_s20_the_code_of_a_failed_job_comes_only_from_the_verdict() -> None:
    made = {(path.stem, name) for path in (ROOT / "vbsjob").rglob("*.py") for name in _users(path)}
    # SEVERITY only orders the codes; QUERY lists those that a command can end with.
    only_named = {("exit_codes", "SEVERITY"), ("app", "QUERY")}
    assert made - only_named == {("exit_codes", "of_job")}


def _users(path: Path) -> Iterator[str]:
    """Yield the top-level names that use Code.JOB_FAILED (not to compare), or end with a bare 1."""
    for top in ast.parse(path.read_text()).body:
        targets = getattr(top, "targets", [top])
        name = str(getattr(top, "name", getattr(targets[0], "id", "?")))
        compared = {inner for node in ast.walk(top) if isinstance(node, ast.Compare)
                    for inner in ast.walk(node)}  # fmt: skip
        for node in ast.walk(top):
            failed = isinstance(node, ast.Attribute) and node.attr == "JOB_FAILED"
            if (failed and node not in compared) or _ends_with_one(node):
                yield name


def _ends_with_one(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    ends = called in {"exit", "_exit", "Exit", "SystemExit", "Code"}
    return ends and any(
        isinstance(argument, ast.Constant) and argument.value == 1 for argument in node.args
    )
