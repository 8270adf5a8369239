"""Errors: one line for people, copies with changed fields, codes that are printed once."""

from __future__ import annotations

from vbsjob import errors


def test_the_line_has_message_facts_and_hint() -> None:
    for error, line in (
        (errors.ApiError("Bad."), "Bad."),
        (errors.ApiError("Bad.", reason="No"), "Bad. The service says: No."),
        (
            errors.ApiError("Bad.", hint="Do it.", http_status=400, code="C.1", request_id="r"),
            "Bad. (HTTP 400, C.1, request id r) Do it.",
        ),
    ):
        assert str(error) == line
        assert error.args == (error.message,)


def test_replace_returns_a_changed_copy() -> None:
    error = errors.UnavailableError("Busy.", hint="Wait.", http_status=503, code="VBS.1")
    changed = error.replace(message="Very busy.", http_status=429)
    assert (changed.message, changed.http_status) == ("Very busy.", 429)
    assert (changed.hint, changed.code) == ("Wait.", "VBS.1")
    assert type(changed) is errors.UnavailableError
    assert (error.message, error.http_status) == ("Busy.", 503)


def test_a_code_that_is_the_http_status_is_printed_once() -> None:
    for code, facts in (("401", "HTTP 401"), ("4010", "HTTP 401, 4010"), (None, "HTTP 401")):
        error = errors.AuthError("No.", http_status=401, code=code)
        assert str(error) == f"No. ({facts})"
        assert error.document()["code"] == code
