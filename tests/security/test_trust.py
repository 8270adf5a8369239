"""Certificates and mixed sources: whom we trust, what is said of a bad file, what never mixes."""

from __future__ import annotations

import base64
import shutil
import ssl
import subprocess
from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from tests.support.certificates import Authority
from tests.support.program import clean_env, environment, run_against, run_process
from tests.support.server import Server, always, answer, job

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import Peer, Script

CERTIFICATE_VARIABLES = ("OS_CACERT", "SSL_CERT_FILE")
NOWHERE = "https://127.0.0.1:1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("variable", CERTIFICATE_VARIABLES)
def test_s15_an_authority_of_either_variable_is_trusted(
    authority: Authority, variable: str
) -> None:
    with Server(always(answer(job())), tls=authority.good()) as server:
        env = clean_env(server.url, **{variable: str(authority.file)})
        assert run_process("get", "j", env=env).code == 0
        assert run_process("get", "j", env=clean_env(server.url)).code == 7


FILES = ("missing", "folder", "empty", "text", "unreadable", "no name")


@pytest.mark.parametrize(
    ("kind", "variable"), list(zip(FILES, cycle(CERTIFICATE_VARIABLES), strict=False))
)
def test_f35_a_bad_authority_file_is_one_line_that_names_the_variable(
    tmp_path: Path, kind: str, variable: str
) -> None:
    path = tmp_path / ("ca.pem" if kind != "no name" else "certificate-" * 30)
    if kind == "folder":
        path.mkdir()
    elif kind == "unreadable":
        path.symlink_to("/proc/self/mem")  # for root too: the first page is nobody's
    elif kind in {"empty", "text"}:
        path.write_text("" if kind == "empty" else "canary-content")
    ended = run_process("get", "j", env=clean_env(NOWHERE, **{variable: str(path)}))
    assert ended.code == 2
    assert variable in ended.err
    assert str(path) in ended.err
    assert ended.err.count("vbsjob: error: ") == 1
    assert "canary-content" not in ended.err


def test_f35_an_invalid_folder_of_authorities_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "certs"
    for kind in ("missing", "file"):
        if kind == "file":
            path.write_text("")
        ended = run_process("get", "j", env=clean_env(NOWHERE, SSL_CERT_DIR=str(path)))
        assert ended.code == 2
        assert ended.err.startswith(f"vbsjob: error: SSL_CERT_DIR: {path} cannot be read: ")


