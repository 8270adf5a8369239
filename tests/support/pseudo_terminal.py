"""A real pseudo-terminal, and the screen that a person sees on it."""

from __future__ import annotations

import os
import pty
import re
import termios
import time
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Any

import pyte

from tests.support.forkserver import LONGEST, ForkedRun
from tests.support.program import COMMAND, SETTINGS, can_be_forked, clean_env

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.forkserver import ForkServer
    from tests.support.server import Server


SHOWN = "answered [0-9]"
"""Text of the live display after the first answer."""
VBSJOB_FRAME = re.compile(r'File ".*/vbsjob/(?!__main__)')
"""A traceback from anything but the interpreter's own first milliseconds."""


class Screen:
    """A terminal emulator that records whether anything but text was shown."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.answers: list[str] = []
        self.shown = pyte.HistoryScreen(columns, lines, history=10_000, ratio=1)
        self.shown.write_process_input = self.answers.append  # type: ignore[assignment] # pyte's own way to listen
        self.size = (columns, lines)
        self._stream = pyte.Stream(self.shown)
        self._modes = set(self.shown.mode)

    def feed(self, text: str) -> None:
        """Show the output of a program, with line ends as a terminal driver sends them."""
        self._stream.feed(text.replace("\r\n", "\n").replace("\n", "\r\n"))

    def resize(self, columns: int, lines: int) -> None:
        """Change the size; wider lines are cut, as on a terminal that does not reflow."""
        self.size = (columns, lines)
        self.shown.resize(lines, columns)

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
        """Lines of text, including those that scrolled away."""
        gone = ["".join(row[x].data for x in range(self.shown.columns))
                for row in self.shown.history.top]  # fmt: skip
        return [row.rstrip() for row in [*gone, *self.shown.display]]


class PseudoTerminal(ForkedRun):
    """vbsjob, or another command, on its own terminal.

    `wrote` is its output, which a test may empty, and `screen` what it shows.
    """

    def __init__(
        self,
        *argv: str,
        env: Mapping[str, str],
        columns: int = 80,
        lines: int = 24,
        command: tuple[str, ...] = (),
        server: ForkServer | None = None,
    ) -> None:
        self.screen = Screen(columns, lines)
        self.wrote = ""
        self._decoder = getincrementaldecoder("utf-8")("backslashreplace")
        command = command or (() if can_be_forked(argv, env) else COMMAND)
        super().__init__(*argv, env=env, server=server, command=command)

    def _open(self) -> list[int]:
        self.reader, below = pty.openpty()
        termios.tcsetwinsize(below, self.screen.size[::-1])
        self.modes_before = self.modes_after = self.termios()
        self._ends = {self.reader: self.out}
        return [below] * 3

    def _take(self, source: int) -> bytes:
        content = super()._take(source)
        text = self._decoder.decode(content)
        self.wrote += text
        self.screen.feed(text)
        return content

    def termios(self) -> list[object]:
        """Return the modes of the terminal, as its driver has them."""
        return termios.tcgetattr(self.reader)

    def wait_for(self, pattern: str) -> None:
        """Read output until it contains the pattern."""
        shown = self.wait_until(lambda: re.search(pattern, self.wrote), look=LONGEST)
        assert shown, f"no {pattern!r} in {self.wrote!r}"

    def resize(self, columns: int, lines: int) -> None:
        """Change the size, which sends SIGWINCH."""
        termios.tcsetwinsize(self.reader, (lines, columns))
        self.screen.resize(columns, lines)

    def type(self, text: str | bytes) -> None:
        """Type on the keyboard."""
        os.write(self.reader, text if isinstance(text, bytes) else text.encode())

    def close(self) -> None:
        """Note the modes of the terminal and close it."""
        self.modes_after = self.termios()
        super().close()


def watch_on_terminal(server: Server, *argv: str, **more: Any) -> PseudoTerminal:
    return PseudoTerminal("watch", "j", *argv, env=environment(server), **more)


def typed_into_shell(command: str, env: Mapping[str, str]) -> PseudoTerminal:
    """Type a command of vbsjob into a shell with job control."""
    terminal = PseudoTerminal(env=env, command=("bash", "--norc", "--noprofile", "-i"))
    terminal.type("bind 'set enable-bracketed-paste off'; PS1='$ '\n")
    terminal.type(" ".join([*COMMAND, f"{command}\n"]))
    return terminal


def environment(server: Server) -> dict[str, str]:
    return clean_env(server.url, TERM="xterm-256color", NO_COLOR="1", **SETTINGS)


def check_terminal_restored(terminal: PseudoTerminal) -> None:
    assert not VBSJOB_FRAME.search(terminal.wrote)
    assert terminal.screen.untouched
    assert terminal.modes_after == terminal.modes_before


def await_requests(server: Server, number: int) -> None:
    end = time.monotonic() + 10
    while server.requests < number:
        assert time.monotonic() < end
        time.sleep(0.02)
