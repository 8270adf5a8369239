"""Private files: rights belong to the open file; nothing is followed, shared or exchanged."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from vbsjob import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CREATE = os.O_RDWR | os.O_CREAT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "private"


@pytest.fixture
def folder(path: Path) -> Iterator[int]:
    with files.open_folder(path, create=True) as folder:
        yield folder


def test_reading_does_not_create_a_missing_folder(path: Path) -> None:
    with pytest.raises(FileNotFoundError), files.open_folder(path):
        pass
    assert not path.parent.exists()


def test_a_folder_replaced_after_it_was_opened_is_never_touched(
    path: Path, folder: int, tmp_path: Path
) -> None:
    """The owner of the parent may rename the folder at any moment; the descriptor stays ours."""
    path.rename(tmp_path / "moved")
    (tmp_path / "trap").mkdir()
    path.symlink_to(tmp_path / "trap")
    files.replace("token", b"secret", folder)
    os.close(files.open_file("lock", folder, CREATE))
    assert list((tmp_path / "trap").iterdir()) == []
    assert {entry.name for entry in (tmp_path / "moved").iterdir()} == {"token", "lock"}


def test_replace_leaves_the_old_file_or_the_new_one(path: Path, folder: int) -> None:
    files.replace("file", b"old", folder)
    (path / "file").unlink()
    (path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        files.replace("file", b"new", folder)
    assert [entry.name for entry in path.iterdir()] == ["file"]


def test_f68_a_reader_beside_eight_writers_always_reads_a_whole_file(folder: int) -> None:
    def write(number: int) -> None:
        files.replace("file", b"%d" % (number % 10) * 9000, folder)

    write(0)
    with ThreadPoolExecutor(8) as pool:
        writes = [pool.submit(write, number) for number in range(100)]
        while not all(write.done() for write in writes):
            content = files.read("file", folder, 9000)
            assert (len(content), len(set(content))) == (9000, 1)


def test_a_file_larger_than_the_limit_is_not_read(folder: int) -> None:
    files.replace("file", b"12345", folder)
    assert files.read("file", folder, 5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        files.read("file", folder, 4)
