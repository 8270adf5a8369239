"""Verification of requests that are signed with an access key (SDK-HMAC-SHA256)."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from vbsjob.auth import signing as aksk
from vbsjob.http.messages import Request as SignedRequest
from vbsjob.sandbox import account
from vbsjob.sandbox.messages import gateway_error

if TYPE_CHECKING:
    from vbsjob.sandbox.account import AccessKey
    from vbsjob.sandbox.messages import RefusedError, Request

AUTHORIZATION = re.compile(
    aksk.ALGORITHM + r" Access=([^\s,]+), ?SignedHeaders=([^\s,]+), ?Signature=([0-9a-f]{64})"
)
CLOCK_TOLERANCE = timedelta(minutes=15)
"""Allowed difference between X-Sdk-Date and the clock of the service (vendor document)."""
ADDRESS = "http://127.0.0.1"
"""The signature covers the path and the query; the host is covered as a header."""


def verify(request: Request, now: datetime) -> None:
    """Verify the signature of a request; all access keys belong to one user.

    Raises RefusedError (401, APIGW.0301) as the gateway does.
    """
    match = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if match is None:
        raise _refused(request, "the Authorization header is not valid")
    access, names, signature = match.groups()
    key = account.ACCESS_KEYS.get(access)
    if key is None:
        raise _refused(request, "the access key does not exist")
    date = _check_date(request, now)
    headers = {name: request.headers.get(name) for name in names.split(";")}
    signed_headers = {name: value for name, value in headers.items() if value is not None}
    complete = len(signed_headers) == len(headers) and {"host", "x-sdk-date"} <= headers.keys()
    if not complete or not hmac.compare_digest(
        _signature(request, signed_headers, key, date), signature
    ):
        raise _refused(request, "verify aksk signature fail")
    if key.security_token != request.headers.get("x-security-token", ""):
        raise _refused(request, "the security token is not valid")


def _check_date(request: Request, now: datetime) -> str:
    date = request.headers.get("x-sdk-date", "")
    try:
        time = datetime.strptime(date, aksk.DATE).replace(tzinfo=UTC)
    except ValueError:
        raise _refused(request, "the X-Sdk-Date header is not valid") from None
    if abs(time - now) > CLOCK_TOLERANCE:
        server_time = now.strftime(aksk.DATE)
        message = f"AK/SK signature expired: client time {date}, server time {server_time}"
        raise _refused(request, message)
    return date


def _signature(request: Request, headers: dict[str, str], key: AccessKey, date: str) -> str:
    from hashlib import sha256

    url = ADDRESS + request.path + (f"?{request.query}" if request.query else "")
    canonical = aksk.canonical(SignedRequest(request.method, url, headers, request.body))
    digest = sha256(canonical.encode()).hexdigest()
    text = f"{aksk.ALGORITHM}\n{date}\n{digest}"
    return hmac.new(key.secret.encode(), text.encode(), sha256).hexdigest()


def _refused(request: Request, reason: str) -> RefusedError:
    message = f"Incorrect IAM authentication information: {reason}"
    return gateway_error(request, 401, "APIGW.0301", message)
