"""Signals of a watch, and the wait for time, a result, a signal or a closed pipe.

A handler only stores the number of its signal: the watch ends, restores the terminal, and
then the process dies by that signal. A signal that is ignored at the start (nohup, &) is kept so.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
from typing import TYPE_CHECKING, Any, Self, TextIO

from vbsjob.terminal import stdio

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType


def name(number: int) -> str:
    """Return the name of a signal: `SIGTERM`; `signal 40` for a real-time signal."""
    return next((entry.name for entry in signal.Signals if entry == number), f"signal {number}")


NOT_ENDING = {
    *("SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGCONT"),  # stop or continue a process
    *("SIGCHLD", "SIGURG", "SIGWINCH", "SIGINFO"),  # ignored by default
    *("SIGKILL", "SIGPIPE", "SIGXFSZ"),  # cannot be handled; Python raises OSError instead
    *("SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGABRT", "SIGTRAP", "SIGSYS", "SIGEMT"),  # faults
}
ENDING = tuple(number for number in signal.valid_signals() if name(number) not in NOT_ENDING)
"""Signals whose default action ends a process, and that a process may handle."""
STOP, CONTINUE, RESIZE = signal.SIGTSTP, signal.SIGCONT, signal.SIGWINCH
LONGEST = 5.0
"""Longest wait in seconds: a suspend of the machine is noticed within this time (F66)."""


def handle(numbers: Iterable[int], handler: Any) -> dict[int, Any]:
    """Set the handler of each signal that is not ignored; return the handlers before."""
    return {
        number: signal.signal(number, handler)
        for number in numbers
        if signal.getsignal(number) is not signal.SIG_IGN
    }


class Signals:
    """Context manager that handles signals: `ending`, `stop` and `continued` say which came.

    The handlers of ending signals remain installed after the context: the verdict is printed then,
    and a signal must not change the exit code.
    """

    def __init__(self, stdout: TextIO, stderr: TextIO) -> None:
        self._streams = (stdout, stderr)
        self._read = self._write = -1
        self._before: dict[int, Any] = {}
        self._poll = select.poll()
        self._terminals: set[int] = set()
        self.ending: int | None = None
        self.stop = self.continued = False

    def __enter__(self) -> Self:
        """Install the handlers; a signal just before a wait ends it too. Raises OSError."""
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._poll.register(self._read, select.POLLIN)
        # The system may deliver the signal to a worker thread: the wake-up pipe covers that.
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before = handle((*ENDING, STOP, CONTINUE, RESIZE), self._note)
        for stream in self._streams:
            if raw := stdio.raw(stream):
                raw.is_over = lambda: self.ending is not None
            with contextlib.suppress(OSError, ValueError):
                self._poll.register(stream.fileno(), 0)
                if stream.isatty():
                    self._terminals.add(stream.fileno())
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the handlers of signals that do not end a process."""
        for number in {STOP, CONTINUE, RESIZE} & set(self._before):
            signal.signal(number, self._before[number])

    def _note(self, number: int, _: FrameType | None) -> None:
        if number == STOP:
            self.stop = True
        elif number == CONTINUE:
            self.continued = True
        elif number != RESIZE and self.ending is None:
            self.ending = number

    def wake(self) -> None:
        """End a wait. Any thread may call it."""
        with contextlib.suppress(OSError):
            os.write(self._write, b".")

    def wait(self, seconds: float) -> float:
        """Wait; return the planned seconds, at most LONGEST.

        Raises BrokenPipeError if the reader has closed the pipe.
        """
        planned = max(0.0, min(seconds, LONGEST))
        for number, event in self._poll.poll(planned * 1000):
            if number == self._read:
                with contextlib.suppress(BlockingIOError):
                    while os.read(self._read, 4096):
                        pass
            elif number in self._terminals and signal.SIGHUP in self._before:
                self.ending = self.ending or signal.SIGHUP
            elif event & (select.POLLERR | select.POLLHUP):
                raise BrokenPipeError
        return planned

    def suspend(self) -> None:
        """Stop this process as Ctrl-Z does; return when it is continued."""
        before = signal.signal(STOP, signal.SIG_DFL)
        signal.raise_signal(STOP)  # in this thread: it stops here and nowhere later
        signal.signal(STOP, before)
        self.stop = False
