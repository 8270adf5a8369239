"""One thing goes wrong at every place where it can: no prefix and no failed call is a verdict."""

from __future__ import annotations

import errno
import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.support.canary import leaked
from tests.support.fault_injection import compile_library, failing_runs, sample
from tests.support.forkserver import ForkServer
from tests.support.home_directory import ISSUED, PASSWORD, HomeFactory, SignInService
from tests.support.program import environment, run_against
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.fault_injection import CallFault
    from tests.support.program import RunResult
    from tests.support.server import Peer

FAILED = [{"id": "s", "status": "FAIL", "error_code": "VolumeBackup.0202"}]
DONE = [{"id": "s", "status": "SUCCESS"}]


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (body[at : at + 9] for at in range(0, len(body), 9))
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def ended_first(status: str) -> bytes:
    return json.dumps({"status": status, "job_id": "j"}).encode()


ANSWERS = {
    "success": answer(job("SUCCESS")),
    "fail without length": answer(ended_first("FAIL"), length=False),
    "success in chunks": chunked(ended_first("SUCCESS")),
    "failed below": answer({"status": "SUCCESS", "job_id": "j", "sub_jobs": FAILED}, length=False),
    "done below": answer({"status": "FAIL", "job_id": "j", "sub_jobs": DONE}, length=False),
    "after hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(ended_first("FAIL"), length=False),
}
FAULTS = ("FIN", "RST", "stall")
CUTS = 16
"""Lengths in the slow tier: none, all but one byte, and a sample."""
VERDICT_1 = {"fail without length", "done below", "after hints"}


@dataclass
class Cut:
    """What the server does next: so much of the answer, then the fault."""

    content: bytes = b""
    fault: str = "FIN"

    def __call__(self, peer: Peer) -> None:
        peer.request()
        peer.send(self.content)
        if self.fault == "RST":
            peer.reset()
        elif self.fault == "stall":
            peer.stall()


@pytest.mark.parametrize(
    "most",
    [pytest.param(CUTS, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.long)],
)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ANSWERS)
def test_f05_f06_f07_s20_an_answer_cut_at_any_byte_is_never_a_verdict(
    name: str, fault: str, most: int | None, record_property: Callable[[str, int], None]
) -> None:
    answer_bytes, cut = ANSWERS[name], Cut(fault=fault)
    lengths = sample(0, len(answer_bytes) - 1, most)
    record_property("cases", len(lengths) + 1)
    argv = ("get", "j", "--exit-status", "--retry-for", "0", "-q")
    attempt = 0.008 if fault == "stall" else 5.0
    with Server(cut) as server:
        for length in lengths:
            cut.content = answer_bytes[:length]
            ended = run_against(server.url, *argv, attempt=attempt)
            assert ended.code == 7, (length, ended)
            assert ended.is_clean
        cut.content, cut.fault = answer_bytes, "FIN"
        assert run_against(server.url, *argv).code == (1 if name in VERDICT_1 else 0)


WAYS = ("token", "password")
"""Plain http with a token given; or all that a password takes: TLS, sign-in, then the question."""


@dataclass(frozen=True)
class NetworkSetup:
    """Services whose jobs go on: 0 and 1 are both wrong."""

    home_factory: HomeFactory
    fork_server: ForkServer
    printable: Server
    secure: Server
    logs: Path

    def get(self, way: str, fault: CallFault) -> RunResult:
        env = environment(self.printable.url)
        if way == "password":
            env = {"HOME": str(self.home_factory.home(self.secure).path)}
        return self.fork_server.run("get", "j", "--exit-status", "-v", env=env | fault.env)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NetworkSetup]:
    folder = tmp_path_factory.mktemp("torture")
    home_factory = HomeFactory(folder)
    with (
        ForkServer(folder / "fork-server", LD_PRELOAD=compile_library(folder)) as fork_server,
        Server(always(answer(job("RUNNING")))) as printable,
        home_factory.serving(SignInService("RUNNING")) as secure,
    ):
        yield NetworkSetup(home_factory, fork_server, printable, secure, folder)


CALLS = {
    "socket": (errno.EMFILE, errno.ENOBUFS),
    "setsockopt": (errno.EINVAL,),
    "connect": (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EINTR),
    "getaddrinfo": (0,),
    "thread": (errno.EAGAIN,),
    "send": (errno.EPIPE, errno.EINTR),
    "recv": (errno.ECONNRESET, errno.ETIMEDOUT, errno.EINTR, errno.EIO),
    "poll": (errno.EINTR,),
    "write1": (errno.ENOSPC, errno.EIO, errno.EPIPE, errno.EINTR, errno.EAGAIN),
    "write2": (errno.ENOSPC, errno.EPIPE, errno.EAGAIN),
}
CALLS_OF_EACH = 4
"""Calls of an operation that fail in the slow tier."""
BESIDE = 24
"""Runs at a time: some wait before they try again."""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("errnos", "most"),
    [
        pytest.param(slice(1), CALLS_OF_EACH, marks=pytest.mark.slow, id="first errno"),
        pytest.param(slice(None), None, marks=pytest.mark.long, id="all"),
    ],
)
def test_s20_each_operation_of_get_may_fail_once_without_a_wrong_code(
    context: NetworkSetup,
    way: str,
    errnos: slice,
    most: int | None,
    record_property: Callable[[str, object], None],
) -> None:
    """Let calls of each operation fail once, with the first errno or with each."""
    failed_calls: Counter[str] = Counter()
    for fault, ended in failing_runs(
        partial(context.get, way), {name: errors[errnos] for name, errors in CALLS.items()},
        context.logs, under=context.home_factory.folder, most=most, beside=BESIDE,
    ):  # fmt: skip
        assert ended.is_clean or ended.code == -13, (fault, ended)
        assert ended.code in _allowed(fault), (fault, ended)
        assert not leaked(ended.out + ended.err, PASSWORD, ISSUED)
        failed_calls.update([fault.operation] if fault.hit else [])
    assert failed_calls.keys() == CALLS.keys()
    record_property("cases", failed_calls.total())


def _allowed(fault: CallFault) -> set[int]:
    if fault.operation == "write1" and fault.at and fault.fault not in {errno.EINTR, errno.EAGAIN}:
        return {-13} if fault.fault == errno.EPIPE else {70}
    if fault.operation == "thread" and fault.hit:
        return {7}
    return {8}  # tried again, or none of the verdict's business
