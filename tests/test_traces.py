"""What a run leaves behind: with --no-cache not a byte (S07)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.rigs.cloud import USER, Cloud
from tests.rigs.program import process, surroundings
from tests.rigs.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator

WISHES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "option": (("--no-cache",), {}),
    "variable": ((), {"VBSJOB_CACHE": "no"}),
}


@pytest.fixture(scope="module")
def service() -> Iterator[Server]:
    with Server(always(answer(job()))) as server:
        yield server


def left(home: str) -> dict[str, bytes]:
    """Return every file and folder below a home, with its content."""
    found = (path for path in Path(home).rglob("*"))
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in found}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("command", ["get j", "watch j", "tree j", "get @last"])
def test_s07_without_a_cache_no_byte_is_left_behind(
    service: Server, command: str, wish: str
) -> None:
    argv, more = WISHES[wish]
    env = surroundings(service.url, **more)
    process("get", "j", env=env | {"VBSJOB_CACHE": "yes"})  # something is there already
    before = left(env["HOME"])
    assert any("history" in path for path in before)
    ended = process(*command.split(), *argv, env=env)
    assert ended.code == 0, ended.err
    assert left(env["HOME"]) == before


@pytest.mark.parametrize("wish", WISHES)
def test_s07_without_a_cache_no_token_is_left_behind(tmp_path: Path, wish: str) -> None:
    argv, more = WISHES[wish]
    cloud = Cloud()
    for _ in range(2):
        code, *_ = cloud.run("get", "j", *argv, env=USER | more, cache=tmp_path,
                             state_folder=tmp_path)  # fmt: skip
        assert code == 0
    assert cloud.posts == 2
    assert not list(tmp_path.iterdir())
