"""Files that a user or a CI service names for reports.

A regular file is written completely or not at all: a temporary file takes its place. A file that
cannot be replaced, such as a mount point in a container, is written in place. Anything else
(a device, a pipe, /dev/stdout, /dev/fd/63) is opened and written. Rights come from the umask.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from vbsjob.errors import ReportError, UsageError, shortage
from vbsjob.text import printable

DESCRIPTORS = ("/dev/std", "/dev/fd/", "/proc/")
"""Beginnings of paths that name open descriptors, also of regular files."""


def prepare(path: str, option: str) -> None:
    """Remove the report of an earlier run: a CI service would take it for the one of this run.

    Raises UsageError if nothing can be written there.
    """
    try:
        if not _is_stream(path):
            write(path, b"")
            with suppress(OSError):  # a mount point stays, and is empty
                os.unlink(os.path.realpath(path))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid path"
        raise shortage(error) or UsageError(
            f"{option}: {printable(path)!r} cannot be written: {reason}.",
            hint="Name another file, in a directory that exists and that you may write to.",
        ) from None


def write(path: str, content: bytes | bytearray) -> None:
    """Write a report. Raises OSError and ValueError."""
    if _is_stream(path):
        append(path, content)
        return
    target = os.path.realpath(path)
    temporary = os.path.join(os.path.dirname(target), f".vbsjob-{os.urandom(8).hex()}")
    try:
        _write(temporary, content, os.O_EXCL)
        os.replace(temporary, target)
    except OSError as error:
        if shortage(error) or not os.path.exists(target):
            raise
        _write(target, content, os.O_TRUNC)
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def unwritten(name: str, error: OSError | ValueError) -> ReportError:
    """Return the error of a report or file that could not be written."""
    reason = getattr(error, "strerror", None) or "it is not a valid path"
    hint = "Check the path, its permissions and the free space."
    return ReportError(f"{name} could not be written: {reason}.", hint=hint)


def append(path: str, content: bytes | bytearray) -> int:
    """Append to a file of the CI service, all or nothing; return its size before.

    Raises OSError and ValueError.
    """
    return _write(path, content, os.O_APPEND)


def cut(path: str, size: int) -> None:
    """Take back what was appended to a file of `size` bytes; another kind of file stays."""
    with suppress(OSError):
        os.truncate(path, size)


def _is_stream(path: str) -> bool:
    """Whether a path names neither a regular file nor a directory. Raises OSError."""
    if not os.path.exists(path):
        return False
    kind = os.stat(path).st_mode
    regular = stat.S_ISREG(kind) or stat.S_ISDIR(kind)
    return not regular or os.path.abspath(path).startswith(DESCRIPTORS)


def _write(path: str, content: bytes | bytearray, flag: int) -> int:
    """Open a file and write; return its size before.

    What a full disk does not take completely is cut off again.
    A FIFO without a reader is an error (O_NONBLOCK): waiting for one could last for ever.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK | os.O_NOCTTY | flag
    descriptor = os.open(path, flags, 0o666)
    try:
        os.set_blocking(descriptor, True)
        size = os.fstat(descriptor).st_size
        rest = memoryview(content)
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, size)
            raise
        return size
    finally:
        os.close(descriptor)
