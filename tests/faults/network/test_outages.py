"""Minutes in seconds (F11, F30): a watch whose clocks run fast, while its network does not."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority
from tests.support.network_namespace import NetworkNamespace, needs_network
from tests.support.process_clocks import faketime_env, needs_faketime
from tests.support.program import clean_env
from tests.support.server import JobStatusScript, Server
from tests.support.watch_process import at, watch_events

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = needs_faketime
TIMES = 60
"""A minute is a second; faster, and a machine that is busy would be a network that is slow."""
NOISE = timedelta(seconds=45)
BOUND = ("--timeout", "30m")
"""Whatever goes wrong, the watch is over after so long."""


def fast(url: str, *, times: float = TIMES, **env: str) -> dict[str, str]:
    return clean_env(url, **faketime_env("+0", times=times), **env)


@pytest.fixture
def network() -> Iterator[NetworkNamespace]:
    with NetworkNamespace() as network:
        yield network


LINK = ("ip link set lo down", "ip link set lo up")
ADDRESS = ("ip addr del 127.0.0.1/8 dev lo", "ip addr add 127.0.0.1/8 dev lo")


@pytest.mark.slow
@needs_network
@pytest.mark.parametrize(
    ("minutes", "status", "lost", "back"),
    [
        (1, "SUCCESS", *LINK),
        (1, "FAIL", *ADDRESS),
        pytest.param(5, "SUCCESS", *LINK, marks=pytest.mark.long),
        pytest.param(14, "FAIL", *LINK, marks=pytest.mark.long),
    ],
)
def test_f11_a_link_that_is_down_for_minutes_is_reported_and_the_watch_continues(
    network: NetworkNamespace, minutes: int, status: str, lost: str, back: str
) -> None:
    script = JobStatusScript()
    with network.inside():
        server = Server(script)
    with server, network.inside(), watch_events(*BOUND, env=fast(server.url)) as watch:
        assert watch.until("change")["status"] == "RUNNING"
        network.set(lost)
        down = time.monotonic()
        outage = watch.until("outage")
        assert outage["error"]["name"] == "unavailable"
        assert outage["last_answer_s"] >= outage["outage_s"]
        time.sleep(max(0.0, minutes * 60 / TIMES - (time.monotonic() - down)))
        script.status = status
        requests = server.requests
        network.set(back)
        recovered = watch.until("recovered")
        assert watch.end() == {"SUCCESS": 0, "FAIL": 1}[status]
    assert requests == 1
    assert at(recovered) - at(outage) >= timedelta(minutes=minutes) - NOISE
    kinds = [kind for kind in watch.kinds if kind != "heartbeat"]  # due in a long outage
    assert kinds == ["start", "change", "outage", "recovered", "change", "verdict"]


@pytest.mark.slow
@needs_network
def test_f11_a_link_down_for_longer_than_the_retry_budget_ends_with_7_and_the_last_status(
    network: NetworkNamespace,
) -> None:
    with network.inside():
        server = Server(JobStatusScript())
    argv = ("--retry-for", "2m", *BOUND)
    with server, network.inside(), watch_events(*argv, env=fast(server.url)) as watch:
        watch.until("change")
        network.down()
        code = watch.end()
    verdict = watch.events[-1]
    outage = next(event for event in watch.events if event["event"] == "outage")
    assert code == 7
    assert verdict["jobs"][0]["status"] == "RUNNING"
    assert at(verdict) - at(outage) >= timedelta(minutes=2) - NOISE


@pytest.mark.slow
def test_f30_a_certificate_that_goes_bad_in_the_sixth_minute_is_noticed_by_the_next_connection(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    with Server(JobStatusScript(), tls=authority.good()) as server:
        env = fast(server.url, times=100, OS_CACERT=str(authority.file))
        with watch_events("--interval", "10s", *BOUND, env=env) as watch:
            began = watch.until("change")
            time.sleep(6 * 60 / 100)
            requests = server.requests
            server.present(authority.bad("expired"))
            code = watch.end()
    assert code == 7
    assert "the certificate of" in watch.complaint
    lasted = at(watch.events[-1]) - at(began)
    assert timedelta(minutes=6) - NOISE <= lasted <= timedelta(minutes=7) + NOISE
    assert 10 < requests <= server.requests
