"""Starts vbsjob as a shell with job control does, at a tenth of the cost.

A fork server whose children can get signals: each has its own session, a process group that has
the terminal, and a parent that outlives it, so that Ctrl-Z works and the terminal's modes can be
read. A `new` run is a whole process, the interpreter's start and the imports included.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tests.support.child import Child
from tests.support.forkserver import import_everything, run_as_process
from tests.support.program import COMMAND, ROOT, clean_env

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


class JobControlShell:
    """Starts one run after the other; `before` is a prefix of the shell's command."""

    def __init__(self, *before: str) -> None:
        self.channel, shell_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with shell_end:
            number = shell_end.fileno()
            self._process = Child(
                [*before, sys.executable, "-m", "tests.support.job_control", str(number)],
                cwd=ROOT, env=clean_env(), pass_fds=[number],
            )  # fmt: skip
        self.channel.settimeout(60)

    def close(self) -> None:
        """End the shell."""
        self.channel.close()
        with self._process:
            self._process.wait(10)

    def start(
        self, argv: Sequence[str], env: Mapping[str, str], streams: Sequence[int], *, new: bool
    ) -> int:
        """Start a run and return its process id; later the channel delivers its exit code."""
        order = json.dumps({"argv": argv, "env": dict(env), "new": new})
        socket.send_fds(self.channel, [order.encode()], streams)
        return int(self.channel.recv(16))

    def let_go(self) -> None:
        """End the session; call it after the terminal has been read."""
        self.channel.send(b".")


# The code of the shell process follows.


def serve(channel: socket.socket) -> NoReturn:
    """Start a run per request until the channel is closed."""
    import_everything()
    while True:
        order, streams, *_ = socket.recv_fds(channel, 1 << 16, 3)
        if not order:
            os._exit(0)
        leader = os.fork()
        if not leader:
            _lead(channel, json.loads(order), streams)
        _close(streams)
        os.waitpid(leader, 0)


def _lead(channel: socket.socket, order: Any, streams: Sequence[int]) -> NoReturn:
    os.setsid()
    terminal = os.isatty(streams[0])
    if terminal:
        fcntl.ioctl(streams[0], termios.TIOCSCTTY, 0)
    job = os.fork()
    if not job:
        os.setpgid(0, 0)
        if terminal:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            os.tcsetpgrp(streams[0], os.getpid())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        _become(channel, order, streams)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # its terminal goes as soon as it may go
    _close(streams)
    _, status = os.waitpid(job, 0)
    with suppress(OSError):
        channel.send(b"%d" % os.waitstatus_to_exitcode(status))
        channel.recv(1)
    os._exit(0)


def _become(channel: socket.socket, order: Any, streams: Sequence[int]) -> NoReturn:
    if order["new"]:
        # Before the interpreter starts SIGINT has no handler: see tests.support.sigint_handler.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    channel.send(b"%d" % os.getpid())
    if not order["new"]:
        run_as_process(order, streams)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 256)
    os.execve(COMMAND[0], [*COMMAND, *order["argv"]], order["env"])


def _close(streams: Sequence[int]) -> None:
    for stream in streams:
        os.close(stream)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
