"""The job API of the sandbox: who may see a job, signed requests, and unknown paths."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.raw_http import RawResponse, send
from tests.support.sandbox import (
    OTHER_SCOPE,
    credential,
    mfa,
    new_token,
    query_job,
    sandbox_here,
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


# Tokens.


@pytest.mark.parametrize("identity", [None, credential(), mfa("password", "totp")])
def test_every_token_of_the_project_sees_its_jobs(
    sandbox: Sandbox, identity: dict[str, Any] | None
) -> None:
    response = query_job(sandbox, new_token(sandbox, identity=identity), "restore-1")
    assert response.status == 200
    assert response.document["job_id"] == "restore-1"


@pytest.mark.parametrize(
    ("token", "code"), [("", "APIGW.0301"), ("unknown", "APIGW.0307"), ("a b", "APIGW.0307")]
)
def test_without_a_valid_token_the_gateway_refuses(sandbox: Sandbox, token: str, code: str) -> None:
    response = query_job(sandbox, token)
    assert response.status == 401
    assert response.document["error_code"] == code
    assert response.document["request_id"] == response.headers["x-request-id"]


def test_a_token_of_another_project_does_not_see_the_jobs(sandbox: Sandbox) -> None:
    other = new_token(sandbox, OTHER_SCOPE)
    response = query_job(sandbox, other)
    assert response.status == 403
    assert response.document["error"]["code"] == "VolumeBackup.0042"
    in_other_project = query_job(sandbox, other, project=account.EMPTY_PROJECT.id)
    assert in_other_project.status == 404
    assert in_other_project.document["error"]["code"] == "common.0011"


@pytest.mark.parametrize("project", ["p", account.EMPTY_PROJECT.id, account.PROJECT.name])
def test_a_token_does_not_see_jobs_under_another_project(sandbox: Sandbox, project: str) -> None:
    assert query_job(sandbox, new_token(sandbox), project=project).status == 403


@pytest.mark.parametrize("job_id", ["nothing", "backups", "backup%00", "..", "-ended", "%ff"])
def test_an_unknown_job_is_404_with_the_code_of_the_service(sandbox: Sandbox, job_id: str) -> None:
    response = query_job(sandbox, new_token(sandbox), job_id)
    assert response.status == 404
    assert response.document["error"]["code"] == "common.0011"


@pytest.mark.parametrize("query", ["?x=y", "?", "?job_id=other", "?a=b&a=c", "?%zz=/"])
def test_a_query_is_not_a_part_of_the_job_id(sandbox: Sandbox, query: str) -> None:
    response = query_job(sandbox, new_token(sandbox), f"backup{query}")
    assert response.status == 200
    assert response.document["job_id"] == "backup"


# Signatures. `auth/signing` is checked against the vendor's signer in units/test_aksk.py.


def signed_query(
    sandbox: Sandbox,
    key: account.AccessKey = account.ACCESS_KEY,
    *,
    path: str = JOB,
    project: str | None = account.PROJECT.id,
    at: datetime = NOON,
    headers: dict[str, str] | None = None,
) -> RawResponse:
    keys = signing.AccessKeyPair(key.access, key.secret, key.security_token or None)
    request = signing.signed(Request("GET", sandbox.address + path), keys, at, project)
    parts = urlsplit(request.url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name: value for name, value in request.headers.items() if name != "Host"}
    return send(sandbox.address, "GET", target, headers=sent | (headers or {}))


@pytest.mark.parametrize("key", [account.ACCESS_KEY, account.TEMPORARY_KEY])
@pytest.mark.parametrize("project", [account.PROJECT.id, None])
def test_a_signed_query_needs_no_token(
    sandbox: Sandbox, key: account.AccessKey, project: str | None
) -> None:
    assert signed_query(sandbox, key, project=project).status == 200


def test_the_identity_api_accepts_signed_requests(sandbox: Sandbox) -> None:
    name = account.PROJECT.name
    listed = signed_query(sandbox, path=f"/v3/projects?name={name}", project=None)
    (project,) = listed.document["projects"]
    assert project["id"] == account.PROJECT.id
    result = signed_query(sandbox, path="/v3/auth/catalog", project=None)
    assert account.PROJECT.id in str(result.document["catalog"])
    other = signed_query(sandbox, path="/v3/auth/catalog", project=account.EMPTY_PROJECT.id)
    assert account.PROJECT.id not in str(other.document["catalog"])
    assert signed_query(sandbox, path="/v3/auth/catalog", project="nothing").status == 403


@pytest.mark.parametrize("path", [f"{JOB}?b=2&a=1", f"{JOB}?x=%C3%A4%2F", f"{JOB}/", f"{JOB}?"])
def test_the_signature_covers_path_and_query_in_their_canonical_form(
    sandbox: Sandbox, path: str
) -> None:
    assert signed_query(sandbox, path=path).status == 200


@pytest.mark.parametrize("minutes", [-15, 0, 15])
def test_a_clock_may_differ_by_15_minutes(sandbox: Sandbox, minutes: int) -> None:
    assert signed_query(sandbox, at=NOON + timedelta(minutes=minutes)).status == 200


@pytest.mark.parametrize("minutes", [-16, 16, -60 * 24 * 365 * 2000, 60 * 24 * 365 * 5000])
def test_a_larger_difference_of_the_clocks_is_refused_with_both_times(
    sandbox: Sandbox, minutes: int
) -> None:
    at = NOON + timedelta(minutes=minutes)
    response = signed_query(sandbox, at=at)
    assert response.status == 401
    message = response.document["error_msg"]
    if at.year > 1000:  # strftime does not pad smaller years on every system
        assert "signature expired" in message
        assert at.strftime(signing.DATE) in message
        assert NOON.strftime(signing.DATE) in message


WRONG_SIGNATURES: dict[str, dict[str, Any]] = {
    "secret": {"key": account.ACCESS_KEY._replace(secret="wrong")},
    "access key": {"key": account.ACCESS_KEY._replace(access="UNKNOWN")},
    "no security token": {"key": account.TEMPORARY_KEY._replace(security_token="")},
    "security token": {"key": account.TEMPORARY_KEY._replace(security_token="wrong")},
    "a header changed later": {"headers": {"X-Project-Id": account.EMPTY_PROJECT.id}},
    "the time changed later": {"headers": {"X-Sdk-Date": "20260101T120001Z"}},
    "no time": {"headers": {"X-Sdk-Date": ""}},
    "no valid time": {"headers": {"X-Sdk-Date": "noon"}},
    "no signature": {"headers": {"Authorization": "SDK-HMAC-SHA256"}},
    "nothing signed": {
        "headers": {
            "Authorization": f"{signing.ALGORITHM} Access={account.ACCESS_KEY.access},"
            f" SignedHeaders=x-nothing, Signature={'0' * 64}"
        }
    },
    "another algorithm": {"headers": {"Authorization": "SDK-HMAC-SM3 Access=x"}},
}


@pytest.mark.parametrize("wrong", WRONG_SIGNATURES)
@pytest.mark.parametrize("path", [JOB, "/v3/projects"])
def test_a_wrong_signature_is_refused(sandbox: Sandbox, wrong: str, path: str) -> None:
    response = signed_query(sandbox, path=path, **WRONG_SIGNATURES[wrong])
    assert response.status == 401
    assert response.document["error_code"] == "APIGW.0301"


def test_a_signature_for_another_path_is_refused(sandbox: Sandbox) -> None:
    keys = signing.AccessKeyPair(account.ACCESS_KEY.access, account.ACCESS_KEY.secret)
    request = signing.signed(Request("GET", f"{sandbox.address}{JOB}-1"), keys, NOON)
    sent = {name: value for name, value in request.headers.items() if name != "Host"}
    response = send(sandbox.address, "GET", JOB, headers=sent)
    assert response.status == 401
    assert "verify aksk signature fail" in response.document["error_msg"]


def test_a_signed_query_of_another_project_does_not_see_the_jobs(sandbox: Sandbox) -> None:
    assert signed_query(sandbox, project=account.EMPTY_PROJECT.id).status == 403


# Paths and methods.


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/x", "/v1/x/jobs", f"{JOB}/more", "/v2/x/jobs/backup", "/v1/x/backups/y"]
)
def test_an_unknown_path_of_the_service_is_answered_by_the_gateway(
    sandbox: Sandbox, path: str
) -> None:
    response = send(sandbox.address, "GET", path)
    assert response.status == 404
    assert response.document["error_code"] == "APIGW.0101"


@pytest.mark.parametrize("path", ["/nothing", "/v3/nothing", "/v3/auth", "/v4", "/index.html"])
def test_another_unknown_path_is_a_json_404(sandbox: Sandbox, path: str) -> None:
    response = send(sandbox.address, "GET", path)
    assert response.status == 404
    assert response.document["error"]["code"] == 404


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "TRACE", "FOO", "get", "PROPFIND"])
@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", "GET, HEAD"),
        ("/v3", "GET, HEAD"),
        ("/v3/auth/tokens", "DELETE, GET, HEAD, POST"),
        ("/v3/projects", "GET, HEAD"),
        (JOB, "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_allowed_is_a_json_405(
    sandbox: Sandbox, method: str, path: str, allowed: str
) -> None:
    response = send(sandbox.address, method, path)
    assert response.status == 405
    assert response.headers["allow"] == allowed
    assert response.document["error"]["title"] == "Method Not Allowed"


def test_every_response_has_a_new_request_id(sandbox: Sandbox) -> None:
    token = new_token(sandbox)
    responses = [
        query_job(sandbox, token),
        query_job(sandbox, token, "nothing"),
        query_job(sandbox, ""),
        send(sandbox.address, "GET", "/"),
        send(sandbox.address, "FOO", "/v3"),
        send(sandbox.address, "POST", "/v3/auth/tokens", b"{"),
        send(sandbox.address, "GET", "/nothing"),
    ]
    ids = {response.headers["x-openstack-request-id"] for response in responses}
    assert len(ids) == len(responses)
    for response in responses:
        assert response.headers["x-request-id"] == response.headers["x-openstack-request-id"]
        assert response.headers["content-type"] == "application/json"
