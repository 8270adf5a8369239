"""The identity API of the sandbox: versions, sign-in, tokens, the project and the catalog.

It answers as Keystone does.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from vbsjob.http import strict_json
from vbsjob.sandbox import account
from vbsjob.sandbox.messages import Response, identity_error, not_authenticated

if TYPE_CHECKING:
    from datetime import datetime

    from vbsjob.context import Context
    from vbsjob.sandbox.account import Named
    from vbsjob.sandbox.messages import RefusedError, Request


class Token(NamedTuple):
    """A token of the user for the project."""

    id: str
    methods: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    expiry: float
    """`expires_at` on the monotonic clock of the context."""

    def document(self, address: str) -> dict[str, Any]:
        """Return the members that Keystone uses, with the catalog."""
        credential = {"id": account.CREDENTIAL.id, "name": account.CREDENTIAL.name}
        by_credential = "application_credential" in self.methods
        return {
            "methods": self.methods,
            "user": {**account.USER.reference, "password_expires_at": None},
            "audit_ids": [self.id[-12:]],
            "issued_at": _time(self.issued_at),
            "expires_at": _time(self.expires_at),
            "project": account.PROJECT.reference,
            "is_domain": False,
            "roles": [{"id": "9fe2ff9ee4384b1894a90878d3e92bab", "name": "member"}],
            "catalog": account.catalog(address),
            **({"application_credential": credential} if by_credential else {}),
        }


class Identity:
    """The operations of the identity API. May be used by several threads.

    `token_lifetime` is in seconds.
    """

    def __init__(self, context: Context, address: str, token_lifetime: float) -> None:
        self._context = context
        self._address = address
        self._lifetime = token_lifetime
        self._tokens: dict[str, Token] = {}
        self._issue(account.TOKEN, "password")

    def token(self, token_id: str) -> Token | None:
        """Return a token that is valid now."""
        token = self._tokens.get(token_id)
        return token if token and token.expiry > self._context.monotonic() else None

    def list_versions(self) -> Response:
        """GET /: the versions of the API, with status 300 as in Keystone."""
        document = {"versions": {"values": [self._version()]}}
        return Response(300, document, {"Location": f"{self._address}/v3/"})

    def show_version(self) -> Response:
        """GET /v3."""
        return Response(200, {"version": self._version()})

    def _version(self) -> dict[str, Any]:
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{self._address}/v3/"}],
        }

    def create_token(self, request: Request) -> Response:
        """POST /v3/auth/tokens.

        Raises RefusedError: 400 for a body that is not valid, 401 for wrong credentials or a wrong
        scope, 404 for an unknown token or application credential, 403 for a token of an application
        credential, which cannot be used to get another token.
        """
        auth = _member(_document(request), "auth", dict, "request body")
        identity = _member(auth, "identity", dict, "auth")
        methods = _member(identity, "methods", list, "identity")
        method, parent = methods[0] if len(methods) == 1 else None, None
        if method == "password":
            _check_password(_member(identity, method, dict, "identity"))
        elif method == "token":
            parent = self._parent(_member(identity, method, dict, "identity"))
        elif method == "application_credential":
            _check_credential(_member(identity, method, dict, "identity"))
            if "scope" in auth:
                raise identity_error(401, "Application credentials cannot request a scope.")
        else:
            raise identity_error(401, "Attempted to authenticate with an unsupported method.")
        if "scope" in auth:
            scope = _member(auth, "scope", dict, "auth")
            if not _names(_member(scope, "project", dict, "scope"), account.PROJECT):
                raise not_authenticated()
        token = self._issue(f"sandbox-{uuid4().hex}", method, parent)
        return self._token_response(201, token, request)

    def _issue(self, token_id: str, method: str, parent: Token | None = None) -> Token:
        """Issue a token. A token made from another one (`parent`) expires with it."""
        now, expiry = self._context.now(), self._context.monotonic() + self._lifetime
        token = Token(token_id, (method,), now, now + timedelta(seconds=self._lifetime), expiry)
        if parent is not None:
            methods = (*parent.methods, method)
            end, expiry = parent.expires_at, parent.expiry
            token = token._replace(methods=methods, expires_at=end, expiry=expiry)
        self._tokens[token_id] = token
        return token

    def _parent(self, payload: dict[str, Any]) -> Token:
        token = self.token(_member(payload, "id", str, "token"))
        if token is None:
            raise identity_error(404, "The token is not valid or has expired.")
        if "application_credential" in token.methods:
            message = "A token of an application credential cannot be used to get another token."
            raise identity_error(403, message)
        return token

    def show_token(self, request: Request) -> Response:
        """GET /v3/auth/tokens: validate the token in X-Subject-Token."""
        if self.token(request.token) is None:
            raise not_authenticated()
        token = self.token(request.headers.get("x-subject-token", ""))
        if token is None:
            raise identity_error(404, "The token is not valid or has expired.")
        return self._token_response(200, token, request)

    def _token_response(self, status: int, token: Token, request: Request) -> Response:
        document = token.document(self._address)
        if "nocatalog" in request.parameters:
            del document["catalog"]
        return Response(status, {"token": document}, {"X-Subject-Token": token.id})

    def list_projects(self, request: Request) -> Response:
        """GET /v3/projects and /v3/auth/projects, filtered by name."""
        project = {**account.PROJECT.reference, "domain_id": account.DOMAIN["id"], "enabled": True}
        is_listed = request.parameters.get("name", project["name"]) == project["name"]
        links = {"self": f"{self._address}{request.path}", "next": None, "previous": None}
        return Response(200, {"projects": [project] if is_listed else [], "links": links})

    def show_catalog(self) -> Response:
        """GET /v3/auth/catalog."""
        return Response(200, {"catalog": account.catalog(self._address)})


def _document(request: Request) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise _expected("application/json", "Content-Type header")
    try:
        document = strict_json.read(request.body)
    except strict_json.InvalidJsonError:
        document = None
    if not isinstance(document, dict):
        raise _expected("a JSON object", "request body")
    return document


def _member(mapping: dict[str, Any], name: str, kind: type, where: str) -> Any:
    """Return a member of a request. Raises RefusedError (400) if it is missing or has no value."""
    if not isinstance(mapping.get(name), kind):
        raise _expected(name, where)
    return mapping[name]


def _expected(name: str, where: str) -> RefusedError:
    return identity_error(400, f"Expecting to find {name} in {where}.")


def _check_password(payload: dict[str, Any]) -> None:
    user = _member(payload, "user", dict, "password")
    if not _names(user, account.USER) or user.get("password") != account.USER.secret:
        raise not_authenticated()


def _check_credential(payload: dict[str, Any]) -> None:
    is_known = payload.get("id") == account.CREDENTIAL.id
    if "id" not in payload:
        user = _member(payload, "user", dict, "application_credential")
        is_known = payload.get("name") == account.CREDENTIAL.name and _names(user, account.USER)
    if not is_known:
        raise identity_error(404, "The application credential does not exist.")
    if payload.get("secret") != account.CREDENTIAL.secret:
        raise not_authenticated()


def _names(reference: dict[str, Any], named: Named) -> bool:
    """Whether an id, or a name and its domain, means this user or project."""
    if "id" in reference:
        return bool(reference["id"] == named.id)
    name = _member(reference, "name", str, "user or project")
    domain = _member(reference, "domain", dict, "user or project")
    return name == named.name and bool(domain) and domain.items() <= account.DOMAIN.items()


def _time(time: datetime) -> str:
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")
