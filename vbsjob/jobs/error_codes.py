"""What the service's error codes mean, in plain words; unknown codes stay as they are."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says happened (`meaning`) while doing what (`during`), and what to do now."""

    during: str
    meaning: str
    action: str


@cache
def everything() -> dict[str, Meaning]:
    """Return the meaning of every known code, in the service's order."""
    table = json.loads(resources.files(__package__).joinpath("error_codes.json").read_bytes())
    return {code: Meaning(**texts) for code, texts in table.items()}


@cache
def _by_lower_case() -> dict[str, Meaning]:
    return {code.lower(): meaning for code, meaning in everything().items()}


def meaning(code: object) -> Meaning | None:
    """Return the meaning of a code, compared without case; None if the table does not have it."""
    return _by_lower_case().get(code.lower()) if isinstance(code, str) else None


FIELDS = ("code", "during", "meaning", "action")


def documents(code: str | None = None) -> list[dict[str, Any]]:
    """Return what is known of a code, whatever its case, or of every code; empty if of none."""
    wanted = None if code is None else code.lower()
    return [
        {"code": name, **asdict(words)}
        for name, words in everything().items()
        if wanted in {None, name.lower()}
    ]


def near(code: str) -> list[str]:
    """Return known codes that were probably meant: by their number, else by their spelling."""
    from difflib import get_close_matches

    names = {name.lower(): name for name in everything()}
    number = re.search(r"[0-9]{1,4}$", code)
    same = [name for name in names if number and name.endswith("." + number[0].zfill(4))]
    return [names[name] for name in same or get_close_matches(code.lower(), names, n=3)]
