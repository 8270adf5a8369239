"""The table of error codes: what each means and what to do (error_codes.json)."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import NamedTuple


class Meaning(NamedTuple):
    """What happened (`meaning`), during which operation (`during`), and what to do (`action`)."""

    code: str
    during: str
    meaning: str
    action: str


FIELDS = Meaning._fields


@cache
def everything() -> dict[str, Meaning]:
    """Return the meaning of every known code, sorted by code."""
    from importlib import resources  # imports tempfile and random

    table = json.loads(resources.files(__package__).joinpath("error_codes.json").read_bytes())
    return {code: Meaning(code, **texts) for code, texts in table.items()}


def meaning(code: str | None) -> Meaning | None:
    """Return the meaning of a code, compared without case; None if the table does not have it."""
    wanted = (code or "").lower()
    return next((texts for texts in everything().values() if texts.code.lower() == wanted), None)


def near(code: str) -> list[str]:
    """Return the nearest codes of the table: those with the same number, else by spelling."""
    from difflib import get_close_matches

    names = everything()
    number = re.search(r"[0-9]{1,4}$", code)
    same_number = [name for name in names if number and name.endswith("." + number[0].zfill(4))]
    return same_number or get_close_matches(code, names)
