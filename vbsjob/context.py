"""Context: everything outside the process as one value.

Streams, environment, paths, clocks, randomness, network and threads. Nothing else reads os.environ,
the time or the terminal, so that a test passes its own Context.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TextIO

from vbsjob.files import Paths
from vbsjob.limits import THREADS
from vbsjob.redact import Secrets
from vbsjob.text import dumps, printable, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from concurrent.futures import Executor

    from vbsjob.errors import VbsjobError
    from vbsjob.http.messages import Request, Response
    from vbsjob.terminal.signals import Signals

DEFAULT_SIZE = (80, 24)
"""Columns and rows of a terminal that does not report its size."""


def _terminal_size(stream: TextIO) -> tuple[int, int]:
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return DEFAULT_SIZE
    return columns or DEFAULT_SIZE[0], rows or DEFAULT_SIZE[1]


def _random() -> float:
    import random

    return random.random()  # noqa: S311 - spreads requests in time; not used for security


@dataclass(slots=True, eq=False, repr=False)
class ErrorOutput:
    """How standard error is written: JSON if `machine`, only errors if `quiet`."""

    machine: bool = False
    quiet: bool = False
    verbose: bool = False
    color: str = "auto"
    draw: Callable[..., str] | None = None
    """Draws a message for a terminal, as `render.message.screen`; None: plain lines."""
    single: bool = False
    """Whether one job is queried once: nothing is written between two notes about retries."""
    last_rows: int = 0
    """Rows of the last message."""
    retry_rows: int = 0
    """The same if it is a note about a retry, which the next one replaces; else 0."""
    hold: Callable[[str], object] | None = None
    """Takes each line while a live display uses standard error: it writes them above itself."""

    def configure(self, params: Mapping[str, Any], *, machine: bool) -> None:
        """Set the mode from option values, before any setting is checked."""
        self.machine = machine
        self.quiet = bool(params.get("quiet"))
        self.verbose = bool(params.get("verbose"))
        self.color = params.get("color") or "auto"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Context:
    """The outside of the process. Times are in seconds."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    env: Mapping[str, str] = field(repr=False)
    paths: Paths = field(default_factory=Paths)
    monotonic: Callable[[], float] = time.monotonic
    """Measures every duration; the real one includes suspend, where the system has such a clock."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Wall clock: for display, token expiry and signatures only."""
    local_time: Callable[[datetime], datetime] = datetime.astimezone
    """Converts a time to the zone of the user, for display."""
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = _random
    terminal_size: Callable[[TextIO], tuple[int, int]] = _terminal_size
    """Columns and rows of the terminal of a stream."""
    send: Callable[[Request], Response] | None = None
    """Replaces the network in tests; None: real HTTP."""
    prompt: Callable[[str], str] | None = None
    """Prompts for a secret without echo; None without a terminal."""
    pager: Callable[[str], None] | None = None
    """Shows a long text; None without a terminal."""
    signals: Callable[[TextIO, TextIO], Signals] | None = None
    """Replaces the signal handlers of a watch in tests; None: real ones."""
    executor: Callable[[], Executor] | None = None
    """Replaces the threads of a watch in tests; None: real ones."""
    threads: int = THREADS
    """Queries of a watch at the same time."""
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    """Values that must never be printed."""
    error_output: ErrorOutput = field(default_factory=ErrorOutput)
    _started: tuple[datetime, float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Store the start time of both clocks."""
        object.__setattr__(self, "_started", (self.now(), self.monotonic()))

    def steady_now(self) -> datetime:
        """Return the time for ages and durations; steps of the wall clock do not move it."""
        started, at = self._started
        return started + timedelta(seconds=self.monotonic() - at)

    def redact(self, text: str) -> str:
        """Return the text with every known secret replaced."""
        return self.secrets.masked(text)

    def redact_values(self, document: Any) -> Any:
        """Return a JSON document with `redact` applied to its strings."""
        return self.secrets.masked_strings(document)

    def prompt_for_secret(self, name: str) -> str:
        """Return a secret that the user types; empty without a terminal."""
        typed = "" if self.prompt is None else self.prompt(f"{name}: ")
        self.secrets.add(typed)
        return typed

    def print_error(self, error: VbsjobError) -> None:
        """Write an error to stderr: for people, or as a JSON object with a machine format."""
        if self.error_output.machine:
            self._write_json(error=error.document())
        else:
            self._write_message("error", error.message, error.rows, error.hint)

    def note(
        self,
        text: str,
        rows: Iterable[tuple[str, str]] = (),
        hint: str = "",
        *,
        retry: bool = False,
    ) -> None:
        """Write a note for people; with a machine format only if --verbose is set.

        On a terminal a note about a `retry` replaces the one before.
        """
        output = self.error_output
        if not output.quiet and (not output.machine or output.verbose):
            replaceable = retry and output.single and self.stderr.isatty()
            if replaceable and output.retry_rows:
                self.stderr.write(f"\x1b[{output.retry_rows}A\x1b[J")
            self._write_message("note", text, rows, hint)
            output.retry_rows = output.last_rows if replaceable else 0

    def warn(self, text: str) -> None:
        """Write a warning, with every format; only --quiet silences it."""
        if self.error_output.quiet:
            return
        if self.error_output.machine:
            self._write_json(warning={"message": text})
        else:
            self._write_message("warning", text)

    def debug(self, text: str) -> None:
        """Write one line about a request, only with --verbose."""
        if self.error_output.verbose and not self.error_output.quiet:
            line, width = printable(self.redact(text)), self.width(self.stderr)
            self._write(line if width is None else wrap(line, width))

    def signal_end(self, text: str, *, bell: bool, notify: bool) -> None:
        """Ring the bell of the terminal and send a desktop notification, if stderr is one."""
        if (bell or notify) and self.stderr.isatty():
            from vbsjob.terminal import integration

            note = integration.notification(self._clean(text), self.env) if notify else ""
            self.stderr.write(note + ("\a" if bell else ""))
            self.stderr.flush()

    def _write_message(
        self, label: str, text: str, rows: Iterable[tuple[str, str]] = (), hint: str = ""
    ) -> None:
        """Write a message for people: what happened, facts with their names, the next step.

        `label` is `error`, `warning` or `note`. rich draws it on a terminal and in colours; in a
        pipe each line begins with the name of the program.
        """
        text, hint = self._clean(text), self._clean(hint)
        table = [(name, self._clean(value)) for name, value in rows]
        draw = self.error_output.draw
        if draw and (self.stderr.isatty() or self.colors(self.stderr, self.error_output.color)):
            self._write(draw(label, text, table, hint, self))
            return
        name_width = max((len(name) for name, _ in table), default=0)
        lines = [f"{label}: {text}", *(f"  {name:<{name_width}}  {value}" for name, value in table)]
        lines += [f"hint: {hint}"] if hint else []
        self._write("\n".join(f"vbsjob: {line}" for line in lines))

    def _clean(self, text: str) -> str:
        return printable(self.redact(text))

    def _write_json(self, **members: Any) -> None:
        from vbsjob.jobs.fields import SCHEMA_VERSION

        self._write(dumps({"schema_version": SCHEMA_VERSION} | self.redact_values(members)))

    def _write(self, line: str) -> None:
        """Write to stderr; a full disk or a closed stream must not change the exit code."""
        if self.error_output.hold is not None:
            self.error_output.hold(line)
            return
        self.error_output.last_rows, self.error_output.retry_rows = line.count("\n") + 1, 0
        with suppress(OSError):
            self.stderr.write(line + "\n")
            self.stderr.flush()

    def colors(self, stream: TextIO, choice: str) -> bool:
        """Whether to colour a stream: --color, else NO_COLOR, FORCE_COLOR, else a terminal."""
        if choice != "auto":
            return choice == "always"
        if self.env.get("NO_COLOR") or self.env.get("TERM") == "dumb":
            return False
        forced = self.env.get("FORCE_COLOR")
        return forced != "0" if forced else stream.isatty()

    def width(self, stream: TextIO) -> int | None:
        """Return the columns of the terminal of a stream; None for a pipe or file: no limit."""
        return self.terminal_size(stream)[0] if stream.isatty() else None


def can_encode(stream: TextIO, characters: str) -> bool:
    """Whether the encoding of a stream contains the characters."""
    try:
        characters.encode(stream.encoding or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True


def process_context() -> Context:
    """Return the Context of this process. Its three streams must be open."""
    interactive = sys.stdin.isatty()
    return Context(
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        env=os.environ,
        prompt=_prompt if interactive else None,
        pager=_page if interactive and sys.stdout.isatty() else None,
        monotonic=_boottime,
    )


def _boottime() -> float:
    """Seconds of a clock that includes the time in which the machine is suspended (F66)."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


def _page(text: str) -> None:
    """Show a text with MANPAGER, PAGER or less. Ctrl-C is for the pager, and does not end it.

    The pager gets no secret: neither a variable of one nor the address of a proxy (F91).
    """
    import pydoc
    import signal

    from vbsjob.config.schema import SECRET_VARIABLES

    proxies = [name for name in os.environ if name.lower().endswith("_proxy")]
    for name in (*SECRET_VARIABLES, *proxies):
        os.environ.pop(name, None)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # pydoc waits for the pager
    # As git: colours, and no pager for a short text. The prompt names the key that ends it.
    os.environ.setdefault("LESS", "FRXPsspace: next page, q: quit$")
    pydoc.pager(text)


def _prompt(text: str) -> str:
    from vbsjob.terminal import echo

    return echo.read_password(text)
