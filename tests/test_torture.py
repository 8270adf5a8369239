"""One thing goes wrong at every place where it can: no prefix and no failed call is a verdict."""

from __future__ import annotations

import errno
import json
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.rigs.program import asked, process, surroundings
from tests.rigs.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rigs.server import Peer

FAILED = [{"id": "s", "status": "FAIL", "error_code": "VolumeBackup.0202"}]
DONE = [{"id": "s", "status": "SUCCESS"}]


def chunked(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = (body[at : at + 9] for at in range(0, len(body), 9))
    return head + b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces) + b"0\r\n\r\n"


def ended_first(status: str) -> bytes:
    return json.dumps({"status": status, "job_id": "j"}).encode()


ANSWERS = {
    "success": answer(job("SUCCESS")),
    "fail": answer(job("FAIL")),
    "success without length": answer(ended_first("SUCCESS"), length=False),
    "fail without length": answer(ended_first("FAIL"), length=False),
    "success in chunks": chunked(ended_first("SUCCESS")),
    "fail in chunks": chunked(ended_first("FAIL")),
    "failed below": answer({"status": "SUCCESS", "job_id": "j", "sub_jobs": FAILED}, length=False),
    "done below": answer({"status": "FAIL", "job_id": "j", "sub_jobs": DONE}, length=False),
    "compact": answer(b'{"status":"SUCCESS","job_id":"j"}', length=False),
    "after hints": b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(ended_first("FAIL"), length=False),
}
VERDICT_1 = {"fail", "fail without length", "fail in chunks", "done below", "after hints"}


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


@pytest.mark.parametrize("fault", ["FIN", "RST", "stall"])
@pytest.mark.parametrize("name", ANSWERS)
def test_f05_f06_f07_s20_an_answer_cut_at_any_byte_is_never_a_verdict(
    name: str, fault: str
) -> None:
    whole, cut = ANSWERS[name], Cut(fault=fault)
    argv = ("get", "j", "--exit-status", "--retry-for", "0", "-q")
    attempt = 0.008 if fault == "stall" else 5.0
    with Server(cut) as server:
        for length in range(len(whole)):
            cut.content = whole[:length]
            ended = asked(server.url, *argv, attempt=attempt)
            assert ended.code == 7, (length, ended)
            assert ended.tidy
        cut.content, cut.fault = whole, "FIN"
        assert asked(server.url, *argv).code == (1 if name in VERDICT_1 else 0)


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> str:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("making system calls fail needs a C compiler")
    source = __file__.replace("test_torture.py", "rigs/failing.c")
    library = tmp_path_factory.mktemp("failing") / "failing.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(library), source, "-ldl"]
    subprocess.run(command, check=True, capture_output=True)
    return str(library)


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A service whose job goes on: 0 and 1 are both wrong."""
    with Server(always(answer(job("RUNNING")))) as server:
        yield server


OPERATIONS = {
    "socket": (errno.EMFILE, errno.ENOBUFS),
    "setsockopt": (errno.EINVAL,),
    "connect": (errno.ECONNREFUSED, errno.ENETUNREACH, errno.EINTR),
    "getaddrinfo": (0,),
    "send": (errno.EPIPE, errno.EINTR),
    "recv": (errno.ECONNRESET, errno.ETIMEDOUT, errno.EINTR, errno.EIO),
    "poll": (errno.EINTR,),
    "write1": (errno.ENOSPC, errno.EIO, errno.EPIPE, errno.EINTR),
    "write2": (errno.ENOSPC, errno.EPIPE),
}
MOST = 12


@pytest.mark.parametrize("operation", OPERATIONS)
def test_s20_each_operation_of_get_may_fail_once_and_no_code_lies(
    failing: str, running: Server, tmp_path: Path, operation: str
) -> None:
    struck = 0
    for number in OPERATIONS[operation]:
        for count in range(1, MOST):
            log = tmp_path / f"{number}-{count}"
            env = surroundings(
                running.url, LD_PRELOAD=failing, FAIL_OP=operation, FAIL_AT=str(count),
                FAIL_ERRNO=str(number), FAIL_LOG=str(log),
            )  # fmt: skip
            ended = process("get", "j", "--exit-status", "-v", env=env)
            if not log.exists():
                assert ended.code == 8
                break
            struck += 1
            assert "Traceback" not in ended.err
            assert "a bug" not in ended.err
            assert ended.code in _allowed(operation, number), (number, count, ended)
        else:
            pytest.fail(f"{operation} is called {MOST} times and more")
    assert struck


def _allowed(operation: str, number: int) -> set[int]:
    if operation == "write1" and number != errno.EINTR:
        return {-13} if number == errno.EPIPE else {70}
    return {8}  # tried again, or none of the verdict's business
