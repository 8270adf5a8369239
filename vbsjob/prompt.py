"""Asks a person for a secret on the terminal, without echo, and never leaves it without.

A signal ends or stops the process at the prompt as anywhere, but first the terminal is as it was.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from vbsjob.signals import CONTINUE, ENDING, STOP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def ask(prompt: str) -> str:
    """Return what is typed; empty at the end of input, and where no person is to be asked.

    That is in any thread but the first: there a watch goes on, and its picture covers a prompt.
    """
    import getpass

    if threading.current_thread() is not threading.main_thread():
        return ""
    try:
        with _guarded(prompt):
            return getpass.getpass(prompt)
    except EOFError:
        return ""


@contextmanager
def _guarded(prompt: str) -> Iterator[None]:
    """Take the signals over while there is no echo; those that are ignored stay so."""
    if os.name != "posix":
        yield
        return
    guard = _Guard(prompt)
    before = {
        number: signal.signal(number, guard.note)
        for number in (*ENDING, STOP, CONTINUE)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        guard.close()


class _Guard:
    """A terminal, and its modes with and without echo."""

    def __init__(self, prompt: str) -> None:
        import termios

        self._prompt = prompt.encode()
        try:
            self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
        except OSError:
            self._terminal = os.dup(0)
        self._modes = termios.tcgetattr(self._terminal)
        self._silent = [*self._modes]
        self._silent[3] &= ~termios.ECHO

    def close(self) -> None:
        """Let go of the terminal."""
        os.close(self._terminal)

    def note(self, number: int, _: FrameType | None) -> None:
        """Obey a signal with the terminal as it was; gone on, ask again without echo."""
        if number == CONTINUE:
            self._become(self._silent)
            os.write(self._terminal, self._prompt)
            return
        # Another's terminal is left alone: touching it would stop this process instead.
        with suppress(OSError):
            if os.tcgetpgrp(self._terminal) == os.getpgrp():
                self._become(self._modes)
        handler = signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        signal.signal(number, handler)  # it was stopped and goes on, or nobody could stop it
        self._become(self._silent)

    def _become(self, modes: list[object]) -> None:
        """Change modes; half a secret that was typed must not become a shell's next command."""
        import termios

        with suppress(termios.error):
            termios.tcsetattr(self._terminal, termios.TCSANOW, modes)  # type: ignore[arg-type]
            termios.tcflush(self._terminal, termios.TCIFLUSH)
