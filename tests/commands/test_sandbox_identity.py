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
    SCOPE,
    TOKENS,
    credential,
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


def test_the_root_lists_the_versions_with_status_300_and_v3_describes_itself(
    sandbox: Sandbox,
) -> None:
    response = send(sandbox.address, "GET", "/")
    (version,) = response.document["versions"]["values"]
    assert response.status == 300
    assert response.headers["location"] == f"{sandbox.address}/v3/"
    assert re.fullmatch(r"v3\.[0-9]+", version["id"])
    assert version["links"] == [{"rel": "self", "href": f"{sandbox.address}/v3/"}]
    for path in ("/v3", "/v3/", "/v3?x=y"):
        assert send(sandbox.address, "GET", path).document == {"version": version}


def test_a_token_has_the_members_that_clients_read(sandbox: Sandbox) -> None:
    token = sign_in(sandbox, password(), SCOPE).document["token"]
    assert token["methods"] == ["password"]
    assert token["user"]["id"] == account.USER.id
    assert token["user"]["domain"] == token["project"]["domain"] == account.DOMAIN
    assert (token["project"]["id"], token["project"]["name"]) == account.PROJECT[:2]
    assert [role["name"] for role in token["roles"]] == ["member"]
    assert len(token["audit_ids"]) == 1
    issued, expires = (datetime.fromisoformat(token[n]) for n in ("issued_at", "expires_at"))
    assert expires - issued == timedelta(seconds=60)
    assert {entry["type"] for entry in token["catalog"]} == {"identity", "vbs"}
    for entry in token["catalog"]:
        (endpoint,) = entry["endpoints"]
        assert endpoint["interface"] == "public"
        assert endpoint["region_id"] == endpoint["region"] == account.REGION
        assert endpoint["url"].startswith(sandbox.address)
    short = sign_in(sandbox, password(), SCOPE, query="?nocatalog").document["token"]
    assert short.keys() == token.keys() - {"catalog"}


def test_user_project_and_credential_are_named_by_id_or_by_name_and_domain(
    sandbox: Sandbox,
) -> None:
    by_id = {"user": {"id": account.USER.id, "password": account.USER.secret}}
    domain_id = {"id": account.DOMAIN["id"]}
    project = {"name": account.PROJECT.name, "domain": DOMAIN}
    named = {"id": None, "name": account.CREDENTIAL.name}
    sign_ins: list[tuple[Any, ...]] = [
        (password(),),  # without a scope: the default project
        (password(), SCOPE),
        (password(), {"project": project}),
        (password(domain=domain_id), {"project": project | {"domain": domain_id}}),
        ({"methods": ["password"], "password": by_id}, SCOPE),
        (credential(),),
        (credential(**named, user={"id": account.USER.id}),),
        (credential(**named, user={"name": account.USER.name, "domain": DOMAIN}),),
        (token_method(account.TOKEN), SCOPE),
    ]
    refused = [sent for sent in sign_ins if sign_in(sandbox, *sent).status != 201]
    assert refused == []
    tokens = [new_token(sandbox, *scope, identity=identity) for identity, *scope in sign_ins]
    assert {query_job(sandbox, token).status for token in tokens} == {200}


def test_a_token_made_from_a_token_expires_with_it() -> None:
    clock = FakeClock()
    with sandbox_here(monotonic=clock) as sandbox:
        first = sign_in(sandbox, password(), SCOPE)
        clock.seconds += 59
        second = sign_in(sandbox, token_method(first.headers["x-subject-token"]), SCOPE)
        assert second.document["token"]["methods"] == ["password", "token"]
        assert second.document["token"]["expires_at"] == first.document["token"]["expires_at"]
        token = second.headers["x-subject-token"]
        assert query_job(sandbox, token).status == 200
        clock.seconds += 2
        assert query_job(sandbox, token).status == 401
        assert sign_in(sandbox, token_method(token), SCOPE).status == 404


def test_wrong_credentials_are_401_without_the_reason(sandbox: Sandbox) -> None:
    elsewhere = {"name": "elsewhere"}
    wrong: list[tuple[Any, ...]] = [
        (password(password="wrong"), SCOPE),
        (password(password=None), SCOPE),
        (password(name="nobody"), SCOPE),
        (password(id="nobody"), SCOPE),
        (password(domain=elsewhere), SCOPE),
        (password(domain={"id": "elsewhere"}), SCOPE),
        (password(domain={}), SCOPE),
        (password(), {"project": {"name": "nothing", "domain": DOMAIN}}),
        (password(), {"project": {"id": "nothing"}}),
        (password(), {"project": {"name": account.PROJECT.name, "domain": elsewhere}}),
        (credential(secret="wrong"),),
    ]
    message = "The request you have made requires authentication."
    error = {"code": 401, "title": "Unauthorized", "message": message}
    answers = [(sent, sign_in(sandbox, *sent)) for sent in wrong]
    assert [sent for sent, answer in answers if answer.document != {"error": error}] == []
    for _, answer in answers:
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Keystone")
        assert "x-subject-token" not in answer.headers


