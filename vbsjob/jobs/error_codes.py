"""The table of error codes: what each means and what to do (error_codes.json)."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any, NamedTuple


class Meaning(NamedTuple):
    """What happened (`meaning`), during which operation (`during`), and what to do (`action`)."""

    during: str
    meaning: str
    action: str


@cache
def everything() -> dict[str, Meaning]:
    """Return the meaning of every known code, sorted by code."""
    from importlib import resources  # imports tempfile and random

    table = json.loads(resources.files(__package__).joinpath("error_codes.json").read_bytes())
    return {code: Meaning(**texts) for code, texts in table.items()}


def meaning(code: object) -> Meaning | None:
    """Return the meaning of a code, compared without case; None if the table does not have it."""
    wanted = code.lower() if isinstance(code, str) else None
    return next((texts for name, texts in everything().items() if name.lower() == wanted), None)


FIELDS = ("code", "during", "meaning", "action")


def documents(code: str | None = None) -> list[dict[str, Any]]:
    """Return one document per code of the table, or only that of `code`, compared without case."""
    wanted = None if code is None else code.lower()
    return [
        {"code": name, **meaning._asdict()}
        for name, meaning in everything().items()
        if wanted in {None, name.lower()}
    ]


def near(code: str) -> list[str]:
    """Return the nearest codes of the table: those with the same number, else by spelling."""
    from difflib import get_close_matches

    names = {name.lower(): name for name in everything()}
    number = re.search(r"[0-9]{1,4}$", code)
    same_number = [name for name in names if number and name.endswith("." + number[0].zfill(4))]
    return [names[name] for name in same_number or get_close_matches(code.lower(), names, n=3)]
