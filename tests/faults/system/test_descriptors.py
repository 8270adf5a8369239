"""Descriptors run out (F31): one line, the state unknown, and never a verdict."""

from __future__ import annotations

import contextlib
import io
import os
import resource
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority
from tests.support.program import clean_env, run_against, run_bash, socket_context
from tests.support.server import Server, always, answer, job
from vbsjob.__main__ import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("secure", [False, True])
def test_f31_without_descriptors_left_one_line_says_so_and_the_state_is_unknown(
    tmp_path: Path, secure: bool
) -> None:
    descriptors, (soft, hard) = [], resource.getrlimit(resource.RLIMIT_NOFILE)
    with Server(always(answer(job()))) as server:
        run_against(server.url, "get", "j")  # imports what is to be imported
    # With TLS there is a file to be read before any socket is wanted.
    cacert = str(Authority(tmp_path).file) if secure else None
    url = "https://127.0.0.1:1" if secure else "http://127.0.0.1:1"
    with socket_context(url, cacert=cacert) as context:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
        try:
            with contextlib.suppress(OSError):
                while True:
                    descriptors.append(os.dup(0))
            code = run(["get", "j", "--exit-status"], context)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            for descriptor in descriptors:
                os.close(descriptor)
    assert code == 7
    assert isinstance(context.stderr, io.StringIO)
    err = context.stderr.getvalue()
    assert "too many open files" in err
    assert err.count("note: ") == 3  # one of each try but the last


@pytest.mark.slow
@pytest.mark.parametrize("most", [3, 5, 7, 10, 80])
def test_f31_a_process_with_few_descriptors_never_ends_with_a_wrong_verdict(
    most: int,
) -> None:
    with Server(always(answer(job("FAIL")))) as server:
        line = f'ulimit -n {most}; "$@" get j --exit-status --retry-for 1s'
        ended = run_bash(line, env=clean_env(server.url))
        # Python itself may be unable to start: that is its own doing and ends with its 1.
        started = "vbsjob" in ended.err or ended.out
        assert server.requests or most < 8
        if started and not server.requests:
            assert ended.code in {7, 70}
            assert "Traceback" not in ended.err
        elif server.requests:
            assert ended.code == 1
            assert "FAIL" in ended.out