def test_other_refusals_have_the_status_of_keystone(sandbox: Sandbox) -> None:
    by_credential = token_method(new_token(sandbox, identity=credential()))
    unknown = {"id": None, "name": "unknown", "user": {"id": account.USER.id}}
    refused: list[tuple[int, tuple[Any, ...]]] = [
        (401, ({"methods": ["totp"], "totp": {}},)),
        (401, (password() | {"methods": ["password", "totp"]},)),
        (401, (password() | {"methods": []},)),
        (401, (credential(), SCOPE)),
        (404, (credential(id="unknown"),)),
        (404, (credential(**unknown),)),
        (404, (token_method("unknown"), SCOPE)),
        (404, (token_method(""), SCOPE)),
        (403, (by_credential, SCOPE)),
        (403, (by_credential,)),
    ]
    answers = [(case, sign_in(sandbox, *case[1])) for case in refused]
    assert [case for case, answer in answers if answer.status != case[0]] == []
    assert all(answer.document["error"]["code"] == answer.status for _, answer in answers)


def test_a_body_that_is_not_valid_is_400(sandbox: Sandbox) -> None:
    identity = password()
    documents: list[Any] = [
        {}, [], "auth", {"auth": {}},
        {"auth": {"identity": {"password": {}}}},
        {"auth": {"identity": {"methods": "password"}}},
        {"auth": {"identity": {"methods": ["password"]}}},
        {"auth": {"identity": {"methods": ["password"], "password": {}}}},
        {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "x"}}}}},
        {"auth": {"identity": {"methods": ["token"], "token": {}}}},
        {"auth": {"identity": identity, "scope": {}}},
        {"auth": {"identity": identity, "scope": None}},
        {"auth": {"identity": identity, "scope": "unscoped"}},
        {"auth": {"identity": identity, "scope": {"domain": DOMAIN}}},
        {"auth": {"identity": identity, "scope": {"project": {"name": account.PROJECT.name}}}},
        {"auth": {"identity": identity, "scope": {"project": {}}}},
        b"", b"{", b"\xff", b"[" * 60_000, b'{"auth": NaN}', b'{"auth":1,"auth":2}',
    ]  # fmt: skip
    json_type = {"Content-Type": "application/json"}
    answers = [send(sandbox.address, "POST", TOKENS, body, json_type) for body in documents]
    assert [
        document
        for document, answer in zip(documents, answers, strict=True)
        if answer.document["error"]["title"] != "Bad Request"
    ] == []
    assert {answer.status for answer in answers} == {400}
    text = send(sandbox.address, "POST", TOKENS, b"{}", {"Content-Type": "text/plain"})
    assert text.status == 400
    assert "Content-Type" in text.document["error"]["message"]


def test_a_token_is_validated_for_a_caller_with_a_token(sandbox: Sandbox) -> None:
    signed_in = sign_in(sandbox, credential())
    token = signed_in.headers["x-subject-token"]
    for method, caller, subject, status in (
        ("GET", token, token, 200), ("HEAD", token, token, 200), ("GET", "", token, 401),
        ("GET", "unknown", token, 401), ("GET", token, "unknown", 404), ("GET", token, "", 404),
    ):  # fmt: skip
        headers = {"X-Auth-Token": caller, "X-Subject-Token": subject}
        response = send(sandbox.address, method, TOKENS, headers=headers)
        assert response.status == status, (method, caller, subject)
        if status == 200:
            assert response.headers["x-subject-token"] == token
            assert method == "HEAD" or response.document == signed_in.document


def test_the_project_and_the_catalog_are_for_callers_with_a_token(sandbox: Sandbox) -> None:
    signed_in = sign_in(sandbox, password(), SCOPE)
    headers = {"X-Auth-Token": signed_in.headers["x-subject-token"]}
    catalog = send(sandbox.address, "GET", "/v3/auth/catalog", headers=headers)
    assert catalog.document["catalog"] == signed_in.document["token"]["catalog"]
    for path in ("/v3/projects", "/v3/auth/projects"):
        for query, number in (("", 1), (f"?name={account.PROJECT.name}&x=y", 1), ("?name=x", 0)):
            listed = send(sandbox.address, "GET", path + query, headers=headers).document
            ids = [project["id"] for project in listed["projects"]]
            assert ids == [account.PROJECT.id][:number], (path, query)
    for path in ("/v3/auth/catalog", "/v3/projects", "/v3/auth/projects"):
        for token in ("", "unknown"):
            refused = send(sandbox.address, "GET", path, headers={"X-Auth-Token": token})
            assert refused.document["error"]["code"] == refused.status == 401, (path, token)