def test_f35_a_bad_client_certificate_is_one_line_that_names_its_variable(tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("canary-content")
    for variables in (("OS_CERT",), ("OS_KEY",), ("OS_CERT", "OS_KEY")):
        named = dict.fromkeys(variables, str(tmp_path / "c.pem"))
        ended = run_process("get", "j", env=clean_env(NOWHERE, **named))
        assert ended.code == 2
        assert "OS_CERT" in ended.err
        assert "canary-content" not in ended.err


def empty(status: int) -> bytes:
    return answer(b"", status)


def resets(peer: Peer) -> None:
    peer.request()
    peer.reset()


def falls_silent(peer: Peer) -> None:
    peer.request()


PROXIES: dict[str, tuple[Script, int]] = {
    "wants a sign-in": (always(empty(407)), 1),
    "fails": (always(empty(502)), 4),
    "resets": (resets, 4),
    "hangs up": (falls_silent, 4),
    "is no proxy": (always(empty(200)[:9] + b"\r\n\r\n"), 4),
}


BEHIND = ("https://vbs.cloud.test", "http://vbs.cloud.test")
TUNNELS = {"fails", "is no proxy"}
"""Over plain http this is an answer like any other."""


@pytest.mark.parametrize(
    ("does", "url"),
    [(does, url) for does in PROXIES for url in BEHIND if url == BEHIND[0] or does not in TUNNELS],
)
def test_f34_a_proxy_that_rejects_everything_is_reported_without_its_password(
    does: str, url: str
) -> None:
    script, tries = PROXIES[does]
    with Server(script) as proxy:
        through = proxy.url.replace("http://", "http://u:canary-proxy-pw@")
        more = {"VBSJOB_INSECURE_HTTP": "true", "ALL_PROXY": through}
        ended = run_against(url, "get", "j", env=environment(url, **more))
        assert proxy.connections == tries
    assert ended.code == 7
    assert f"the proxy {proxy.url}" in ended.err
    assert "canary-proxy-pw" not in ended.err
    first = (b"CONNECT vbs.cloud.test:443 ", b"GET http://vbs.cloud.test/v1/p/jobs/j ")
    assert proxy.received[0].startswith(first)


def test_f34_a_proxy_that_wants_a_sign_in_gets_a_hint_for_each_kind() -> None:
    refusal = b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n"
    for url in BEHIND:
        with Server(always(refusal)) as proxy:
            more = {"VBSJOB_INSECURE_HTTP": "true", "ALL_PROXY": proxy.url}
            ended = run_against(url, "get", "j", env=environment(url, **more))
        assert ended.code == 7
        assert "the proxy requires a user and password that it accepts" in ended.err
        for hint in ("USER:PASSWORD", "%40 for @", "NTLM or Kerberos", "px"):
            assert hint in ended.err


def test_a_proxy_address_with_https_in_front_of_a_plain_proxy_gets_a_hint() -> None:
    def plain(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with Server(plain) as proxy:
        more = {"HTTPS_PROXY": proxy.url.replace("http:", "https:")}
        ended = run_process("get", "j", env=clean_env(BEHIND[0], **more))
    assert ended.code == 7
    assert "Check http or https, and the port, of the address and of HTTPS_PROXY" in ended.err


def test_a_server_that_wants_a_client_certificate_gets_a_hint(authority: Authority) -> None:
    for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        asking = authority.asking()
        asking.maximum_version = newest
        with Server(always(answer(job())), tls=asking) as server:
            env = clean_env(server.url, OS_CACERT=str(authority.file))
            ended = run_process("get", "j", env=env)
        assert ended.code == 7
        assert "may require a client certificate: set OS_CERT and OS_KEY" in ended.err


def test_f34_a_password_echoed_by_a_proxy_is_not_printed() -> None:
    sent = base64.b64encode(b"u:canary-proxy:pw").decode()
    message = f"no: u:canary-proxy%3Apw, u:canary-proxy:pw, Basic {sent}"
    with Server(always(answer({"error": {"message": message, "code": "X"}}, 403))) as proxy:
        through = proxy.url.replace("http://", "http://u:canary-proxy%3Apw@")
        more = {"VBSJOB_INSECURE_HTTP": "true", "HTTP_PROXY": through}
        ended = run_process("get", "j", "-v", env=clean_env("http://vbs.cloud.test", **more))
    assert ended.code == 4
    assert ended.err.count("(secret)") == 3
    assert "canary" not in ended.err
    assert sent[:10] not in ended.err


def test_f34_a_proxy_that_is_down_is_reported() -> None:
    with Server() as proxy:
        pass
    url = "https://vbs.cloud.test"
    ended = run_against(url, "get", "j", env=environment(url, HTTPS_PROXY=proxy.url))
    assert ended.code == 7
    assert f"(through the proxy {proxy.url}): connection refused" in ended.err


def hashed_folder(folder: Path, authority: Authority) -> Path:
    """Return a folder with an authority's file under the name that OpenSSL looks for."""
    folder.mkdir()
    command = ["openssl", "x509", "-noout", "-hash", "-in", str(authority.file)]
    name = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    (folder / f"{name}.0").write_bytes(authority.file.read_bytes())
    return folder


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl computes the names of files")
def test_f35_ssl_cert_dir_is_a_list_of_folders(tmp_path: Path, authority: Authority) -> None:
    right, empty = hashed_folder(tmp_path / "right", authority), tmp_path / "empty"
    empty.mkdir()
    with Server(always(answer(job())), tls=authority.good()) as server:
        for folders, code in {
            f"{right}": 0, f"{empty}:{right}": 0, f"{right}:{empty}": 0,
            f"{tmp_path / 'missing'}:{right}:": 0, f"{empty}": 7,
        }.items():  # fmt: skip
            ended = run_process("get", "j", env=clean_env(server.url, SSL_CERT_DIR=folders))
            assert ended.code == code, folders


@pytest.mark.parametrize("command", ["get", "watch"])
def test_s05_the_keys_of_a_connection_are_never_written_to_a_file(
    tmp_path: Path, authority: Authority, command: str
) -> None:
    keys, file = tmp_path / "keys", str(authority.file)
    with Server(always(answer(job())), tls=authority.good()) as server:
        for trust in ({"OS_CACERT": file}, {"SSL_CERT_FILE": file}, {"OS_INSECURE": "true"}):
            env = clean_env(server.url, SSLKEYLOGFILE=str(keys), **trust)
            assert run_process(command, "j", env=env).code == 0
    assert not keys.exists()
