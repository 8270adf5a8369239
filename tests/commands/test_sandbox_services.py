"""The services of the sandbox: sign-in and tokens as in Keystone, jobs, signatures, wrong HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.sandbox import (
    DOMAIN,
    SCOPE,
    TOKENS,
    RawResponse,
    credential,
    new_token,
    password,
    query_job,
    sandbox_here,
    send,
    sign_in,
    token_method,
)
from vbsjob.auth import signing
from vbsjob.http.messages import Request
from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vbsjob.sandbox.server import Sandbox

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
JOB = f"/v1/{account.PROJECT.id}/jobs/backup"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_here(now=lambda: NOON) as running:
        yield running


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
    head = send(sandbox.address, "HEAD", JOB, headers={"X-Auth-Token": tokens[0]})
    assert (head.status, head.body) == (200, b"")


def test_a_refused_sign_in_has_the_status_of_keystone(sandbox: Sandbox) -> None:
    by_credential = token_method(new_token(sandbox, identity=credential()))
    elsewhere = {"project": {"name": account.PROJECT.name, "domain": {"name": "elsewhere"}}}
    cases: list[tuple[int, tuple[Any, ...]]] = [
        (401, (password(password="wrong"), SCOPE)),
        (401, (password(name="nobody"), SCOPE)),
        (401, (password(), elsewhere)),
        (401, (credential(secret="wrong"),)),
        (401, (credential(), SCOPE)),
        (401, (password() | {"methods": ["password", "totp"]},)),
        (403, (by_credential,)),
        (404, (credential(id="unknown"),)),
        (404, (token_method("unknown"), SCOPE)),
        (400, ({"methods": ["password"], "password": {"user": {"name": "x"}}},)),
        (400, (password(), {"domain": DOMAIN})),
    ]
    answers = [sign_in(sandbox, *sent) for _, sent in cases]
    assert [answer.status for answer in answers] == [status for status, _ in cases]
    assert all(answer.document["error"]["code"] == answer.status for answer in answers)
    assert answers[0].headers["www-authenticate"].startswith("Keystone")
    assert "password" not in answers[0].document["error"]["message"]  # nor any other reason
    assert {answer.body for answer in answers[:4]} == {answers[0].body}


def test_a_body_that_is_not_valid_is_400(sandbox: Sandbox) -> None:
    for body, kind, missing in (
        (b"{", "application/json", "JSON object"),
        (b"[]", "application/json", "JSON object"),
        (b'{"auth": {}}', "application/json", "identity"),
        (b"{}", "text/plain", "Content-Type"),
    ):
        answer = send(sandbox.address, "POST", TOKENS, body, {"Content-Type": kind})
        assert answer.status == 400
        assert missing in answer.document["error"]["message"]


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


# Jobs.


def test_without_a_valid_token_the_gateway_refuses(sandbox: Sandbox) -> None:
    for token, code in (("", "APIGW.0301"), ("unknown", "APIGW.0307"), ("a b", "APIGW.0307")):
        response = query_job(sandbox, token)
        assert (response.status, response.document["error_code"]) == (401, code)
        assert response.document["request_id"] == response.headers["x-request-id"]


def test_another_project_and_an_unknown_job_have_the_codes_of_the_service(sandbox: Sandbox) -> None:
    token = new_token(sandbox)
    cases = {
        ("backup", "p"): (403, "VolumeBackup.0042"),
        ("backup", account.PROJECT.name): (403, "VolumeBackup.0042"),
        **{
            (job_id, account.PROJECT.id): (404, "common.0011")
            for job_id in ("nothing", "backup%00", "..", "-ended")
        },
    }
    answers = {case: query_job(sandbox, token, *case) for case in cases}
    codes = {case: (a.status, a.document["error"]["code"]) for case, a in answers.items()}
    assert codes == cases


# Signatures. `signing` is checked against the vendor's signer in units/test_aksk.py.


def signed_query(
    sandbox: Sandbox,
    *,
    access: str = account.ACCESS_KEY,
    secret: str = account.SECRET_KEY,
    path: str = JOB,
    sent_path: str = "",
    project: str | None = account.PROJECT.id,
    at: datetime = NOON,
    headers: dict[str, str] | None = None,
) -> RawResponse:
    keys = signing.AccessKeyPair(access, secret)
    request = signing.signed(Request("GET", sandbox.address + path), keys, at, project)
    parts = urlsplit(request.url)
    target = sent_path or parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name: value for name, value in request.headers.items() if name != "Host"}
    return send(sandbox.address, "GET", target, headers=sent | (headers or {}))


RIGHT_SIGNATURES: dict[str, dict[str, Any]] = {
    "job": {},
    "job without a project header": {"project": None},
    "projects": {"path": f"/v3/projects?name={account.PROJECT.name}", "project": None},
    "catalog": {"path": "/v3/auth/catalog", "project": None},
    "query": {"path": f"{JOB}?b=2&a=%C3%A4%2F"},
    "a clock 15 min behind": {"at": NOON - timedelta(minutes=15)},
    "a clock 15 min ahead": {"at": NOON + timedelta(minutes=15)},
}


def test_a_signed_request_needs_no_token(sandbox: Sandbox) -> None:
    answers = {name: signed_query(sandbox, **case) for name, case in RIGHT_SIGNATURES.items()}
    assert {name: a.document for name, a in answers.items() if a.status != 200} == {}
    assert answers["projects"].document["projects"][0]["id"] == account.PROJECT.id
    assert account.PROJECT.id in str(answers["catalog"].document["catalog"])


WRONG_SIGNATURES: list[dict[str, Any]] = [
    {"secret": "wrong"},
    {"access": "UNKNOWN"},
    {"sent_path": f"{JOB}-1"},
    {"headers": {"X-Sdk-Date": "20260101T120001Z"}},
    {"headers": {"X-Sdk-Date": "noon"}},
    {"headers": {"Authorization": "SDK-HMAC-SHA256"}},
]


def test_a_wrong_signature_is_refused(sandbox: Sandbox) -> None:
    answers = [signed_query(sandbox, **case) for case in WRONG_SIGNATURES]
    codes = [(answer.status, answer.document["error_code"]) for answer in answers]
    assert codes == [(401, "APIGW.0301")] * len(answers)
    assert "verify aksk signature fail" in answers[0].document["error_msg"]


def test_a_difference_of_the_clocks_above_15_minutes_is_refused_with_both_times(
    sandbox: Sandbox,
) -> None:
    for minutes in (-16, 16, 60 * 24 * 365 * 5000):
        at = NOON + timedelta(minutes=minutes)
        response = signed_query(sandbox, at=at)
        message = response.document["error_msg"]
        assert response.status == 401
        assert "signature expired" in message
        assert at.strftime(signing.DATE) in message
        assert NOON.strftime(signing.DATE) in message


# Paths, methods and HTTP.


def test_an_unknown_path_or_method_is_a_json_404(sandbox: Sandbox) -> None:
    for method, path, code in (
        ("GET", "/v1/x/jobs", "APIGW.0101"),
        ("GET", f"{JOB}/more", "APIGW.0101"),
        ("GET", "/v2/x/jobs/backup", "APIGW.0101"),
        ("DELETE", JOB, "APIGW.0101"),
        ("GET", "/v3/nothing", 404),
        ("PUT", "/v3/auth/tokens", 404),
    ):
        response = send(sandbox.address, method, path)
        error = response.document.get("error", response.document)
        assert response.status == 404
        assert code in error.values(), (method, path)


def test_a_body_without_a_valid_length_ends_the_request_and_not_the_sandbox(
    sandbox: Sandbox,
) -> None:
    for name, value in (("Transfer-Encoding", "chunked"), ("Content-Length", "999999")):
        response = send(sandbox.address, "POST", TOKENS, headers={name: value})
        assert (response.status, response.headers["connection"]) == (411, "close")
    assert query_job(sandbox, new_token(sandbox)).status == 200
