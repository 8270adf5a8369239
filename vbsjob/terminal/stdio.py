"""Standard output and error: a write waits for the reader, and a signal ends that wait (F77, F86).

Python repeats a write after a signal handler has returned (PEP 475). So a write waits in short
polls, and writes only what the descriptor accepts at once.
"""

from __future__ import annotations

import errno
import io
import os
import select
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE = 1.0
"""Seconds that a reader has for the last output after a signal."""
PIECE = 256
"""Bytes that a terminal that is ready accepts at once; for a pipe this is PIPE_BUF."""


def in_background(descriptor: int) -> bool:
    """Whether a descriptor is the terminal of this session, and another process group uses it.

    Setting its attributes would stop this process then (SIGTTOU).
    """
    with suppress(OSError):
        return os.tcgetpgrp(descriptor) != os.getpgrp()
    return False


class OutputStream(io.FileIO):
    """A raw stream on a descriptor; `lossy`: no error but a reader that is gone is raised."""

    def __init__(self, descriptor: int, *, lossy: bool) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._lossy = lossy
        self._piece = PIECE if self.isatty() else select.PIPE_BUF
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.is_over: Callable[[], bool] = lambda: False
        """Whether a signal has ended the run."""
        self._failed = False

    def write(self, content: Any) -> int:
        """Write a piece. Raises BrokenPipeError if the reader is gone, or reads no more at the end.

        A terminal that is closed counts as a reader that is gone. Another error, and a reader
        that reads no more, is raised once; what the buffer still holds is dropped then.
        """
        if self._failed:
            return len(content)
        while True:
            while not self.accepts(GRACE):
                if self.is_over():
                    self._failed = True
                    raise BrokenPipeError(errno.EPIPE, "the reader has stopped")
            try:
                written = super().write(content[: self._piece])
            except BrokenPipeError:
                raise
            except OSError as error:
                if self.isatty() and error.errno == errno.EIO:
                    raise BrokenPipeError(errno.EPIPE, "the terminal is closed") from None
                if self._lossy:
                    return len(content)
                self._failed = True
                raise
            if written is not None:  # another process may set O_NONBLOCK on the shared descriptor
                return written

    def accepts(self, seconds: float) -> bool:
        """Return whether a write is possible, at the latest after `seconds`.

        True if poll itself fails, such as for lack of memory (F31): the write decides then.
        """
        try:
            return bool(self._poll.poll(seconds * 1000))
        except OSError:
            return True


def stream(like: TextIO, *, lossy: bool = False) -> TextIO:
    """Return a text stream on the same descriptor with an OutputStream as its raw stream."""
    return io.TextIOWrapper(
        io.BufferedWriter(OutputStream(like.fileno(), lossy=lossy)),
        encoding=like.encoding,
        errors="backslashreplace",
        newline="\n",
        line_buffering=like.isatty(),
    )


def raw(stream: TextIO) -> OutputStream | None:
    """Return the OutputStream of a text stream; None if it has another raw stream."""
    own = getattr(getattr(stream, "buffer", None), "raw", None)
    return own if isinstance(own, OutputStream) else None


def ready(stream: TextIO) -> bool:
    """Whether a write would not wait; False for the terminal of another process group."""
    own = raw(stream)
    return own is None or (not in_background(own.fileno()) and own.accepts(0))
