"""Sign-in with several methods of Keystone in one request, such as password and passcode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base, password, totp
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

FACTORS = {
    "v3password": password.factor,
    "password": password.factor,
    "v3totp": totp.factor,
    "totp": totp.factor,
}
"""Values of auth_methods."""


def _load(settings: Settings, context: Context, required: str | None) -> base.Method | None:
    """Return the method; without auth_type if both a password and a passcode are set."""
    if required is None and not (settings["password"] and settings["passcode"]):
        return None
    names = (required and settings["auth_methods"]) or ("v3password", "v3totp")
    for name in names:
        if name not in FACTORS:
            raise UsageError(
                f"{settings.origin('auth_methods')}: {printable(name)[:80]!r} is not one of"
                f" {', '.join(FACTORS)}.",
                hint="Write one of them, or several with commas.",
            )
    factors = [FACTORS[name](settings, context) for name in names]
    return base.keystone_method("v3multifactor", factors, base.required_identity(settings))


LOADER = base.Loader(("v3multifactor",), _load, "passcode")
