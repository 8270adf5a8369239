"""Files of the user: where they are, and private ones (F70, F71, F72).

Only this user may read and write the token cache and the history. Every check is made on an open
descriptor, so that the file cannot be exchanged between the check and the use. No symbolic link is
followed in place of a file or its folder.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NO_FOLLOW = os.O_NOFOLLOW | os.O_NONBLOCK
"""O_NONBLOCK: opening a FIFO must not wait for a writer."""
TEMPORARY_PREFIX = ".new-"
"""Prefix of a file that `replace` has not finished; a killed process leaves it."""


@contextmanager
def open_folder(path: str | os.PathLike[str], *, create: bool = False) -> Iterator[int]:
    """Yield a descriptor of a folder that only this user can enter.

    Takes the rights of others away. With `create` the folder and its parents are made where
    they are missing. Raises OSError, also for the folder of another user.
    """
    if create:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with suppress(FileExistsError):
            os.mkdir(path, mode=0o700)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | NO_FOLLOW)
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid():
            raise PermissionError(errno.EPERM, "the directory belongs to another user")
        if stat.S_IMODE(status.st_mode) != 0o700:
            os.fchmod(descriptor, 0o700)
        yield descriptor
    finally:
        close(descriptor)


def open_file(name: str, folder: int, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor of a regular file that only this user can read and write.

    With O_CREAT in `flags` a missing file is made with mode 0600 for every umask. Raises
    OSError, also for a file that others can use or that has a second name.
    """
    descriptor = -1
    try:
        if flags & os.O_CREAT:
            with suppress(FileExistsError):
                descriptor = os.open(name, flags | os.O_EXCL | NO_FOLLOW, 0o600, dir_fd=folder)
                os.fchmod(descriptor, 0o600)
        if descriptor < 0:
            descriptor = os.open(name, flags & ~os.O_CREAT | NO_FOLLOW, dir_fd=folder)
        if not _is_private(os.fstat(descriptor)):
            reason = "other users can use the file, or it is not a regular file"
            raise PermissionError(errno.EPERM, reason)
    except OSError:
        if descriptor >= 0:
            close(descriptor)
        raise
    return descriptor


def _is_private(status: os.stat_result) -> bool:
    private = status.st_uid == os.geteuid() and not status.st_mode & 0o077
    return stat.S_ISREG(status.st_mode) and private and status.st_nlink <= 1


def read(name: str, folder: int, limit: int) -> bytes:
    """Return the content of a private file of at most `limit` bytes. Raises OSError."""
    with os.fdopen(open_file(name, folder), "rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, "the file is too large")
    return content


def replace(name: str, content: bytes, folder: int) -> None:
    """Write a private file completely or not at all. Raises OSError."""
    temporary = TEMPORARY_PREFIX + os.urandom(8).hex()
    descriptor = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, 0o600, dir_fd=folder
    )
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, 0o600)
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise


def close(descriptor: int) -> None:
    """Close a descriptor and ignore an error."""
    with suppress(OSError):
        os.close(descriptor)


class Paths:
    """Folders and files of the user; None without a home folder.

    Each is found at its first use, because platformdirs costs 5 ms to import. `paths` replaces it.
    """

    def __init__(self, **paths: Any) -> None:
        self.__dict__.update(paths)

    @cached_property
    def config_folders(self) -> tuple[Path, ...]:
        """Where clouds.yaml is searched, the working directory first, as openstacksdk does."""
        from pathlib import Path

        import platformdirs

        site = Path(platformdirs.site_config_dir("openstack", appauthor=False))
        home = Path(os.environ["HOME"], ".config/openstack") if os.environ.get("HOME") else None
        folders = (Path(), _folder("config", "openstack"), home, site, Path("/etc/openstack"))
        return tuple(dict.fromkeys(folder for folder in folders if folder is not None))

    @cached_property
    def config_file(self) -> Path | None:
        """Path of config.toml."""
        folder = _folder("config")
        return None if folder is None else folder / "config.toml"

    @cached_property
    def cache_folder(self) -> Path | None:
        """Folder of cached tokens."""
        return _folder("cache")

    @cached_property
    def state_folder(self) -> Path | None:
        """Folder of the history."""
        return _folder("state")


def _folder(kind: str, name: str = "vbsjob") -> Path | None:
    """Return a folder of the user, of the kind `config`, `cache` or `state`."""
    from pathlib import Path

    import platformdirs

    try:
        folder = Path(getattr(platformdirs, f"user_{kind}_dir")(name, appauthor=False))
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None
