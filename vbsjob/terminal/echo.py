"""The echo of a terminal: off while a live display is on it, and while a secret is typed."""

from __future__ import annotations

import os
import signal
import termios
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.exit_codes import SIGNAL_BASE
from vbsjob.terminal import signals
from vbsjob.terminal.signals import ENDING, STOP
from vbsjob.terminal.stdio import in_background

if TYPE_CHECKING:
    from types import FrameType

    Attributes = list[Any]

LOCAL_FLAGS = 3
"""Index of the local flags in the list that termios uses."""


class Echo:
    """The echo of the terminal behind a stream; does nothing if there is no terminal.

    A typed Enter would move the cursor down, and a live display would leave lines behind. What is
    typed stays in the input of the terminal and reaches the shell.
    """

    def __init__(self, stream: TextIO) -> None:
        self._descriptor = -1
        with suppress(OSError, ValueError):
            if stream.isatty():
                self._descriptor = stream.fileno()
        self._changed: Attributes | None = None
        """The attributes as this object set them; None while it has changed nothing."""

    def off(self) -> None:
        """Turn the echo off, if it is on and this process is in the foreground."""
        attributes = self._attributes() if self._changed is None else None
        if attributes is not None and attributes[LOCAL_FLAGS] & termios.ECHO:
            attributes[LOCAL_FLAGS] &= ~termios.ECHO
            self._set(attributes)
            self._changed = attributes

    def restore(self, when: int = termios.TCSANOW) -> None:
        """Turn the echo on again, unless another program has changed the attributes.

        With TCSAFLUSH what was typed and not read is discarded.
        """
        changed, self._changed = self._changed, None
        if changed is not None and self._attributes() == changed:
            changed[LOCAL_FLAGS] |= termios.ECHO
            self._set(changed, when)

    def _attributes(self) -> Attributes | None:
        """Return the attributes; None without a terminal that this process may change."""
        with suppress(termios.error, ValueError):
            if not in_background(self._descriptor):
                return termios.tcgetattr(self._descriptor)
        return None

    def _set(self, attributes: Attributes, when: int = termios.TCSANOW) -> None:
        with suppress(termios.error):
            termios.tcsetattr(self._descriptor, when, attributes)


def read_password(prompt: str) -> str:
    """Return the line typed without echo; empty at the end of input and in other threads.

    In any thread but the main one a live display covers the prompt, and signals are not handled.
    Raises UnicodeDecodeError for bytes that are not in the encoding of the locale.
    """
    if threading.current_thread() is not threading.main_thread():
        return ""
    try:
        descriptor = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        descriptor = os.dup(0)
    with os.fdopen(descriptor) as terminal:
        echo = Echo(terminal)

        def restore_and_end(number: int, _frame: FrameType | None) -> None:
            echo.restore(termios.TCSAFLUSH)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            os._exit(SIGNAL_BASE + number)  # process 1 survives the default action

        # Typed input is discarded: a shell would run half a secret as a command. Ctrl-Z is
        # ignored: a shell turns the echo on, and it would be on after `fg`.
        before = signals.handle(ENDING, restore_and_end) | signals.handle([STOP], signal.SIG_IGN)
        try:
            with suppress(termios.error):  # a process in the background stops here until it is not
                termios.tcsetattr(descriptor, termios.TCSAFLUSH, termios.tcgetattr(descriptor))
            echo.off()
            os.write(descriptor, prompt.encode())
            return terminal.readline().rstrip("\n")
        finally:
            os.write(descriptor, b"\n")
            echo.restore(termios.TCSAFLUSH)
            for number, handler in before.items():
                signal.signal(number, handler)
