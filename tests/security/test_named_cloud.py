"""A cloud that is named brings its own identity, address, project and secrets.

Leftovers of another cloud in the environment must not get its secrets, nor be sent to it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import AUTH, AUTH_URL, PASSWORD, PROJECT_ID, SECRET, SERVICE, USER, Cloud
from vbsjob.config import precedence
from vbsjob.config.schema import SETTINGS

if TYPE_CHECKING:
    from pathlib import Path

B: dict[str, Any] = {"auth": AUTH}
OTHER_URL, OTHER_SERVICE = "https://iam.other.test/v3", "https://vbs.other.test"
OTHER_PROJECT = "f" * 32
LEFTOVERS: dict[str, dict[str, str]] = {
    "token": {"OS_TOKEN": "canary-other-token"},
    "token under its old name": {"OS_AUTH_TOKEN": "canary-other-token"},
    "project id": {"OS_PROJECT_ID": OTHER_PROJECT},
    "tenant id": {"OS_TENANT_ID": OTHER_PROJECT},
    "project name": {"OS_PROJECT_NAME": "eu-nl_other"},
    "password": {"OS_PASSWORD": "canary-other-password"},
    "user and password": {"OS_USERNAME": "bob", "OS_PASSWORD": "canary-other-password"},
    "user by id": {"OS_USER_ID": "0b0b"},
    "domain": {"OS_USER_DOMAIN_NAME": "other", "OS_PROJECT_DOMAIN_ID": "other"},
    "domain for both": {"OS_DOMAIN_NAME": "other"},
    "session token": {"OS_SECURITY_TOKEN": "canary-other-session"},
    "access key": {"OS_ACCESS_KEY": "AKother", "OS_SECRET_KEY": "canary-other-SK"},
    "access key of object storage": {"S3_ACCESS_KEY_ID": "AKs3", "S3_SECRET_ACCESS_KEY": "canary"},
    "application credential": {
        "OS_APPLICATION_CREDENTIAL_ID": "x", "OS_APPLICATION_CREDENTIAL_SECRET": "canary-other-AC",
    },
    "OpenID Connect token": {
        "OS_IDENTITY_PROVIDER": "ci", "OS_PROTOCOL": "oidc", "OS_ACCESS_TOKEN": "canary-other-oidc",
    },
    "agency": {
        "OS_AGENCY_NAME": "a", "OS_AGENCY_DOMAIN_NAME": "other", "OS_DELEGATED_PROJECT": "other",
    },
    "passcode": {"OS_PASSCODE": "999999", "OS_USERNAME": "bob"},
    "sign-in method": {"OS_AUTH_TYPE": "token"},
    "address of the identity service": {"OS_AUTH_URL": OTHER_URL},
    "endpoint": {"VBSJOB_ENDPOINT": OTHER_SERVICE},
    "endpoint override": {"OS_VBS_ENDPOINT_OVERRIDE": OTHER_SERVICE},
    "own variables": {"VBSJOB_TOKEN": "canary-own-token", "VBSJOB_AUTH_URL": OTHER_URL},
    "all": {
        "OS_AUTH_URL": OTHER_URL, "OS_TOKEN": "canary-other-token", "OS_PROJECT_ID": OTHER_PROJECT,
        "OS_PASSWORD": "canary-other-password", "OS_USERNAME": "bob", "OS_REGION_NAME": "eu-nl",
        "OS_SECURITY_TOKEN": "canary-other-session", "VBSJOB_ENDPOINT": OTHER_SERVICE,
    },
}  # fmt: skip
SILENT = {"access key of object storage"}
"""Leftovers that are set for other programs, so that a note would only disturb."""


def folder_with(folder: Path, cloud: dict[str, Any], *, config: str = "") -> dict[str, Any]:
    (folder / "clouds.yaml").write_text(json.dumps({"clouds": {"b": cloud}}))
    (folder / "clouds.yaml").chmod(0o600)
    (folder / "config.toml").write_text(config)
    return {"config_folders": (folder,), "config_file": folder / "config.toml"}


def sent_by(cloud: Cloud) -> list[tuple[str, str]]:
    return [(request.method, request.url) for request in cloud.requests]


ALONE = [("POST", f"{AUTH_URL}/auth/tokens"), ("GET", f"{SERVICE}/v1/{PROJECT_ID}/jobs/j")]


@pytest.mark.parametrize("named", ["--cloud", "VBSJOB_CLOUD"])
def test_s01_leftovers_of_another_cloud_change_nothing_for_a_named_cloud(
    tmp_path: Path, named: str
) -> None:
    argv = ("get", "j", *(("--cloud", "b") if named == "--cloud" else ()))
    files = folder_with(tmp_path, B)
    for kind in LEFTOVERS if named == "--cloud" else ("all", "token"):
        cloud = Cloud()
        env = LEFTOVERS[kind] | ({} if named == "--cloud" else {"VBSJOB_CLOUD": "b"})
        code, _, err = cloud.run(*argv, env=env, **files)
        assert (code, sent_by(cloud)) == (0, ALONE), (kind, err)
        auth = json.loads(cloud.requests[0].body)["auth"]
        assert auth["identity"]["methods"] == ["password"]
        assert auth["identity"]["password"]["user"]["password"] == PASSWORD
        assert auth["identity"]["password"]["user"]["domain"] == {"name": "dom"}
        assert auth["scope"]["project"]["name"] == "eu-de_team"
        assert "canary-o" not in str([(r.headers, r.body) for r in cloud.requests])
        assert all(variable in err for variable in LEFTOVERS[kind]) is (kind not in SILENT), err
        assert "canary" not in err


def test_s01_an_endpoint_of_the_defaults_does_not_get_the_token_of_a_named_cloud(
    tmp_path: Path,
) -> None:
    cloud = Cloud()
    files = folder_with(tmp_path, B, config=f'[defaults]\nendpoint = "{OTHER_SERVICE}"\n')
    code, _, err = cloud.run("get", "j", "--cloud", "b", env={}, **files)
    assert (code, sent_by(cloud)) == (0, ALONE)
    assert "config.toml [defaults]" in err


def test_an_endpoint_given_as_an_option_is_used(tmp_path: Path) -> None:
    cloud = Cloud()
    argv = ("get", "j", "--cloud", "b", "--endpoint", OTHER_SERVICE)
    cloud.run(*argv, env={}, **folder_with(tmp_path, B))
    assert cloud.requests[-1].url == f"{OTHER_SERVICE}/v1/{PROJECT_ID}/jobs/j"


WITHOUT_PASSWORD = {"auth": {k: v for k, v in B["auth"].items() if k != "password"}}
OPEN: dict[str, tuple[dict[str, Any], dict[str, str], int]] = {
    # name: cloud, environment, exit code
    "password": (WITHOUT_PASSWORD, {"OS_PASSWORD": PASSWORD}, 0),
    "password of the same user": (
        WITHOUT_PASSWORD, {"OS_PASSWORD": PASSWORD, "OS_USERNAME": "mira"}, 0,
    ),
    "password with the same address": (
        WITHOUT_PASSWORD, {"OS_PASSWORD": PASSWORD, "OS_AUTH_URL": f"{AUTH_URL}/"}, 0,
    ),
    "password of another user": (
        WITHOUT_PASSWORD, {"OS_PASSWORD": PASSWORD, "OS_USERNAME": "bob"}, 2,
    ),
    "password for another address": (
        WITHOUT_PASSWORD, {"OS_PASSWORD": PASSWORD, "OS_AUTH_URL": OTHER_URL}, 2,
    ),
    "everything but the region": ({"region_name": "eu-de"}, USER, 0),
    "everything but the address": ({"auth": {"auth_url": AUTH_URL}}, {
        k: v for k, v in USER.items() if k != "OS_AUTH_URL"
    }, 0),
}  # fmt: skip


def test_what_a_named_cloud_leaves_open_is_filled_unless_it_belongs_elsewhere(
    tmp_path: Path,
) -> None:
    for kind, (document, env, expected) in OPEN.items():
        cloud, files = Cloud(), folder_with(tmp_path, document)
        code, _, err = cloud.run("get", "j", "--cloud", "b", env=env, **files)
        assert (code, bool(cloud.requests)) == (expected, expected == 0), (kind, err)
        if expected:
            assert "password is not set" in err
            assert "ignored: " in err
            assert PASSWORD not in err


OTHER_KEY = {"OS_ACCESS_KEY": "AKother", "OS_SECRET_KEY": "canary-other-SK"}
AT_ENDPOINT: dict[str, dict[str, str]] = {
    "token": {"OS_TOKEN": "canary-other-token"},
    "token and project": {"OS_TOKEN": "canary-other-token", "OS_PROJECT_ID": OTHER_PROJECT},
    "own token": {"VBSJOB_TOKEN": "canary-other-token"},
    "access key": OTHER_KEY,
    "temporary key": OTHER_KEY | {"OS_SECURITY_TOKEN": "canary-other-session"},
    "key of object storage": {"S3_ACCESS_KEY_ID": "AKs3", "S3_SECRET_ACCESS_KEY": "canary-s3"},
}


@pytest.mark.parametrize("variable", ["VBSJOB_ENDPOINT", "OS_VBS_ENDPOINT_OVERRIDE"])
def test_s01_a_proof_for_an_endpoint_does_not_go_to_a_cloud_that_has_only_an_address(
    tmp_path: Path, variable: str
) -> None:
    files = folder_with(tmp_path, {"auth": {"auth_url": AUTH_URL}, "region_name": "eu-de"})
    for kind, proof in AT_ENDPOINT.items():
        cloud, env = Cloud(), proof | {variable: OTHER_SERVICE}
        code, _, err = cloud.run("get", "j", "--cloud", "b", env=env, **files)
        assert (code, cloud.requests) == (4, []), kind
        assert "no credentials are set" in err
        assert variable in err


def test_a_token_for_the_endpoint_of_the_named_cloud_is_used(tmp_path: Path) -> None:
    cloud = Cloud(tokens={"for-b"})
    files = folder_with(tmp_path, {"vbs_endpoint_override": SERVICE})
    env = {"OS_TOKEN": "for-b", "OS_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE}
    assert cloud.run("get", "j", "--cloud", "b", env=env, **files)[0] == 0


def test_s01_a_password_never_goes_with_the_user_or_to_the_address_of_another_source(
    tmp_path: Path,
) -> None:
    """OS_CLOUD keeps the plain order, but a secret stays with its user and its address."""
    cases = {
        "password is not set": {"OS_USERNAME": "bob"},
        "OS_AUTH_URL": {"OS_AUTH_URL": OTHER_URL},
    }
    for message, env in cases.items():
        cloud = Cloud()
        code, _, err = cloud.run(
            "get", "j", env={"OS_CLOUD": "b"} | env, **folder_with(tmp_path, B)
        )
        assert (code, cloud.requests) == (2, [])
        assert message in err
        assert PASSWORD not in err
    assert "--cloud" in err


def test_os_cloud_envvars_is_the_cloud_of_the_environment(tmp_path: Path) -> None:
    cloud = Cloud()
    env = USER | {"OS_CLOUD": "envvars"}
    assert cloud.run("get", "j", env=env, **folder_with(tmp_path, {}))[0] == 0


REGIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    # name: keys of the cloud, OS_REGION_NAME, the region that is used
    "one of the cloud's": ({"regions": ["eu-de", "eu-nl"]}, "eu-nl", "eu-nl"),
    "another than the cloud's": ({"regions": ["eu-de", "eu-nl"]}, "RegionOne", "eu-de"),
    "another than the only one": ({"regions": ["eu-de"]}, "eu-nl", "eu-de"),
    "another than region_name": ({"region_name": "eu-de"}, "eu-nl", "eu-de"),
    "another than region_name of several": (
        {"regions": ["eu-nl", "eu-de"], "region_name": "eu-de"}, "RegionOne", "eu-de",
    ),
    "left open": ({}, "eu-nl", "eu-nl"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REGIONS)
def test_a_region_of_the_environment_does_not_lead_a_named_cloud_elsewhere(
    tmp_path: Path, kind: str
) -> None:
    keys, region, expected = REGIONS[kind]
    argv = ("config", "show", "--cloud", "b", "-o")
    for env, config, origin in (
        ({"OS_REGION_NAME": region}, "", "OS_REGION_NAME"),
        ({}, f'[defaults]\nregion = "{region}"\n', "[defaults] region"),
    ):
        files = folder_with(tmp_path, B | keys, config=config)
        code, out, err = Cloud().run(*argv, "json", env=env, **files)
        assert code == 0, err
        assert json.loads(out)["region"]["value"] == expected
        err = Cloud().run(*argv, "table", env=env, **files)[2]
        assert (f"{origin} (--cloud chooses" in err) is (region != expected), err


@pytest.mark.parametrize("variable", ["OS_INSECURE", "VBSJOB_INSECURE"])
def test_a_named_cloud_that_verifies_certificates_does_so_whatever_the_environment_says(
    tmp_path: Path, variable: str
) -> None:
    argv, env = ("config", "show", "--cloud", "b", "-o", "json"), {variable: "true"}
    for keys, insecure in (({"verify": True}, False), ({}, True)):
        code, out, err = Cloud().run(*argv, env=env, **folder_with(tmp_path, B | keys))
        assert code == 0, err
        assert (json.loads(out)["insecure"]["value"] is True) is insecure


KEY = {"OS_AUTH_URL": AUTH_URL, "OS_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE}
SESSION_TOKENS: dict[str, tuple[dict[str, str], str | None]] = {
    # environment, and the session token that is sent
    "OS": ({"OS_ACCESS_KEY": "AK1", "OS_SECRET_KEY": "SK1", "OS_SECURITY_TOKEN": "own"}, "own"),
    "Huawei": (
        {"HUAWEICLOUD_SDK_AK": "AK1", "HUAWEICLOUD_SDK_SK": "SK1",
         "HUAWEICLOUD_SDK_SECURITY_TOKEN": "huawei"}, "huawei",
    ),
    "S3": (
        {"S3_ACCESS_KEY_ID": "AK1", "S3_SECRET_ACCESS_KEY": "SK1", "S3_SECURITY_TOKEN": "s3"}, "s3",
    ),
    "OS beside a token of AWS": (
        {"OS_ACCESS_KEY": "AK1", "OS_SECRET_KEY": "SK1", "AWS_ACCESS_KEY_ID": "AK1",
         "AWS_SESSION_TOKEN": "aws"}, None,
    ),
    "half a key of S3 beside a key of Huawei": (
        {"S3_ACCESS_KEY_ID": "AK0", "S3_SECURITY_TOKEN": "s3", "HUAWEICLOUD_SDK_AK": "AK1",
         "HUAWEICLOUD_SDK_SK": "SK1", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "huawei"}, "huawei",
    ),
    "token of another key": (
        {"OS_ACCESS_KEY": "AK1", "OS_SECRET_KEY": "SK1", "S3_SECURITY_TOKEN": "s3"}, None,
    ),
}  # fmt: skip


def test_a_session_token_belongs_to_its_access_key() -> None:
    for kind, (env, expected) in SESSION_TOKENS.items():
        cloud = Cloud()
        assert cloud.run("get", "j", env=KEY | env)[0] == 0, kind
        assert cloud.requests[-1].headers.get("X-Security-Token") == expected, kind


def test_half_a_key_is_not_completed_from_another_source() -> None:
    cloud = Cloud()
    env = KEY | {"OS_ACCESS_KEY": "AK1", "S3_SECRET_ACCESS_KEY": "SK2"}
    code, _, err = cloud.run("get", "j", env=env)
    assert (code, cloud.requests) == (2, [])
    assert "secret_key is not set" in err


@pytest.mark.parametrize("sets", [
    {"username": "mira", "password": PASSWORD, "user_domain_name": "dom"},
    {"application_credential_id": "ac", "application_credential_secret": SECRET},
])  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_keys_of_object_storage_yield_to_whatever_a_cloud_sets(
    tmp_path: Path, sets: dict[str, str], named: bool
) -> None:
    document = {"auth": {"auth_url": AUTH_URL, **sets}}
    env = {"S3_ACCESS_KEY_ID": "AK1", "S3_SECRET_ACCESS_KEY": "SK1"}
    cloud = Cloud()
    argv = ("get", "j", *(("--cloud", "b") if named else ()))
    cloud.run(*argv, env=env, **folder_with(tmp_path, document))
    assert cloud.posts == 1


def test_every_secret_belongs_to_a_set_so_that_it_stays_with_its_cloud() -> None:
    names = [name for group in precedence.CREDENTIALS for name in group.names]
    assert sorted(set(names)) == sorted(names)
    assert {setting.name for setting in SETTINGS if setting.secret} <= set(names)
