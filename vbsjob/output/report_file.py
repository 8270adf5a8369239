"""Files that a user or a CI service names for reports: any kind of file, never a wait without end.

A regular file is written completely or not at all. A device, FIFO or open descriptor
(/dev/null, /dev/stdout, /dev/fd/63) is opened and written. So is the file that stdout or stderr
writes to: replacing it would lose what is in it. Rights come from the umask when the file is
created; nothing is changed by name afterwards, because a folder may belong to someone else. Links
are followed as `private_files.follow` says.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from vbsjob.errors import UsageError, shortage
from vbsjob.private_files import follow
from vbsjob.terminal.stdio import BestEffortStream
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TextIO

    IsOver = Callable[[], bool]
    """Whether a signal or --timeout has ended the run: then nothing waits for a reader."""

READER_POLL = 0.1
"""Seconds between two attempts to open a FIFO that has no reader yet."""
NO_WAIT = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW
NOT_REPLACEABLE = {errno.EBUSY, errno.EPERM, errno.EACCES}
"""Errors of a file that is a mount point, or of another user in a folder like /tmp."""
INPUT, OUTPUTS = 0, (1, 2)
"""Descriptors of standard input, and of stdout and stderr."""
STANDARD = {"/dev/stdout": 1, "/dev/stderr": 2}
DESCRIPTOR = re.compile(r"/dev/stdout|/dev/stderr|(?:/dev|/proc/self)/fd/([0-9]{1,4})")
DESCRIPTORS = ("/dev/", "/proc/")
"""Paths that name open descriptors and devices: replacing one would cut off its other users."""


class NoReaderError(OSError):
    """The run ended before anyone read what was written."""


def prepare(path: str, option: str) -> None:
    """Remove the report of an earlier run. Raises UsageError if nothing can be written there."""
    try:
        _prepare(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not a valid path"
        raise shortage(error) or UsageError(
            f"{option}: {printable(path)!r} cannot be written: {reason}.",
            hint="Name another file, in a directory that exists and that you may write to.",
        ) from None


def _prepare(path: str) -> None:
    kind = _kind(path)
    if kind is not None and stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if kind is not None and _is_stream(path, kind):
        if stat.S_ISFIFO(kind) and not DESCRIPTOR.fullmatch(path):
            if not os.access(path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        else:
            _check_writable(_open_stream(path, lambda: True))
        return
    target = follow(path)
    try:
        descriptor, temporary = _create_beside(target)
        os.close(descriptor)
        os.unlink(temporary)
        with suppress(FileNotFoundError):
            os.unlink(target)
    except OSError:
        if kind is None:
            raise
        os.close(
            os.open(target, os.O_WRONLY | os.O_TRUNC | NO_FOLLOW)
        )  # the folder forbids a new file


def _check_writable(descriptor: int) -> None:
    """Close a descriptor. Raises OSError if it is open for reading only."""
    try:
        os.write(descriptor, b"")
    finally:
        os.close(descriptor)


def write(path: str, lines: Iterable[str], is_over: IsOver) -> None:
    """Write a report. Raises OSError, and NoReaderError if the run ended before it was read."""
    kind = _kind(path)
    if kind is not None and _is_stream(path, kind):
        _write_stream(_open_stream(path, is_over), lines, is_over)
        return
    target = follow(path)
    try:
        descriptor, temporary = _create_beside(target)
    except OSError:
        if kind is None:
            raise
        with _opened(target, os.O_TRUNC) as file:
            file.writelines(lines)
        return
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        _move(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _move(temporary: str, target: str) -> None:
    """Replace the target by a complete file; write into a target that cannot be replaced.

    A container mounts single files: `docker run -v ./report.xml:/report.xml`.
    """
    try:
        os.replace(temporary, target)
    except OSError as error:
        if error.errno not in NOT_REPLACEABLE:
            raise
        with (
            open(temporary, encoding="utf-8", newline="\n") as source,
            _opened(target, os.O_TRUNC) as file,
        ):
            shutil.copyfileobj(source, file)
        os.unlink(temporary)


def append(path: str, text: str, is_over: IsOver) -> None:
    """Append to a file of the CI service. Raises OSError, NoReaderError and ValueError."""
    kind = _kind(path)
    if kind is not None and _is_stream(path, kind):
        _write_stream(_open_stream(path, is_over), [text], is_over)
        return
    with _opened(follow(path), os.O_APPEND) as file:
        file.write(text)


def _opened(target: str, flag: int) -> TextIO:
    """Return an open file. Raises OSError if it has become a link since it was looked at."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | NO_FOLLOW | flag, 0o666)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="\n")


def size(path: str) -> int:
    """Return the bytes in a regular file; 0 for anything else."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _kind(path: str) -> int | None:
    """Return the mode of what a path names, links followed; None if nothing is there.

    Raises FileExistsError for the file that standard input reads, UntrustedFileError for a link
    of another user.
    """
    if not path:
        raise FileNotFoundError(errno.ENOENT, "the name is empty")
    follow(path)
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISREG(mode) and _descriptor(path, (INPUT,)) is not None:
        raise FileExistsError(errno.EEXIST, "it is the standard input of this command")
    return mode


def _is_stream(path: str, kind: int) -> bool:
    """Whether a path is written through a descriptor, not replaced by a new file."""
    if not stat.S_ISREG(kind) or os.path.abspath(path).startswith(DESCRIPTORS):
        return True
    return _descriptor(path, OUTPUTS) is not None


def _descriptor(path: str, descriptors: Iterable[int]) -> int | None:
    """Return which of these open descriptors is the file that a path names; None if none is."""
    status = os.stat(path)
    for descriptor in descriptors:
        with suppress(OSError):  # it may be closed
            if os.path.samestat(status, os.fstat(descriptor)):
                return descriptor
    return None


def _create_beside(target: str) -> tuple[int, str]:
    """Create a new file in the folder of the target; rights follow the umask."""
    temporary = os.path.join(os.path.dirname(target), f".vbsjob-{os.urandom(8).hex()}")
    return os.open(temporary, CREATE, 0o666), temporary


def _open_stream(path: str, is_over: IsOver) -> int:
    """Open a device or FIFO; a FIFO is waited for until it has a reader.

    An open descriptor is duplicated: a second opening of a file would have its own offset.
    """
    if match := DESCRIPTOR.fullmatch(path):
        return os.dup(STANDARD.get(path) or int(match[1]))
    if stat.S_ISREG(os.stat(path).st_mode) and (own := _descriptor(path, OUTPUTS)) is not None:
        return os.dup(own)
    while True:
        try:
            return os.open(path, NO_WAIT)
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(os.stat(path).st_mode):
                raise
        if is_over():
            raise NoReaderError(errno.ENXIO, "no process reads it")
        time.sleep(READER_POLL)


def _write_stream(descriptor: int, lines: Iterable[str], is_over: IsOver) -> None:
    try:
        stream = BestEffortStream(descriptor)
        stream.over = is_over
        for line in lines:
            content = memoryview(line.encode("utf-8", "backslashreplace"))
            while content:
                content = content[stream.write(content) :]
        if stream.dropping:
            raise NoReaderError(errno.EAGAIN, "no process reads it")
    except BrokenPipeError:
        raise NoReaderError(errno.EPIPE, os.strerror(errno.EPIPE)) from None
    finally:
        os.close(descriptor)
