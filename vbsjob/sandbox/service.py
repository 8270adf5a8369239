"""The simulated services behind one address: routes of the identity API and the job API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from vbsjob.sandbox.identity import IdentityService
from vbsjob.sandbox.jobs import JobService
from vbsjob.sandbox.messages import (
    RefusedError,
    gateway_error,
    identity_error,
    not_authenticated,
    service_error,
)
from vbsjob.sandbox.tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from vbsjob.context import Context
    from vbsjob.sandbox.messages import Request, Response
    from vbsjob.sandbox.tokens import Token

    Operation = Callable[[Request], Response]


class Service:
    """Answers requests. May be used by several threads."""

    def __init__(
        self,
        context: Context,
        address: str,
        *,
        fault_shares: Mapping[str, float],
        token_lifetime: float,
    ) -> None:
        self._context = context
        self.tokens = TokenStore(context, token_lifetime)
        identity = IdentityService(context, address, self.tokens)
        self._jobs = JobService(context, fault_shares)

        def list_projects(request: Request) -> Response:
            return identity.list_projects(request, self._caller(request))

        def show_catalog(request: Request) -> Response:
            return identity.show_catalog(request, self._caller(request))

        self._routes: dict[tuple[str, ...], dict[str, Operation]] = {
            (): {"GET": identity.list_versions},
            ("v3",): {"GET": identity.show_version},
            ("v3", "auth", "tokens"): {
                "POST": identity.create_token,
                "GET": identity.show_token,
                "DELETE": identity.revoke_token,
            },
            ("v3", "auth", "catalog"): {"GET": show_catalog},
            ("v3", "auth", "projects"): {"GET": list_projects},
            ("v3", "projects"): {"GET": list_projects},
        }

    def respond(self, request: Request) -> Response:
        """Return the response to a request; HEAD is answered as GET."""
        try:
            return self._operation(request)(request)
        except RefusedError as error:
            return error.response

    def _operation(self, request: Request) -> Operation:
        segments = tuple(unquote(part) for part in request.path.split("/") if part)
        operations = self._routes.get(segments)
        if len(segments) == 4 and (segments[0], segments[2]) == ("v1", "jobs"):
            _, project_id, _, job_id = segments
            operations = {"GET": lambda request: self._show_job(request, project_id, job_id)}
        if operations is None and segments[:1] in {("v1",), ("v2",)}:
            raise gateway_error(request, 404, "APIGW.0101", "The API does not exist")
        if operations is None:
            raise identity_error(404, "The requested URL does not exist.")
        operation = operations.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            refused = identity_error(405, "The method is not allowed for the requested URL.")
            methods = sorted({*operations, *(["HEAD"] if "GET" in operations else [])})
            refused.response = refused.response.with_headers(Allow=", ".join(methods))
            raise refused
        return operation

    def _show_job(self, request: Request, project_id: str, job_id: str) -> Response:
        if _is_signed(request):
            self._verify_signature(request)
            scope = request.headers.get("x-project-id", project_id)
        else:
            scope = self._project_of_token(request)
        if scope != project_id:
            raise service_error(403, "VolumeBackup.0042", "the token is for another project")
        return self._jobs.show(project_id, job_id)

    def _project_of_token(self, request: Request) -> str:
        if not request.token:
            message = "Incorrect IAM authentication information: X-Auth-Token is missing"
            raise gateway_error(request, 401, "APIGW.0301", message)
        token = self.tokens.find(request.token)
        if token is None:
            raise gateway_error(request, 401, "APIGW.0307", "The token is invalid or expired")
        if token.project is None:
            raise service_error(401, "VolumeBackup.0041", "the token has no roles")
        return token.project.id

    def _caller(self, request: Request) -> Token | None:
        """Return the token of the caller; None for a request with a valid signature."""
        if _is_signed(request):
            self._verify_signature(request)
            return None
        token = self.tokens.find(request.token)
        if token is None:
            raise not_authenticated()
        return token

    def _verify_signature(self, request: Request) -> None:
        from vbsjob.sandbox import signing

        signing.verify(request, self._context.now())


def _is_signed(request: Request) -> bool:
    """Whether a request carries a signature rather than a token."""
    return request.headers.get("authorization", "").startswith("SDK-")
