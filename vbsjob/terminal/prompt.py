"""Asks a person for a secret on the terminal, without echo, and never leaves it without.

A signal ends or stops the process at the prompt as anywhere, but first the terminal is as it was.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from vbsjob.terminal.signals import CONTINUE, ENDING, STOP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def ask(prompt: str) -> str:
    """Return what is typed; empty at the end of input, and where no person is to be asked.

    That is in any thread but the first: there a watch goes on, and its picture covers a prompt.
    """
    if threading.current_thread() is not threading.main_thread():
        return ""
    if os.name != "posix":
        import getpass

        return getpass.getpass(prompt)
    asking = _Prompt(prompt)
    with asking.guarded():
        return asking.answer()


class _Prompt:
    """A terminal, and its modes with and without echo.

    The standard library's getpass leaves the echo off where a signal ends the process; and where a
    handler keeps it from that, a signal just before it reads is not seen until a key is pressed.
    """

    def __init__(self, prompt: str) -> None:
        import termios

        self._prompt = prompt.encode()
        try:
            self._terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            self._terminal = os.dup(0)
        self._modes = termios.tcgetattr(self._terminal)
        self._silent = [*self._modes]
        self._silent[3] &= ~termios.ECHO
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._woken, False)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Take the signals over while there is no echo; those that are ignored stay so."""
        wakes = signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        before = {
            number: signal.signal(number, self._note)
            for number in (*ENDING, STOP, CONTINUE)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN
        }
        try:
            yield
        finally:
            self._become(self._modes)
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakes)
            for descriptor in (self._terminal, self._wake, self._woken):
                os.close(descriptor)

    def answer(self) -> str:
        """Ask, and return the line that is typed."""
        self._become(self._silent)
        os.write(self._terminal, self._prompt)
        typed = b""
        while not typed.endswith(b"\n"):
            ready, *_ = select.select([self._terminal, self._wake], [], [])
            if self._wake in ready:
                os.read(self._wake, 1)  # the signal has been obeyed
                continue
            with suppress(BlockingIOError):
                got = os.read(self._terminal, 4096)
                if not got:
                    break
                typed += got
        os.write(self._terminal, b"\n")
        return os.fsdecode(typed).rstrip("\r\n")

    def _note(self, number: int, _: FrameType | None) -> None:
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
