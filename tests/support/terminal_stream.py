"""The terminal of every test that runs in this process and looks at bytes, not at a screen."""

from __future__ import annotations

import io


class TerminalStream(io.StringIO):
    """Text stream in memory whose `isatty()` is true."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True
