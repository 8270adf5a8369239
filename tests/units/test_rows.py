"""The promises are counted (S22): every row has a test."""

from __future__ import annotations

import re
from collections import Counter

from tests import rows


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
