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
    from pathlib import Path

pytestmark = needs_faketime
TIMES = 60
"""A minute is a second; faster, and a machine that is busy would be a network that is slow."""
NOISE = timedelta(seconds=45)
BOUND = ("--timeout", "30m")
"""Whatever goes wrong, the watch is over after so long."""


def fast(url: str, *, times: float = TIMES, **env: str) -> dict[str, str]:
    return clean_env(url, **faketime_env("+0", times=times), **env)


@pytest.mark.slow
@needs_network
@pytest.mark.parametrize("minutes", [1, pytest.param(14, marks=pytest.mark.long)])
def test_f11_a_link_that_is_down_for_minutes_is_reported_and_the_watch_continues(
    minutes: int,
) -> None:
    script = JobStatusScript()
    with (
        NetworkNamespace() as network,
        network.inside(),
        Server(script) as server,
        watch_events(*BOUND, env=fast(server.url)) as watch,
    ):
        assert watch.until("change")["status"] == "RUNNING"
        network.down()
        down = time.monotonic()
        outage = watch.until("outage")
        assert outage["error"]["name"] == "unavailable"
        assert outage["last_answer_s"] >= outage["outage_s"]
        time.sleep(max(0.0, minutes * 60 / TIMES - (time.monotonic() - down)))
        script.status = "FAIL"
        requests = server.requests
        network.up()
        recovered = watch.until("recovered")
        assert watch.end() == 1
    assert requests == 1
    assert at(recovered) - at(outage) >= timedelta(minutes=minutes) - NOISE
    kinds = [kind for kind in watch.kinds if kind != "heartbeat"]  # due in a long outage
    assert kinds == ["start", "change", "outage", "recovered", "change", "verdict"]


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
