"""Reads a secret from a terminal without echo.

The standard library's getpass reads it. It restores the echo when it returns, but not when a
signal ends the process; the signal handlers of this module do.
"""

from __future__ import annotations

import getpass
import os
import signal
import termios
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from vbsjob.exit_codes import SIGNAL_BASE
from vbsjob.terminal.signals import ENDING, STOP
from vbsjob.terminal.stdio import in_background

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


def read_password(prompt: str) -> str:
    """Return the typed line; empty at the end of input and in any thread but the main one.

    In other threads a live display of a watch covers the prompt, and signals are not handled.
    Raises UnicodeDecodeError for bytes that are not in the encoding of the locale.
    """
    if threading.current_thread() is not threading.main_thread():
        return ""
    with _opened_terminal() as descriptor, _restored_by_signals(descriptor):
        try:
            return getpass.getpass(prompt)
        except EOFError:
            _end_line(descriptor)
            return ""
        except UnicodeDecodeError:
            _end_line(descriptor)
            raise


def _end_line(descriptor: int) -> None:
    """End the line of the prompt: getpass does so only after a line that it could read."""
    with suppress(OSError):
        os.write(descriptor, b"\n")


@contextmanager
def _opened_terminal() -> Iterator[int]:
    """Yield a descriptor of the terminal that getpass uses; close it at the end."""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        descriptor = os.dup(0)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _restored_by_signals(descriptor: int) -> Iterator[None]:
    """Let signals restore the terminal before they end the process; ignored ones remain ignored.

    Ctrl-Z is ignored: a shell turns the echo on, and it would be on after `fg`.
    """
    try:
        attributes = termios.tcgetattr(descriptor)
    except termios.error:  # standard input is not a terminal any more
        yield
        return

    def restore_and_end(number: int, _frame: FrameType | None) -> None:
        _restore(descriptor, attributes)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        os._exit(SIGNAL_BASE + number)  # process 1 survives the default action

    previous = {
        number: signal.signal(number, signal.SIG_IGN if number == STOP else restore_and_end)
        for number in (*ENDING, STOP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _restore(descriptor: int, attributes: list[Any]) -> None:
    """Set the attributes and discard typed input: a shell would run half a secret as a command.

    In the background this does nothing: it would stop the process (SIGTTOU) instead.
    """
    if not in_background(descriptor):
        with suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, attributes)
            termios.tcflush(descriptor, termios.TCIFLUSH)
