"""http.errors: what an error body says, in every known shape, and which error a response is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from vbsjob.errors import (
    ApiError,
    AuthError,
    InvalidBodyError,
    JobNotFoundError,
    RefusedCredentialsError,
    VbsjobError,
)
from vbsjob.http import errors
from vbsjob.http.errors import ErrorBody
from vbsjob.http.messages import Request, Response

QUERY = Request("GET", "https://vbs.test/v1/p/jobs/j")
ORIGIN = "https://vbs.test"


def response(status: int, document: Any = None, **headers: str) -> Response:
    body = b"" if document is None else json.dumps(document).encode()
    return Response(status, headers, body)


def of(status: int, document: Any = None, job_id: str | None = "j", **headers: str) -> VbsjobError:
    """Return the error of a response to the query of a job."""
    return errors.from_response(QUERY, response(status, document, **headers), job_id)


ERROR_BODIES: list[tuple[Any, ErrorBody]] = [
    ({"error": {"code": "c", "message": "m"}}, ErrorBody("c", "m")),
    ({"error": {"code": "c", "request_id": "r"}}, ErrorBody("c", "", "r")),
    ({"error": {"request_id": "inner"}, "request_id": "r"}, ErrorBody(None, "", "r")),
    ({"error_code": "c", "error_msg": "m", "request_id": "r"}, ErrorBody("c", "m", "r")),
    ({"errCode": "c", "errMsg": "m"}, ErrorBody("c", "m")),
    ({"itemNotFound": {"code": 404, "message": "m"}}, ErrorBody("404", "m")),
    ({"itemNotFound": {"code": 404}, "message": "m"}, ErrorBody(None, "m")),
    ({"itemNotFound": "m"}, ErrorBody()),
    ({"message": "m", "title": "t"}, ErrorBody(None, "m")),
    ({"message": "", "error_msg": "m"}, ErrorBody(None, "m")),
    ({"message": ["m"], "code": True}, ErrorBody()),
    ({"code": 0, "message": 7}, ErrorBody("0", "7")),
    ({"error": "text", "code": "c"}, ErrorBody("c")),
    ({"request_id": "with a space", "code": "c"}, ErrorBody("c")),
    ({"message": "a\x1b[31m\nb"}, ErrorBody(None, "a^[[31m⏎b")),
    ({"message": "é" * 400}, ErrorBody(None, "é" * 300)),
    ({"code": "c" * 301}, ErrorBody("c" * 300)),
    ({}, ErrorBody()),
    (None, ErrorBody()),
]


def test_an_error_body_is_read_in_every_known_shape() -> None:
    assert [(given, errors.read_document(given)) for given, _ in ERROR_BODIES] == ERROR_BODIES


NOT_FOUND, OFFERED = "job j was not found", "does not offer this API"
RIGHT, REFUSED = "does not allow this request", "did not accept the credentials"
KINDS: list[tuple[int, Any, str | None, type[VbsjobError], str]] = [
    (400, {"code": "common.0011"}, "j", JobNotFoundError, NOT_FOUND),
    (403, {"code": "Common.0011"}, "j", JobNotFoundError, NOT_FOUND),
    (409, {"code": "common.0011"}, None, ApiError, "rejected the request"),
    (400, {"code": 400}, None, RefusedCredentialsError, REFUSED),
    (400, {"code": "APIGW.0303"}, None, RefusedCredentialsError, REFUSED),
    (404, {"code": "APIGW.0101"}, "j", ApiError, OFFERED),
    (404, {}, None, ApiError, OFFERED),
    (404, {"code": "other"}, "j", JobNotFoundError, NOT_FOUND),
    (400, {"code": "VolumeBackup.0041"}, "j", AuthError, RIGHT),
    (401, {"code": "volumebackup.0044"}, "j", AuthError, RIGHT),
    (403, {}, "j", AuthError, RIGHT),
    (401, {}, "j", RefusedCredentialsError, REFUSED),
    (401, {"code": "common.0011"}, "j", RefusedCredentialsError, REFUSED),
    (401, {"code": "APIGW.0303"}, "j", AuthError, "the clock of this machine is wrong"),
    (403, {"code": "APIGW.0303"}, "j", AuthError, RIGHT),
    (401, {"message": "Signature expired"}, "j", AuthError, "the clock of this machine"),
    (401, {"message": "signature wrong"}, "j", RefusedCredentialsError, REFUSED),
    (401, {"message": "token expired"}, "j", RefusedCredentialsError, REFUSED),
]


def test_a_code_or_text_of_the_service_names_the_error() -> None:
    named = [(*case, of(*case)) for *case, _, _ in KINDS]
    assert [
        (*case, str(error))
        for (*case, error), (*_, kind, words) in zip(named, KINDS, strict=True)
        if type(error) is not kind or words not in error.message
    ] == []


def test_an_address_without_this_api_names_the_setting_to_check() -> None:
    assert of(404, {}, None).hint == "Check the auth_url (OS_AUTH_URL)."
    assert of(404, {"code": "apigw.0101"}).hint == "Check --endpoint."


def test_f17_a_pause_that_the_service_requests_is_in_the_error() -> None:
    error = of(503, None, **{"retry-after": "7.4"})
    assert (error.retry_after, error.hint) == (7.4, "The service requests a pause of 7 s.")


def test_the_request_id_of_the_body_comes_before_that_of_the_header() -> None:
    both = of(400, {"code": "c", "request_id": "body"}, **{"x-request-id": "header"})
    assert both.request_id == "body"


def test_f63_the_clock_of_the_service_is_in_its_date_header_to_two_seconds() -> None:
    noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    dated = response(404, date="Fri, 01 May 2026 12:00:00 GMT")
    for seconds, difference in ((0.6, 0.0), (1.99, 0.0), (-1.99, 0.0), (2.0, -2.0), (-2.0, 2.0)):
        clock_difference = errors.clock(dated.headers, noon + timedelta(seconds=seconds))
        assert clock_difference == timedelta(seconds=difference)
    for headers in ({"date": "yesterday"}, {"date": "Fri, 99 May 2026 14:00:00 GMT"}, {}):
        assert errors.clock(headers, noon) is None


def test_f25_an_unreadable_answer_is_named_by_its_size_and_type() -> None:
    for kind, shown in (
        ("text/html; charset=x", "HTML, not JSON (11 bytes)"),
        ("text/plain\x1b", "text/plain^[, not a JSON object (11 bytes: not JSON, or cut off)"),
        ("a" * 61, f"{'a' * 60}, not a JSON object (11 bytes: not JSON, or cut off)"),
        (None, "data without a content type, not a JSON object (11 bytes: not JSON, or cut off)"),
    ):
        headers = {"x-request-id": "r"} | ({} if kind is None else {"content-type": kind})
        error = errors.from_response(QUERY, Response(200, headers, b"canary-body"), "j")
        assert type(error) is InvalidBodyError
        assert error.message == f"{ORIGIN} sent {shown}."
        assert error.hint.startswith("Check --endpoint. A login page of the network")
        assert (error.http_status, error.request_id) == (200, "r")


def test_f25_a_page_names_what_to_check_and_is_never_about_rights_or_a_missing_job() -> None:
    headers = {"content-type": "text/html", "location": "https://portal.test/login"}
    for status, words in (
        (302, "redirects to https://portal.test"), (401, "login page"), (403, "login page"),
        (404, "Check --endpoint"),
    ):  # fmt: skip
        error = errors.from_response(QUERY, Response(status, headers, b"<html>"), "j")
        assert (error.exit_code, error.is_page) == (6, True)
        assert words in str(error)


JOB: dict[str, Any] = {"job_id": "j", "status": "RUNNING"}
NOTHING: list[Any] = [None, {}, "", [], False, {"code": None}]
FLAT = {"error_code": "VolumeBackup.0064", "error_msg": "no"}
FORMS: list[tuple[Any, str | None]] = [
    (JOB, "job"),
    ({"job_id": "j"}, "job"),
    (JOB | {"status": None}, "job"),
    (JOB | {"status": "FAIL", "code": "c", "message": "m", "error_code": "e"}, "job"),
    *((JOB | {"error": nothing}, "job") for nothing in NOTHING),
    *((JOB | {"error": what}, "error") for what in ("x", ["x"], True, 1, {"code": 0}, {"a": ""})),
    ({"error": {"code": "c", "message": "m", "job_id": "j"}}, "error"),
    ({"job_id": "j"} | FLAT, "error"),
    (FLAT, "error"),
    ({"code": "c", "message": "m"}, "error"),
    ({"errCode": "c", "errMsg": "m"}, "error"),
    ({"message": "m", "request_id": "r"}, "error"),
    ({"itemNotFound": {"message": "m", "code": 404}}, "error"),
    ({"status": "FAIL"}, None),
    (JOB | {"status": 0}, None),
    (JOB | {"job_id": 1}, None),
    ({}, None),
    ({"error": {}}, None),
    ([JOB], None),
    ("j", None),
    (None, None),
    ({"job": {"id": "i", "name": "CreateInstance", "status": "Completed"}}, None),  # RDS
    ({"operation_log": {"id": "i", "status": "success", "error_info": {"code": ""}}}, None),  # CBR
    ({"kind": "Job", "metadata": {"uid": "i"}, "status": {"phase": "Success"}}, None),  # CCE
]


def test_s20_what_is_a_job_and_what_is_an_error_is_decided_in_one_place() -> None:
    assert [(document, errors.form(document)) for document, _ in FORMS] == FORMS
    for document, form in FORMS:
        assert errors.form(document, 500) == ("error" if isinstance(document, dict) else None)
        answer = response(200, document)
        if form == "job":
            assert errors.job_document(QUERY, answer, "j") == document
            continue
        with pytest.raises(VbsjobError) as caught:
            errors.job_document(QUERY, answer, "j")
        assert caught.value.is_page is (form is None), document
