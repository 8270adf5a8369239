"""One run of vbsjob that gets a signal: on a terminal or with pipes, observed from outside."""

from __future__ import annotations

import os
import pty
import select
import termios
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import canary
from tests.support.pseudo_terminal import Screen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.support.job_control import JobControlShell

LONGEST = 60.0
LOOK = 0.002


class SignalledRun:
    """A run; `out` and `err` are its output (on a terminal only `out`)."""

    def __init__(
        self,
        shell: JobControlShell,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        tty: bool = False,
        new: bool = False,
        unread: bool = False,
    ) -> None:
        self._shell = shell
        self._ends: dict[int, bytearray] = {}
        self.out, self.err = bytearray(), bytearray()
        self.code: int | None = None
        self.modes_before: list[Any] | None = None
        self.modes_after: list[Any] | None = None
        self.keyboard = -1
        started = self._on_a_terminal() if tty else self._between_pipes()
        self.pid = shell.start(argv, env, started, new=new)
        for end in set(started):
            os.close(end)
        self._unread = {self.reader} if unread else set()
        if unread:
            del self._ends[self.reader]

    def _on_a_terminal(self) -> list[int]:
        self.keyboard, below = pty.openpty()
        termios.tcsetwinsize(below, (24, 80))
        self.modes_before = termios.tcgetattr(self.keyboard)
        self._ends[self.keyboard] = self.out
        self.reader = self.keyboard
        return [below] * 3

    def _between_pipes(self) -> list[int]:
        (self.reader, out), (err_reader, err) = os.pipe(), os.pipe()
        self._ends |= {self.reader: self.out, err_reader: self.err}
        return [os.open(os.devnull, os.O_RDONLY), out, err]

    def close_reader(self) -> None:
        """Close the reading end of its standard output, which is a pipe."""
        if self._ends.pop(self.reader, None) is not None or self._unread:
            self._unread.clear()
            os.close(self.reader)

    def read_for(self, seconds: float = 0.0) -> None:
        """Read its output, and its exit code, for so many seconds."""
        end = time.monotonic() + seconds
        while True:
            left = max(0.0, end - time.monotonic())
            waits: list[Any] = [*self._ends, *([self._shell.channel] if self.code is None else [])]
            ready = select.select(waits, [], [], left)[0]
            for source in ready:
                self._take(source)
            if not ready or not waits:
                return

    def _take(self, source: Any) -> None:
        if source is self._shell.channel:
            self.code = int(source.recv(16))
            return
        try:
            got = os.read(source, 65536)
        except OSError:  # a terminal that no process has open
            got = b""
        self._ends[source] += got
        if not got:
            del self._ends[source]
            if source != self.keyboard:
                os.close(source)

    def wait_for(self, reached: Callable[[], Any]) -> bool:
        """Read its output until `reached()` is true; return False if the run ended before."""
        end = time.monotonic() + LONGEST
        while not reached():
            assert time.monotonic() < end, (bytes(self.out), bytes(self.err))
            if self.code is not None:
                return bool(reached())
            self.read_for(LOOK)
        return True

    def send(self, *numbers: int) -> None:
        """Send signals, unless it has ended."""
        for number in numbers:
            self.read_for()
            if self.code is None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, number)

    def stopped(self) -> bool:
        """Whether it is stopped, as by Ctrl-Z."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def finish(self) -> int:
        """Read to the end; return the exit code, negative for the signal it died of."""
        self.wait_for(lambda: self.code is not None)
        self.read_for()
        if self.keyboard >= 0:
            self.modes_after = termios.tcgetattr(self.keyboard)
        self._shell.let_go()
        self.read_for(0.05 if self._ends else 0)
        for end in {*self._ends, *self._unread, *([self.keyboard] if self.keyboard >= 0 else [])}:
            os.close(end)
        self._ends.clear()
        canary.check(self.out + self.err)
        assert self.code is not None
        return self.code

    @property
    def screen(self) -> Screen:
        """The screen at the end."""
        screen = Screen()
        screen.feed(self.out.decode("utf-8", "backslashreplace"))
        return screen
