"""Requests to the identity service (Keystone v3) and what its answers mean.

An AuthFlow is a generator: it yields requests and is sent their responses. `Session` sends them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from vbsjob.errors import ApiError, AuthError, RefusedCredentialsError, VbsjobError
from vbsjob.http import errors, url
from vbsjob.http.messages import Request, http_date
from vbsjob.text import hide_values, parse_time, printable

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from vbsjob.http.messages import Response

    AuthFlow = Generator[Request, Response, "AccessInfo"]

OK, CREATED, NOT_FOUND = 200, 201, 404
PROJECT_HINT = "Check the project and its domain."
BOUND_HINT = (
    "A token of a trust or of an application credential is for one project: omit the project, or"
    " use a token of that project."
)
SEVERAL_METHODS_HINT = (
    "This user needs several methods of Keystone: {}. vbsjob has password (OS_PASSWORD) and totp"
    " (OS_PASSCODE), both with auth_type v3multifactor."
)


@hide_values
class AccessInfo(NamedTuple):
    """Result of a sign-in: a token, and what the identity service says about it."""

    token: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    user: str | None = None
    lifetime: float | None = None
    """Seconds from issue to expiry, by the clock of the identity service."""
    expires_at: datetime | None = None
    catalog: tuple[dict[str, Any], ...] = ()


class Identity(NamedTuple):
    """Address of the identity service, version included, and the scope of the token."""

    auth_url: str
    scope: dict[str, Any] | None

    def request_token(self, hint: str, methods: dict[str, Any], **headers: str) -> AuthFlow:
        """Request a token with one or more methods of Keystone, each with its credentials.

        Raises AuthError with `hint` for refused credentials.
        """
        identity = {"methods": list(methods), **methods}
        auth = {"identity": identity} | ({"scope": self.scope} if self.scope else {})
        body = json.dumps({"auth": auth}).encode()
        request = Request("POST", f"{self.auth_url}/auth/tokens", {}, body)
        request = request.with_headers(Content_Type="application/json", **headers)
        response = yield request
        try:
            return _access_info(request, response)
        except RefusedCredentialsError as error:
            if rules := response.document.get("required_auth_methods"):
                hint = SEVERAL_METHODS_HINT.format(printable(json.dumps(rules))[:200])
            raise error.replace(hint=hint) from None

    def use_token(self, hint: str, token: str) -> AuthFlow:
        """Return access with a token of another program, whose project and catalog are requested.

        The token is exchanged only if the scope is another project. Sent with method `token` and
        without a scope it would come back for the default project of the user.
        """
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        request = Request("GET", f"{self.auth_url}/auth/tokens", headers)
        response = yield request
        try:
            access = _access_info(request, response, token)
        except RefusedCredentialsError as error:
            message = f"{url.origin_of(request.url)}: the token has expired or is unknown."
            raise error.replace(message=message, hint=hint) from None
        if self.scope is None or _is_in(self.scope, response.document["token"]):
            return access
        return (yield from self.exchange(token))

    def exchange(self, token: str) -> AuthFlow:
        """Return access to the project of the scope, with a token that is valid.

        Keystone answers 401 for a project that is unknown or not the user's, and 403 for the token
        of a trust or of an application credential: it is bound to its project.
        """
        try:
            return (yield from self.request_token(PROJECT_HINT, {"token": {"id": token}}))
        except RefusedCredentialsError as error:
            message = f"{url.origin_of(self.auth_url)} did not accept the token for this project."
            raise error.replace(message=message) from None
        except AuthError as error:
            raise error.replace(hint=BOUND_HINT) from None

    def federated_token(self, hint: str, path: str, token: str) -> AuthFlow:
        """Return an unscoped token for one of an identity provider, sent to `path`."""
        request = Request("POST", f"{self.auth_url}/{path}", {"Authorization": f"Bearer {token}"})
        response = yield request
        try:
            return _access_info(request, response)
        except VbsjobError as error:
            is_refused = isinstance(error, AuthError) or response.status == NOT_FOUND
            raise error.replace(hint=hint) if is_refused else error from None

    def project(self, hint: str, name: str) -> Generator[Request, Response, str]:
        """Request the id of a project; for signed requests, which have no token."""
        request = Request("GET", f"{self.auth_url}/projects?name={quote(name, safe='')}")
        projects = _list(request, (yield request), "projects", hint)
        ids = [entry.get("id") for entry in projects if _is_in(name, entry.get("name"))]
        if len(ids) != 1 or not isinstance(ids[0], str):
            raise ApiError(
                f"the identity service has {len(ids) or 'no'} projects {printable(name)!r}.",
                hint="Set the project by its id.",
            )
        return ids[0]

    def catalog(self, hint: str) -> Generator[Request, Response, tuple[dict[str, Any], ...]]:
        """Request the catalog; for signed requests, which have no token."""
        request = Request("GET", f"{self.auth_url}/auth/catalog")
        return _list(request, (yield request), "catalog", hint)


def v3(auth_url: str) -> str:
    """Return the address with version 3: clouds publish it with version 2, 3 and without one."""
    if auth_url.endswith("/v3"):
        return auth_url
    return f"{auth_url.removesuffix('/v2.0').removesuffix('/v2')}/v3"


def _is_in(wanted: Any, actual: Any) -> bool:
    """Whether all members of `wanted` are in a document. Names of projects have no case."""
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(
            _is_in(value, actual.get(name)) for name, value in wanted.items()
        )
    return isinstance(actual, str) and wanted.casefold() == actual.casefold()


def _list(request: Request, response: Response, name: str, hint: str) -> tuple[dict[str, Any], ...]:
    try:
        entries = _document(request, response)[name]
        return tuple(entry for entry in entries if isinstance(entry, dict))
    except RefusedCredentialsError as error:
        raise error.replace(hint=hint) from None
    except (KeyError, TypeError):
        raise errors.from_response(request, response) from None


def _document(request: Request, response: Response) -> dict[str, Any]:
    """Return the document of an answer that is good. Raises VbsjobError for each other one."""
    document = response.document
    if response.status not in {OK, CREATED} or not isinstance(document, dict):
        raise errors.from_response(request, response)
    return document


def _access_info(request: Request, response: Response, given: str | None = None) -> AccessInfo:
    """Return the token of a response; `given` is the token where no new one is issued."""
    try:
        token = _document(request, response)["token"]
        issued = given or response.headers["x-subject-token"]
        project, user = token.get("project") or {}, token.get("user") or {}
        catalog = tuple(entry for entry in token.get("catalog") or () if isinstance(entry, dict))
        begin, expires = (parse_time(token.get(name)) for name in ("issued_at", "expires_at"))
        begin = begin or http_date(response.headers.get("date", ""))
        access = AccessInfo(
            issued,
            _text(project.get("id")),
            _text(project.get("name")),
            _text(user.get("name")) or _text(user.get("id")),
            max(0.0, (expires - begin).total_seconds()) if begin and expires else None,
            expires,
            catalog,
        )
    except (KeyError, TypeError, AttributeError):
        issued = ""
    if not issued or not issued.isascii() or not issued.isprintable():
        raise ApiError(
            "the answer of the identity service has no token.",
            hint="Check the auth_url (OS_AUTH_URL).",
            http_status=response.status,
            request_id=response.request_id,
        )
    return access


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
