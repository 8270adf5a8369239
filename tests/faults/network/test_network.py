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

    from tests.support.program import RunResult
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


def unanswered(network: NetworkNamespace, **more: str) -> RunResult:
    with served(network, always(GOOD)) as server:
        network.firewall(f"tcp dport {server.port} counter name seen drop")
        with network.inside():
            ended = run_process("get", "j", "--exit-status", env=clean_env(server.url, **more))
        assert server.connections == 0
    assert ended.code == 7
    assert ended.is_clean
    assert f"http://127.0.0.1:{server.port} did not answer in time" in ended.err
    assert network.packets >= 4
    return ended


def lasted(ended: RunResult) -> int:
    match = re.search(r"4 attempts in (\d+) s", ended.err)
    assert match, ended.err
    return int(match[1])


@needs_faketime
def test_f02_a_connection_whose_packets_are_dropped_is_tried_four_times_for_three_seconds(
    network: NetworkNamespace,
) -> None:
    assert 12 <= lasted(unanswered(network, **faketime_env("+0", times=10))) < 32


@pytest.mark.long
def test_f02_dropped_packets_cost_as_long_by_a_real_clock(network: NetworkNamespace) -> None:
    began = time.monotonic()
    seconds = lasted(unanswered(network))
    assert 12 <= seconds <= time.monotonic() - began + 1


def resolving(
    network: NetworkNamespace,
    etc: Path,
    *argv: str,
    resolver: str,
    error: str = "cannot resolve the host of https://vbs.cloud.test",
    **more: str,
) -> RunResult:
    (etc / "resolv.conf").write_text(resolver)
    (etc / "nsswitch.conf").write_text("hosts: files dns\n")
    env = clean_env("https://vbs.cloud.test", **more)
    with network.inside():
        ended = run_process("get", "j", "--exit-status", *argv, env=env, within=within_etc(etc))
    assert ended.code == 7
    assert ended.is_clean
    assert error in ended.err
    return ended


@pytest.mark.slow
@needs_mount
@needs_faketime
@pytest.mark.parametrize("resolver", ["", "nameserver 127.0.0.53\n", "nameserver 192.0.2.53\n"])
def test_f09_without_a_resolver_the_host_is_reported_after_four_tries(
    network: NetworkNamespace, tmp_path: Path, resolver: str
) -> None:
    # None named, nobody listening there, no way there: EAI_AGAIN, each at once.
    assert (
        "4 attempts"
        in resolving(network, tmp_path, resolver=resolver, **faketime_env("+0", times=10)).err
    )


@pytest.mark.slow
@needs_mount
@pytest.mark.parametrize(
    ("budget", "tries"), [("1s", 1), pytest.param("30s", 2, marks=pytest.mark.long)]
)
def test_f09_a_resolver_that_never_answers_ends_with_the_time_of_the_exchange(
    network: NetworkNamespace, tmp_path: Path, budget: str, tries: int
) -> None:
    network.firewall("udp dport 53 counter name seen drop")
    # By itself the resolver would take 40 seconds for a look-up.
    hangs = "nameserver 127.0.0.53\noptions timeout:10 attempts:4\n"
    began = time.monotonic()
    error = "https://vbs.cloud.test did not answer in time"
    resolving(network, tmp_path, "--retry-for", budget, resolver=hangs, error=error)
    assert 20 * tries <= time.monotonic() - began < 20 * tries + 20
    assert network.packets >= tries


def about_each(peer: Peer) -> None:
    """Tell of each job what its id says."""
    while request := peer.request():
        job_id = request.split(b" ", 2)[1].rpartition(b"/")[2].decode()
        peer.send(answer(job(job_id.partition("-")[0], job_id)))


ROUNDS = [
    pytest.param(15, marks=pytest.mark.slow),
    *[pytest.param(120, marks=pytest.mark.long)] * 5,
]


@pytest.mark.parametrize("count", ROUNDS)
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


def test_f10_a_link_of_64_kbit_is_slow_and_the_answer_is_complete(
    network: NetworkNamespace,
) -> None:
    network.slow("64kbit")
    big = answer(job("FAIL", entities={"text": "x" * 12_000}))
    with served(network, always(big)) as server:
        began = time.monotonic()
        with network.inside():
            ended = run_against(
                server.url, "get", "j", "--exit-status", "-f", "entities.text", attempt=20
            )
        took = time.monotonic() - began
        assert ended.code == 1
        assert ended.out.strip() == "x" * 12_000
        assert took >= 1
        assert server.connections == 1
