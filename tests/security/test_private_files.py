"""Private files: rights belong to the open file; nothing is followed, shared or exchanged."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from vbsjob import files
from vbsjob.files import UntrustedFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CREATE = os.O_RDWR | os.O_CREAT
STRANGER = 65534


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "parent" / "private"


@pytest.fixture
def folder(path: Path) -> Iterator[int]:
    with files.open_folder(path, create=True) as folder:
        yield folder


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077, 0o277])
def test_f70_folder_and_files_are_private_whatever_the_umask(path: Path, umask: int) -> None:
    if umask & 0o700:  # no user can write into a parent folder that is made with such a umask
        path.parent.mkdir()
    before = os.umask(umask)
    try:
        with files.open_folder(path, create=True) as folder:
            files.replace("replaced", b"x", folder)
            os.close(files.open_file("created", folder, CREATE))
    finally:
        os.umask(before)
    assert mode(path) == 0o700
    assert {entry.name: mode(entry) for entry in path.iterdir()} == {
        "replaced": 0o600,
        "created": 0o600,
    }


def test_f70_a_folder_that_others_may_enter_is_closed_to_them(path: Path) -> None:
    path.mkdir(parents=True)
    path.chmod(0o777)
    with files.open_folder(path):
        assert mode(path) == 0o700


def test_reading_does_not_create_a_missing_folder(path: Path) -> None:
    with pytest.raises(FileNotFoundError), files.open_folder(path):
        pass
    assert not path.parent.exists()


def test_f71_a_link_in_place_of_the_folder_is_not_followed(path: Path, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir(mode=0o755)
    path.parent.mkdir()
    path.symlink_to(tmp_path / "target")
    with pytest.raises(OSError), files.open_folder(path, create=True):  # noqa: PT011 - ELOOP or ENOTDIR
        pass
    assert mode(tmp_path / "target") == 0o755


def link(path: Path, target: Path) -> None:
    path.symlink_to(target)


def dangling(path: Path, target: Path) -> None:
    path.symlink_to(target.with_name("nowhere"))


def second_name(path: Path, target: Path) -> None:
    path.hardlink_to(target)


def fifo(path: Path, _target: Path) -> None:
    os.mkfifo(path, 0o600)


def open_to_others(path: Path, _target: Path) -> None:
    path.touch(0o600)
    path.chmod(0o640)


@pytest.mark.parametrize("spoil", [link, dangling, second_name, fifo, open_to_others])
@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_RDWR, CREATE])
def test_f71_a_file_that_is_not_our_own_private_file_is_not_opened(
    path: Path, folder: int, tmp_path: Path, spoil: Callable[[Path, Path], None], flags: int
) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"of another program")
    target.chmod(0o600)
    spoil(path / "file", target)
    before = (path / "file").lstat().st_mode
    with pytest.raises(OSError):  # noqa: PT011 - which of ELOOP, EPERM, EACCES differs
        files.open_file("file", folder, flags)
    assert (target.read_bytes(), mode(target)) == (b"of another program", 0o600)
    assert (path / "file").lstat().st_mode == before
    assert not target.with_name("nowhere").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_f70_what_belongs_to_another_user_is_not_used(path: Path, folder: int) -> None:
    os.close(files.open_file("file", folder, CREATE))
    os.chown(path / "file", STRANGER, STRANGER)
    with pytest.raises(UntrustedFileError, match="other users can use the file"):
        files.open_file("file", folder)
    os.chown(path, STRANGER, STRANGER)
    with (
        pytest.raises(UntrustedFileError, match="belongs to another user"),
        files.open_folder(path, create=True),
    ):
        pass


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


def test_a_file_larger_than_the_limit_is_not_read(folder: int) -> None:
    files.replace("file", b"12345", folder)
    assert files.read("file", folder, 5) == b"12345"
    with pytest.raises(OSError, match="too large"):
        files.read("file", folder, 4)
