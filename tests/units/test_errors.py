"""Errors: their exit codes and retry limits, one line for people, one object for programs."""

from __future__ import annotations

import errno

import pytest

from vbsjob import errors

FACTS = {
    "http_status": 503, "code": "VBS.1", "request_id": "req-7", "retry_after": 9.0,
}  # fmt: skip
CLASSES = [
    # class, exit code, attempts in all, longest first delay
    (errors.UsageError, 2, 1, 0.5),
    (errors.FieldMissingError, 3, 1, 0.5),
    (errors.AuthError, 4, 1, 0.5),
    (errors.RefusedCredentialsError, 4, 1, 0.5),
    (errors.JobNotFoundError, 5, 1, 0.5),
    (errors.ApiError, 6, 1, 0.5),
    (errors.UnexpectedResponseError, 6, 3, 0.5),
    (errors.UnavailableError, 7, None, 0.5),
    (errors.InvalidBodyError, 7, 3, 0.5),
    (errors.PermanentConnectionError, 7, 1, 0.5),
    (errors.InternalError, 70, 1, 0.5),
    (errors.ReportError, 70, 1, 0.5),
]


def test_each_class_has_its_exit_code_and_retry_limit() -> None:
    for kind, code, attempts, delay in CLASSES:
        error = kind("m.")
        assert (int(error.exit_code), error.max_attempts, error.base_delay) == (
            code,
            attempts,
            delay,
        )


def test_the_table_has_every_class() -> None:
    kinds = [item for item in vars(errors).values() if isinstance(item, type)]
    error_kinds = {kind for kind in kinds if issubclass(kind, errors.VbsjobError)}
    assert error_kinds - {errors.VbsjobError} == {row[0] for row in CLASSES}


def test_the_line_has_message_facts_and_hint() -> None:
    for error, line in (
        (errors.ApiError("Bad."), "Bad."),
        (errors.ApiError("Bad.", hint="Do it."), "Bad. Do it."),
        (errors.ApiError("Bad.", http_status=400), "Bad. (HTTP 400)"),
        (errors.ApiError("Bad.", code="C.1"), "Bad. (C.1)"),
        (errors.ApiError("Bad.", request_id="r"), "Bad. (request id r)"),
        (errors.ApiError("Bad.", reason="No"), "Bad. The service says: No."),
        (
            errors.ApiError("Bad.", hint="Do it.", http_status=400, code="C.1", request_id="r"),
            "Bad. (HTTP 400, C.1, request id r) Do it.",
        ),
    ):
        assert str(error) == line
        assert error.args == (error.message,)


def test_the_document_has_all_members_and_null_for_what_is_missing() -> None:
    assert errors.UnavailableError("Down.").document() == {
        "name": "unavailable", "exit_code": 7, "message": "Down.", "hint": None, "job_id": None,
        "http_status": None, "code": None, "request_id": None,
    }  # fmt: skip
    assert errors.AuthError("No.", hint="Sign in.", job_id="j", **FACTS).document() == {
        "name": "auth", "exit_code": 4, "message": "No.", "hint": "Sign in.", "job_id": "j",
        "http_status": 503, "code": "VBS.1", "request_id": "req-7",
    }  # fmt: skip


def test_an_error_is_frozen_and_replace_returns_a_changed_copy() -> None:
    error = errors.UnavailableError("Busy.", hint="Wait.", **FACTS)
    for name in ("message", "hint", "exit_code", "max_attempts", "other"):
        with pytest.raises(AttributeError, match="frozen"):
            setattr(error, name, 1)
    changed = error.replace(message="Very busy.", http_status=429)
    assert (changed.message, changed.http_status) == ("Very busy.", 429)
    assert (changed.hint, changed.code) == ("Wait.", "VBS.1")
    assert type(changed) is errors.UnavailableError
    assert (error.message, error.http_status) == ("Busy.", 503)
    assert error.replace(hint="Come back.").hint == "Come back."
    cause = ValueError("cause")
    error.__cause__ = cause  # what `raise ... from` does
    assert error.__cause__ is cause


def test_a_code_that_is_the_http_status_is_printed_once() -> None:
    for code, facts in (("401", "HTTP 401"), ("4010", "HTTP 401, 4010"), (None, "HTTP 401")):
        error = errors.AuthError("No.", http_status=401, code=code)
        assert str(error) == f"No. ({facts})"
        assert error.document()["code"] == code


def test_a_shortage_of_the_machine_is_named_and_nothing_else_is_one() -> None:
    for cause, words in (
        (OSError(errno.EMFILE, "x"), "too many open files"),
        (OSError(errno.ENFILE, "x"), "too many open files in the system"),
        (OSError(errno.ENOMEM, "x"), "not enough memory"),
        (OSError(errno.ENOBUFS, "x"), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (OSError(errno.EACCES, "x"), None),
        (OSError("without a number"), None),
        (ValueError("x"), None),
    ):
        error = errors.shortage(cause)
        assert (error is not None) is (words is not None)
        if error is not None:
            assert words is not None
            assert words in error.message
            assert error.hint
