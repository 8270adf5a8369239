"""Turns every refusal of the service, in whatever shape it comes, into a problem of ours.

Knows the shapes of error bodies and what a status means; asks and retries nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vbsjob.config import endpoints
from vbsjob.errors import (
    ApiError,
    AuthError,
    InvalidBodyError,
    JobNotFoundError,
    PermanentConnectionError,
    ThrottledError,
    UnavailableError,
    VbsjobError,
)
from vbsjob.http import retry, strict_json
from vbsjob.http.messages import REQUEST_ID
from vbsjob.text import printable

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from vbsjob.http.messages import Request, Response

TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504, 522, 524})
THROTTLED = frozenset({429, 503})
RIGHTS = frozenset({"volumebackup.0041", "volumebackup.0042", "volumebackup.0044"})
UNKNOWN_JOB = "common.0011"
WRONG_PLACE = "apigw.0101"
LONGEST_MESSAGE = 300


@dataclass(frozen=True, slots=True)
class Words:
    """What an error body says: its code and message, harmless and short, and its request id."""

    code: str | None = None
    message: str = ""
    request_id: str | None = None


def words(body: bytes) -> Words:
    """Read an error body of any known shape; empty words where it has none of them."""
    try:
        return of_document(strict_json.read(body))
    except strict_json.InvalidJsonError:
        return Words()


def of_document(found: Any) -> Words:
    """Read the words of a decoded error body.

    Shapes: {"error": {…}}, {"error_code", "error_msg"}, {"code", "message"}, {"errCode",
    "errMsg"}, {"message", "request_id"} and OpenStack's {"itemNotFound": {…}}.
    """
    if not isinstance(found, dict):
        return Words()
    inner = found
    if len(found) == 1 and isinstance(next(iter(found.values())), dict):
        inner = next(iter(found.values()))
    elif isinstance(found.get("error"), dict):
        inner = found["error"]
    code = _first(inner, "code", "error_code", "errCode")
    message = _first(inner, "message", "error_msg", "errMsg", "title")
    request_id = REQUEST_ID.fullmatch(_first(found, "request_id") or _first(inner, "request_id"))
    return Words(code or None, message, request_id[0] if request_id else None)


def _first(members: dict[str, Any], *names: str) -> str:
    for name in names:
        value = members.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return printable(str(value))[:LONGEST_MESSAGE]
    return ""


def is_refusal(found: Any) -> bool:
    """Whether a document that came with 200 is an error body rather than a job.

    An `error` object is one whatever stands beside it: an answer that says both is no verdict.
    """
    if not isinstance(found, dict):
        return False
    if isinstance(found.get("error"), dict) and found["error"]:
        return True
    if "job_id" in found or "status" in found:
        return False
    said = of_document(found)
    return bool(said.code or said.message)


def from_response(  # noqa: PLR0911 - a table of refusals, one a line
    request: Request, response: Response, job_id: str | None = None
) -> VbsjobError:
    """Name what a reply that is not a job's document means for whoever asked."""
    said = words(response.body)
    facts: dict[str, Any] = {
        "http_status": response.status,
        "code": said.code,
        "request_id": said.request_id or response.request_id,
    }
    place = endpoints.origin_of(request.url)
    speech = ": " + said.message.rstrip(".") if said.message else ""
    code = (said.code or "").lower()
    if job_id is not None and code == UNKNOWN_JOB:
        return _not_found(job_id, speech, facts)
    if response.status in {401, 403} or code in RIGHTS:
        return _not_allowed(response.status, place, speech, code, facts)
    if response.status == 404:
        return _nothing_there(job_id, place, speech, code, facts)
    if response.status in TRANSIENT:
        return _unavailable(response, place, speech, facts)
    if response.status == 407:
        return PermanentConnectionError(
            f"the proxy on the way to {place} wants a sign-in.", **facts
        )
    if 300 <= response.status < 400:
        return _redirected(response, place, facts)
    return ApiError(f"{place} refused the question{speech}.", hint="", **facts)


def _not_found(job_id: str, speech: str, facts: dict[str, Any]) -> VbsjobError:
    return JobNotFoundError(
        f"the service knows no job {job_id}{speech}.",
        hint="Check the id, --project and --region; records of ended jobs are deleted in time.",
        **facts,
    )


def _nothing_there(
    job_id: str | None, place: str, speech: str, code: str, facts: dict[str, Any]
) -> VbsjobError:
    if job_id is None or code == WRONG_PLACE:
        hint = "Check the auth_url." if job_id is None else "Check --endpoint."
        return ApiError(f"{place} has no such service{speech}.", hint=hint, **facts)
    return _not_found(job_id, speech, facts)


def _not_allowed(
    status: int, place: str, speech: str, code: str, facts: dict[str, Any]
) -> VbsjobError:
    if status == 403 or code in RIGHTS:
        return AuthError(
            f"{place} does not allow this{speech}.",
            hint="The user lacks a role in this project: ask its administrator.",
            **facts,
        )
    if _is_late(code, speech):
        return AuthError(
            f"{place} finds this machine's clock more than 15 minutes off{speech}.",
            hint="Set the clock, then try again.",
            **facts,
        )
    return AuthError(f"{place} did not accept the credentials{speech}.", **facts)


def _is_late(code: str, message: str) -> bool:
    """Whether a signature was refused for its time, not for itself."""
    return code == "apigw.0303" or ("signature" in message.lower() and "expired" in message)


def is_about_time(response: Response) -> bool:
    """Whether a reply refuses a signature because the clocks differ."""
    if response.status not in {401, 403}:
        return False
    said = words(response.body)
    return _is_late((said.code or "").lower(), said.message)


def clock(response: Response, now: datetime) -> timedelta | None:
    """Return how far the service's clock is ahead of `now`, where the reply tells its time."""
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.headers.get("date", "")) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _unavailable(response: Response, place: str, speech: str, facts: dict[str, Any]) -> VbsjobError:
    kind = ThrottledError if response.status in THROTTLED else UnavailableError
    wait = retry.retry_after(
        response.headers.get("retry-after", ""), response.headers.get("date", "")
    )
    hint = f"It asks to come back in {wait:.0f} s." if wait else ""
    return kind(f"{place} cannot answer now{speech}.", hint=hint, retry_after=wait, **facts)


def _redirected(response: Response, place: str, facts: dict[str, Any]) -> VbsjobError:
    target = endpoints.origin_of(response.headers.get("location", "")) or "another place"
    return ApiError(
        f"{place} redirects to {target}, and a token is never sent after a redirect.",
        hint="If that address is right, set --endpoint to it.",
        **facts,
    )


def invalid_body(request: Request, response: Response, why: str) -> VbsjobError:
    """Name an answer 200 that cannot be read; never shows the body."""
    kind = printable(response.headers.get("content-type", "no content type"))[:60]
    advice = "A captive portal or proxy?" if "html" in kind.lower() else ""
    return InvalidBodyError(
        f"{endpoints.origin_of(request.url)} sent no job but {len(response.body)} bytes of {kind}"
        f" ({why}).",
        hint=advice,
        http_status=response.status,
        request_id=response.request_id,
    )
