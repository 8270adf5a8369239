"""The job API of the sandbox: who may see a job, signed requests, paths, and wrong HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.support.raw_http import RawResponse, send, send_bytes
from tests.support.sandbox import new_token, query_job, sandbox_here
from vbsjob.auth import aksk
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
            for job_id in ("nothing", "backups", "backup%00", "..", "-ended", "%ff")
        },
    }
    answers = {case: query_job(sandbox, token, *case) for case in cases}
    codes = {case: (a.status, a.document["error"]["code"]) for case, a in answers.items()}
    assert codes == cases


def test_a_query_is_not_a_part_of_the_job_id(sandbox: Sandbox) -> None:
    token = new_token(sandbox)
    for query in ("?x=y", "?", "?job_id=other", "?%zz=/"):
        assert query_job(sandbox, token, f"backup{query}").document["job_id"] == "backup"


# Signatures. `aksk` is checked against the vendor's signer in units/test_aksk.py.


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
    keys = aksk.AccessKeyPair(access, secret)
    request = aksk.signed(Request("GET", sandbox.address + path), keys, at, project)
    parts = urlsplit(request.url)
    target = sent_path or parts.path + (f"?{parts.query}" if parts.query else "")
    sent = {name: value for name, value in request.headers.items() if name != "Host"}
    return send(sandbox.address, "GET", target, headers=sent | (headers or {}))


RIGHT_SIGNATURES: dict[str, dict[str, Any]] = {
    "job": {},
    "job without a project header": {"project": None},
    "projects": {"path": f"/v3/projects?name={account.PROJECT.name}", "project": None},
    "catalog": {"path": "/v3/auth/catalog", "project": None},
    "query": {"path": f"{JOB}?b=2&a=1"},
    "encoded query": {"path": f"{JOB}?x=%C3%A4%2F"},
    "slash at the end": {"path": f"{JOB}/"},
    "a clock 15 min behind": {"at": NOON - timedelta(minutes=15)},
    "a clock 15 min ahead": {"at": NOON + timedelta(minutes=15)},
}


def test_a_signed_request_needs_no_token(sandbox: Sandbox) -> None:
    answers = {name: signed_query(sandbox, **case) for name, case in RIGHT_SIGNATURES.items()}
    assert {name: a.document for name, a in answers.items() if a.status != 200} == {}
    assert answers["projects"].document["projects"][0]["id"] == account.PROJECT.id
    assert account.PROJECT.id in str(answers["catalog"].document["catalog"])


NOTHING_SIGNED = (
    f"{aksk.ALGORITHM} Access={account.ACCESS_KEY}, SignedHeaders=x-nothing, Signature={'0' * 64}"
)
WRONG_SIGNATURES: dict[str, dict[str, Any]] = {
    "secret": {"secret": "wrong"},
    "access key": {"access": "UNKNOWN"},
    "path": {"sent_path": f"{JOB}-1"},
    "a header changed later": {"headers": {"X-Project-Id": "p"}},
    "the time changed later": {"headers": {"X-Sdk-Date": "20260101T120001Z"}},
    "no time": {"headers": {"X-Sdk-Date": ""}},
    "no valid time": {"headers": {"X-Sdk-Date": "noon"}},
    "no signature": {"headers": {"Authorization": "SDK-HMAC-SHA256"}},
    "nothing signed": {"headers": {"Authorization": NOTHING_SIGNED}},
    "another algorithm": {"headers": {"Authorization": "SDK-HMAC-SM3 Access=x"}},
}


@pytest.mark.parametrize("path", [JOB, "/v3/projects"])
def test_a_wrong_signature_is_refused(sandbox: Sandbox, path: str) -> None:
    cases = {name: {"path": path} | case for name, case in WRONG_SIGNATURES.items()}
    answers = {name: signed_query(sandbox, **case) for name, case in cases.items()}
    assert {name: a.body for name, a in answers.items() if a.status != 401} == {}
    assert {a.document["error_code"] for a in answers.values()} == {"APIGW.0301"}
    assert "verify aksk signature fail" in answers["secret"].document["error_msg"]


def test_a_difference_of_the_clocks_above_15_minutes_is_refused_with_both_times(
    sandbox: Sandbox,
) -> None:
    for minutes in (-16, 16, 60 * 24 * 365 * 5000):
        at = NOON + timedelta(minutes=minutes)
        response = signed_query(sandbox, at=at)
        message = response.document["error_msg"]
        assert response.status == 401
        assert "signature expired" in message
        assert at.strftime(aksk.DATE) in message
        assert NOON.strftime(aksk.DATE) in message


# Paths, methods and HTTP.


def test_an_unknown_path_or_method_is_a_json_404(sandbox: Sandbox) -> None:
    service = ["/v1", "/v1/x", "/v1/x/jobs", f"{JOB}/more", "/v2/x/jobs/backup", "/v1/x/backups/y"]
    identity = ["/nothing", "/v3/nothing", "/v3/auth", "/v4", "/index.html"]
    requests = [
        *(("GET", path, "APIGW.0101") for path in service),
        *(("GET", path, 404) for path in identity),
        *((method, JOB, "APIGW.0101") for method in ("POST", "PUT", "PATCH", "DELETE")),
        *((method, "/v3/auth/tokens", 404) for method in ("PUT", "PATCH", "DELETE")),
    ]
    wrong = []
    for method, path, code in requests:
        response = send(sandbox.address, method, path)
        error = response.document.get("error", response.document)
        if response.status != 404 or code not in error.values():
            wrong.append((method, path, response))
    assert wrong == []


def test_every_response_has_a_new_request_id(sandbox: Sandbox) -> None:
    token = new_token(sandbox)
    responses = [
        query_job(sandbox, token),
        query_job(sandbox, token, "nothing"),
        query_job(sandbox, ""),
        send(sandbox.address, "GET", "/"),
        send(sandbox.address, "POST", "/v3/auth/tokens", b"{"),
        send(sandbox.address, "GET", "/nothing"),
    ]
    ids = {response.headers["x-openstack-request-id"] for response in responses}
    assert len(ids) == len(responses)
    for response in responses:
        assert response.headers["x-request-id"] == response.headers["x-openstack-request-id"]
        assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Length: -1", b"Content-Length: x", b"Content-Length: 999999",
        b"Content-Length: \xb2", b"Transfer-Encoding: chunked",
    ],
)  # fmt: skip
def test_a_body_without_a_valid_length_ends_the_request_and_not_the_sandbox(
    sandbox: Sandbox, header: bytes
) -> None:
    request = b"POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n\r\n"
    response = send_bytes(sandbox.address, request)
    assert response
    assert response.status == 411
    assert response.headers["connection"] == "close"
    assert query_job(sandbox, new_token(sandbox)).status == 200
