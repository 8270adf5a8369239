"""The identity API of the sandbox: versions, tokens, projects and the catalog, as in Keystone."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.sandbox import account, sign_in
from vbsjob.sandbox.messages import (
    RefusedError,
    Request,
    Response,
    identity_error,
    not_authenticated,
)

if TYPE_CHECKING:
    from vbsjob.context import Context
    from vbsjob.sandbox.account import Project, User
    from vbsjob.sandbox.sign_in import SignIn
    from vbsjob.sandbox.tokens import Token, TokenStore

RECEIPT_LIFETIME = 300.0
"""Seconds; Keystone's default."""
PROJECT_FILTERS = frozenset({"name", "domain_id", "parent_id"})


class Receipt(NamedTuple):
    """An incomplete multi-factor sign-in that a second request can complete."""

    user: User
    methods: tuple[str, ...]
    expiry: float


class IdentityService:
    """The operations of the identity API. May be used by several threads."""

    def __init__(self, context: Context, address: str, tokens: TokenStore) -> None:
        self._context = context
        self._address = address
        self._tokens = tokens
        self._receipts: dict[str, Receipt] = {}
        self._lock = threading.Lock()

    def list_versions(self, _request: Request) -> Response:
        """GET /: the versions of the API, with status 300 as in Keystone."""
        document = {"versions": {"values": [self._version()]}}
        return Response(300, document, {"Location": f"{self._address}/v3/"})

    def show_version(self, _request: Request) -> Response:
        """GET /v3."""
        return Response(200, {"version": self._version()})

    def _version(self) -> dict[str, Any]:
        media_type = "application/vnd.openstack.identity-v3+json"
        return {
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": f"{self._address}/v3/"}],
            "media-types": [{"base": "application/json", "type": media_type}],
        }

    def create_token(self, request: Request) -> Response:
        """POST /v3/auth/tokens."""
        accepted = self._complete(sign_in.read(request, self._tokens.find), request)
        token = self._tokens.issue(
            accepted.user,
            accepted.project,
            accepted.methods,
            parent=accepted.parent,
            credential=accepted.credential,
        )
        return self._token_response(201, token, request)

    def show_token(self, request: Request) -> Response:
        """GET and HEAD /v3/auth/tokens: validate the token in X-Subject-Token."""
        return self._token_response(200, self._subject_token(request), request)

    def revoke_token(self, request: Request) -> Response:
        """DELETE /v3/auth/tokens: revoke the token in X-Subject-Token."""
        self._tokens.revoke(self._subject_token(request))
        return Response(204)

    def list_projects(self, request: Request, _caller: Token | None) -> Response:
        """GET /v3/projects and /v3/auth/projects, filtered by the parameters of the query."""
        projects = [self._project_document(project) for project in account.PROJECTS]
        for name, value in request.parameters():
            if name in PROJECT_FILTERS:
                projects = [project for project in projects if project[name] == value]
        links = {"self": f"{self._address}{request.path}", "next": None, "previous": None}
        return Response(200, {"projects": projects, "links": links})

    def _project_document(self, project: Project) -> dict[str, Any]:
        return {
            "id": project.id,
            "name": project.name,
            "domain_id": account.DOMAIN["id"],
            "parent_id": account.DOMAIN["id"],
            "description": "",
            "enabled": True,
            "is_domain": False,
            "links": {"self": f"{self._address}/v3/projects/{project.id}"},
        }

    def show_catalog(self, request: Request, caller: Token | None) -> Response:
        """GET /v3/auth/catalog, for the project of the token or of X-Project-Id."""
        project = account.PROJECT if caller is None else caller.project
        if caller is None and "x-project-id" in request.headers:
            project = account.find_project(request.headers["x-project-id"])
        if project is None:
            raise identity_error(403, "A catalog needs the scope of a project.")
        links = {"self": f"{self._address}/v3/auth/catalog"}
        return Response(200, {"catalog": account.catalog(self._address, project), "links": links})

    def _subject_token(self, request: Request) -> Token:
        """Return the token in X-Subject-Token if the caller may validate it."""
        caller = self._tokens.find(request.token)
        if caller is None:
            raise not_authenticated()
        token_id = request.headers.get("x-subject-token")
        token = self._tokens.find(token_id or "")
        if token_id and token is None:
            raise identity_error(404, "The token is not valid or has expired.")
        if token is None or token.user != caller.user:
            raise identity_error(403, "You are not authorized to perform the requested action.")
        return token

    def _token_response(self, status: int, token: Token, request: Request) -> Response:
        with_catalog = not request.has_query("nocatalog")
        document = token.document(self._address, with_catalog=with_catalog)
        return Response(status, document, {"X-Subject-Token": token.id})

    def _complete(self, accepted: SignIn, request: Request) -> SignIn:
        """Return the sign-in once all methods that its user needs were proved.

        A missing method is answered with a receipt. The second request sends the receipt with the
        missing method.
        """
        if accepted.credential is not None or accepted.parent is not None:
            return accepted
        receipt_id = request.headers.get("openstack-auth-receipt", "")
        with self._lock:
            receipt = self._receipts.get(receipt_id)
        if receipt_id:
            now = self._context.monotonic()
            if receipt is None or receipt.user != accepted.user or receipt.expiry <= now:
                raise not_authenticated()
            methods = tuple(dict.fromkeys((*receipt.methods, *accepted.methods)))
            accepted = accepted._replace(methods=methods)
        if accepted.user.required_methods <= set(accepted.methods):
            return accepted
        raise self._receipt(accepted)

    def _receipt(self, accepted: SignIn) -> RefusedError:
        from uuid import uuid4

        receipt_id, issued = f"sandbox-receipt-{uuid4().hex}", self._context.now()
        monotonic = self._context.monotonic()
        receipt = Receipt(accepted.user, accepted.methods, monotonic + RECEIPT_LIFETIME)
        with self._lock:
            self._receipts = {
                key: other for key, other in self._receipts.items() if other.expiry > monotonic
            }
            self._receipts[receipt_id] = receipt
        expires = issued + timedelta(seconds=RECEIPT_LIFETIME)
        document = {
            "receipt": {
                "methods": accepted.methods,
                "user": accepted.user.reference,
                "issued_at": issued.isoformat().replace("+00:00", "Z"),
                "expires_at": expires.isoformat().replace("+00:00", "Z"),
            },
            "required_auth_methods": [sorted(accepted.user.required_methods)],
        }
        return RefusedError(Response(401, document, {"Openstack-Auth-Receipt": receipt_id}))
