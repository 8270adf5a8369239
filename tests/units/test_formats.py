"""Machine formats: YAML is read back as the same document, by every reader of YAML."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vbsjob.jobs.fields import Selection
from vbsjob.output import formats, yaml_writer

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


def test_every_level_that_is_read_is_written() -> None:
    for name in ("json", "yaml"):
        deep: Any = "end"
        for _ in range(128):
            deep = {"sub_jobs": [deep]}
        out = io.StringIO()
        write = formats.BY_NAME[name].write
        assert write
        write([deep], Selection(formats.JOBS), out)
        assert "end" in out.getvalue()


@pytest.mark.slow
@given(st.lists(st.dictionaries(TEXTS, DOCUMENTS, max_size=3), max_size=4), st.booleans())
def test_documents_written_one_at_a_time_are_the_same_list(
    documents: list[dict[str, Any]], single: bool
) -> None:
    expected = documents[0] if single and len(documents) == 1 else documents
    selection = Selection(formats.JOBS, (), single)
    for name in ("json", "yaml"):
        out, write = io.StringIO(), formats.BY_NAME[name].write
        assert write
        write(iter(documents), selection, out)
        text = out.getvalue()
        if name == "json":
            assert text == json.dumps(expected, indent=2) + "\n"
        else:
            assert repr(yaml.safe_load(text)) == repr(expected)


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
