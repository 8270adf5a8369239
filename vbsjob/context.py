"""Everything outside the process, as one value: streams, environment, folders, clock, network.

Nothing else reads os.environ, the time or the terminal; a test passes a world of its own.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.redact import Secrets
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable, Mapping

    from vbsjob.http.messages import Response, Request
    from vbsjob.outcome import VbsjobError

SIZE = (80, 24)
"""The columns and rows of a terminal that does not tell its own."""


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return SIZE
    return columns or SIZE[0], rows or SIZE[1]


def _random() -> float:
    import random

    return random.random()  # noqa: S311 - spreads questions in time, guards nothing


@dataclass(slots=True)
class ErrorOutput:
    """How standard error is spoken to: not at all if `quiet`, in JSON for `machine` formats."""

    machine: bool = False
    quiet: bool = False
    verbose: bool = False
    pictured: bool = False
    """Whether a picture of the jobs stands on standard error."""
    aside: deque[str] | None = None
    """Where lines wait while a picture is drawn, which then shows them above itself."""


@dataclass(frozen=True, slots=True)
class Context:
    """The outside, passed in. Times are seconds; `monotonic` decides, `now` is for reading."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    env: Mapping[str, str]
    config_folders: tuple[Path, ...] = ()
    """Where clouds.yaml may lie, the working directory first."""
    config_file: Path | None = None
    monotonic: Callable[[], float] = time.monotonic
    """Decides every duration; the real one goes on while the machine sleeps, where it can."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = _random
    size: Callable[[TextIO], tuple[int, int]] = _size
    """Columns and rows of the terminal behind a stream."""
    send: Callable[[Request], Response] | None = None
    """Stands in for the network in tests; None asks over real HTTP."""
    cache_folder: Path | None = None
    state_folder: Path | None = None
    ask: Callable[[str], str] | None = None
    """Asks the user for a secret without echo; None where nobody is there to answer."""
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    """What must never be printed."""
    error_output: ErrorOutput = field(default_factory=ErrorOutput)
    process: bool = False
    """Whether this is a process of its own: it takes signals, and threads of it ask."""
    _began: tuple[datetime, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Remember when this began, by both clocks."""
        object.__setattr__(self, "_began", (self.now(), self.monotonic()))

    def steady_now(self) -> datetime:
        """Return the time to count an age or a duration by: no step of `now` moves it."""
        date, at = self._began
        return date + timedelta(seconds=self.monotonic() - at)

    def redact(self, text: str) -> str:
        """Return the text with every known secret replaced."""
        return self.secrets.masked(text)

    def prompt_for_secret(self, noun: str) -> str:
        """Return a secret that the user types; empty where nobody is there."""
        typed = "" if self.ask is None else self.ask(f"{noun}: ")
        self.secrets.add(typed)
        return typed

    def print_error(self, problem: VbsjobError) -> None:
        """Tell a problem: in one sentence, or as one JSON object to a program."""
        if self.error_output.machine and not self.error_output.quiet:
            import json

            self._tell(self.redact(json.dumps({"error": problem.document()})))
        else:
            self._line(f"vbsjob: {problem}")

    def note(self, text: str) -> None:
        """Tell a person what goes on; a program is told only with --verbose."""
        if not self.error_output.machine or self.error_output.verbose:
            self._line(f"vbsjob: {text}")

    def warn(self, text: str) -> None:
        """Warn of a danger, in red and whatever the format; only --quiet silences it."""
        if self.error_output.quiet:
            return
        if self.error_output.machine:
            import json

            self._tell(self.redact(json.dumps({"warning": {"message": text}})))
            return
        line = printable(self.redact(f"vbsjob: {text}"))
        self._tell(f"\x1b[31m{line}\x1b[0m" if self.colors(self.stderr, "auto") else line)

    def trace(self, text: str) -> None:
        """Tell of one exchange with the service, with --verbose."""
        if self.error_output.verbose:
            self._line(text)

    def ring_bell(self) -> None:
        """Ring the bell, where there is a terminal that has one."""
        if self.stderr.isatty():
            self.stderr.write("\a")
            self.stderr.flush()

    def _line(self, text: str) -> None:
        if not self.error_output.quiet:
            self._tell(printable(self.redact(text)))

    def _tell(self, line: str) -> None:
        """Write to stderr; that it is full or gone must not change how a run ends."""
        if self.error_output.aside is not None:
            self.error_output.aside.append(line)
            return
        with suppress(OSError):
            self.stderr.write(line + "\n")
            self.stderr.flush()

    def colors(self, stream: TextIO, wish: str) -> bool:
        """Whether colour may go to a stream: the wish, else NO_COLOR, FORCE_COLOR, a terminal."""
        if wish != "auto":
            return wish == "always"
        if self.env.get("NO_COLOR") or self.env.get("TERM") == "dumb":
            return False
        forced = self.env.get("FORCE_COLOR")
        return forced != "0" if forced else stream.isatty()

    def width(self, stream: TextIO) -> int | None:
        """Return the columns of the terminal behind a stream; None where nothing bounds a line."""
        return self.size(stream)[0] if stream.isatty() else None


def can_encode(stream: TextIO, characters: str) -> bool:
    """Whether a stream can carry the characters as they are."""
    try:
        characters.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True


class _Place:
    """A folder or file of the real world, looked up when it is asked for: help needs none."""

    def __init__(self, look: Callable[[], Any]) -> None:
        self._look = look

    def __get__(self, context: Context, _kind: type) -> Any:
        return self._look()

    def __set__(self, context: Context, _default: Any) -> None:
        """Take no other."""


def real() -> Context:
    """Return the world as it is."""
    return _Real(
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        env=os.environ,
        ask=_ask if sys.stdin is not None and sys.stdin.isatty() else None,
        monotonic=_uptime,
        process=True,
    )


def _uptime() -> float:
    """Seconds on a clock that suspending the machine does not stop."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _config_folders() -> tuple[Path, ...]:
    """Where clouds.yaml is looked for: as OpenStack's own tools do, here first."""
    import platformdirs

    site = Path(platformdirs.site_config_dir("openstack", appauthor=False))
    home = Path(os.environ["HOME"], ".config/openstack") if os.environ.get("HOME") else None
    found = (Path(), _user_folder("openstack"), home, site, Path("/etc/openstack"))
    return tuple(dict.fromkeys(folder for folder in found if folder is not None))


def _ask(prompt: str) -> str:
    from vbsjob.terminal import prompt as asking

    return asking.ask(prompt)


def _cache_folder() -> Path | None:
    import platformdirs

    try:
        folder = Path(platformdirs.user_cache_dir("vbsjob", appauthor=False))
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def _state_folder() -> Path | None:
    import platformdirs

    try:
        folder = Path(platformdirs.user_state_dir("vbsjob", appauthor=False))
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


def _config_file() -> Path | None:
    folder = _user_folder("vbsjob")
    return None if folder is None else folder / "config.toml"


def _user_folder(name: str) -> Path | None:
    """Return a folder of the user's configuration; None where there is no home to have one."""
    import platformdirs

    try:
        folder = Path(platformdirs.user_config_dir(name, appauthor=False))
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


class _Real(Context):
    __slots__ = ()

    config_folders = _Place(_config_folders)
    config_file = _Place(_config_file)
    cache_folder = _Place(_cache_folder)
    state_folder = _Place(_state_folder)
