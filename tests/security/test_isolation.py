"""Signing in and asking where only two addresses may be reached (S01, S16): nothing else is."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority
from tests.support.cloud import PASSWORD, USER, Cloud, json_response
from tests.support.filesystem import needs_mount, within_etc
from tests.support.network_namespace import NetworkNamespace, needs_network
from tests.support.program import clean_env, run_process
from tests.support.server import Server, answer
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.server import Peer

pytestmark = [needs_network, needs_mount]
IDENTITY, SERVICE = "10.77.0.1", "10.77.0.2"
NAMES = {IDENTITY: "iam.cloud.test", SERVICE: "vbs.cloud.test"}
RULES = "\n".join(
    f"ip {way}addr {address} tcp {way}port 443 accept"
    for address in NAMES
    for way in ("d", "s")
)  # fmt: skip
COMMANDS = (
    ("get", "j", "--exit-status"),
    ("tree", "j", "--exit-status"),
    ("watch", "slow", "--interval", "1s"),
    ("watch", "j", "--no-cache"),
    ("config", "check"),
)


def read(raw: bytes) -> Request:
    """Return what a server was asked, as the client made it."""
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.title(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Request(method, f"https://{headers['Host']}{target}", headers, body)


class Gate:
    """A server's script: answers as a cloud does."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def __call__(self, peer: Peer) -> None:
        """Answer every request, keeping the connection."""
        while raw := peer.request():
            response = self._cloud(read(raw))
            more = [f"{name}: {value}" for name, value in response.headers.items()]
            peer.send(answer(response.body, response.status, *more))


class Slow:
    """What the cloud says of job `slow`: twice in three times that it goes on."""

    requests = 0

    def __call__(self, request: Request) -> Response | None:
        """Leave all else to the cloud."""
        if not request.url.endswith("/jobs/slow"):
            return None
        self.requests += 1
        return (
            json_response(200, {"job_id": "slow", "status": "RUNNING"})
            if self.requests % 3
            else None
        )


@pytest.fixture
def network() -> Iterator[NetworkNamespace]:
    """Every address can be sent to; what is sent elsewhere is counted and dropped."""
    with NetworkNamespace() as network:
        for address in NAMES:
            network.set(f"ip addr add {address}/32 dev lo")
        network.set("ip route add default dev lo")
        network.set("ip -6 route add default dev lo")
        network.firewall(f"{RULES}\ncounter name seen drop", hook="output")
        yield network


def knowing(folder: Path) -> tuple[str, ...]:
    """Name the two hosts in a file, and a resolver that nobody is to ask."""
    hosts = "".join(f"{address} {name}\n" for address, name in NAMES.items())
    (folder / "hosts").write_text(hosts)
    (folder / "nsswitch.conf").write_text("hosts: files dns\n")
    (folder / "resolv.conf").write_text("nameserver 192.0.2.53\n")
    return within_etc(folder)


def check_nothing_was_sent_but_here(network: NetworkNamespace) -> None:
    assert network.packets == 0
    # And the count would have told: a question to the resolver, a byte to a stranger.
    with network.inside():
        for family, address in ((socket.AF_INET, "192.0.2.53"), (socket.AF_INET6, "2001:db8::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as stranger, suppress(PermissionError):
                stranger.sendto(b"?", (address, 53))
    assert network.packets == 2


@pytest.mark.slow
def test_s01_s16_all_traffic_goes_to_the_two_configured_addresses(
    network: NetworkNamespace, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    etc, own = tmp_path / "etc", tmp_path / "authority"
    etc.mkdir()
    own.mkdir()
    authority, gate = Authority(own), Gate(Cloud(before=Slow()))
    env = clean_env(**USER, OS_CACERT=str(authority.file))
    record_property("cases", len(COMMANDS))
    with network.inside():
        identity, service = (
            Server(gate, tls=authority.good(name), host=address, port=443)
            for address, name in NAMES.items()
        )
    with identity, service:
        for argv in COMMANDS:
            with network.inside():
                ended = run_process(*argv, env=env, within=knowing(etc))
            assert ended.code == 0, (argv, ended.err)
        identity_requests, service_requests = (
            b"".join(identity.received),
            b"".join(service.received),
        )
    check_nothing_was_sent_but_here(network)
    assert PASSWORD.encode() in identity_requests
    assert PASSWORD.encode() not in service_requests
    assert service_requests.count(b"/jobs/slow") == 3
