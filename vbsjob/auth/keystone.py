"""Requests to the identity service (Keystone v3) and what its answers mean.

An AuthFlow is a generator: it yields requests and is sent their responses. `Session` sends them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from vbsjob.errors import ApiError, RefusedCredentialsError, VbsjobError
from vbsjob.http import errors, strict_json, url
from vbsjob.http.messages import Request
from vbsjob.text import hide_values, parse_time, printable

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from vbsjob.http.messages import Response

    AuthFlow = Generator[Request, Response, "AccessInfo"]

OK, CREATED, NOT_FOUND = 200, 201, 404
MISSING_METHODS = {
    "totp": "set OS_PASSCODE",
    "password": "set OS_PASSWORD",
}


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

    def request_token(self, hint: str, **methods: Any) -> AuthFlow:
        """Request a token with one or more methods of Keystone, each with its credentials.

        Raises AuthError with `hint` for refused credentials.
        """
        identity = {"methods": list(methods), **methods}
        auth = {"identity": identity} | ({"scope": self.scope} if self.scope else {})
        body = json.dumps({"auth": auth}).encode()
        address = f"{self.auth_url}/auth/tokens"
        request = Request("POST", address, {"Content-Type": "application/json"}, body)
        response = yield request
        if response.status != CREATED:
            raise _refused(request, response, hint, methods, scoped=self.scope is not None)
        return _access_info(response)

    def validate_token(self, hint: str, token: str) -> AuthFlow:
        """Return what a token is good for, without a new token."""
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        request = Request("GET", f"{self.auth_url}/auth/tokens", headers)
        response = yield request
        if response.status != OK:
            raise _refused(request, response, hint, {"token": token})
        return _access_info(response, token)

    def project(self, hint: str, name: str) -> Generator[Request, Response, str]:
        """Request the id of a project; for signed requests, which have no token."""
        request = Request("GET", f"{self.auth_url}/projects?name={quote(name, safe='')}")
        projects = _list(request, (yield request), "projects", hint)
        ids = [entry.get("id") for entry in projects if entry.get("name") == name]
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


def _list(request: Request, response: Response, name: str, hint: str) -> tuple[dict[str, Any], ...]:
    if response.status != OK:
        error = errors.from_response(request, response)
        raise error.with_hint(hint) if isinstance(error, RefusedCredentialsError) else error
    try:
        entries = strict_json.read(response.body)[name]
        return tuple(entry for entry in entries if isinstance(entry, dict))
    except (strict_json.InvalidJsonError, KeyError, TypeError):
        raise errors.from_response(request, response) from None


def _refused(
    request: Request,
    response: Response,
    hint: str,
    methods: dict[str, Any],
    *,
    scoped: bool = False,
) -> VbsjobError:
    """Return the error for a refused sign-in; `hint` is the next step of its method.

    Keystone answers 404, with its error object, for a token that is expired, revoked or unknown,
    and 401 for a valid token and a project (`scoped`) that is unknown or not the user's. Other
    identity services answer 401 in both cases.
    """
    error = errors.from_response(request, response)
    if not isinstance(error, RefusedCredentialsError):
        return error
    if "token" in methods:
        origin = url.origin_of(request.url)
        if not scoped or response.status == NOT_FOUND:
            return error.replace(
                message=f"{origin}: the token has expired or is unknown.", hint=hint
            )
        return error.replace(
            message=f"{origin} did not accept the token for this project.",
            hint=f"Check the project and its domain. The token may also have expired. {hint}",
        )
    missing = _missing_methods(_document(response), methods)
    if not missing:
        return error.with_hint(hint)
    also = " and ".join(
        f"{name} ({MISSING_METHODS.get(name, 'not supported')})" for name in missing
    )
    together = ""
    if MISSING_METHODS.keys() >= set(missing):
        together = " If auth_type is set, set it to v3multifactor, with both in auth_methods."
    return error.with_hint(f"This user also needs {also}.{together}")


def _missing_methods(document: dict[str, Any], methods: dict[str, Any]) -> list[str]:
    """Return the methods that a user with multi-factor rules must add.

    Keystone's 401 then has `receipt.methods`, the accepted ones, and `required_auth_methods`, a
    list of sets of methods. Of the sets that vbsjob supports, else of all, the one with the fewest
    missing methods is chosen.
    """
    receipt, rules = document.get("receipt"), document.get("required_auth_methods")
    if not isinstance(receipt, dict) or not isinstance(rules, list):
        return []
    lists = [
        [name for name in rule if isinstance(name, str)] for rule in rules if isinstance(rule, list)
    ]
    missing = [[name for name in rule if name not in methods] for rule in lists]
    best = min(
        (names for names in missing if names),
        key=lambda names: (not MISSING_METHODS.keys() >= set(names), len(names)),
        default=[],
    )
    return [printable(name)[:40] for name in best]


def _document(response: Response) -> dict[str, Any]:
    try:
        document = strict_json.read(response.body)
    except strict_json.InvalidJsonError:
        return {}
    return document if isinstance(document, dict) else {}


def _access_info(response: Response, given: str | None = None) -> AccessInfo:
    """Return the token of a response; `given` is the token where no new one is issued."""
    try:
        token = strict_json.read(response.body)["token"]
        issued = given or response.headers["x-subject-token"]
        project, user = token.get("project") or {}, token.get("user") or {}
        catalog = tuple(entry for entry in token.get("catalog") or () if isinstance(entry, dict))
        access = AccessInfo(
            issued,
            _text(project.get("id")),
            _text(project.get("name")),
            _text(user.get("name")) or _text(user.get("id")),
            _life(token.get("issued_at") or _date(response), token.get("expires_at")),
            parse_time(token.get("expires_at")),
            catalog,
        )
    except (strict_json.InvalidJsonError, KeyError, TypeError, AttributeError):
        issued = ""
    if not issued or not issued.isascii() or not issued.isprintable():
        raise ApiError(
            "the answer of the identity service has no token.",
            hint="Check the auth_url (OS_AUTH_URL).",
            http_status=response.status,
            request_id=response.request_id,
        )
    return access


def _life(issued_at: Any, expires_at: Any) -> float | None:
    issued, expires = parse_time(issued_at), parse_time(expires_at)
    if issued is None or expires is None:
        return None
    return max(0.0, (expires - issued).total_seconds())


def _date(response: Response) -> str | None:
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(response.headers.get("date", "")).isoformat()
    except (ValueError, TypeError, IndexError):
        return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
