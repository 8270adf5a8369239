"""Use of an agency: the token of the sign-in is exchanged for one of another account.

Source: "Obtaining an Agency Token", an extension of the vendor's identity service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base
from vbsjob.errors import AuthError, UsageError

if TYPE_CHECKING:
    from vbsjob.auth.keystone import AuthFlow
    from vbsjob.config.loader import Settings

SIGN_IN_HINT = (
    "Check OS_AGENCY_NAME, its account (OS_AGENCY_DOMAIN_NAME) and OS_DELEGATED_PROJECT. The user"
    " needs the right 'Agent Operator'."
)
QUERY_HINT = f"The identity service accepted the agency. {base.OTHER_CLOUD_HINT}"


def used(method: base.Method, settings: Settings) -> base.Method:
    """Return the method, with the agency of the settings if there is one.

    A renewal renews both tokens. Raises UsageError if a setting of the agency is missing, or if
    the method has no token.
    """
    name, project = settings["agency_name"], settings["delegated_project"]
    domain_id, domain_name = settings["agency_domain_id"], settings["agency_domain_name"]
    if not any((name, project, domain_id, domain_name)):
        return method
    if method.locks_on_failure:
        raise UsageError(
            "an agency needs the token of a user; an access key has none.",
            hint="Set OS_AUTH_TYPE to password or token, or unset OS_AGENCY_NAME.",
        )
    required = (
        ("agency_name", name),
        ("agency_domain_name", domain_id or domain_name),
        ("delegated_project", project),
    )
    for setting, value in required:
        if not value:
            raise settings.missing(setting, "an agency needs its name, account and project")
    member = "id" if domain_id else "name"
    domain = {member: domain_id or domain_name}
    scope = {"project": {"name": project, "domain": domain}}
    identity = base.required_identity(settings)._replace(scope=scope)
    agency = {f"domain_{member}": domain[member], "agency_name": name}

    def sign_in() -> AuthFlow:
        access = yield from method.sign_in()
        methods, token = {"assume_role": agency}, access.token or ""
        try:
            return (yield from identity.request_token(SIGN_IN_HINT, methods, X_Auth_Token=token))
        except AuthError as error:  # also 403
            raise error.replace(hint=SIGN_IN_HINT) from None

    key = method.cache_key and (*method.cache_key, str(agency), str(scope))
    return base.Method(method.auth_type, QUERY_HINT, sign_in, key, method.prompts, method.renewable)
