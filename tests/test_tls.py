"""TLS that is not as it should be (F28-F30): permanent, said in one line, never asked twice."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from tests.rigs.certificates import KINDS, Authority
from tests.rigs.program import asked, reaching
from tests.rigs.server import Server, always, answer, job
from vbsjob import deadline, settings
from vbsjob.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from tests.rigs.program import Ended
    from tests.rigs.server import Peer

GOOD = answer(job("SUCCESS"))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def get(server: Server, cacert: Path | None, *argv: str) -> Ended:
    words = argv or ("get", "j", "--exit-status")
    return asked(server.url, *words, cacert=str(cacert) if cacert else None, attempt=10)


def test_a_valid_certificate_of_the_named_authority_is_accepted(authority: Authority) -> None:
    with Server(always(GOOD), tls=authority.good()) as server:
        assert get(server, authority.file).code == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("argv", [(), ("watch", "j", "-o", "json")])
def test_f28_a_bad_certificate_is_asked_once_and_named(
    authority: Authority, kind: str, argv: tuple[str, ...]
) -> None:
    with Server(always(GOOD), tls=authority.bad(kind)) as server:
        ended = get(server, authority.file, *argv)
        assert (ended.code, server.connections, server.requests) == (7, 1, 0)
    assert "certificate that is not valid" in ended.err
    assert "OS_CACERT" in ended.err
    assert ended.err.count("\n") == 1


def test_f28_a_self_signed_certificate_is_refused_without_its_authority(
    authority: Authority,
) -> None:
    with Server(always(GOOD), tls=authority.good()) as server:
        ended = get(server, None)
        assert (ended.code, server.connections, server.requests) == (7, 1, 0)


def test_f29_https_to_a_port_that_speaks_plain_http_is_named(authority: Authority) -> None:
    def plain(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        peer.stall()

    with Server(plain) as server:
        url = server.url.replace("http:", "https:")
        ended = asked(url, "get", "j", cacert=str(authority.file))
        assert (ended.code, server.connections) == (7, 1)
    assert "does not speak TLS" in ended.err


def test_f29_http_to_a_port_that_speaks_tls_is_no_answer(authority: Authority) -> None:
    with Server(always(GOOD), tls=authority.good()) as server:
        ended = asked(server.url.replace("https:", "http:"), "get", "j")
        assert ended.code == 7
        assert ended.tidy


OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", OLD, ids=lambda version: version.name)
def test_f29_a_server_that_speaks_an_old_tls_alone_is_refused(
    authority: Authority, version: ssl.TLSVersion
) -> None:
    old = authority.good()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with Server(always(GOOD), tls=old) as server:
        ended = get(server, authority.file)
        assert (ended.code, server.connections, server.requests) == (7, 1, 0)
    assert "does not speak TLS" in ended.err


def test_f30_a_kept_connection_is_left_within_five_minutes_so_that_a_new_certificate_is_seen() -> (
    None
):
    assert deadline.LIFE <= 300


def test_f30_a_certificate_that_went_bad_is_seen_with_the_next_connection(
    authority: Authority,
) -> None:
    def once(peer: Peer) -> None:
        peer.request()
        peer.send(answer(job("RUNNING"), 200, "Connection: close"))

    limits = {"cacert": str(authority.file), "attempt": 10}
    with Server(once, tls=authority.good()) as server:
        with reaching(server.url, **limits) as world:  # type: ignore[arg-type] # limits are mixed
            client = Client(settings.load({}, world), world)
            assert client.job("j").status == "RUNNING"
            server.present(authority.bad("expired"))
            outcome = client.jobs(["j"])[0]
        assert isinstance(outcome, Exception)
        assert "certificate" in str(outcome)
        assert server.requests == 1
