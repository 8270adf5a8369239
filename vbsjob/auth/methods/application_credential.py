"""Sign-in with an application credential: a secret for one program and one project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.auth.methods import base

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

IDS = ("application_credential_id", "application_credential_name")


class ApplicationCredential(base.KeystoneMethod):
    """Id of a credential, or its name and user. It is bound to its project: no scope is sent."""

    name = "application_credential"
    auth_type = "v3applicationcredential"
    renewable = True
    sign_in_hint = (
        "Check the id and the secret of the application credential, and whether it has expired."
    )
    query_hint = (
        f"The identity service accepted the application credential. {base.OTHER_CLOUD_HINT}"
    )

    def credentials(self) -> dict[str, Any]:
        """Return the credential with its secret."""
        return {**self.owner, "secret": self.secret()}


def _load(
    settings: Settings, context: Context, required: str | None
) -> ApplicationCredential | None:
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
    identity = base.required_identity(settings)
    return ApplicationCredential(owner, secret, identity._replace(scope=None))


LOADER = base.Loader(("v3applicationcredential",), _load, "application_credential_id")
