"""Sign-in with an application credential: a secret for one program and one project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

IDS = ("application_credential_id", "application_credential_name")
SIGN_IN_HINT = (
    "Check the id and the secret of the application credential, and whether it has expired."
)
QUERY_HINT = f"The identity service accepted the application credential. {base.OTHER_CLOUD_HINT}"


def _load(settings: Settings, context: Context, required: str | None) -> base.Method | None:
    """Return the method. The credential is bound to its project: no scope is sent."""
    credential_id, name = (settings[setting] for setting in IDS)
    if not credential_id and not name:
        if required is None:
            return None
        raise settings.missing("application_credential_id", "the secret alone does not name it")
    owner = {"id": credential_id}
    if not credential_id:
        needed_by = "the name of an application credential is unique only for its user"
        owner = {"name": name, "user": base.user(settings, needed_by)}
    secret = base.secret(settings, context, "application_credential_secret", credential_id or name)
    factor = base.Factor(
        "application_credential",
        owner,
        secret,
        lambda secret: {**owner, "secret": secret},
        SIGN_IN_HINT,
        QUERY_HINT,
    )
    identity = base.required_identity(settings)._replace(scope=None)
    return base.keystone_method("v3applicationcredential", [factor], identity)


LOADER = base.Loader(("v3applicationcredential",), _load, "application_credential_id")
