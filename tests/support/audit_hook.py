# ruff: noqa: E501 - a list
"""Runs vbsjob as a process that logs each opened file, each address and each child process.

Started as `python audit_hook.py LOG ARGUMENT...`; the events are Python's audit events.
"""

import os
import sys

log = os.open(sys.argv[1], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
WATCHED = ("open", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system",
           "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "pty.spawn", "os.mkdir", "os.remove", "os.rename")  # fmt: skip


def note(event: str, arguments: tuple[object, ...]) -> None:
    """Log an event at once: the program ends with os._exit."""
    if event in WATCHED:
        shown = arguments[1] if event == "socket.connect" else arguments[0]
        os.write(log, f"{event}\t{shown!r}\n".encode())


sys.argv = ["vbsjob", *sys.argv[2:]]
sys.path.insert(0, os.environ["VBSJOB_TESTS_ROOT"])
sys.addaudithook(note)
from vbsjob.__main__ import main  # noqa: E402

main()
