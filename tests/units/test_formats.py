"""Machine formats: YAML is read back as the same document, by every reader of YAML."""

from __future__ import annotations

import io
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vbsjob.output import yaml_writer

WORDS = (
    *["yes", "No", "null", "~", "1e5", "0x1", "1_000", "2026-01-01", "#x", "=", "<<"],
    "- a",
    "a: b",
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


def as_yaml(document: Any) -> str:
    out = io.StringIO()
    yaml_writer.write(document, out)
    return out.getvalue()


@settings(max_examples=50)
@given(DOCUMENTS)
def test_yaml_is_read_as_the_same_document(document: Any) -> None:
    text = as_yaml(document)
    assert text.isascii()
    assert repr(yaml.safe_load(text)) == repr(document)


def test_yaml_quotes_texts_that_look_like_numbers() -> None:
    document = {
        "status": "SUCCESS",
        "exit_code": 0,
        "entities": {"sub_jobs": [{"job_id": "4e5", "x": []}]},
    }
    assert as_yaml(document).splitlines()[1:] == [
        "status: SUCCESS",
        "exit_code: 0",
        "entities:",
        "  sub_jobs:",
        '  - job_id: "4e5"',
        "    x: []",
    ]
