"""No `repr` of an object shows a secret: one day it stands in a traceback or a log (F92)."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pytest

import vbsjob

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET_FIELDS = {
    "token", "password", "passcode", "secret", "security_token", "access", "headers", "body",
    "env", "secrets", "values", "value", "clouds", "defaults",
}  # fmt: skip
"""Names of fields that hold a secret, or a mapping with one."""
HARMLESS = {
    ("CachedToken", "access"), ("Settings", "values"), ("Sources", "defaults"), ("Kind", "value"),
    ("Setting", "secret"), ("Fact", "value"),
}  # fmt: skip
"""A field of such a name whose own `repr` hides the secret, or that holds none."""


def records() -> Iterator[type]:
    """Yield every dataclass and named tuple of the program."""
    for module in pkgutil.walk_packages(vbsjob.__path__, "vbsjob."):
        if module.name.startswith("vbsjob.sandbox") or module.name == "vbsjob.__main__":
            continue
        for item in vars(importlib.import_module(module.name)).values():
            if isinstance(item, type) and item.__module__ == module.name and names_of(item):
                yield item


def names_of(kind: Any) -> tuple[str, ...]:
    if is_dataclass(kind):
        return tuple(field.name for field in fields(kind))
    return getattr(kind, "_fields", ())


HELD = [
    (kind, name)
    for kind in records()
    for name in names_of(kind)
    if name in SECRET_FIELDS and (kind.__name__, name) not in HARMLESS
]


@pytest.mark.parametrize(
    ("kind", "name"), HELD, ids=[f"{kind.__name__}.{name}" for kind, name in HELD]
)
def test_s05_f92_a_field_that_holds_a_secret_is_not_in_the_repr(kind: Any, name: str) -> None:
    if is_dataclass(kind):
        (field,) = (field for field in fields(kind) if field.name == name)
        assert not field.repr
    else:
        assert "s3cret" not in repr(kind(*["s3cret" for _ in kind._fields]))


def test_s05_every_place_where_secrets_are_held_is_found() -> None:
    names = {f"{kind.__name__}.{name}" for kind, name in HELD}
    assert names >= {
        "AccessInfo.token", "AccessKeyPair.secret", "Context.env", "Request.headers",
        "Request.body", "Response.headers", "Response.body", "SettingValue.value", "Layer.values",
        "CloudsFile.clouds",
    }, names  # fmt: skip
