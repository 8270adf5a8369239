"""JSON Schemas (draft 2020-12) of what programs read: documents, rows, events and errors."""

from __future__ import annotations

import json
from typing import Any

NAMES = ("document", "row", "event", "error")


def load(name: str) -> dict[str, Any]:
    """Return one schema, with the definitions that it refers to."""
    schema: dict[str, Any] = json.loads(_read(name))
    definitions: dict[str, Any] = json.loads(_read("definitions"))
    text = json.dumps(schema)
    used = {key: definitions[key] for key in definitions if f'"#/$defs/{key}"' in text}
    return schema | ({"$defs": used} if used else {})


def _read(name: str) -> str:
    from importlib import resources  # imports tempfile and random

    return resources.files(__package__).joinpath("schema", f"{name}.json").read_text("utf-8")
