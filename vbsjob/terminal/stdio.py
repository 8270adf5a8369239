"""Standard output and error of a process, written to only while their reader takes it.

A paused terminal or a full pipe may hold up what is written, but neither a signal nor a deadline:
once there is one, and nothing is taken for a moment, the rest is dropped. Judges no content.
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

SLICE = 0.1
GRACE = 1.0
"""Seconds without progress after which nothing more is written, once the watch is to end."""
PIECE = 256
"""Bytes that a terminal which takes any takes at once; for a pipe the system has its own number."""


class BestEffortStream(io.RawIOBase):
    """A descriptor; `over` tells whether the run is to end whatever its reader does.

    A `spare` one carries comments: what a full disk does not take of them is dropped.
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
        """Whether something was not written, as nothing after it will be."""
        self.over: Callable[[], bool] | None = None

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._terminal

    def writable(self) -> bool:
        """Say yes."""
        return True

    @property
    def ready(self) -> bool:
        """Whether a write would go through now; a job in the background leaves a terminal be."""
        with suppress(OSError):
            if self._terminal and os.tcgetpgrp(self._descriptor) != os.getpgrp():
                return False
        return bool(self._poll.poll(0))

    def write(self, content: Any) -> int:
        """Write as much as is taken, or drop it once nobody may wait any longer."""
        while self.over is None or (not self.dropping and self._taken(self.over)):
            try:
                return self._write(content if self.over is None else content[: self._piece])
            except BlockingIOError:  # somebody who shares the descriptor wants it not to wait
                self._poll.poll(SLICE * 1000)
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
            if self._spare:
                return len(content)
            raise

    def _taken(self, over: Callable[[], bool]) -> bool:
        """Wait until the reader takes something; False if it does not and the run is over."""
        left = GRACE
        while not self._poll.poll(SLICE * 1000):
            if over():
                left -= SLICE
            if left <= 0:
                return False
        return True


def stream(like: TextIO, *, spare: bool = False) -> TextIO:
    """Return a stream to the same descriptor that never waits for ever."""
    return io.TextIOWrapper(
        io.BufferedWriter(BestEffortStream(like.fileno(), spare=spare)),
        encoding=like.encoding,
        errors="backslashreplace",
        newline="\n",
        line_buffering=like.isatty(),
    )


def behind(stream: TextIO) -> BestEffortStream | None:
    """Return what a stream writes to, where it is one of these."""
    found = getattr(getattr(stream, "buffer", None), "raw", None)
    return found if isinstance(found, BestEffortStream) else None


def ready(stream: TextIO) -> bool:
    """Whether a stream would be written to at once."""
    found = behind(stream)
    return found is None or found.ready


def cut(stream: TextIO) -> bool:
    """Whether something written to a stream was dropped."""
    found = behind(stream)
    return found is not None and found.dropping
