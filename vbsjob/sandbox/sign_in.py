"""Sign-in to the sandbox: the body of POST /v3/auth/tokens, judged as Keystone does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.http import strict_json
from vbsjob.sandbox import account
from vbsjob.sandbox.account import APPLICATION_CREDENTIAL
from vbsjob.sandbox.messages import identity_error, not_authenticated

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.sandbox.account import ApplicationCredential, Project, User
    from vbsjob.sandbox.messages import RefusedError, Request
    from vbsjob.sandbox.tokens import Token


class Proof(NamedTuple):
    """What one method of a sign-in proved."""

    user: User
    parent: Token | None = None
    credential: ApplicationCredential | None = None


class SignIn(NamedTuple):
    """A body whose credentials are right. `project` is None for an unscoped token."""

    user: User
    project: Project | None
    methods: tuple[str, ...]
    parent: Token | None
    credential: ApplicationCredential | None


def read(request: Request, find_token: Callable[[str], Token | None]) -> SignIn:
    """Check the credentials and the scope of a sign-in.

    Raises RefusedError: 400 for a body that is not valid, 401 for wrong credentials or a wrong
    scope, 404 for an unknown token or application credential, 403 for a token of an application
    credential, which cannot be used to get another token.
    """
    auth = _member(_document(request), "auth", dict, "request body")
    identity = _member(auth, "identity", dict, "auth")
    names = _member(identity, "methods", list, "identity")
    checks: dict[str, Callable[[dict[str, Any]], Proof]] = {
        "password": _password,
        "totp": _totp,
        "application_credential": _application_credential,
        "token": lambda payload: _token(payload, find_token),
    }
    unknown = [name for name in names if not isinstance(name, str) or name not in checks]
    if unknown:
        message = "Attempted to authenticate with an unsupported method."
        raise identity_error(401, message, identity={"methods": list(checks)})
    methods = tuple(dict.fromkeys(names))
    proofs = [checks[name](_member(identity, name, dict, "identity")) for name in methods]
    if len({proof.user.id for proof in proofs}) != 1:
        raise not_authenticated()
    parent = next((proof.parent for proof in proofs if proof.parent), None)
    credential = next((proof.credential for proof in proofs if proof.credential), None)
    if parent is not None:
        methods = tuple(dict.fromkeys((*parent.methods, *methods)))
    project: Project | None = credential.project if credential else account.PROJECT
    if "scope" in auth:
        project = _scope(auth["scope"], credential)
    return SignIn(proofs[0].user, project, methods, parent, credential)


def _document(request: Request) -> dict[str, Any]:
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.body and content_type != "application/json":
        raise _expected("application/json", "Content-Type header")
    try:
        document = strict_json.read(request.body or b"{}")
    except strict_json.InvalidJsonError:
        document = None
    if not isinstance(document, dict):
        raise _expected("valid JSON", "request body")
    return document


def _member(mapping: dict[str, Any], name: str, kind: type, where: str) -> Any:
    """Return a member that must have a type."""
    if name not in mapping:
        raise _expected(name, where)
    if not isinstance(mapping[name], kind):
        raise identity_error(400, f"The value of '{name}' in {where} has the wrong type.")
    return mapping[name]


def _expected(name: str, where: str) -> RefusedError:
    return identity_error(400, f"Expecting to find {name} in {where}.")


def _password(payload: dict[str, Any]) -> Proof:
    reference = _member(payload, "user", dict, "password")
    user = _user(reference)
    if user is None or reference.get("password") != user.password:
        raise not_authenticated()
    return Proof(user)


def _totp(payload: dict[str, Any]) -> Proof:
    reference = _member(payload, "user", dict, "totp")
    user = _user(reference)
    if user is None or not user.passcode or reference.get("passcode") != user.passcode:
        raise not_authenticated()
    return Proof(user)


def _token(payload: dict[str, Any], find_token: Callable[[str], Token | None]) -> Proof:
    token = find_token(_member(payload, "id", str, "token"))
    if token is None:
        raise identity_error(404, "The token is not valid or has expired.")
    if token.credential is not None:
        message = "A token of an application credential cannot be used to get another token."
        raise identity_error(403, message)
    return Proof(token.user, parent=token)


def _application_credential(payload: dict[str, Any]) -> Proof:
    where = "application_credential"
    if "id" in payload:
        named = _member(payload, "id", str, where) == APPLICATION_CREDENTIAL.id
    else:
        name = _member(payload, "name", str, where)
        user = _user(_member(payload, "user", dict, where))
        named = name == APPLICATION_CREDENTIAL.name and user == APPLICATION_CREDENTIAL.user
    if not named:
        raise identity_error(404, "The application credential does not exist.")
    if payload.get("secret") != APPLICATION_CREDENTIAL.secret:
        raise not_authenticated()
    return Proof(APPLICATION_CREDENTIAL.user, credential=APPLICATION_CREDENTIAL)


def _user(reference: dict[str, Any]) -> User | None:
    """Return the user of an id, or of a name and its domain; None for an unknown one."""
    if "id" in reference:
        user_id = _member(reference, "id", str, "user")
        return next((user for user in account.USERS if user.id == user_id), None)
    name = _member(reference, "name", str, "user")
    if not _is_domain(_member(reference, "domain", dict, "user")):
        return None
    return next((user for user in account.USERS if user.name == name), None)


def _is_domain(reference: dict[str, Any]) -> bool:
    key = "id" if "id" in reference else "name"
    return bool(_member(reference, key, str, "domain") == account.DOMAIN[key])


def _scope(scope: Any, credential: ApplicationCredential | None) -> Project | None:
    """Return the project of a scope; None for an unscoped token."""
    kinds = [scope] if isinstance(scope, str) else list(scope) if isinstance(scope, dict) else []
    if len(kinds) != 1 or kinds[0] not in {
        "project", "domain", "system", "unscoped", "OS-TRUST:trust",
    }:  # fmt: skip
        raise _expected("system, project, domain, OS-TRUST:trust or unscoped", "scope")
    if credential is not None:
        message = "Application credentials cannot request a scope."
        raise identity_error(401, message)
    if kinds == ["unscoped"]:
        return None
    if not isinstance(scope, dict):
        raise _expected("an object", "scope")
    if kinds != ["project"]:
        raise not_authenticated()
    return _project(_member(scope, "project", dict, "scope"))


def _project(reference: dict[str, Any]) -> Project:
    if "id" in reference:
        project = account.find_project(_member(reference, "id", str, "project"))
    else:
        name = _member(reference, "name", str, "project")
        in_domain = _is_domain(_member(reference, "domain", dict, "project"))
        project = next((p for p in account.PROJECTS if in_domain and p.name == name), None)
    if project is None:
        raise not_authenticated()
    return project
