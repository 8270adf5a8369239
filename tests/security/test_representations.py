"""No `repr` of an object shows a secret: one day it stands in a traceback or a log (F92)."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import pytest

import vbsjob

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

SECRET_FIELDS = {
    "token", "password", "passcode", "secret", "security_token", "access", "headers", "body",
    "env", "secrets", "values", "value", "clouds", "defaults",
}  # fmt: skip
"""Names of fields that hold a secret, or a mapping with one."""
HARMLESS = {
    ("CachedToken", "access"), ("Settings", "values"), ("Sources", "defaults"), ("Kind", "value"),
}  # fmt: skip
"""A field of such a name whose own `repr` hides the secret, or that holds none."""


def dataclasses() -> Iterator[type[DataclassInstance]]:
    for module in pkgutil.walk_packages(vbsjob.__path__, "vbsjob."):
        if module.name.startswith("vbsjob.sandbox") or module.name == "vbsjob.__main__":
            continue
        for item in vars(importlib.import_module(module.name)).values():
            if isinstance(item, type) and is_dataclass(item) and item.__module__ == module.name:
                yield item


HELD = [
    (kind, field.name)
    for kind in dataclasses()
    for field in fields(kind)
    if field.name in SECRET_FIELDS and (kind.__name__, field.name) not in HARMLESS
]


@pytest.mark.parametrize(
    ("kind", "name"), HELD, ids=[f"{kind.__name__}.{name}" for kind, name in HELD]
)
def test_s05_f92_a_field_that_holds_a_secret_is_not_in_the_repr(
    kind: type[DataclassInstance], name: str
) -> None:
    (field,) = (field for field in fields(kind) if field.name == name)
    assert not field.repr


def test_s05_every_place_where_secrets_are_held_is_found() -> None:
    names = {f"{kind.__name__}.{name}" for kind, name in HELD}
    assert names >= {
        "AccessInfo.token", "AccessKeyPair.secret", "Context.env", "Request.headers",
        "Request.body", "Response.headers", "Response.body", "Token.token", "Password.password",
    }, names  # fmt: skip
