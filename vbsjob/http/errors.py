"""Errors of HTTP: what an error response means, and why an exchange failed.

Imports no HTTP library. The texts of such a library can contain header values: none is shown.
"""

from __future__ import annotations

import math
import os
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from vbsjob.errors import (
    SHORTAGES,
    ApiError,
    AuthError,
    InvalidBodyError,
    JobNotFoundError,
    PermanentConnectionError,
    RefusedCredentialsError,
    UnavailableError,
    UnexpectedResponseError,
    VbsjobError,
)
from vbsjob.http import url
from vbsjob.http.messages import REQUEST_ID, http_date
from vbsjob.text import printable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from vbsjob.http.messages import Request, Response
    from vbsjob.http.proxies import Proxy

THROTTLED = frozenset({429, 503})
MISSING_ROLE = frozenset({"volumebackup.0041", "volumebackup.0042", "volumebackup.0044"})
UNKNOWN_JOB = "common.0011"
UNKNOWN_API = "apigw.0101"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
NOT_A_JOB = (
    "This is probably the id of a backup or a disk: an id of a job has no '-'. The answer of the"
    " request that started the job contains its job_id."
)
UNKNOWN_ID = "Check the id, --project and --region. The service deletes records of old jobs."
MAX_MESSAGE = 300
"""Characters of a service's message that are shown."""
DAY = 86400.0
CLOCK_PRECISION = timedelta(seconds=2)
"""The smallest difference of two clocks that a Date header can show."""


class ErrorBody(NamedTuple):
    """Code, message and request id of an error body; printable, the message at most MAX_MESSAGE."""

    code: str | None = None
    message: str = ""
    request_id: str | None = None


def form(document: Any, status: int = 200) -> Literal["job", "error"] | None:
    """Return what the API says with a document; None if the API did not send it.

    This decides what an answer is, for responses and for standard input. With another status than
    200 each JSON object is an error of the API. With 200 an object is an error if it has a member
    `error` that says something, or code or message and no status; it is a job if it has a job_id
    and no status that is not a string.
    """
    if not isinstance(document, dict):
        return None
    error = document.get("error")
    if isinstance(error, dict):
        error = any(value is not None for value in error.values())
    if status != 200 or error:
        return "error"
    body = read_document(document)
    if "status" not in document and (body.code or body.message):
        return "error"
    has_id = isinstance(document.get("job_id"), str)
    return "job" if has_id and isinstance(document.get("status"), str | None) else None


def job_document(request: Request, response: Response, job_id: str) -> dict[str, Any]:
    """Return the members of the requested job. Raises VbsjobError for each other answer."""
    document = response.document
    if form(document, response.status) != "job" or document["job_id"] != job_id:
        raise from_response(request, response, job_id)
    members: dict[str, Any] = document
    return members


def read_document(document: Any) -> ErrorBody:
    """Return the content of a decoded error body.

    Shapes: {"error": {…}}, {"error_code", "error_msg"}, {"code", "message"}, {"errCode",
    "errMsg"}, {"message", "request_id"} and OpenStack's {"itemNotFound": {…}}.
    """
    if not isinstance(document, dict):
        return ErrorBody()
    members = document
    if len(document) == 1 and isinstance(next(iter(document.values())), dict):
        members = next(iter(document.values()))
    elif isinstance(document.get("error"), dict):
        members = document["error"]
    code = _first(members, "code", "error_code", "errCode")
    message = _first(members, "message", "error_msg", "errMsg", "title")
    request_id = REQUEST_ID.fullmatch(
        _first(document, "request_id") or _first(members, "request_id")
    )
    return ErrorBody(code or None, message, request_id[0] if request_id else None)


def _first(members: dict[str, Any], *names: str) -> str:
    """Return the first member that is a text or a whole number, as printable text."""
    for name in names:
        value = members.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return printable(str(value))[:MAX_MESSAGE]
    return ""


Meaning = tuple[type[VbsjobError], str, str]
"""Class, message and hint of an error; from_response replaces the names in braces."""

