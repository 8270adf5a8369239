"""TLS that is not as it should be (F28-F30): permanent, said in one line, never asked twice.

Only a connection that broke off is retried.
"""

from __future__ import annotations

import math
import select
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import KINDS, Authority, AuthorityWithoutExtensions
from tests.support.fault_injection import sample
from tests.support.program import run_against
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.program import RunResult
    from tests.support.server import Peer

GOOD = answer(job("SUCCESS"))
HINTS = {
    "expired": "Check the clock",
    "not yet valid": "Check the clock",
    "wrong host": "Check the host",
    "wrong address": "Check the host",
}
"""A part of the hint for a kind of certificate; of the others OS_CACERT is the cause."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def get(server: Server, cacert: Path, command: str = "get") -> RunResult:
    return run_against(server.url, command, "j", cacert=str(cacert), attempt=10)


def test_f28_a_bad_certificate_is_tried_once_and_reported(authority: Authority) -> None:
    for kind in KINDS:
        for command in ("get", "watch")[: 2 if kind == KINDS[0] else 1]:
            with Server(always(GOOD), tls=authority.bad(kind)) as server:
                ended = get(server, authority.file, command)
                assert (ended.code, server.connections, server.requests) == (7, 1, 0), kind
            assert "the certificate of" in ended.err
            assert ended.err.count(HINTS.get(kind, "OS_CACERT")) == 1, kind


def test_an_authority_without_extensions_is_accepted_with_every_version_of_python(
    tmp_path: Path,
) -> None:
    # From Python 3.13 on ssl.create_default_context sets VERIFY_X509_STRICT, which refuses it.
    authority = AuthorityWithoutExtensions(tmp_path)
    strict = ssl.create_default_context(cafile=authority.file)
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    with Server(always(GOOD), tls=authority.server) as server:
        with (
            socket.create_connection((server.host, server.port)) as connection,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            strict.wrap_socket(connection, server_hostname=server.host)
        assert get(server, authority.file).code == 0


VARIES = 8
"""So many bytes may one handshake differ from another: its signature has no fixed length."""


@dataclass
class Relay:
    """Between a client and a server: the next connection is cut after so many bytes of answer."""

    server: Server
    fault: str
    limit: float = math.inf
    sent: int = 0

    def __call__(self, peer: Peer) -> None:
        limit, self.limit, self.sent = self.limit, math.inf, 0
        with socket.create_connection((self.server.host, self.server.port)) as behind:
            other = {peer.connection: behind, behind: peer.connection}
            while limit > self.sent:
                for end in select.select(list(other), [], [])[0]:
                    got = end.recv(int(min(65536, limit - self.sent) if end is behind else 65536))
                    if not got:
                        return
                    other[end].sendall(got)
                    self.sent += len(got) if end is behind else 0
        if self.fault == "RST":
            peer.reset()


@pytest.mark.parametrize(
    "most",
    [pytest.param(30, marks=pytest.mark.slow), pytest.param(None, marks=pytest.mark.long)],
)
@pytest.mark.parametrize("fault", ["FIN", "RST"])
def test_f05_f06_s20_tls_cut_anywhere_is_tried_again_and_never_a_verdict(
    authority: Authority,
    fault: str,
    most: int | None,
    record_property: Callable[[str, object], None],
) -> None:
    still = Server(always(answer(job("RUNNING"))), tls=authority.good())
    with still as server, Server(relay := Relay(server, fault)) as between:
        argv, cacert = ("get", "j", "--exit-status"), str(authority.file)
        url = between.url.replace("http:", "https:")
        assert run_against(url, *argv, cacert=cacert).code == 8
        cuts = sample(1, relay.sent - VARIES - 1, most)
        for length in cuts:
            relay.limit = length
            connections = between.connections
            ended = run_against(url, *argv, cacert=cacert)
            assert (ended.code, between.connections - connections) == (8, 2), (length, ended)
    record_property("cases", len(cuts))


def test_f29_https_to_a_port_that_expects_plain_http_is_reported(authority: Authority) -> None:
    def printable(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.stall()

    with Server(printable) as server:
        url = server.url.replace("http:", "https:")
        ended = run_against(url, "get", "j", cacert=str(authority.file))
        assert (ended.code, server.connections) == (7, 1)
    assert "the TLS handshake with" in ended.err


def test_f29_http_to_a_port_that_expects_tls_is_not_an_answer(authority: Authority) -> None:
    with Server(always(GOOD), tls=authority.good()) as server:
        ended = run_against(server.url.replace("https:", "http:"), "get", "j")
        assert ended.code == 7
        assert ended.is_clean


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_f29_a_server_that_supports_only_old_tls_is_rejected(authority: Authority) -> None:
    old = authority.good()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with Server(always(GOOD), tls=old) as server:
        ended = get(server, authority.file)
        assert (ended.code, server.connections, server.requests) == (7, 1, 0)
    assert "the TLS handshake with" in ended.err
