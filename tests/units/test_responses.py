"""Answers of every shape: nothing of them is lost, and what is no job is named as none.

The published ones are read in place and skipped by a plain clone; tests/bodies has the same shapes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import run_in_memory
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "api" / "responses"
PUBLISHED = sorted(FOLDER.glob("*.json")) + sorted(FOLDER.glob("*.html"))
OWN = [path for path in sorted((Path(__file__).parents[1] / "bodies").iterdir()) if path.suffix]

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from scalars(item)
    elif value not in (None, ""):
        yield value


def get(body: bytes, job_id: str, output: str) -> tuple[int, str, str]:
    argv = ["get", job_id, "-o", output, *(["--details"] if output == "table" else [])]
    ended = run_in_memory(*argv, send=lambda _: Response(200, {}, body))
    return ended.code, ended.out, ended.err


@pytest.mark.parametrize(
    "paths", [OWN, pytest.param(PUBLISHED, marks=pytest.mark.slow)], ids=["own", "published"]
)
def test_every_answer_is_printed_completely_or_reported_as_not_a_job(paths: list[Path]) -> None:
    for path in paths:
        named = comes_back_whole_or_is_named(path)
        assert paths is PUBLISHED or named == path.name.startswith("no-job-")


def comes_back_whole_or_is_named(path: Path) -> bool:
    """Check one answer in JSON and in the table; return whether it was named as no job."""
    body = path.read_bytes()
    document = json.loads(body) if path.suffix == ".json" else {}
    job_id = document.get("job_id")
    if job_id is None:
        code, out, err = get(body, "j", "table")
        assert code in {4, 5, 6, 7}
        assert out == ""
        assert err.startswith("vbsjob: ")
        return True
    code, out, _ = get(body, job_id, "json")
    assert code == 0
    assert json.loads(out).items() >= document.items()
    code, out, _ = get(body, job_id, "table")
    shown = [value if isinstance(value, str) else json.dumps(value) for value in scalars(document)]
    assert [value for value in shown if value not in out and _as_shown(value) not in out] == []
    return False


def _as_shown(text: str) -> str:
    """Return a time of the service as a table shows it; other texts unchanged."""
    return f"{text[:10]} {text[11:19]} UTC" if TIME.fullmatch(text) else text
