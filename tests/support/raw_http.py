"""Sends exact bytes to a server and reads its responses."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def send(
    address: str,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> RawResponse:
    """Send one request, with a JSON body unless the body is bytes."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} | dict(headers or {})
    connection.request(method, path, body, dict(headers or {}))
    response = connection.getresponse()
    content = response.read()
    connection.close()
    names = {name.lower(): value for name, value in response.getheaders()}
    return RawResponse(response.status, names, content)


def send_bytes(address: str, content: bytes) -> RawResponse | None:
    """Send bytes, end the sending side, and read the first final response; None without one."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=20) as client:
        with contextlib.suppress(OSError):  # the server answered and closed before it read all
            client.sendall(content)
            client.shutdown(socket.SHUT_WR)
        method = (content.decode("latin-1").split() or [""])[0]  # as http.server finds it
        response = http.client.HTTPResponse(client, method=method)
        try:
            response.begin()
            body = response.read()
        except (http.client.HTTPException, OSError):
            return None
        names = {name.lower(): value for name, value in response.getheaders()}
        return RawResponse(response.status, names, body)
