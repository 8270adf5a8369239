"""A document laid out: the same text as json writes, the same document as PyYAML reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vbsjob.output import layout

WORDS = (
    "yes",
    "No",
    "null",
    "~",
    "1e5",
    "0x1",
    "1_000",
    "2026-01-01",
    "- a",
    "a: b",
    "#x",
    "=",
    "<<",
)
TEXTS = st.text(max_size=8) | st.sampled_from(
    [*WORDS, "\x85", "\ufeff", "\u2028", "\ud800", "\U0001f600"]
)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS: Any = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXTS, below, max_size=4),
    max_leaves=20,
)


def written(layout_as: Any, document: Any) -> str:
    pieces: list[str] = []
    layout_as(document, pieces.append)
    return "".join(pieces)


@given(DOCUMENTS)
def test_json_is_what_the_standard_library_writes(document: Any) -> None:
    assert written(layout.as_json, document) == json.dumps(document, indent=2)


@given(DOCUMENTS)
def test_yaml_is_read_as_the_same_document(document: Any) -> None:
    text = f"---{written(layout.as_yaml, document)}\n"
    assert text.isascii()
    assert repr(yaml.safe_load(text)) == repr(document)


@pytest.mark.parametrize("layout_as", [layout.as_json, layout.as_yaml])
def test_as_many_levels_as_are_read_are_written(layout_as: Any) -> None:
    deep: Any = "end"
    for _ in range(128):
        deep = {"sub_jobs": [deep]}
    assert "end" in written(layout_as, deep)


def test_yaml_reads_well() -> None:
    document = {
        "status": "SUCCESS",
        "exit_code": 0,
        "entities": {"sub_jobs": [{"job_id": "4e5", "x": []}]},
    }
    told = written(layout.as_yaml, document).splitlines()[1:]
    assert told == [
        "status: SUCCESS",
        "exit_code: 0",
        "entities:",
        "  sub_jobs:",
        '  - job_id: "4e5"',
        "    x: []",
    ]
