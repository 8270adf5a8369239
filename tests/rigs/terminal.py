"""A real pseudo-terminal, and the screen a person would see on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pexpect
import pyte

from tests.rigs.program import COMMAND, ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping


class Screen:
    """A terminal emulator that remembers what it was made to do beyond showing text."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.answers: list[str] = []
        self.shown = pyte.HistoryScreen(columns, lines, history=10_000, ratio=1)
        self.shown.write_process_input = self.answers.append  # type: ignore[assignment] # pyte's own way to listen
        self._stream = pyte.Stream(self.shown)
        self._modes = set(self.shown.mode)

    def feed(self, text: str) -> None:
        """Show what a program wrote, line ends as a terminal's driver would send them."""
        self._stream.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))

    @property
    def untouched(self) -> bool:
        """Whether nothing but text was shown: title, modes, cursor, colours as before."""
        shown = self.shown
        return (
            (shown.title, shown.icon_name) == ("", "")
            and shown.mode == self._modes
            and not shown.cursor.hidden
            and self.answers == []
            and shown.margins is None
            and shown.charset == 0
        )

    @property
    def rows(self) -> list[str]:
        """The lines of text, those that scrolled away included."""
        gone = ["".join(row[x].data for x in range(self.shown.columns))
                for row in self.shown.history.top]  # fmt: skip
        return [row.rstrip() for row in [*gone, *self.shown.display]]


class Terminal:
    """vbsjob (or another command) on a terminal of its own."""

    def __init__(
        self,
        *argv: str,
        env: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self.screen = Screen(columns, lines)
        self.wrote = ""
        self.child = pexpect.spawn(
            command[0], [*command[1:], *argv], env=dict(env), cwd=str(ROOT), encoding="utf-8",
            codec_errors="backslashreplace", dimensions=(lines, columns), timeout=30,
        )  # fmt: skip

    def finish(self) -> int:
        """Read to the end; return the exit code, negative for the signal it died of."""
        while True:
            try:
                self._take(self.child.read_nonblocking(65536, timeout=30))
            except pexpect.EOF:
                break
        self.child.close()
        return -self.child.signalstatus if self.child.signalstatus else self.child.exitstatus or 0

    def _take(self, text: str) -> None:
        self.wrote += text
        self.screen.feed(text)
