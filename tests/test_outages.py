"""Minutes in seconds (F11, F30): a watch whose clocks run fast, while its network does not."""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.rigs.certificates import Authority
from tests.rigs.clocks import needs_faketime, off
from tests.rigs.network import Network, needs_network
from tests.rigs.program import COMMAND, ROOT, surroundings
from tests.rigs.server import Server, answer, job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.rigs.server import Peer

pytestmark = needs_faketime
TIMES = 60
"""A minute is a second; faster, and a machine that is busy would be a network that is slow."""
NOISE = timedelta(seconds=45)
Event = dict[str, Any]


class Told:
    """A service that tells a status which may change."""

    status = "RUNNING"

    def __call__(self, peer: Peer) -> None:
        """Answer every request, keeping the connection."""
        while peer.request():
            peer.send(answer(job(self.status)))


class Watching:
    """A watch in another process, and the events that it told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.events: list[Event] = []
        self.complaint = ""

    def until(self, kind: str) -> Event:
        """Return the next event of a kind."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.events.append(json.loads(line))
            if self.events[-1]["event"] == kind:
                return self.events[-1]
        raise AssertionError((kind, self.events))

    def end(self) -> Event:
        """Return the last event, once the process has ended with the very code that it tells."""
        verdict = self.until("verdict")
        assert self._process.stderr
        self.complaint = self._process.stderr.read()
        assert self._process.wait(10) == verdict["exit_code"]
        return verdict


@contextmanager
def watching(url: str, *argv: str, times: float = TIMES, **env: str) -> Iterator[Watching]:
    command = [*COMMAND, "watch", "j", "-o", "jsonl", "--timeout", "30m", *argv]
    fast = surroundings(url, **off("+0", times=times), **env)
    with subprocess.Popen(
        command, env=fast, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()


def at(event: Event) -> datetime:
    return datetime.fromisoformat(event["time"])


@pytest.fixture
def network() -> Iterator[Network]:
    with Network() as network:
        yield network


LINK = ("ip link set lo down", "ip link set lo up")
ADDRESS = ("ip addr del 127.0.0.1/8 dev lo", "ip addr add 127.0.0.1/8 dev lo")


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
def test_f11_a_link_that_is_down_for_minutes_is_told_and_the_watch_goes_on_afterwards(
    network: Network, minutes: int, status: str, lost: str, back: str
) -> None:
    told = Told()
    with network.inside():
        server = Server(told)
    with server, network.inside(), watching(server.url) as watch:
        assert watch.until("change")["status"] == "RUNNING"
        network.set(lost)
        down = time.monotonic()
        outage = watch.until("outage")
        assert outage["error"]["name"] == "unavailable"
        assert outage["last_answer_s"] >= outage["outage_s"]
        time.sleep(max(0.0, minutes * 60 / TIMES - (time.monotonic() - down)))
        told.status = status
        asked = server.requests
        network.set(back)
        recovered = watch.until("recovered")
        assert watch.end()["exit_code"] == {"SUCCESS": 0, "FAIL": 1}[status]
    assert asked == 1
    assert at(recovered) - at(outage) >= timedelta(minutes=minutes) - NOISE
    kinds = [event["event"] for event in watch.events]
    assert kinds == ["start", "change", "outage", "recovered", "change", "verdict"]


@needs_network
def test_f11_a_link_down_for_longer_than_the_patience_ends_with_7_and_the_last_status(
    network: Network,
) -> None:
    with network.inside():
        server = Server(Told())
    with server, network.inside(), watching(server.url, "--retry-for", "2m") as watch:
        watch.until("change")
        network.down()
        verdict = watch.end()
    outage = next(event for event in watch.events if event["event"] == "outage")
    assert verdict["exit_code"] == 7
    assert verdict["jobs"][0]["status"] == "RUNNING"
    assert at(verdict) - at(outage) >= timedelta(minutes=2) - NOISE


def test_f30_a_certificate_that_goes_bad_in_the_sixth_minute_is_met_within_five_more(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    with Server(Told(), tls=authority.good()) as server:
        env = {"OS_CACERT": str(authority.file)}
        with watching(server.url, "--interval", "10s", times=100, **env) as watch:
            began = watch.until("change")
            time.sleep(6 * 60 / 100)
            asked = server.requests
            server.present(authority.bad("expired"))
            verdict = watch.end()
    assert verdict["exit_code"] == 7
    assert "certificate that is not valid" in watch.complaint
    lasted = at(verdict) - at(began)
    assert timedelta(minutes=6) - NOISE <= lasted <= timedelta(minutes=11) + NOISE
    assert 10 < asked < server.requests
