"""Signs requests with an access key and its secret: SDK-HMAC-SHA256, over what is really sent.

Pure: the time is passed in, nothing is sent or kept; the secret key never becomes part of a
request.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urlsplit

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.http.messages import Request

ALGORITHM = "SDK-HMAC-SHA256"
DATE = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class AccessKeyPair:
    """An access key, its secret, and the security token that temporary keys come with."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)


def signed(
    request: Request, keys: AccessKeyPair, at: datetime, project_id: str | None = None
) -> Request:
    """Return the request with its time, its scope and its signature; `at` is in UTC."""
    date = at.strftime(DATE)
    more = {"X_Sdk_Date": date, "Host": urlsplit(request.url).netloc}
    if project_id:
        more["X_Project_Id"] = project_id
    if keys.security_token:
        more["X_Security_Token"] = keys.security_token
    dated = request.with_headers(**more)
    names = ";".join(sorted(name.lower() for name in dated.headers))
    text = "\n".join((ALGORITHM, date, _hash(canonical(dated).encode())))
    signature = hmac.new(keys.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return dated.with_headers(
        Authorization=f"{ALGORITHM} Access={keys.access}, SignedHeaders={names},"
        f" Signature={signature}"
    )


def canonical(request: Request) -> str:
    """Return the one form of a request that both sides sign; every header it has is covered."""
    parts = urlsplit(request.url)
    headers = sorted((name.lower(), value.strip()) for name, value in request.headers.items())
    lines = "".join(f"{name}:{value}\n" for name, value in headers)
    names = ";".join(name for name, _ in headers)
    path, query = _path(parts.path), _query(parts.query)
    return "\n".join((request.method, path, query, lines, names, _hash(request.body)))


def _path(path: str) -> str:
    """Each segment percent-encoded anew; in this form alone it always ends in a slash."""
    encoded = "/".join(_encoded(segment) for segment in path.split("/"))
    return encoded if encoded.endswith("/") else f"{encoded}/"


def _query(query: str) -> str:
    """Sorted by name, then by value, before they are encoded; a name alone has an empty value."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    decoded = sorted((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs)
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in decoded)


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="~")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