NOT_NOW: Meaning = (UnavailableError, "{origin} cannot answer now.", "{pause}")
REFUSED: Meaning = (
    RefusedCredentialsError,
    "{origin} did not accept the credentials.",
    "Check the credentials, the project and the region with 'vbsjob config check'.",
)
NOT_ALLOWED: Meaning = (
    AuthError,
    "{origin} does not allow this request.",
    "The user lacks a role in this project. Contact its administrator.",
)
WRONG_CLOCK: Meaning = (
    AuthError,
    "{origin} rejected the time of the request: the clock of this machine is wrong.",
    "Set the clock, then try again.",
)
NO_JOB: Meaning = (JobNotFoundError, "job {job_id} was not found.", "{id_hint}")
NO_API: Meaning = (ApiError, "{origin} does not offer this API.", "Check {setting}.")
REJECTED: Meaning = (
    ApiError,
    "{origin} rejected the request.",
    "Check the settings with 'vbsjob config show'; if they are right, contact the provider.",
)
PROXY_SIGN_IN: Meaning = (
    PermanentConnectionError,
    "cannot reach {origin}: the proxy requires a user and password that it accepts.",
    (
        "Set them in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT, with %40 for @, %3A for : and"
        " %2F for /. For a proxy that accepts only NTLM or Kerberos run a local relay, such as px."
    ),
)
OTHER_JOB: Meaning = (
    InvalidBodyError,
    "the answer is not about job {job_id} but about job {other_id}.",
    "Try again; a proxy may have cached an old answer.",
)
OTHER_FORM: Meaning = (
    UnexpectedResponseError,
    "the answer of {origin} contains no {wanted}.",
    "Check {setting}: another service may answer.",
)
_NOT_JSON = (
    "{origin} sent {content} ({size} bytes{flaw}).",
    "Check {setting}. A login page of the network, or a proxy, may answer and not the service.",
)
PAGE: Meaning = (ApiError, *_NOT_JSON)
INVALID_BODY: Meaning = (InvalidBodyError, *_NOT_JSON)
BY_STATUS: dict[int, Meaning] = {
    **dict.fromkeys({408, 425, 429, *range(500, 600)} - {501, 505}, NOT_NOW),
    **dict.fromkeys(
        range(300, 400),
        (
            ApiError,
            "{origin} redirects to {target}; vbsjob never sends credentials after a redirect.",
            "If that address is right, set {setting} to it.",
        ),
    ),
    407: PROXY_SIGN_IN,
}
"""What a status means from the API and from anything in front of it. An unknown 5xx is like 500."""


def from_response(request: Request, response: Response, job_id: str | None = None) -> VbsjobError:
    """Return the error for a response that is not the requested document.

    `job_id` is the requested job, None for a request to the identity service. What is not an error
    of the API comes from something between this machine and the API: its text is never shown, and
    `is_page` is set.
    """
    document, status = response.document, response.status
    kind = form(document, status)
    body = read_document(document) if kind == "error" else ErrorBody()
    if kind == "error":
        meaning = _refusal(request, response, body, job_id) or BY_STATUS.get(status, REJECTED)
    elif kind == "job":
        meaning = OTHER_JOB
    elif status != 200:
        meaning = BY_STATUS.get(status, PAGE)
    else:
        meaning = OTHER_FORM if document and isinstance(document, dict) else INVALID_BODY
    error_class, message, hint = meaning
    content_type = printable(response.headers.get("content-type", ""))[:60]
    content_type = content_type or "data without a content type"
    is_html = "html" in content_type.lower()
    pause = retry_after(response.headers)
    words = {
        "origin": url.origin_of(request.url),
        "setting": "--endpoint" if job_id else "the auth_url (OS_AUTH_URL)",
        "job_id": job_id,
        "other_id": printable(document["job_id"])[:80] if kind == "job" else "",
        "wanted": "job" if job_id else "data of the expected form",
        "content": "HTML, not JSON" if is_html else f"{content_type}, not a JSON object",
        "size": len(response.body),
        "flaw": f": {response.flaw}" if response.flaw and not is_html else "",
        "id_hint": NOT_A_JOB if job_id and UUID.fullmatch(job_id) else UNKNOWN_ID,
        "target": url.origin_of(response.headers.get("location", "")) or "another address",
        "pause": f"The service requests a pause of {pause:.0f} s." if pause else "",
    }
    return error_class(
        message.format_map(words),
        hint=hint.format_map(words),
        http_status=status,
        code=body.code,
        reason=body.message.rstrip("."),
        request_id=body.request_id or response.request_id,
        retry_after=pause,
        base_delay=1.0 if status in THROTTLED else VbsjobError.base_delay,
        is_page=kind != "error",
    )


def _refusal(
    request: Request, response: Response, body: ErrorBody, job_id: str | None
) -> Meaning | None:
    """Return what only the API can say: about the sign-in, the rights or the job."""
    status, code = response.status, (body.code or "").lower()
    if job_id is not None and code == UNKNOWN_JOB and status != 401:
        return NO_JOB
    if status == 403 or code in MISSING_ROLE:
        return NOT_ALLOWED
    if status == 401 or (status == 400 and job_id is None):
        return WRONG_CLOCK if is_about_time(response) else REFUSED
    is_sign_in = urlsplit(request.url).path.endswith("/v3/auth/tokens")
    if status == 404 and is_sign_in and code == "404" and body.message:
        return REFUSED  # Keystone: the token has expired or is unknown
    if status == 404:
        return NO_API if job_id is None or code == UNKNOWN_API else NO_JOB
    return None


