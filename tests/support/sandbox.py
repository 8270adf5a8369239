"""A sandbox in this process and the exact requests and sign-in bodies that tests send to it."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.support.context import fake_context
from vbsjob.sandbox import account
from vbsjob.sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOKENS = "/v3/auth/tokens"
DOMAIN = {"name": account.DOMAIN["name"]}
SCOPE = {"project": {"id": account.PROJECT.id}}


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


@contextlib.contextmanager
def sandbox_here(**options: Any) -> Iterator[Sandbox]:
    """Yield a sandbox that a thread of this process serves; Context fields can be replaced."""
    life = options.pop("token_lifetime", 60.0)
    context = fake_context(io.StringIO(), io.StringIO(), io.StringIO(), {}, **options)
    with Sandbox(context, token_lifetime=life) as sandbox:
        yield sandbox
    messages = context.stderr.getvalue()  # type: ignore[attr-defined] # a StringIO
    assert messages == "", "the sandbox reported a bug"


def password(**user: Any) -> dict[str, Any]:
    """Return the identity of a sign-in with the password; members of the user can be replaced."""
    right = {"name": account.USER.name, "domain": DOMAIN, "password": account.USER.secret}
    return {"methods": ["password"], "password": {"user": right | user}}


def token_method(token: str) -> dict[str, Any]:
    """Return the identity of a sign-in with a token."""
    return {"methods": ["token"], "token": {"id": token}}


def credential(**members: Any) -> dict[str, Any]:
    """Return the identity of a sign-in with the application credential; None removes a member."""
    right = {"id": account.CREDENTIAL.id, "secret": account.CREDENTIAL.secret}
    payload = {name: value for name, value in (right | members).items() if value is not None}
    return {"methods": ["application_credential"], "application_credential": payload}


def sign_in(
    sandbox: Sandbox, identity: dict[str, Any], *scope: Any, query: str = ""
) -> RawResponse:
    """Send a sign-in; without a scope the body has none."""
    auth = {"identity": identity} | ({"scope": scope[0]} if scope else {})
    return send(sandbox.address, "POST", TOKENS + query, {"auth": auth})


def new_token(sandbox: Sandbox, *scope: Any, identity: dict[str, Any] | None = None) -> str:
    """Sign in and return the token."""
    response = sign_in(sandbox, identity or password(), *scope)
    assert response.status == 201, response.body
    return response.headers["x-subject-token"]


def query_job(
    sandbox: Sandbox, token: str, job_id: str = "backup", project: str = account.PROJECT.id
) -> RawResponse:
    """Query a job with a token."""
    path = f"/v1/{project}/jobs/{job_id}"
    return send(sandbox.address, "GET", path, headers={"X-Auth-Token": token} if token else {})
