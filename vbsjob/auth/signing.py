"""Signs requests with an access key and a secret key (SDK-HMAC-SHA256).

Source: the vendor's "API Request Signing Guide". Pure: the time is an argument. A request never
contains the secret key.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote_to_bytes, urlsplit

from vbsjob.text import hide_values

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.http.messages import Request

ALGORITHM = "SDK-HMAC-SHA256"
DATE = "%Y%m%dT%H%M%SZ"


@hide_values
class AccessKeyPair(NamedTuple):
    """An access key, its secret key, and the session token of a temporary key."""

    access: str
    secret: str
    security_token: str | None = None


def signed(
    request: Request, keys: AccessKeyPair, at: datetime, project_id: str | None = None
) -> Request:
    """Return the request with its time, project and signature. `at` is in UTC."""
    date = at.strftime(DATE)
    headers = {"X_Sdk_Date": date, "Host": urlsplit(request.url).netloc}
    if project_id:
        headers["X_Project_Id"] = project_id
    if keys.security_token:
        headers["X_Security_Token"] = keys.security_token
    dated = request.with_headers(**headers)
    names = ";".join(sorted(name.lower() for name in dated.headers))
    text = "\n".join((ALGORITHM, date, _hash(canonical(dated).encode())))
    signature = hmac.new(keys.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return dated.with_headers(
        Authorization=f"{ALGORITHM} Access={keys.access}, SignedHeaders={names},"
        f" Signature={signature}"
    )


def canonical(request: Request) -> str:
    """Return the canonical form of a request, which both sides sign; it covers every header."""
    url = urlsplit(request.url)
    headers = sorted((name.lower(), value.strip()) for name, value in request.headers.items())
    lines = "".join(f"{name}:{value}\n" for name, value in headers)
    names = ";".join(name for name, _ in headers)
    path, query = _path(url.path), _query(url.query)
    return "\n".join((request.method, path, query, lines, names, _hash(request.body)))


def _path(path: str) -> str:
    """Encode each segment again; only the canonical form always ends in a slash."""
    encoded = "/".join(_encoded(segment) for segment in path.split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def _query(query: str) -> str:
    """Sort by name, then by value, before encoding; a name alone has an empty value."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    decoded = sorted((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs)
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in decoded)


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="~")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