def is_about_time(response: Response) -> bool:
    """Whether a response rejects a signature because the clocks differ."""
    if response.status not in {401, 403}:
        return False
    body = read_document(response.document)
    text = body.message.lower()
    is_expired = "signature" in text and "expired" in text
    return is_expired or (body.code or "").lower() == "apigw.0303"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, at most a day; None if it is malformed.

    An HTTP date is compared with the Date header of the same response.
    """
    header = headers.get("retry-after", "")
    try:
        seconds = float(header)
    except ValueError:
        until, now = http_date(header), http_date(headers.get("date", ""))
        seconds = (until - now).total_seconds() if until and now else math.nan
    return max(0.0, min(seconds, DAY)) if math.isfinite(seconds) else None


def clock(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how far the clock of the service is ahead of `now`; None without a Date header.

    The header has whole seconds, rounded down, and is older than the response: a difference below
    CLOCK_PRECISION is 0.
    """
    date = http_date(headers.get("date", ""))
    if date is None:
        return None
    return date - now if abs(date - now) >= CLOCK_PRECISION else timedelta()


CONNECTION_HINT = "Check the address, the port, the network, DNS and the proxy."
TIMEOUT: Meaning = (UnavailableError, "{origin} did not answer in time.", CONNECTION_HINT)
NO_CONNECTION: Meaning = (UnavailableError, "cannot reach {origin}: {reason}.", CONNECTION_HINT)
WRONG_PROTOCOL: Meaning = (
    UnavailableError,
    "{origin} closed the connection during its answer, or does not use HTTP.",
    CONNECTION_HINT,
)
WRONG_REQUEST: Meaning = (
    PermanentConnectionError,
    "a request to {origin} is not valid HTTP.",
    "Check the address with 'vbsjob config show'.",
)
NO_TUNNEL: Meaning = (
    UnavailableError,
    "cannot reach {origin}: the proxy refused to connect to it (HTTP {status}).",
    "Check the proxy, or add the host to NO_PROXY.",
)
"""What http.transport derives from the exception of its library."""


def from_exception(
    meaning: Meaning, error: BaseException, origin: str, proxy: Proxy | None
) -> VbsjobError:
    """Return the error for a failed exchange with `origin`, sent through `proxy` if not None."""
    import socket
    import ssl

    name = _through(origin, proxy)
    causes = [cause for cause in _chain(error) if isinstance(cause, OSError)]
    for cause in causes:  # first: a wrong certificate looks like a failed connection too
        if isinstance(cause, ssl.SSLError):
            return _tls_error(cause, name)
        if isinstance(cause, socket.gaierror):
            return UnavailableError(f"cannot resolve the host of {name}.", hint=CONNECTION_HINT)
    error_class, message, hint = meaning
    number = next((cause.errno for cause in causes if cause.errno), 0)
    reason = os.strerror(number).lower() if number else "the connection failed"
    reason, hint = SHORTAGES.get(number, (reason, hint))
    return error_class(message.format(origin=name, reason=reason), hint=hint)


def _through(origin: str, proxy: Proxy | None) -> str:
    return f"{origin} (through the proxy {proxy.url})" if proxy else origin


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and its causes."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


_CLOCK = "Check the clock of this machine. If it is right, the service needs a new certificate."
_HOST = "Check the host of the address with 'vbsjob config show'."
CERTIFICATE_HINTS = {9: _CLOCK, 10: _CLOCK, 62: _HOST, 64: _HOST}
"""Hint for a verify_code of OpenSSL (x509_vfy.h): not yet valid, expired, other host, other IP."""
TLS_HINT = (
    "Check http or https, and the port, of the address and of HTTPS_PROXY. The service may require"
    " a client certificate: set OS_CERT and OS_KEY."
)


def _tls_error(cause: ssl.SSLError, name: str) -> VbsjobError:
    """Return the error of a failed TLS handshake. Only a closed connection can be retried."""
    import ssl

    if isinstance(cause, ssl.SSLCertVerificationError):
        return PermanentConnectionError(
            f"the certificate of {name} is not valid: {cause.verify_message.rstrip('.')}.",
            hint=CERTIFICATE_HINTS.get(
                cause.verify_code,
                "Set OS_CACERT to a file with the certificate authority that issued it.",
            ),
        )
    if isinstance(cause, ssl.SSLEOFError):  # a load balancer that restarts does this
        return UnavailableError(
            f"{name} closed the connection during the TLS handshake.", hint=CONNECTION_HINT
        )
    return PermanentConnectionError(
        f"the TLS handshake with {name} failed ({cause.reason}).", hint=TLS_HINT
    )


def proxy_refused(status: str, origin: str, proxy: Proxy | None) -> VbsjobError:
    """Return the error of a request to `origin` that the proxy refused with this HTTP status."""
    error_class, message, hint = PROXY_SIGN_IN if status == "407" else NO_TUNNEL
    return error_class(message.format(origin=_through(origin, proxy), status=status), hint=hint)
