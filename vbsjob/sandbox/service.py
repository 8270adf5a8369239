"""The simulated services behind one address: their routes, and who may call them."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from vbsjob.auth.catalog import SERVICES
from vbsjob.sandbox import account
from vbsjob.sandbox.identity import Identity
from vbsjob.sandbox.jobs import Jobs
from vbsjob.sandbox.messages import (
    RefusedError,
    gateway_error,
    identity_error,
    not_authenticated,
    service_error,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vbsjob.context import Context
    from vbsjob.sandbox.messages import Request, Response

SIGNED_HEADERS = re.compile(r"SDK-HMAC-SHA256 Access=[^,]*, SignedHeaders=([^,]*), Signature=.*")
CLOCK_TOLERANCE = timedelta(minutes=15)
"""Allowed difference between X-Sdk-Date and the clock of the service (vendor document)."""


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
        self._identity = Identity(context, address, token_lifetime)
        self._jobs = Jobs(context, fault_shares)

    def respond(self, request: Request) -> Response:
        """Return the response to a request; HEAD is answered as GET."""
        try:
            return self._route(request)
        except RefusedError as error:
            return error.response

    def _route(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        segments = [unquote(segment) for segment in request.path.split("/") if segment]
        service = segments.pop(0) if segments and segments[0] in SERVICES else "vbs"
        match [method, *segments]:
            case ["GET"]:
                response = self._identity.list_versions()
            case ["GET", "v3"]:
                response = self._identity.show_version()
            case ["POST", "v3", "auth", "tokens"]:
                response = self._identity.create_token(request)
            case ["GET", "v3", "auth", "tokens"]:
                response = self._identity.show_token(request)
            case ["GET", "v3", "auth", "catalog"]:
                self._check_caller(request, not_authenticated())
                response = self._identity.show_catalog()
            case ["GET", "v3", "projects"] | ["GET", "v3", "auth", "projects"]:
                self._check_caller(request, not_authenticated())
                response = self._identity.list_projects(request)
            case ["GET", "v1", project_id, "jobs", job_id]:
                response = self._show_job(request, service, project_id, job_id)
            case [_, "v1" | "v2", *_]:
                raise gateway_error(request, 404, "APIGW.0101", "The API does not exist")
            case _:
                raise identity_error(404, "The requested URL does not exist.")
        return response

    def _show_job(self, request: Request, service: str, project_id: str, job_id: str) -> Response:
        reason = "The token is invalid or expired" if request.token else "X-Auth-Token is missing"
        code = "APIGW.0307" if request.token else "APIGW.0301"
        self._check_caller(request, gateway_error(request, 401, code, reason))
        if project_id != account.PROJECT.id:
            raise service_error(403, "VolumeBackup.0042", "the token is for another project")
        return self._jobs.show(service, job_id)

    def _check_caller(self, request: Request, refusal: RefusedError) -> None:
        """Check the signature or the token. Raises RefusedError; `refusal` for a wrong token."""
        if request.headers.get("authorization", "").startswith("SDK-"):
            _verify_signature(request, self._context.now())
        elif self._identity.token(request.token) is None:
            raise refusal


def _verify_signature(request: Request, now: datetime) -> None:
    """Sign the request again with the access key of the account, and compare.

    Raises RefusedError (401, APIGW.0301) as the gateway does.
    """
    from vbsjob.auth import signing
    from vbsjob.http.messages import Request as SignedRequest

    match = SIGNED_HEADERS.fullmatch(request.headers["authorization"])
    date = request.headers.get("x-sdk-date", "")
    try:
        time = datetime.strptime(date, signing.DATE).replace(tzinfo=UTC)
    except ValueError:
        time = None
    if match is None or time is None:
        raise _bad_signature(request, "Authorization or X-Sdk-Date is not valid")
    if abs(time - now) > CLOCK_TOLERANCE:
        server_time = now.strftime(signing.DATE)
        reason = f"AK/SK signature expired: client time {date}, server time {server_time}"
        raise _bad_signature(request, reason)
    names = [name for name in match[1].split(";") if name not in {"host", "x-sdk-date"}]
    headers = {name: request.headers.get(name, "") for name in names}
    url = f"http://{request.headers.get('host', '')}{request.path}?{request.query}"
    keys = signing.AccessKeyPair(account.ACCESS_KEY, account.SECRET_KEY)
    expected = signing.signed(SignedRequest(request.method, url, headers, request.body), keys, time)
    sent = request.headers["authorization"].encode()
    if not hmac.compare_digest(expected.headers["Authorization"].encode(), sent):
        raise _bad_signature(request, "verify aksk signature fail")


def _bad_signature(request: Request, reason: str) -> RefusedError:
    message = f"Incorrect IAM authentication information: {reason}"
    return gateway_error(request, 401, "APIGW.0301", message)
