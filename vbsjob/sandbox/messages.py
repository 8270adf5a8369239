"""A request to the sandbox and its response, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request."""

    method: str
    path: str
    token: str = ""
    """Value of X-Auth-Token."""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """A status, a JSON document and further headers."""

    status: int
    document: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    """The kind of fault that the server applies when it sends the response."""


def error(status: int, code: str, message: str) -> Response:
    """Return an error of the job API or its gateway."""
    return Response(status, {"error": {"message": message, "code": code}})
