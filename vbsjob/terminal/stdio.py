"""Streams whose reader cannot block the end of the process (F77, F86).

A paused terminal or a full pipe delays output. It must not delay a signal or --timeout: after one
of them, output that the reader does not accept for GRACE seconds is dropped.
"""

from __future__ import annotations

import errno
import io
import os
import select
import stat
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Callable

SLICE = 0.1
GRACE = 1.0
"""Seconds without progress after which the rest is dropped, once the run must end."""
PIECE = 256
"""Bytes that a terminal that is ready accepts at once; for a pipe this is PIPE_BUF."""


def is_pipe(stream: TextIO) -> bool:
    """Whether a stream is a pipe or a socket; False if it has no descriptor."""
    with suppress(OSError, ValueError):
        mode = os.fstat(stream.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    return False


class BestEffortStream(io.RawIOBase):
    """A raw stream on a descriptor. `over`: whether the run must end without the reader.

    `spare`: the stream carries notes only, so that a write error such as a full disk is ignored.
    """

    def __init__(self, descriptor: int, *, spare: bool = False) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._spare = spare
        self._terminal = os.isatty(descriptor)
        self._piece = PIECE if self._terminal else select.PIPE_BUF
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self.dropping = False
        """Whether output was dropped; everything after it is dropped too."""
        self.over: Callable[[], bool] | None = None

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether the descriptor is a terminal."""
        return self._terminal

    def writable(self) -> bool:
        """Return True: the stream is for writing."""
        return True

    @property
    def ready(self) -> bool:
        """Whether a write would not wait; False for the terminal of another process group."""
        with suppress(OSError):
            if self._terminal and os.tcgetpgrp(self._descriptor) != os.getpgrp():
                return False
        return self._wait(0)

    def write(self, content: Any) -> int:
        """Write as much as the reader accepts, or drop it if the run must end."""
        while self.over is None or (not self.dropping and self._wait_until_possible(self.over)):
            try:
                return self._write(content if self.over is None else content[: self._piece])
            except BlockingIOError:  # another process has set O_NONBLOCK on the shared descriptor
                self._wait(SLICE)
        self.dropping = True
        return len(content)

    def _write(self, content: Any) -> int:
        try:
            return os.write(self._descriptor, content)
        except (BrokenPipeError, BlockingIOError):
            raise
        except OSError as error:
            if self._terminal and error.errno == errno.EIO:
                raise BrokenPipeError from None  # the terminal is closed
            if not self._spare:
                raise
        with suppress(OSError):  # the last screen of a watch is written once: try it again
            return os.write(self._descriptor, content)
        return len(content)

    def _wait(self, seconds: float) -> bool:
        """Return whether a write is possible, at the latest after `seconds`.

        True if poll itself fails, such as for lack of memory (F31): the write decides then.
        """
        try:
            return bool(self._poll.poll(seconds * 1000))
        except OSError:
            return True

    def _wait_until_possible(self, over: Callable[[], bool]) -> bool:
        """Wait until a write is possible; return False if the run must end before that."""
        left = GRACE
        while not self._wait(SLICE):
            if over():
                left -= SLICE
            if left <= 0:
                return False
        return True


def stream(like: TextIO, *, spare: bool = False) -> TextIO:
    """Return a text stream on the same descriptor with a BestEffortStream below it."""
    return io.TextIOWrapper(
        io.BufferedWriter(BestEffortStream(like.fileno(), spare=spare)),
        encoding=like.encoding,
        errors="backslashreplace",
        newline="\n",
        line_buffering=like.isatty(),
    )


def behind(stream: TextIO) -> BestEffortStream | None:
    """Return the BestEffortStream below a text stream; None if it has another raw stream."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, BestEffortStream) else None


def ready(stream: TextIO) -> bool:
    """Whether a write to a text stream would not wait."""
    raw = behind(stream)
    return raw is None or raw.ready


def cut(stream: TextIO) -> bool:
    """Whether output of a text stream was dropped."""
    raw = behind(stream)
    return raw is not None and raw.dropping
