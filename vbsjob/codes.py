"""What the service's error codes mean, in plain words; unknown codes stay as they are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says happened (`meaning`) while doing what (`during`), and what to do now."""

    during: str
    meaning: str
    action: str


def everything() -> dict[str, Meaning]:
    """Return the meaning of every known code, in the service's order."""
    told = json.loads(resources.files(__package__).joinpath("codes.json").read_bytes())
    return {code: Meaning(**words) for code, words in told.items()}


def meaning(code: object) -> Meaning | None:
    """Return what a code means, whatever its case; None for one that is not known."""
    if not isinstance(code, str):
        return None
    known = {name.lower(): words for name, words in everything().items()}
    return known.get(code.lower())
