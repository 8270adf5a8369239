"""A real network that loses, delays and resolves nothing (F02, F09, F10): a namespace."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.filesystem import needs_mount, within_etc
from tests.support.network_namespace import NetworkNamespace, needs_network
from tests.support.process_clocks import faketime_env, needs_faketime
from tests.support.program import clean_env, run_against, run_process
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.server import Peer

pytestmark = needs_network
GOOD = answer(job("SUCCESS"))
CODES = {"SUCCESS": 0, "FAIL": 1, "RUNNING": 8}


@pytest.fixture
def network() -> Iterator[NetworkNamespace]:
    with NetworkNamespace() as network:
        yield network


def served(network: NetworkNamespace, script: Callable[[Peer], None]) -> Server:
    with network.inside():
        return Server(script)


@pytest.mark.slow
@needs_faketime
def test_f02_a_connection_whose_packets_are_dropped_is_tried_four_times_for_three_seconds(
    network: NetworkNamespace,
) -> None:
    with served(network, always(GOOD)) as server:
        network.firewall(f"tcp dport {server.port} counter name seen drop")
        env = clean_env(server.url, **faketime_env("+0", times=10))
        with network.inside():
            ended = run_process("get", "j", "--exit-status", env=env)
        assert server.connections == 0
    assert ended.code == 7
    assert f"{server.url} did not answer in time" in ended.err
    attempts = re.search(r"4 attempts in (\d+) s", ended.err)
    assert attempts, ended.err
    assert 12 <= int(attempts[1]) < 32
    assert network.packets >= 4


@pytest.mark.long  # the time of an exchange, 20 s, which the resolver ignores
@needs_mount
def test_f09_a_resolver_that_never_answers_ends_with_the_time_of_the_exchange(
    network: NetworkNamespace, tmp_path: Path
) -> None:
    network.firewall("udp dport 53 counter name seen drop")
    # By itself the resolver would take 40 seconds for a look-up.
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:10 attempts:4\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    env, began = clean_env("https://vbs.cloud.test"), time.monotonic()
    with network.inside():
        ended = run_process("get", "j", "--retry-for", "1s", env=env, within=within_etc(tmp_path))
    assert 20 <= time.monotonic() - began < 40
    assert ended.code == 7
    assert "https://vbs.cloud.test did not answer in time" in ended.err
    assert network.packets >= 1


def about_each(peer: Peer) -> None:
    """Tell of each job what its id says."""
    while request := peer.request():
        job_id = request.split(b" ", 2)[1].rpartition(b"/")[2].decode()
        peer.send(answer(job(job_id.partition("-")[0], job_id)))


@pytest.mark.parametrize(
    "count",
    [pytest.param(15, marks=pytest.mark.slow), pytest.param(120, marks=pytest.mark.long)],
)
def test_f10_with_30_percent_packet_loss_every_request_gets_the_right_answer(
    network: NetworkNamespace, record_property: Callable[[str, object], None], count: int
) -> None:
    record_property("cases", count)
    network.firewall("numgen random mod 100 < 30 counter name seen drop")
    ids = [f"{status}-{number}" for number in range(count // 3) for status in CODES]

    def get(job_id: str) -> int:
        argv = ("get", job_id, "--exit-status", "--retry-for", "60s")
        return run_against(server.url, *argv, attempt=20).code

    with served(network, about_each) as server:
        with network.inside(), ThreadPoolExecutor(len(ids)) as pool:
            codes = list(pool.map(get, ids))
        assert codes == [CODES[job_id.partition("-")[0]] for job_id in ids]
    assert network.packets > count
