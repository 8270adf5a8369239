"""The search for secrets that every helper of tests/support makes in what a run writes."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import canary
from tests.support.forkserver import ForkedRun
from tests.support.home_directory import ISSUED, PASSWORD
from tests.support.program import TOKEN, RunResult, clean_env
from tests.support.resource_usage import ResourceUsage
from tests.support.watch_service import WatchResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BASE64 = base64.b64encode(PASSWORD.encode()).decode()


RESULTS: tuple[Callable[[str], object], ...] = (
    lambda text: RunResult(0, "", text),
    lambda text: WatchResult(0, text, "", [], 0.0),
    lambda text: ForkedRun(text, env=clean_env(), command=("echo",)).finish(),
    lambda text: ResourceUsage(0, 0, 0.0, text.encode()),
)


def test_s05_a_result_with_a_secret_in_any_form_is_an_error() -> None:
    for result in RESULTS:
        result("no secret")
        for text in (f"x{TOKEN}", TOKEN[::-1], BASE64, PASSWORD.encode().hex()):
            with pytest.raises(AssertionError):
                result(text)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not below the folders that are searched when the tests end."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def test_s05_a_secret_in_a_file_that_vbsjob_keeps_is_an_error(folder: Path) -> None:
    tokens = folder / "home" / ".cache" / "vbsjob" / "tokens"
    tokens.mkdir(parents=True)
    (tokens / "a.json").write_text(f'{{"token": "{ISSUED}"}}')
    assert canary.check_files(folder) == 1
    (tokens / "a.json").write_text(f'{{"password": "{PASSWORD}"}}')
    with pytest.raises(AssertionError):
        canary.check_files(folder)
    (tokens / "a.json").unlink()
    history = folder / "home" / ".local" / "state" / "vbsjob"
    history.mkdir(parents=True)
    (history / "history.jsonl").write_bytes(b"\0" + ISSUED.encode() + b"\0")
    with pytest.raises(AssertionError):
        canary.check_files(folder)
