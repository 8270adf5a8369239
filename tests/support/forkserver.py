"""A process that has imported vbsjob and forks for each run: a tenth of the cost of a new process.

The start of the interpreter and the imports are omitted. The fork gets the streams, the
environment and the arguments of a run, and then does the same as a new process.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support import canary
from tests.support.child import Child
from tests.support.program import HOMES, ROOT, RunResult, clean_env
from tests.support.pseudo_terminal import Screen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import NoReturn

LATE = ("yaml", "tomllib", "platformdirs.unix", "encodings.idna")
"""Modules that vbsjob imports only when they are used."""
LONGEST = 60
"""Longest duration of a run in seconds."""


@dataclass(frozen=True, slots=True)
class TerminalResult:
    """Exit code and output of a run on a terminal; `restored` if its modes are as before."""

    code: int
    wrote: str
    screen: Screen
    restored: bool

    def __post_init__(self) -> None:
        """S05: no run prints a secret."""
        canary.check(self.wrote)


class ForkServer:
    """Starts runs; several threads may use it."""

    def __init__(self, path: Path, **env: str) -> None:
        self._path = str(path)
        self._process = Child(
            [sys.executable, "-m", "tests.support.forkserver", self._path], cwd=ROOT,
            env=clean_env(**env), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """End the server; it also ends with the process that opened it."""
        self._process.__exit__(*(error or (None, None, None)))  # type: ignore[arg-type] # as Popen

    def run(self, *argv: str, env: Mapping[str, str]) -> RunResult:
        """Run with pipes, an empty input, and `env` beside the variables of `clean_env`."""
        return self.run_alone(*argv, env=clean_env() | dict(env))

    def run_alone(self, *argv: str, env: Mapping[str, str]) -> RunResult:
        """Run with pipes, an empty input, and no variables but `env`."""
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        written: dict[int, list[bytes]] = {out: [], err: []}
        with self._started(argv, env, (nothing, out_end, err_end)) as started:
            for end in (nothing, out_end, err_end):
                os.close(end)
            unended = {out, err}
            while unended:
                ready = select.select(unended, [], [], LONGEST)[0]
                assert ready, f"no end after {LONGEST} s"
                for end in ready:
                    part = os.read(end, 65536)
                    written[end].append(part)
                    if not part:
                        os.close(end)
                        unended.remove(end)
            code = _code(started)
        return RunResult(code, _text(written[out]), _text(written[err]))

    def run_on_terminal(
        self, *argv: str, env: Mapping[str, str], size: tuple[int, int] = (80, 24)
    ) -> TerminalResult:
        """Run on a pseudo-terminal of a size in columns and lines."""
        keyboard, screen = pty.openpty()
        termios.tcsetwinsize(screen, size[::-1])
        before = termios.tcgetattr(screen)
        parts: list[bytes] = []
        with self._started(argv, clean_env() | dict(env), (screen,) * 3) as started:
            end = started.fileno()
            while end not in (ready := select.select([end, keyboard], [], [], LONGEST)[0]):
                assert ready, f"no end after {LONGEST} s"
                parts.append(os.read(keyboard, 65536))
            code = _code(started)
        while select.select([keyboard], [], [], 0)[0]:
            parts.append(os.read(keyboard, 65536))
        restored = termios.tcgetattr(screen) == before
        os.close(screen)
        os.close(keyboard)
        shown, wrote = Screen(*size), b"".join(parts).decode("utf-8", "backslashreplace")
        shown.feed(wrote)
        return TerminalResult(code, wrote, shown, restored)

    @contextmanager
    def _started(
        self, argv: Sequence[str], env: Mapping[str, str], streams: Sequence[int]
    ) -> Iterator[socket.socket]:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as started:
            started.settimeout(LONGEST)
            started.connect(self._path)
            order = json.dumps({"argv": argv, "env": dict(env)})
            socket.send_fds(started, [order.encode()], streams)
            yield started


def _code(started: socket.socket) -> int:
    return int(started.recv(16))


def _text(parts: Sequence[bytes]) -> str:
    return b"".join(parts).decode("utf-8", "backslashreplace")


@cache
def fork_server() -> ForkServer:
    """Return the server of this test process, which ends with it."""
    server = ForkServer(Path(tempfile.mkdtemp(dir=HOMES.name)) / "forks")
    atexit.register(server.__exit__)
    return server


# The code of the server process follows.


def import_everything() -> None:
    """Import every module that a run of vbsjob may need, and make the Typer command."""
    import vbsjob

    modules = (module.name for module in pkgutil.walk_packages(vbsjob.__path__, "vbsjob."))
    for name in (*modules, *LATE):
        importlib.import_module(name)
    importlib.import_module("vbsjob.cli.app").root_command()
    importlib.import_module("rich.cells").cell_len("\u6062")  # loads the table of widths
    gc.freeze()  # what is loaded is not looked through, so not copied, in each fork


def _serve(path: str) -> NoReturn:
    import_everything()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while 0 not in select.select([0, listener.fileno()], [], [])[0]:
        connection, _ = listener.accept()
        with connection:
            if not os.fork():
                _attend(connection)
    sys.exit()


def _attend(connection: socket.socket) -> NoReturn:
    """Run one request and send its exit code; a negative code is the signal that ended it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    order, streams, *_ = socket.recv_fds(connection, 1 << 16, 3)
    child = os.fork()
    if not child:
        os.setsid()
        if os.isatty(streams[0]):
            fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
        run_as_process(json.loads(order), streams)
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    connection.send(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def run_as_process(order: Any, streams: Sequence[int]) -> NoReturn:
    """Run as a new process with these streams, this environment and these arguments."""
    from vbsjob.__main__ import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.argv = ["vbsjob", *order["argv"]]
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - as at a start
        for number, mode in enumerate("rww")
    )
    main()


if __name__ == "__main__":
    _serve(sys.argv[1])
