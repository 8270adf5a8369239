"""A request to the sandbox, its response, and the error documents of the simulated services.

Named tuples, here and in the package: a dataclass takes 0.7 ms longer to create, which every
command with `--cloud sandbox` would wait for.
"""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Request(NamedTuple):
    """A complete request."""

    method: str
    path: str
    """The path as it was sent, percent-encoded."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    id: str

    @property
    def token(self) -> str:
        """Value of X-Auth-Token; empty without one."""
        return self.headers.get("x-auth-token", "")

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the query, decoded."""
        from urllib.parse import parse_qsl

        return dict(parse_qsl(self.query, keep_blank_values=True))


class Response(NamedTuple):
    """A status, a JSON document and further headers."""

    status: int
    document: Any
    headers: Mapping[str, str] = NO_HEADERS
    fault: str = ""
    """The kind of fault that the server applies when it sends the response."""


class RefusedError(Exception):
    """Ends the handling of a request; `response` is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def identity_error(status: int, message: str) -> RefusedError:
    """Return an error of the identity service, and of HTTP itself, in the form of Keystone."""
    error = {"code": status, "title": HTTPStatus(status).phrase, "message": message}
    headers = {"WWW-Authenticate": "Keystone"} if status == 401 else NO_HEADERS
    return RefusedError(Response(status, {"error": error}, headers))


def not_authenticated() -> RefusedError:
    """Return Keystone's answer to wrong credentials; it does not say which one is wrong."""
    return identity_error(401, "The request you have made requires authentication.")


def gateway_error(request: Request, status: int, code: str, message: str) -> RefusedError:
    """Return an error of the API gateway in front of the job API."""
    document = {"error_code": code, "error_msg": message, "request_id": request.id}
    return RefusedError(Response(status, document))


def service_error(status: int, code: str, message: str) -> RefusedError:
    """Return an error of the backup service."""
    return RefusedError(Response(status, {"error": {"code": code, "message": message}}))
