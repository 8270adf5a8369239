"""What stands between: a proxy that lets vbsjob through, a client's certificate."""

from __future__ import annotations

import base64
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority
from tests.support.program import clean_env, run_process
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import Peer, Script

GOOD = answer(job("SUCCESS"))
HOST = "vbs.cloud.test"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def tunnel(port: int, requests: list[bytes]) -> Script:
    """Serve as a proxy that connects whatever name it is told with a port of this machine."""

    def script(peer: Peer) -> None:
        requests.append(peer.request())
        with socket.create_connection(("127.0.0.1", port), timeout=10) as service:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=carry, args=(service, peer.connection), daemon=True)
            back.start()
            carry(peer.connection, service)
            back.join(10)

    return script


def carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while content := source.recv(65536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return


def test_s15_a_proxy_carries_https_through_a_tunnel_and_sees_no_token(authority: Authority) -> None:
    requests: list[bytes] = []
    with (
        Server(always(GOOD), tls=authority.good(HOST)) as service,
        Server(tunnel(service.port, requests)) as proxy,
    ):
        env = clean_env(
            f"https://{HOST}",
            HTTPS_PROXY=proxy.url.replace("http://", "http://mira:s3cret-word@"),
            OS_CACERT=str(authority.file),
        )
        ended = run_process("get", "j", "--exit-status", "-v", env=env)
    assert ended.code == 0, ended.err
    assert requests[0].startswith(f"CONNECT {HOST}:443 HTTP/1.1\r\n".encode())
    assert base64.b64encode(b"mira:s3cret-word") in requests[0]
    assert b"a-token-of-tests" not in b"".join([*requests, *proxy.received])
    assert "s3cret-word" not in ended.out + ended.err


def test_a_client_certificate_is_sent_when_the_service_requests_one(
    authority: Authority, tmp_path: Path
) -> None:
    cert, key = authority.client(tmp_path)
    with Server(always(GOOD), tls=authority.asking()) as service:
        env = clean_env(service.url, OS_CACERT=str(authority.file))
        ended = run_process("get", "j", env=env | {"OS_CERT": str(cert), "OS_KEY": str(key)})
    assert ended.code == 0, ended.err


@pytest.mark.parametrize("proxy_scheme", ["http", "https"])
def test_no_key_of_a_connection_through_a_proxy_is_written_to_a_file(
    authority: Authority, tmp_path: Path, proxy_scheme: str
) -> None:
    keys = tmp_path / "keys"
    proxy_tls = authority.good() if proxy_scheme == "https" else None
    with Server(always(GOOD), tls=authority.good(HOST)) as service:
        with Server(tunnel(service.port, []), tls=proxy_tls) as proxy:
            env = clean_env(
                f"https://{HOST}",
                HTTPS_PROXY=proxy.url,
                OS_CACERT=str(authority.file),
                SSLKEYLOGFILE=str(keys),
            )
            ended = run_process("get", "j", env=env)
        assert service.requests > 0
    assert ended.code == 0, ended.err
    assert not keys.exists()
