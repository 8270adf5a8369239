"""Turns the echo of a terminal off while a live display is on it.

A typed Enter would move the cursor down, and the display would leave lines behind. What is typed
stays in the input of the terminal and reaches the shell.
"""

from __future__ import annotations

import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.terminal.stdio import in_background

if TYPE_CHECKING:
    Attributes = list[Any]

LOCAL_FLAGS = 3
"""Index of the local flags in the list that termios uses."""


class Echo:
    """The echo of the terminal behind a stream; does nothing if there is no terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._descriptor: int | None = None
        with suppress(OSError, ValueError):
            if stream.isatty():
                self._descriptor = stream.fileno()
        self._changed: Attributes | None = None
        """The attributes as this object set them; None while it has changed nothing."""

    def off(self) -> None:
        """Turn the echo off, if it is on and this process is in the foreground."""
        # Without ICANON another program, such as a pager, has taken over the keyboard.
        wanted = termios.ECHO | termios.ICANON
        attributes = self._attributes() if self._changed is None else None
        if attributes is not None and attributes[LOCAL_FLAGS] & wanted == wanted:
            attributes[LOCAL_FLAGS] &= ~termios.ECHO
            self._set(attributes)
            self._changed = attributes

    def restore(self) -> None:
        """Turn the echo on again, unless another program has changed the attributes."""
        changed, self._changed = self._changed, None
        if changed is not None and self._attributes() == changed:
            changed[LOCAL_FLAGS] |= termios.ECHO
            self._set(changed)

    def _attributes(self) -> Attributes | None:
        """Return the attributes; None without a terminal that this process may change."""
        if self._descriptor is not None and not in_background(self._descriptor):
            with suppress(termios.error):
                return termios.tcgetattr(self._descriptor)
        return None

    def _set(self, attributes: Attributes) -> None:
        if self._descriptor is not None:
            with suppress(termios.error):
                termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
