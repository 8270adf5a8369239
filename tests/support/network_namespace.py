"""A network namespace whose link goes down and up and whose firewall drops and counts packets.

Needs root, for a namespace, and `ip` and `nft`. What is opened or started `inside` stays
inside: a server listens there while its threads run on in this process.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

LIBC = ctypes.CDLL(None, use_errno=True)
"""Python names setns and unshare from 3.12 on."""
NEWNET = 0x40000000
THREAD_NAMESPACE = "/proc/thread-self/ns/net"
TOOLS = ("ip", "nft")


class NetworkNamespace:
    """Has only loopback. It exists until its last process and socket end."""

    def __enter__(self) -> Self:
        """Create it; this thread stays in its own namespace."""
        self._home = os.open(THREAD_NAMESPACE, os.O_RDONLY)
        try:
            _do("unshare", NEWNET)
            self._own = os.open(THREAD_NAMESPACE, os.O_RDONLY)
            _do("setns", self._home, NEWNET)
        except OSError:
            os.close(self._home)
            raise
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        os.close(self._own)
        os.close(self._home)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Enter it with this thread and with the threads and processes that it starts meanwhile."""
        _do("setns", self._own, NEWNET)
        try:
            yield
        finally:
            _do("setns", self._home, NEWNET)

    def up(self) -> None:
        """Set the link up."""
        self.set("ip link set lo up")

    def down(self) -> None:
        """Set the link down."""
        self.set("ip link set lo down")

    def firewall(self, rules: str) -> None:
        """Apply nft rules to each packet; they may use `counter name seen`."""
        chain = f"chain judge {{ type filter hook input priority 0; policy accept;\n{rules}\n}}"
        self._run(f"table inet rig {{\ncounter seen {{\n}}\n{chain}\n}}", "nft", "-f", "-")

    @property
    def packets(self) -> int:
        """Number of packets that the firewall counted."""
        output = self._run("", "nft", "-j", "list", "counter", "inet", "rig", "seen")
        entries: list[dict[str, Any]] = json.loads(output)["nftables"]
        return sum(entry["counter"]["packets"] for entry in entries if "counter" in entry)

    def set(self, command: str) -> None:
        """Run a command inside."""
        self._run("", *command.split())

    def _run(self, stdin: str, *command: str) -> str:
        with self.inside():
            ended = subprocess.run(
                command, input=stdin, capture_output=True, text=True, check=False
            )
        if ended.returncode:
            raise OSError(f"{command}: {ended.stderr}")
        return ended.stdout


def _do(call: str, *arguments: int) -> None:
    if getattr(LIBC, call)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _missing() -> str:
    """Return why this machine cannot have such a namespace; empty if it can."""
    tools = [tool for tool in TOOLS if not shutil.which(tool)]
    if tools:
        return f"a network of one's own needs {' and '.join(tools)} (iproute2, nftables)"
    try:
        with NetworkNamespace() as network:
            network.set("nft list tables")
    except OSError as error:
        return f"a network of one's own needs root and a kernel that has it: {error}"[:150]
    return ""


WHY_NOT = _missing()
needs_network = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
