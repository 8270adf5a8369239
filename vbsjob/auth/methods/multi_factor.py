"""Sign-in with several methods of Keystone in one request, such as password and passcode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vbsjob.auth.methods import base, password, totp
from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from vbsjob.auth.keystone import AuthFlow
    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

METHODS = {
    "v3password": password.create,
    "password": password.create,
    "v3totp": totp.create,
    "totp": totp.create,
}
"""Values of auth_methods."""


class MultiFactor(base.TokenMethod):
    """A list of methods. The hints are those of the method that cannot be renewed."""

    auth_type = "v3multifactor"

    def __init__(self, methods: list[base.KeystoneMethod]) -> None:
        self._methods = methods
        self._weakest = min(methods, key=lambda method: method.renewable)
        self.renewable = self._weakest.renewable
        self.query_hint = self._weakest.query_hint
        self.cache_key = tuple(text for method in methods for text in method.cache_key)

    def sign_in(self) -> AuthFlow:
        """Send all methods in one request, once."""
        methods = {method.name: method.credentials() for method in self._methods}
        request_token = self._weakest.identity.request_token
        return (yield from request_token(self._weakest.sign_in_hint, methods))


def _load(settings: Settings, context: Context, required: str | None) -> MultiFactor | None:
    """Return the method; without auth_type if both a password and a passcode are set."""
    if required is None and not (settings["password"] and settings["passcode"]):
        return None
    names = ("v3password", "v3totp")
    if required is not None and settings["auth_methods"]:
        names = settings["auth_methods"]
    for name in names:
        if name not in METHODS:
            raise UsageError(
                f"{settings.origin('auth_methods')}: {printable(name)[:80]!r} is not one of"
                f" {', '.join(METHODS)}.",
                hint="Write one of them, or several with commas.",
            )
    return MultiFactor([create(settings, context) for create in map(METHODS.__getitem__, names)])


LOADER = base.Loader(("v3multifactor",), _load, "passcode")
