"""Certificates and mixed sources: whom we trust, what is said of a bad file, what never mixes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.certificates import Authority
from tests.rigs.cloud import PASSWORD, USER, Cloud
from tests.rigs.program import ROOT, environment, process, surroundings
from tests.rigs.server import Server, always, answer, job

CERTIFICATE_VARIABLES = ("OS_CACERT", "SSL_CERT_FILE")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.mark.parametrize("variable", CERTIFICATE_VARIABLES)
def test_s15_an_authority_is_trusted_by_either_variable(
    authority: Authority, variable: str
) -> None:
    with Server(always(answer(job())), tls=authority.good()) as server:
        env = surroundings(server.url, **{variable: str(authority.file)})
        assert process("get", "j", env=env).code == 0
        assert process("get", "j", env=surroundings(server.url)).code == 7


@pytest.mark.parametrize("variable", CERTIFICATE_VARIABLES)
@pytest.mark.parametrize("kind", ["missing", "folder", "empty", "text"])
def test_f35_a_bad_authority_file_is_one_line_that_names_the_variable(
    tmp_path: Path, variable: str, kind: str
) -> None:
    path = tmp_path / "ca.pem"
    if kind == "folder":
        path.mkdir()
    elif kind != "missing":
        path.write_text("" if kind == "empty" else "canary-content")
    env = surroundings("https://127.0.0.1:1", **{variable: str(path)})
    ended = process("get", "j", env=env)
    assert ended.code == 2
    assert variable in ended.err
    assert ended.err.count("\n") == 1
    assert "canary-content" not in ended.err


@pytest.mark.parametrize("variables", [("OS_CERT",), ("OS_KEY",), ("OS_CERT", "OS_KEY")])
def test_f35_a_bad_client_certificate_is_one_line_that_names_its_variable(
    tmp_path: Path, variables: tuple[str, ...]
) -> None:
    (tmp_path / "c.pem").write_text("canary-content")
    named = dict.fromkeys(variables, str(tmp_path / "c.pem"))
    ended = process("get", "j", env=surroundings("https://127.0.0.1:1", **named))
    assert ended.code == 2
    assert "OS_CERT" in ended.err
    assert "canary-content" not in ended.err


@pytest.mark.parametrize("output", ["table", "json"])
def test_s02_certificates_unchecked_are_named_on_every_run(
    authority: Authority, output: str
) -> None:
    with Server(always(answer(job())), tls=authority.bad("wrong host")) as server:
        env = surroundings(server.url, OS_INSECURE="true")
        ended = process("get", "j", "-o", output, env=env)
    assert ended.code == 0
    assert "certificates are not checked" in ended.err


def test_f34_a_proxy_that_wants_a_sign_in_is_named_without_its_password() -> None:
    refusing = b"HTTP/1.1 407 Who\r\nContent-Length: 0\r\n\r\n"
    with Server(always(refusing)) as proxy:
        through = proxy.url.replace("http://", "http://u:canary-proxy-pw@")
        env = surroundings() | environment("https://vbs.cloud.test", HTTPS_PROXY=through)
        ended = process("get", "j", env=env)
    assert ended.code == 7
    assert "proxy" in ended.err
    assert "canary-proxy-pw" not in ended.err
    assert proxy.received[0].startswith(b"CONNECT vbs.cloud.test:443 ")


def test_f34_a_proxy_that_fails_is_tried_again() -> None:
    with Server(always(b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n")) as proxy:
        env = surroundings() | environment("https://vbs.cloud.test", HTTPS_PROXY=proxy.url)
        ended = process("get", "j", "--retry-for", "1s", env=env)
    assert ended.code == 7
    assert "proxy" in ended.err


HERE: dict[str, dict[str, Any]] = {
    "address": {"auth": {"auth_url": "https://evil.test/v3"}},
    "endpoint": {"vbs_endpoint_override": "https://evil.test"},
    "both and a user": {
        "auth": {"auth_url": USER["OS_AUTH_URL"], "username": "mira"},
        "vbs_endpoint_override": "https://evil.test",
    },
}


@pytest.mark.parametrize("where", HERE)
def test_f75_no_secret_from_elsewhere_goes_where_a_file_in_this_folder_says(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"evil": HERE[where]}}))
    own = {k: v for k, v in USER.items() if k != "OS_AUTH_URL"}
    env = surroundings() | own | {"PYTHONPATH": str(ROOT), "OS_CLOUD": "evil"}
    ended = process("get", "j", env=env, cwd=tmp_path)
    assert ended.code == 2
    assert "OS_PASSWORD would be sent to the address" in ended.err
    assert PASSWORD not in ended.err


def test_f75_a_token_that_is_kept_is_not_sent_where_a_file_in_this_folder_says(
    tmp_path: Path,
) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    document = {
        "clouds": {
            "evil": {
                "vbs_endpoint_override": "https://evil.test",
                "auth": {
                    "auth_url": USER["OS_AUTH_URL"],
                    "username": "mira",
                    "password": "whatever",
                    "user_domain_name": "dom",
                    "project_name": "eu-de_team",
                },
            }
        }
    }
    hostile = Path(os.path.relpath(tmp_path))
    (tmp_path / "clouds.yaml").write_text(json.dumps(document))
    code, *_ = cloud.run(
        "get", "j", env={"OS_CLOUD": "evil"}, cache=tmp_path, config_folders=(hostile,)
    )
    assert code == 4
    assert not [request for request in cloud.asked if "evil" in request.url]
