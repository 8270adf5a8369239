"""A real pseudo-terminal, and the screen that a person sees on it."""

from __future__ import annotations

import os
import re
import termios
import time
from typing import TYPE_CHECKING, Any

import pexpect
import pyte

from tests.support import canary
from tests.support.program import COMMAND, ROOT, SETTINGS, clean_env

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class PseudoTerminal:
    """vbsjob, or another command, on its own terminal."""

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

        self.modes_before = self.modes_after = self.termios()

    def termios(self) -> list[object]:
        """Return the modes of the terminal, as its driver has them."""
        return termios.tcgetattr(self.child.child_fd)

    def read_for(self, seconds: float = 0.0) -> None:
        """Read the output of so many seconds."""
        end = time.monotonic() + seconds
        while not self.child.closed:
            try:
                left = max(0.0, end - time.monotonic())
                self._take(self.child.read_nonblocking(65536, timeout=left))
            except (pexpect.TIMEOUT, pexpect.EOF):
                return

    def wait_for(self, pattern: str, seconds: float = 30.0) -> None:
        """Read output until it contains the pattern."""
        end = time.monotonic() + seconds
        while not re.search(pattern, self.wrote):
            assert time.monotonic() < end, f"no {pattern!r} in {self.wrote!r}"
            self.read_for(0.05)

    def resize(self, columns: int, lines: int) -> None:
        """Change the size, which sends SIGWINCH."""
        self.child.setwinsize(lines, columns)
        self.screen.resize(columns, lines)

    def signal(self, *numbers: int) -> None:
        """Send signals to the process."""
        for number in numbers:
            self.child.kill(number)

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        os.write(self.child.child_fd, text.encode())

    def finish(self) -> int:
        """Read to the end; return the exit code, negative for the signal it died of."""
        while True:
            try:
                self._take(self.child.read_nonblocking(65536, timeout=30))
            except pexpect.EOF:
                break
        self.modes_after = self.termios()
        self.child.close()
        canary.check(self.wrote)
        return -self.child.signalstatus if self.child.signalstatus else self.child.exitstatus or 0

    def _take(self, text: str) -> None:
        self.wrote += text
        self.screen.feed(text)


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
