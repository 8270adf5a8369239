"""The identity API of the sandbox answers as Keystone does: versions, sign-in, tokens, projects."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import FakeClock
from tests.support.raw_http import send
from tests.support.sandbox import (
    DOMAIN,
    OTHER_SCOPE,
    SCOPE,
    TOKENS,
    credential,
    mfa,
    new_token,
    password,
    query_job,
    sandbox_here,
    sign_in,
    token_method,
)
from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.sandbox.server import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_here() as running:
        yield running


# Versions.


def test_the_root_lists_the_versions_with_status_300(sandbox: Sandbox) -> None:
    response = send(sandbox.address, "GET", "/")
    (version,) = response.document["versions"]["values"]
    assert response.status == 300
    assert response.headers["location"] == f"{sandbox.address}/v3/"
    assert re.fullmatch(r"v3\.[0-9]+", version["id"])
    assert version["links"] == [{"rel": "self", "href": f"{sandbox.address}/v3/"}]


@pytest.mark.parametrize("path", ["/v3", "/v3/", "/v3?x=y"])
def test_v3_describes_itself(sandbox: Sandbox, path: str) -> None:
    response = send(sandbox.address, "GET", path)
    assert response.status == 200
    assert response.document["version"]["status"] == "stable"


# Tokens.


def test_a_token_has_the_members_that_clients_read(sandbox: Sandbox) -> None:
    token = sign_in(sandbox, password(), SCOPE).document["token"]
    assert token["methods"] == ["password"]
    assert token["user"]["id"] == account.USER.id
    assert token["user"]["domain"] == account.DOMAIN
    assert token["project"] == account.PROJECT.reference
    assert token["project"]["domain"] == account.DOMAIN
    assert token["is_domain"] is False
    assert [role["name"] for role in token["roles"]] == ["member"]
    assert len(token["audit_ids"]) == 1
    issued, expires = (datetime.fromisoformat(token[n]) for n in ("issued_at", "expires_at"))
    assert expires - issued == timedelta(seconds=60)
    assert {entry["type"] for entry in token["catalog"]} == {"identity", "vbs"}
    for entry in token["catalog"]:
        (endpoint,) = entry["endpoints"]
        assert (endpoint["interface"], endpoint["region_id"], endpoint["region"]) == (
            "public", account.REGION, account.REGION,
        )  # fmt: skip
        assert endpoint["url"].startswith(sandbox.address)


def test_the_query_nocatalog_omits_the_catalog(sandbox: Sandbox) -> None:
    response = sign_in(sandbox, password(), SCOPE, query="?nocatalog")
    assert response.status == 201
    assert "catalog" not in response.document["token"]


def test_without_a_scope_the_token_is_for_the_default_project(sandbox: Sandbox) -> None:
    token = sign_in(sandbox, password()).document["token"]
    assert token["project"]["id"] == account.PROJECT.id


@pytest.mark.parametrize("scope", ["unscoped", {"unscoped": {}}])
def test_an_unscoped_token_has_no_project_and_can_be_scoped(sandbox: Sandbox, scope: Any) -> None:
    response = sign_in(sandbox, password(), scope)
    token = response.document["token"]
    assert response.status == 201
    assert not {"project", "roles", "catalog"} & token.keys()
    unscoped = response.headers["x-subject-token"]
    assert query_job(sandbox, unscoped).status == 401
    scoped = new_token(sandbox, SCOPE, identity=token_method(unscoped))
    assert query_job(sandbox, scoped).status == 200


@pytest.mark.parametrize(
    "reference",
    [
        {"id": account.PROJECT.id},
        {"name": account.PROJECT.name, "domain": DOMAIN},
        {"name": account.PROJECT.name, "domain": {"id": account.DOMAIN["id"]}},
    ],
)
def test_a_project_is_named_by_its_id_or_by_its_name_and_domain(
    sandbox: Sandbox, reference: dict[str, Any]
) -> None:
    token = sign_in(sandbox, password(), {"project": reference}).document["token"]
    assert token["project"]["id"] == account.PROJECT.id


def test_a_user_is_named_by_the_id_too(sandbox: Sandbox) -> None:
    user = {"id": account.USER.id, "password": account.USER.password}
    identity = {"methods": ["password"], "password": {"user": user}}
    assert sign_in(sandbox, identity, SCOPE).status == 201


def test_a_rescoped_token_keeps_its_end_and_names_its_parent(sandbox: Sandbox) -> None:
    first = sign_in(sandbox, password(), SCOPE)
    token = first.headers["x-subject-token"]
    second = sign_in(sandbox, token_method(token), OTHER_SCOPE).document["token"]
    assert second["project"]["name"] == account.EMPTY_PROJECT.name
    assert second["methods"] == ["password", "token"]
    assert second["expires_at"] == first.document["token"]["expires_at"]
    assert second["audit_ids"][1:] == first.document["token"]["audit_ids"]


def test_a_rescoped_token_expires_with_its_parent() -> None:
    clock = FakeClock()
    with sandbox_here(monotonic=clock) as sandbox:
        token = new_token(sandbox, SCOPE)
        clock.seconds += 59
        rescoped = new_token(sandbox, SCOPE, identity=token_method(token))
        assert query_job(sandbox, rescoped).status == 200
        clock.seconds += 2
        assert query_job(sandbox, rescoped).status == 401


WRONG_CREDENTIALS: dict[str, tuple[dict[str, Any], Any]] = {
    "password": (password(password="wrong"), SCOPE),
    "no password": (password(password=None), SCOPE),
    "user": (password(name="nobody"), SCOPE),
    "user id": (password(id="nobody"), SCOPE),
    "domain of the user": (password(domain={"name": "elsewhere"}), SCOPE),
    "domain id of the user": (password(domain={"id": "elsewhere"}), SCOPE),
    "project": (password(), {"project": {"name": "nothing", "domain": DOMAIN}}),
    "project id": (password(), {"project": {"id": "nothing"}}),
    "domain of the project": (
        password(), {"project": {"name": account.PROJECT.name, "domain": {"name": "elsewhere"}}},
    ),
    "domain scope": (password(), {"domain": DOMAIN}),
    "system scope": (password(), {"system": {"all": True}}),
    "no method": ({"methods": []}, SCOPE),
    "passcode": (mfa("password", "totp", passcode="000000"), SCOPE),
    "passcode of a user without one": (
        {"methods": ["totp"],
         "totp": {"user": {"name": account.USER.name, "domain": DOMAIN, "passcode": ""}}}, SCOPE,
    ),
    "two users": (mfa("totp") | {"methods": ["password", "totp"]}
                  | {"password": password()["password"]}, SCOPE),
    "secret of the application credential": (credential(secret="wrong"), "none"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG_CREDENTIALS)
def test_wrong_credentials_are_401_without_the_reason(sandbox: Sandbox, wrong: str) -> None:
    identity, scope = WRONG_CREDENTIALS[wrong]
    response = sign_in(sandbox, identity, *([] if scope == "none" else [scope]))
    assert response.status == 401
    assert response.document["error"] == {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }
    assert response.headers["www-authenticate"].startswith("Keystone")
    assert "x-subject-token" not in response.headers


def test_an_unknown_method_is_401_with_the_methods_that_exist(sandbox: Sandbox) -> None:
    response = sign_in(sandbox, {"methods": ["oauth1"], "oauth1": {}})
    assert response.status == 401
    methods = response.document["error"]["identity"]["methods"]
    assert set(methods) == {"password", "totp", "token", "application_credential"}


NOT_VALID: dict[str, Any] = {
    "no auth": {},
    "no identity": {"auth": {}},
    "a list": [],
    "a text": "auth",
    "no methods": {"auth": {"identity": {"password": {}}}},
    "methods of another type": {"auth": {"identity": {"methods": "password"}}},
    "no payload": {"auth": {"identity": {"methods": ["password"]}}},
    "no user": {"auth": {"identity": {"methods": ["password"], "password": {}}}},
    "no domain": {
        "auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x"}}}}
    },
    "no token id": {"auth": {"identity": {"methods": ["token"], "token": {}}}},
    "two scopes": {"auth": {"identity": password(), "scope": {**SCOPE, "domain": DOMAIN}}},
    "an empty scope": {"auth": {"identity": password(), "scope": {}}},
    "no scope": {"auth": {"identity": password(), "scope": None}},
    "a project without its domain": {
        "auth": {"identity": password(), "scope": {"project": {"name": account.PROJECT.name}}}
    },
    "an empty project": {"auth": {"identity": password(), "scope": {"project": {}}}},
}


@pytest.mark.parametrize("name", NOT_VALID)
def test_a_body_that_is_not_valid_is_400(sandbox: Sandbox, name: str) -> None:
    response = send(sandbox.address, "POST", TOKENS, NOT_VALID[name])
    assert response.status == 400
    assert response.document["error"]["title"] == "Bad Request"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 60_000, b'{"auth": NaN}', b'{"auth":1,"auth":2}']
)
def test_a_body_that_is_not_json_is_400(sandbox: Sandbox, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    assert send(sandbox.address, "POST", TOKENS, body, headers).status == 400


def test_a_body_without_the_content_type_of_json_is_400(sandbox: Sandbox) -> None:
    response = send(
        sandbox.address, "POST", TOKENS, b'{"auth": {}}', {"Content-Type": "text/plain"}
    )
    assert response.status == 400
    assert "Content-Type" in response.document["error"]["message"]


@pytest.mark.parametrize("token", ["", "unknown", "sandbox-1"])
def test_an_unknown_token_is_404_as_in_keystone(sandbox: Sandbox, token: str) -> None:
    response = sign_in(sandbox, token_method(token), SCOPE)
    assert response.status == 404
    assert response.document["error"]["code"] == 404
    assert response.document["error"]["title"] == "Not Found"


def test_an_expired_and_a_revoked_token_are_404_as_in_keystone() -> None:
    clock = FakeClock()
    with sandbox_here(monotonic=clock) as sandbox:
        revoked, expired = new_token(sandbox), new_token(sandbox)
        headers = {"X-Auth-Token": revoked, "X-Subject-Token": revoked}
        assert send(sandbox.address, "DELETE", TOKENS, headers=headers).status == 204
        assert sign_in(sandbox, token_method(revoked), SCOPE).status == 404
        assert sign_in(sandbox, token_method(expired), SCOPE).status == 201
        clock.seconds += 61
        assert sign_in(sandbox, token_method(expired), SCOPE).status == 404


# Application credentials and multi-factor sign-in.


@pytest.mark.parametrize(
    "named",
    [
        {},
        {"id": None, "name": account.APPLICATION_CREDENTIAL.name,
         "user": {"id": account.USER.id}},
        {"id": None, "name": account.APPLICATION_CREDENTIAL.name,
         "user": {"name": account.USER.name, "domain": DOMAIN}},
    ],
)  # fmt: skip
def test_an_application_credential_gives_a_token_for_its_project(
    sandbox: Sandbox, named: dict[str, Any]
) -> None:
    response = sign_in(sandbox, credential(**named))
    token = response.document["token"]
    assert token["methods"] == ["application_credential"]
    assert token["project"]["id"] == account.PROJECT.id
    assert token["application_credential"]["restricted"] is True
    assert query_job(sandbox, response.headers["x-subject-token"]).status == 200


def test_an_application_credential_cannot_request_a_scope(sandbox: Sandbox) -> None:
    assert sign_in(sandbox, credential(), SCOPE).status == 401


@pytest.mark.parametrize(
    "named", [{"id": "unknown"}, {"id": None, "name": "unknown", "user": {"id": account.USER.id}}]
)
def test_an_unknown_application_credential_is_404(sandbox: Sandbox, named: dict[str, Any]) -> None:
    assert sign_in(sandbox, credential(**named)).status == 404


def test_a_token_of_an_application_credential_can_be_validated_but_not_rescoped(
    sandbox: Sandbox,
) -> None:
    token = new_token(sandbox, identity=credential())
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    assert send(sandbox.address, "GET", TOKENS, headers=headers).status == 200
    assert sign_in(sandbox, token_method(token), SCOPE).status == 403
    assert sign_in(sandbox, token_method(token)).status == 403


def test_password_and_passcode_together_sign_in(sandbox: Sandbox) -> None:
    token = sign_in(sandbox, mfa("password", "totp"), SCOPE).document["token"]
    assert token["methods"] == ["password", "totp"]
    assert token["user"]["id"] == account.MFA_USER.id


@pytest.mark.parametrize(("first", "second"), [("password", "totp"), ("totp", "password")])
def test_one_of_two_methods_gives_a_receipt_and_the_other_completes_it(
    sandbox: Sandbox, first: str, second: str
) -> None:
    response = sign_in(sandbox, mfa(first), SCOPE)
    assert response.status == 401
    assert response.document["receipt"]["methods"] == [first]
    assert response.document["receipt"]["user"]["id"] == account.MFA_USER.id
    assert response.document["required_auth_methods"] == [["password", "totp"]]
    receipt = response.headers["openstack-auth-receipt"]
    again = sign_in(sandbox, mfa(first), SCOPE, Openstack_Auth_Receipt=receipt)
    assert again.status == 401
    complete = sign_in(sandbox, mfa(second), SCOPE, Openstack_Auth_Receipt=receipt)
    assert complete.document["token"]["methods"] == [first, second]


@pytest.mark.parametrize("receipt", ["unknown", ""])
def test_a_receipt_that_is_not_known_does_not_help(sandbox: Sandbox, receipt: str) -> None:
    response = sign_in(sandbox, mfa("totp"), SCOPE, Openstack_Auth_Receipt=receipt)
    assert response.status == 401


# Validation, revocation, projects, catalog.


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_token_is_validated(sandbox: Sandbox, method: str) -> None:
    signed_in = sign_in(sandbox, password(), SCOPE)
    token = signed_in.headers["x-subject-token"]
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    response = send(sandbox.address, method, TOKENS, headers=headers)
    assert response.status == 200
    assert response.headers["x-subject-token"] == token
    if method == "GET":
        assert response.document == signed_in.document
    else:
        assert response.body == b""


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_validation_and_revocation_need_a_caller_and_a_subject(
    sandbox: Sandbox, method: str
) -> None:
    token, other = new_token(sandbox), new_token(sandbox, identity=mfa("password", "totp"))

    def status(caller: str | None, subject: str | None) -> int:
        given = {"X-Auth-Token": caller, "X-Subject-Token": subject}
        headers = {name: value for name, value in given.items() if value is not None}
        return send(sandbox.address, method, TOKENS, headers=headers).status

    assert status(None, token) == 401
    assert status("unknown", token) == 401
    assert status(token, "unknown") == 404
    assert status(token, None) == 403
    assert status(other, token) == 403
    assert query_job(sandbox, token).status == 200


def test_a_revoked_token_is_not_valid(sandbox: Sandbox) -> None:
    token = new_token(sandbox)
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    response = send(sandbox.address, "DELETE", TOKENS, headers=headers)
    assert (response.status, response.body) == (204, b"")
    assert query_job(sandbox, token).status == 401
    assert send(sandbox.address, "GET", TOKENS, headers=headers).status == 401


@pytest.mark.parametrize("path", ["/v3/projects", "/v3/auth/projects"])
def test_projects_are_listed_and_filtered_by_name(sandbox: Sandbox, path: str) -> None:
    headers = {"X-Auth-Token": new_token(sandbox, "unscoped")}
    listed = send(sandbox.address, "GET", path, headers=headers).document["projects"]
    assert [project["id"] for project in listed] == [project.id for project in account.PROJECTS]
    query = f"{path}?name={account.PROJECT.name}&limit=5"
    (project,) = send(sandbox.address, "GET", query, headers=headers).document["projects"]
    assert project["id"] == account.PROJECT.id
    nothing = send(sandbox.address, "GET", f"{path}?name=nothing", headers=headers)
    assert nothing.document["projects"] == []


def test_the_catalog_is_that_of_the_token(sandbox: Sandbox) -> None:
    token = sign_in(sandbox, password(), OTHER_SCOPE)
    headers = {"X-Auth-Token": token.headers["x-subject-token"]}
    response = send(sandbox.address, "GET", "/v3/auth/catalog", headers=headers)
    assert response.document["catalog"] == token.document["token"]["catalog"]
    headers = {"X-Auth-Token": new_token(sandbox, "unscoped")}
    assert send(sandbox.address, "GET", "/v3/auth/catalog", headers=headers).status == 403


@pytest.mark.parametrize("path", ["/v3/auth/catalog", "/v3/projects", "/v3/auth/projects"])
@pytest.mark.parametrize("token", ["", "unknown"])
def test_the_catalog_and_the_projects_need_a_token(sandbox: Sandbox, path: str, token: str) -> None:
    response = send(sandbox.address, "GET", path, headers={"X-Auth-Token": token})
    assert response.status == 401
    assert response.document["error"]["code"] == 401
