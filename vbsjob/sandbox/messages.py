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
    path: str = ""
    """The path as it was sent, percent-encoded."""
    query: str = ""
    headers: Mapping[str, str] = NO_HEADERS
    """Names in lower case."""
    body: bytes = b""
    id: str = ""

    @property
    def token(self) -> str:
        """Value of X-Auth-Token; empty without one."""
        return self.headers.get("x-auth-token", "")

    def has_query(self, name: str) -> bool:
        """Whether the query contains a parameter, with or without a value."""
        return any(key == name for key, _ in self.parameters())

    def parameters(self) -> list[tuple[str, str]]:
        """Return the parameters of the query, decoded."""
        from urllib.parse import parse_qsl

        return parse_qsl(self.query, keep_blank_values=True)


class Response(NamedTuple):
    """A status, a JSON document and further headers."""

    status: int
    document: Any = None
    """None: an empty body."""
    headers: Mapping[str, str] = NO_HEADERS
    fault: str = ""
    """The kind of fault that the server applies when it sends the response."""

    def with_headers(self, **headers: str) -> Response:
        """Return the response with further headers."""
        return self._replace(headers={**self.headers, **headers})


class RefusedError(Exception):
    """Ends the handling of a request; `response` is the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def identity_error(status: int, message: str, **fields: Any) -> RefusedError:
    """Return an error of the identity service, and of HTTP itself, in the form of Keystone."""
    error = {"code": status, "title": HTTPStatus(status).phrase, "message": message, **fields}
    headers = {"WWW-Authenticate": "Keystone"} if status == 401 else {}
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
