"""Fields of a document: read by a dotted path, and written as one safe line."""

from __future__ import annotations

import json
from typing import Any

from vbsjob.jobs.job import Job
from vbsjob.text import printable

MISSING = object()
"""What `get` returns for a field that the document does not have."""


def get(document: Any, path: str) -> Any:
    """Return the field at a dotted path such as `entities.backup_id`, else MISSING.

    List items are numbered from 0. `sub_jobs` is found at top level and under `entities`. A member
    whose name contains dots is found too.
    """
    value, rest = document, path
    while value is not MISSING:
        if isinstance(value, dict) and rest in value and rest != "sub_jobs":
            return value[rest]
        name, dot, rest = rest.partition(".")
        value = _member(value, name)
        if not dot or not rest:
            break
    return value


def _member(value: Any, name: str) -> Any:
    if isinstance(value, list):
        index = int(name) if name.isascii() and name.isdigit() and len(name) < 10 else len(value)
        return value[index] if index < len(value) else MISSING
    if not isinstance(value, dict):
        return MISSING
    if name == "sub_jobs" and (sub_jobs := Job(value).sub_jobs):
        return [job.members for job in sub_jobs]
    return value.get(name, MISSING)


def one_line(value: Any) -> str:
    """Return a value as one printable line: null and MISSING empty, lists and objects as JSON."""
    if value is None or value is MISSING:
        return ""
    return printable(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
