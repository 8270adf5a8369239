"""Waits for whatever comes first: time, an answer, a signal, or a reader that has gone.

A signal only leaves its number: the program ends itself in order, its terminal restored, and then
really dies by it. Where a signal is ignored on entry (nohup, &) it stays ignored. No write waits
for a reader once the run is to end.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from typing import TYPE_CHECKING, Self, TextIO

from vbsjob.terminal import stdio

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

ENDING = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)
)
STOP = getattr(signal, "SIGTSTP", None)
CONTINUE = getattr(signal, "SIGCONT", None)
RESIZE = getattr(signal, "SIGWINCH", None)
LONGEST = 5.0
"""Seconds: a machine that slept is noticed within this time."""


class Signals:
    """While open, signals are noted: `ending`, `stop` and `continued` tell which came.

    Those that end a process are noted for the rest of its life: once it has said how it ends, no
    signal may make another end of it. `late` tells whether the time that the user gave is up.
    """

    def __init__(self, late: Callable[[], bool], stdout: TextIO, stderr: TextIO) -> None:
        self._late = late
        self._stdout = stdout
        self._streams = (stdout, stderr)
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._before: dict[int, object] = {}
        self._poll = select.poll()
        self._poll.register(self._read, select.POLLIN)
        self._terminals: set[int] = set()
        self.ending: int | None = None
        self.stop = self.continued = False

    def __enter__(self) -> Self:
        """Take the signals over; one that comes just before a wait begins ends it as well."""
        # So does one that the system hands to a thread that asks.
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in (*ENDING, STOP, CONTINUE, RESIZE):
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        for stream in self._streams:
            if behind := stdio.behind(stream):
                behind.over = self._over
            with contextlib.suppress(OSError, ValueError):
                self._poll.register(stream.fileno(), 0)
                if stream.isatty():
                    self._terminals.add(stream.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        """Give back those that do not end a process."""
        for number in {STOP, CONTINUE, RESIZE} & set(self._before):
            signal.signal(number, self._before[number])  # type: ignore[arg-type, index] # as it was

    @property
    def cut(self) -> bool:
        """Whether a signal kept some of the answer from being written."""
        return self.ending is not None and stdio.cut(self._stdout)

    def _over(self) -> bool:
        return self.ending is not None or self._late()

    def _note(self, number: int, _: FrameType | None) -> None:
        if number == STOP:
            self.stop = True
        elif number == CONTINUE:
            self.continued = True
        elif number != RESIZE and self.ending is None:
            self.ending = number

    def wake(self) -> None:
        """End a wait; may be called from any thread."""
        with contextlib.suppress(OSError):
            os.write(self._write, b".")

    def wait(self, seconds: float) -> float:
        """Wait, and return for how long it was meant to be, which never is longer than LONGEST.

        Raises BrokenPipeError if nobody reads the output any more.
        """
        meant = max(0.0, min(seconds, LONGEST))
        for number, event in self._poll.poll(meant * 1000):
            if number == self._read:
                with contextlib.suppress(BlockingIOError):
                    while os.read(self._read, 4096):
                        pass
            elif number in self._terminals and signal.SIGHUP in self._before:
                self.ending = self.ending or signal.SIGHUP
            elif event & (select.POLLERR | select.POLLHUP):
                raise BrokenPipeError
        return meant

    def suspend(self) -> None:
        """Stop this process as Ctrl-Z would have; returns when it is continued."""
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)  # in this thread: it stops here and nowhere later
        signal.signal(signal.SIGTSTP, before)
        self.stop, self.continued = False, True
