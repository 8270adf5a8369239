"""OpenID Connect: a token of an identity provider, and types of sign-in that are not supported.

The double checks every header and member of the two requests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.support import canary
from tests.support.cloud import AUTH_URL, PROJECT_ID, SERVICE, USER, Cloud, json_response
from vbsjob.config.schema import UNSUPPORTED_AUTH_TYPES

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.http.messages import Request, Response

ACCESS_TOKEN = canary.secret("eyJ0.canary-openid-5K.sig")
UNSCOPED = canary.secret("canary-unscoped-6T")
FEDERATION = f"{AUTH_URL}/OS-FEDERATION/identity_providers/git%2Flab/protocols/oidc/auth"
OPENID = {
    "OS_AUTH_URL": AUTH_URL,
    "OS_AUTH_TYPE": "v3oidcaccesstoken",
    "OS_IDENTITY_PROVIDER": "git/lab",
    "OS_PROTOCOL": "oidc",
    "OS_ACCESS_TOKEN": ACCESS_TOKEN,
    "OS_PROJECT_NAME": "eu-de_team",
    "OS_PROJECT_DOMAIN_NAME": "dom",
}


@dataclass
class FederatedCloud(Cloud):
    """A cloud with an identity provider; `status` is that of a good answer."""

    status: int = 201

    def __call__(self, request: Request) -> Response:
        if request.url != FEDERATION:
            return super().__call__(request)
        self.requests.append(request)
        answer = self.before(request)
        if answer is not None:
            return answer
        assert (request.method, request.body) == ("POST", b"")
        assert request.headers == {"Authorization": f"Bearer {ACCESS_TOKEN}"}
        self.tokens.add(UNSCOPED)
        document = self.token_document()
        del document["project"], document["catalog"]
        return json_response(self.status, {"token": document}, **{"x-subject-token": UNSCOPED})


def test_the_token_gives_an_unscoped_token_and_that_one_for_the_project() -> None:
    for status, auth_type in product((200, 201), ("v3oidcaccesstoken", "")):
        cloud = FederatedCloud(status=status)
        code, _, err = cloud.run("get", "j", env=OPENID | {"OS_AUTH_TYPE": auth_type})
        assert code == 0, err
        assert [(request.method, request.url) for request in cloud.requests] == [
            ("POST", FEDERATION),
            ("POST", f"{AUTH_URL}/auth/tokens"),
            ("GET", f"{SERVICE}/v1/{PROJECT_ID}/jobs/j"),
        ]
        assert json.loads(cloud.requests[1].body)["auth"] == {
            "identity": {"methods": ["token"], "token": {"id": UNSCOPED}},
            "scope": {"project": {"name": "eu-de_team", "domain": {"name": "dom"}}},
        }
        assert cloud.requests[2].headers["X-Auth-Token"] == "canary-token-1"


def test_a_cloud_names_the_provider_and_the_environment_has_the_token(tmp_path: Path) -> None:
    auth = {n.removeprefix("OS_").lower(): value for n, value in OPENID.items() if "ACC" not in n}
    cloud = {"auth_type": auth.pop("auth_type"), "auth": auth}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"ci": cloud}}))
    env = {"OS_ACCESS_TOKEN": ACCESS_TOKEN}
    code, _, err = FederatedCloud().run(
        "get", "j", "--cloud", "ci", env=env, config_folders=(tmp_path,)
    )
    assert (code, err) == (0, "")


def test_a_watch_says_that_the_sign_in_cannot_be_renewed_and_ends_with_4() -> None:
    cloud = FederatedCloud(lifetime=600.0)

    def job(request: Request) -> Response | None:
        if "/jobs/" not in request.url:
            return None
        if cloud.clock() > 1600.0:  # the clock starts at 1000
            cloud.tokens.clear()
        alive = request.headers["X-Auth-Token"] in cloud.tokens
        return json_response(200, {"job_id": "j", "status": "RUNNING"}) if alive else None

    cloud.before = job
    code, out, err = cloud.run("watch", "j", env=OPENID)
    assert code == 4, (out, err)
    assert "this sign-in cannot be renewed" in err
    assert cloud.posts == 2


def test_the_stored_token_belongs_to_the_openid_token(tmp_path: Path) -> None:
    cloud = FederatedCloud()
    for _ in range(2):
        assert cloud.run("get", "j", env=OPENID, cache=tmp_path)[0] == 0
    assert cloud.posts == 2
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert ACCESS_TOKEN.encode() not in written
    refuse = FederatedCloud(before=lambda r: json_response(401, {}) if r.method == "POST" else None)
    other = OPENID | {"OS_ACCESS_TOKEN": "eyJ0.another-user.sig"}
    assert refuse.run("get", "j", env=other, cache=tmp_path)[0] == 4


def test_a_missing_setting_is_named_before_any_request() -> None:
    for name in [n for n in OPENID if n not in ("OS_AUTH_TYPE", "OS_AUTH_URL")]:
        cloud = FederatedCloud()
        code, _, err = cloud.run("get", "j", env=OPENID | {name: ""})
        assert (code, cloud.requests) == (2, [])
        assert name in err


REFUSALS = {
    # status of the identity provider's address: exit code, and whether the hint is about the token
    401: (4, True), 403: (4, True), 404: (6, True), 503: (7, False), 301: (6, False),
}  # fmt: skip


@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_names_what_to_check(status: int) -> None:
    answer = json_response(status, {"error": {"code": status, "message": "No such provider."}})
    cloud = FederatedCloud(before=lambda r: answer if r.url == FEDERATION else None)
    code, _, err = cloud.run("get", "j", env=OPENID)
    assert (code, "Get a new OpenID Connect token" in err) == REFUSALS[status], err
    assert ("OS_IDENTITY_PROVIDER" in err) is REFUSALS[status][1]


def test_s05_no_token_of_the_sign_in_is_shown() -> None:
    def echo(request: Request) -> Response | None:
        if request.url == FEDERATION:
            return None
        return json_response(403, {"error": {"code": 403, "message": f"{UNSCOPED} {ACCESS_TOKEN}"}})

    code, _, err = FederatedCloud(before=echo).run("get", "j", "-v", env=OPENID)
    assert code == 4
    assert "canary" not in err


COMPANY = USER | {"OS_IDENTITY_PROVIDER": "company", "OS_PROTOCOL": "oidc", "OS_CLIENT_ID": "x"}
"""A user of a company: the password is not one of the cloud."""


def test_another_federated_sign_in_is_refused_with_the_way_that_works() -> None:
    for auth_type in UNSUPPORTED_AUTH_TYPES:
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=COMPANY | {"OS_AUTH_TYPE": auth_type})
        assert (code, cloud.requests) == (2, [])
        assert f"{auth_type!r} is a sign-in that vbsjob does not support" in err
        assert "'openstack token issue'" in err
        assert "OS_TOKEN and OS_AUTH_TYPE=token" in err
        assert "omit" not in err
        assert "password" not in err.replace(auth_type, "")


BROUGHT: dict[str, tuple[dict[str, str], int]] = {
    # environment beside a named cloud with v3oidcpassword, and the exit code
    "token and type": ({"OS_TOKEN": "mine", "OS_AUTH_TYPE": "token"}, 0),
    "own variables": ({"VBSJOB_TOKEN": "mine", "VBSJOB_AUTH_TYPE": "v3token"}, 0),
    "token alone": ({"OS_TOKEN": "mine"}, 2),
    "type alone": ({"OS_AUTH_TYPE": "token"}, 2),
    "for another address": (
        {"OS_TOKEN": "mine", "OS_AUTH_TYPE": "token", "OS_AUTH_URL": "https://iam.other.test"}, 2,
    ),
}  # fmt: skip


def test_a_named_cloud_with_such_a_type_accepts_a_token(tmp_path: Path) -> None:
    for env, expected in BROUGHT.values():
        auth = {name.removeprefix("OS_").lower(): value for name, value in COMPANY.items()}
        clouds = {"company": {"auth_type": "v3oidcpassword", "auth": auth}}
        (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": clouds}))
        (tmp_path / "clouds.yaml").chmod(0o600)
        cloud = Cloud(tokens={"mine"})
        argv = ("get", "j", "--cloud", "company")
        code, _, err = cloud.run(*argv, env=env, config_folders=(tmp_path,))
        assert code == expected, err
        assert [request.method for request in cloud.requests] == (
            [] if expected else ["GET", "GET"]
        )
        if not expected:
            assert err == ""
