"""A process that has imported vbsjob and forks for each run: a tenth of the cost of a new process.

The start of the interpreter and the imports are omitted. The fork gets the streams, the
environment and the arguments of a run, and then does the same as a new process. As in a shell with
job control it has its own session, a process group that has the terminal, and a parent that
outlives it, so that Ctrl-Z works.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tests.support import canary
from tests.support.child import Child
from tests.support.program import HOMES, ROOT, RunResult, clean_env

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn

LATE = ("yaml", "tomllib", "platformdirs.unix", "encodings.idna")
"""Modules that vbsjob imports only when they are used."""
LONGEST = 60.0
"""Longest duration of a run in seconds."""
DRAIN = 1.0
"""Longest wait in seconds for the last output of a run that has ended."""


class ForkServer:
    """Starts runs; several threads may use it. `before` is a prefix of its command."""

    def __init__(self, path: Path, *before: str, **env: str) -> None:
        self._path = str(path)
        self._process = Child(
            [*before, sys.executable, "-m", "tests.support.forkserver", self._path], cwd=ROOT,
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
        run = ForkedRun(*argv, env=env, server=self)
        return RunResult(run.finish(), _text(run.out), _text(run.err))

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], streams: Sequence[int], *, new: bool
    ) -> tuple[socket.socket, int]:
        """Start vbsjob, or a `new` process; return what delivers the exit code, and the process id.

        The words of a new process begin with its command.
        """
        channel = socket.socket(socket.AF_UNIX)
        channel.settimeout(LONGEST)
        channel.connect(self._path)
        order = json.dumps({"argv": argv, "env": dict(env), "new": new})
        socket.send_fds(channel, [order.encode() + b"\n"], streams)
        return channel, _number(channel)


class ForkedRun:
    """A run with pipes; `out` and `err` are its output, which nobody reads if `unread`.

    With a `command`, such as COMMAND, it is a whole process, not a fork of one that runs vbsjob.
    """

    def __init__(
        self,
        *argv: str,
        env: Mapping[str, str],
        server: ForkServer | None = None,
        command: tuple[str, ...] = (),
        unread: bool = False,
    ) -> None:
        self.out, self.err = bytearray(), bytearray()
        self.code: int | None = None
        streams = self._open()
        self._sources = {} if unread else dict(self._ends)
        self._channel, self.pid = (server or fork_server()).start(
            (*command, *argv), env, streams, new=bool(command)
        )
        for end in set(streams):
            os.close(end)

    def _open(self) -> list[int]:
        """Open the ends of this process, `_ends` with their output; return the three of the run."""
        (self.reader, out), (err_reader, err) = os.pipe(), os.pipe()
        self._ends = {self.reader: self.out, err_reader: self.err}
        return [os.open(os.devnull, os.O_RDONLY), out, err]

    def read_for(self, seconds: float = 0.0) -> None:
        """Read its output, and its exit code, for so many seconds, or until both ended."""
        end = time.monotonic() + seconds
        while self._read(max(0.0, end - time.monotonic())):
            pass

    def _read(self, seconds: float) -> bool:
        """Read once; return False if there is nothing within so many seconds."""
        waits: list[Any] = [*self._sources, *([self._channel] if self.code is None else [])]
        ready = select.select(waits, [], [], seconds)[0] if waits else []
        for source in ready:
            if source is self._channel:
                self.code = _number(self._channel)
            else:
                self._take(source)
        return bool(ready)

    def _take(self, source: int) -> bytes:
        content = b""
        with suppress(OSError):  # a terminal that no process has open
            content = os.read(source, 65536)
        self._ends[source] += content
        if not content:
            del self._sources[source]
        return content

    def wait_until(self, reached: Callable[[], Any], look: float = 0.002) -> bool:
        """Read its output until `reached()` is true; return False if the run ended before.

        That is looked at after each output, and every `look` seconds.
        """
        end = time.monotonic() + LONGEST
        while not reached():
            assert time.monotonic() < end, (bytes(self.out), bytes(self.err))
            if self.code is not None:
                self.read_for(DRAIN)
                return bool(reached())
            self._read(look)
        return True

    def send(self, *numbers: int) -> None:
        """Send signals, unless it has ended."""
        for number in numbers:
            self.read_for()
            if self.code is None:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, number)

    def finish(self) -> int:
        """Read to the end; return the exit code, negative for the signal it died of."""
        self.wait_until(lambda: self.code is not None, look=LONGEST)
        self.read_for(DRAIN)
        self.close()
        canary.check(self.out + self.err)
        assert self.code is not None
        return self.code

    def close(self) -> None:
        """Close its streams; a run on a terminal gets SIGHUP if it goes on."""
        for end in self._ends:
            os.close(end)
        self._sources.clear()
        self._channel.close()


def _number(channel: socket.socket) -> int:
    """Receive a number of 16 characters; macOS has no SOCK_SEQPACKET."""
    return int(channel.recv(16, socket.MSG_WAITALL))


def _text(content: bytearray) -> str:
    return content.decode("utf-8", "backslashreplace")


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
    listener = socket.socket(socket.AF_UNIX)
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
    """Run one request; send its process id, and its exit code or the signal that ended it."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    received, streams, *_ = socket.recv_fds(connection, 1 << 16, 3)
    while not received.endswith(b"\n"):
        received += connection.recv(1 << 16)
    order = json.loads(received)
    os.setsid()
    terminal = os.isatty(streams[0])
    if terminal:
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        if terminal:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(streams[0], os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        if order["new"]:
            # Before the interpreter starts SIGINT has no handler: see tests.support.sigint_handler.
            for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
        connection.send(b"%16d" % os.getpid())
        run_as_process(order, streams)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # its terminal may go before the run
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        connection.send(b"%16d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def run_as_process(order: Any, streams: Sequence[int]) -> NoReturn:
    """Run as a new process with these streams, this environment and these arguments."""
    from vbsjob.__main__ import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 256)
    if order["new"]:
        os.execvpe(order["argv"][0], order["argv"], order["env"])
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
