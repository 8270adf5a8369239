"""Properties over families of input: durations, text, documents, ids; and codes' meanings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.context import standard_input
from vbsjob import text
from vbsjob.cli import job_ids
from vbsjob.config import values
from vbsjob.errors import UsageError
from vbsjob.jobs import error_codes

NUMBER = st.integers(0, 999_999)
IDS = st.lists(st.text("09AZaz_", min_size=1, max_size=8), min_size=1, max_size=8)
PUBLISHED = Path(__file__).resolve().parents[3] / "shared" / "api" / "error-codes.json"


@given(NUMBER, NUMBER, NUMBER)
def test_a_duration_is_the_sum_of_its_parts(hours: int, minutes: int, seconds: int) -> None:
    assert values.duration(f"{hours}h{minutes}m{seconds}s") == hours * 3600 + minutes * 60 + seconds
    assert values.duration(f"{seconds}") == values.duration(f"{seconds}s") == seconds


@given(st.text(max_size=20))
def test_anything_else_is_an_invalid_duration_and_never_a_crash(raw: str) -> None:
    try:
        assert values.duration(raw) >= 0
    except ValueError as error:
        assert "duration" in str(error)  # noqa: PT017 - most texts raise, some are durations


@given(st.text(st.characters(), max_size=20))
def test_plain_text_prints_keeps_printable_text_and_is_stable(raw: str) -> None:
    shown = text.printable(raw)
    assert shown.isprintable()
    assert text.printable(shown) == shown
    assert raw != shown or raw.isprintable()
    left = iter(shown)
    assert all(c in left for c in raw if c.isprintable())


@given(IDS)
def test_ids_keep_their_order_without_repeats(ids: list[str]) -> None:
    once = list(dict.fromkeys(ids))
    assert job_ids.ids(ids, None) == once
    assert job_ids.ids(["-"], standard_input("\n".join(ids))) == once
    assert job_ids.ids(["-"], standard_input(json.dumps([{"job_id": i} for i in ids]))) == once


@given(st.text())
def test_any_argument_is_an_id_or_rejected(raw: str) -> None:
    no_value = raw.lower() in {"null", "none", "undefined"}  # as programs print it
    if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", raw, re.ASCII) and raw != "-" and not no_value:
        assert job_ids.ids([raw], None) == [raw]
    else:
        with pytest.raises(UsageError):
            job_ids.ids([raw], None)


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="../shared/api/error-codes.json is not here")
def test_every_published_code_has_a_meaning_and_what_to_do() -> None:
    published = [row["code"] for row in json.loads(PUBLISHED.read_bytes())["codes"]]
    table = error_codes.everything()
    assert [code for code in published if code not in table] == []
    assert [c for c, words in table.items() if not words.meaning or not words.action] == []
