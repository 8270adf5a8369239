"""TokenCache: what a file keeps, which files are removed, and how long a lock is waited for."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.cloud import Cloud
from vbsjob.auth.keystone import AccessInfo
from vbsjob.auth.token_cache import TokenCache

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = 86400.0
VBS, OTHER = {"type": "vbs", "endpoints": []}, {"type": "compute", "endpoints": []}
ACCESS = AccessInfo(
    "a-token", "p", "eu-de", "mira", 600.0, datetime(2026, 5, 2, tzinfo=UTC), (VBS, OTHER)
)


def cache_at(folder: Path, cloud: Cloud, account: str = "account") -> TokenCache:
    return TokenCache(folder / "tokens", (account,), cloud.context())


def test_a_token_is_kept_with_all_its_members_and_the_services_that_are_needed(
    tmp_path: Path,
) -> None:
    cache = cache_at(tmp_path, Cloud())
    cache.write(ACCESS)
    cached = cache.read()
    assert cached is not None
    assert cached.access == AccessInfo(
        "a-token", "p", "eu-de", "mira", 600.0, datetime(2026, 5, 2, tzinfo=UTC), (VBS,)
    )
    bare = AccessInfo("b-token", lifetime=5.0)
    cache.write(bare)
    cached = cache.read()
    assert cached is not None
    assert (cached.access, cached.seconds_left) == (bare, 5.0)


def test_only_the_token_that_was_refused_is_forgotten(tmp_path: Path) -> None:
    cache = cache_at(tmp_path, Cloud())
    cache.forget("a-token")
    cache.write(ACCESS)
    for token, left in (("another", True), (None, True), ("a-token", False)):
        cache.forget(token)
        assert (cache.read() is not None) is left


def test_f68_unfinished_files_live_an_hour_and_tokens_two_days(tmp_path: Path) -> None:
    cloud = Cloud()
    now = cloud.clock.utc().timestamp()
    folder = tmp_path / "tokens"
    folder.mkdir(mode=0o700)
    ages = {
        ".new-young": 3600.0, ".new-old": 3600.5, ".new-old.json": 3600.5,
        "young.json": 2 * DAY, "old.json": 2 * DAY + 0.5,
        "of-others": 9 * DAY, "old.json.lock": 9 * DAY,
    }  # fmt: skip
    for name, age in ages.items():
        (folder / name).write_text("")
        os.utime(folder / name, (now - age, now - age))
    before = set(ages)
    cache_at(tmp_path, cloud).write(ACCESS)
    left = {path.name for path in folder.iterdir()}
    assert before - left == {".new-old", ".new-old.json", "old.json"}


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of every account."""
    files = [path.open() for path in (folder / "tokens").glob("*.lock")]
    for file in files:
        fcntl.flock(file, fcntl.LOCK_EX)
    yield
    for file in files:
        file.close()


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def test_f69_one_process_at_a_time_signs_in_and_the_others_wait_five_seconds(
    tmp_path: Path,
) -> None:
    cloud = Cloud()
    cache = cache_at(tmp_path, cloud)
    before = open_files()
    with cache.renewing():
        (lock,) = (tmp_path / "tokens").glob("*.lock")
        with lock.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    assert cloud.clock.sleeps == []
    with locked(tmp_path), cache.renewing():  # it was released
        pass
    assert len(cloud.clock.sleeps) == pytest.approx(250, abs=1)
    assert sum(cloud.clock.sleeps) == pytest.approx(5.0, abs=0.021)
    assert open_files() <= before


def test_f69_a_lock_that_is_released_meanwhile_is_taken(tmp_path: Path) -> None:
    cloud = Cloud()
    cache = cache_at(tmp_path, cloud)
    with cache.renewing():
        pass
    (path,) = (tmp_path / "tokens").glob("*.lock")
    holder = path.open()
    fcntl.flock(holder, fcntl.LOCK_EX)

    def sleep(seconds: float) -> None:
        cloud.clock.sleep(seconds)
        if len(cloud.clock.sleeps) == 3:
            holder.close()

    waiting = TokenCache(tmp_path / "tokens", ("account",), replace(cloud.context(), sleep=sleep))
    with waiting.renewing():
        assert cloud.clock.sleeps == [0.02] * 3
        with path.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
