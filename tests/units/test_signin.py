"""Signing in: each way of it, what it sends, how often, and what a refusal leads to."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import (
    ACCESS_KEY,
    AUTH_URL,
    LOCATED,
    PASSWORD,
    PROJECT_ID,
    SECRET,
    SERVICE,
    USER,
    Cloud,
    json_response,
)
from vbsjob.errors import VbsjobError

if TYPE_CHECKING:
    from pathlib import Path


def proofs(cloud: Cloud) -> Any:
    return json.loads(cloud.requests[0].body)["auth"]


def test_a_password_gives_a_token_for_the_project_and_the_catalog_leads_to_the_service() -> None:
    cloud = Cloud()
    assert cloud.run("get", "j")[0] == 0
    assert proofs(cloud)["identity"] == {
        "methods": ["password"],
        "password": {
            "user": {"name": "mira", "domain": {"name": "dom"}, "password": PASSWORD},
        },
    }
    assert proofs(cloud)["scope"] == {"project": {"name": "eu-de_team", "domain": {"name": "dom"}}}
    assert cloud.requests[1].url == f"{SERVICE}/v1/{PROJECT_ID}/jobs/j"


def test_an_application_credential_is_sent_without_a_scope() -> None:
    env = {
        "OS_AUTH_URL": AUTH_URL,
        "OS_AUTH_TYPE": "v3applicationcredential",
        "OS_APPLICATION_CREDENTIAL_ID": "ac",
        "OS_APPLICATION_CREDENTIAL_SECRET": SECRET,
    }
    cloud = Cloud()
    assert cloud.run("get", "j", env=env)[0] == 0
    assert proofs(cloud) == {
        "identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": "ac", "secret": SECRET},
        }
    }


def test_an_application_credential_by_name_names_its_user() -> None:
    env = USER | {
        "OS_APPLICATION_CREDENTIAL_NAME": "ci",
        "OS_APPLICATION_CREDENTIAL_SECRET": SECRET,
    }
    cloud = Cloud()
    assert cloud.run("get", "j", env=env)[0] == 0
    proof = proofs(cloud)["identity"]["application_credential"]
    assert proof["user"] == {"name": "mira", "domain": {"name": "dom"}}


def test_a_passcode_goes_with_the_password_and_cannot_be_renewed() -> None:
    cloud = Cloud(lifetime=600)
    asking = cloud.client(USER | {"OS_PASSCODE": "123456"})
    assert asking.get("j").status == "SUCCESS"
    assert proofs(cloud)["identity"]["methods"] == ["password", "totp"]
    assert not asking._session.method.renewable
    cloud.tokens.clear()
    with pytest.raises(VbsjobError) as caught:
        asking.get("j")
    assert caught.value.exit_code == 4
    assert cloud.posts == 1


TOKENS: dict[str, tuple[dict[str, str], set[str], list[str]]] = {
    # project settings, tokens without a project, methods of the requests to the identity service
    "of the project": ({"OS_PROJECT_NAME": "eu-de_team"}, set(), ["GET"]),
    "of the project, in other case": ({"OS_PROJECT_NAME": "EU-DE_Team"}, set(), ["GET"]),
    "of the project, by id": ({"OS_PROJECT_ID": PROJECT_ID}, set(), ["GET"]),
    "no project is set": ({}, set(), ["GET"]),
    "another project is set": ({"OS_PROJECT_NAME": "eu-de_other"}, set(), ["GET", "POST"]),
    "the same name in another domain": (
        {"OS_PROJECT_NAME": "eu-de_team", "OS_PROJECT_DOMAIN_NAME": "other"}, set(),
        ["GET", "POST"],
    ),
    "unscoped": ({"OS_PROJECT_NAME": "eu-de_team"}, {"mine"}, ["GET", "POST"]),
}  # fmt: skip


def test_a_token_is_used_as_it_is_unless_it_is_for_another_project() -> None:
    for project, unscoped, methods in TOKENS.values():
        cloud = Cloud(tokens={"mine"}, unscoped=unscoped)
        env = {"OS_AUTH_URL": AUTH_URL, "OS_TOKEN": "mine", "OS_USER_DOMAIN_NAME": "dom", **project}
        cloud.run("get", "j", env=env)
        sent = [request for request in cloud.requests if request.url == f"{AUTH_URL}/auth/tokens"]
        assert [request.method for request in sent] == methods
        assert sent[0].headers == {"X-Auth-Token": "mine", "X-Subject-Token": "mine"}
        if len(sent) > 1:
            auth = json.loads(sent[1].body)["auth"]
            assert auth["identity"] == {"methods": ["token"], "token": {"id": "mine"}}
            assert auth["scope"]["project"]["name"] == project["OS_PROJECT_NAME"]
        else:
            assert cloud.requests[-1].url == f"{SERVICE}/v1/{PROJECT_ID}/jobs/j"
            assert cloud.requests[-1].headers["X-Auth-Token"] == "mine"


def test_an_unscoped_token_needs_a_project() -> None:
    cloud = Cloud(tokens={"mine"}, unscoped={"mine"})
    code, _, err = cloud.run("get", "j", env={"OS_AUTH_URL": AUTH_URL, "OS_TOKEN": "mine"})
    assert (code, len(cloud.requests)) == (2, 1)
    assert "OS_PROJECT_NAME" in err


def test_the_clouds_yaml_of_otc_auth_leads_to_the_project_of_its_token(tmp_path: Path) -> None:
    # otc-auth writes the name of the project as project_domain_name, and a profile of its own.
    (tmp_path / "clouds.yaml").write_text(
        "clouds:\n  OTC_eu-de_team:\n    auth: {auth_url: 'https://iam.cloud.test', token: mine,"
        " project_domain_name: eu-de_team}\n    auth_type: token\n    interface: public\n"
        "    identity_api_version: '3'\n    cloud: OTC_eu-de_team\n    profile: OTC_eu-de_team\n"
    )
    (tmp_path / "clouds.yaml").chmod(0o600)
    cloud = Cloud(tokens={"mine"})
    code, _, err = cloud.run("get", "j", env={}, config_folders=(tmp_path,))
    assert code == 0, err
    assert [request.method for request in cloud.requests] == ["GET", "GET"]
    assert cloud.requests[-1].headers["X-Auth-Token"] == "mine"


def test_an_access_key_requests_project_and_catalog_with_signed_requests() -> None:
    cloud = Cloud()
    assert cloud.run("get", "j", env=ACCESS_KEY)[0] == 0
    assert [request.url for request in cloud.requests] == [
        f"{AUTH_URL}/projects?name=eu-de_team",
        f"{AUTH_URL}/auth/catalog",
        f"{SERVICE}/v1/{PROJECT_ID}/jobs/j",
    ]
    assert all("Signature=" in request.headers["Authorization"] for request in cloud.requests)
    assert cloud.requests[2].headers["X-Project-Id"] == PROJECT_ID
    sent = str([(r.url, dict(r.headers), r.body) for r in cloud.requests])
    assert ACCESS_KEY["OS_SECRET_KEY"] not in sent


def test_f64_every_try_is_signed_again() -> None:
    answers = iter([json_response(502, {}), json_response(502, {})])
    cloud = Cloud(before=lambda _: next(answers, None))
    assert cloud.run("get", "j", env=LOCATED)[0] == 0
    dates = [request.headers["X-Sdk-Date"] for request in cloud.requests]
    assert len(set(dates)) > 1
    assert len({request.headers["Authorization"] for request in cloud.requests}) == len(set(dates))


def test_f56_a_rejected_token_is_renewed_once_and_then_the_code_is_4() -> None:
    cloud = Cloud()
    asking = cloud.client()
    asking.sign_in()
    cloud.tokens.clear()
    assert asking.get("j").status == "SUCCESS"
    assert cloud.posts == 2
    refusing = Cloud(before=lambda r: json_response(401, {}) if r.method == "GET" else None)
    assert refusing.run("get", "j")[0] == 4
    assert [request.method for request in refusing.requests] == ["POST", "GET", "POST", "GET"]


def test_tokens_come_before_keys_and_keys_before_passwords_and_auth_type_decides() -> None:
    everything = USER | LOCATED | {"OS_TOKEN": "mine"}
    cloud = Cloud(tokens={"mine"})
    cloud.run("get", "j", env=everything)
    assert cloud.requests[-1].headers["X-Auth-Token"] == "mine"
    cloud.run("get", "j", env=everything | {"OS_TOKEN": ""})
    assert "Authorization" in cloud.requests[-1].headers
    cloud.run("get", "j", env=everything | {"OS_AUTH_TYPE": "v3password"})
    assert cloud.requests[-1].headers["X-Auth-Token"] == "canary-token-1"


STORAGE_KEYS = {"ak": "AKcanary0000000001", "sk": "SKcanary0000000002"}
IN_CLOUD: dict[str, tuple[dict[str, Any], dict[str, str], bool]] = {
    # keys of the cloud, environment, whether the requests are signed
    "beside a password": ({}, {}, False),
    "auth_type decides": ({"auth_type": "aksk"}, {}, True),
    "without a user": ({"auth": {"username": ""}}, {}, True),
    "without a password": ({"auth": {"password": ""}}, {}, True),
    "password of the environment": ({"auth": {"password": ""}}, {"OS_PASSWORD": PASSWORD}, True),
}


def test_keys_of_a_cloud_yield_to_its_password(tmp_path: Path) -> None:
    for keys, env, signed in IN_CLOUD.values():
        auth = {name.removeprefix("OS_").lower(): value for name, value in USER.items()}
        auth |= STORAGE_KEYS | keys.get("auth", {})
        (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"c": keys | {"auth": auth}}}))
        (tmp_path / "clouds.yaml").chmod(0o600)
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", "--cloud", "c", env=env, config_folders=(tmp_path,))
        assert code == 0, err
        assert ("Authorization" in cloud.requests[-1].headers) is signed


def test_a_refused_signature_names_the_password_that_is_set_too() -> None:
    wrong = json_response(401, {"error_code": "APIGW.0301", "error_msg": "verify fail"})
    for password in ("", PASSWORD):
        env = LOCATED | {"OS_PASSWORD": password, "OS_USERNAME": "mira"}
        code, _, err = Cloud(before=lambda _: wrong).run("get", "j", env=env)
        assert code == 4
        assert ("set OS_AUTH_TYPE=password" in err) is bool(password)


def test_a_missing_value_is_named_with_every_way_to_set_it() -> None:
    for name in ("OS_AUTH_URL", "OS_USERNAME", "OS_PASSWORD", "OS_USER_DOMAIN_NAME"):
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=USER | {name: ""})
        assert (code, cloud.requests) == (2, [])
        assert all(way in err for way in (name, "VBSJOB_", "clouds.yaml"))


HELD = ("OS_TOKEN", "OS_ACCESS_KEY", "OS_SECRET_KEY", "OS_SECURITY_TOKEN")
BAD = ("new\nline", "a b", " leading", "nön", "nul\0", "esc\x1b[0m", "line-end\r\n")


def test_f67_a_secret_that_cannot_be_a_header_is_rejected_without_being_printed() -> None:
    wrong = []
    for variable, bad in product(HELD, BAD):
        token = {"OS_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE}
        env = (token if variable == "OS_TOKEN" else LOCATED) | {variable: bad}
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=env)
        if (code, cloud.requests) != (2, []) or variable not in err or bad.strip() in err:
            wrong.append((variable, bad, err))
    assert wrong == []
