"""Faults that `vbsjob sandbox --fault KIND=SHARE` injects into responses of the job API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vbsjob.errors import UsageError
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KINDS = ("429", "500", "502", "503", "504", "cut", "empty", "garbage", "slow")
SHARE = re.compile(r"0?\.[0-9]{1,9}|[01](\.0{1,9})?")


def parse(arguments: Iterable[str]) -> dict[str, float]:
    """Return the share of each kind from KIND=SHARE arguments.

    Raises UsageError if an argument is not valid, names a kind again, or the sum is above 1.
    """
    shares: dict[str, float] = {}
    for argument in arguments:
        kind, _, share = argument.partition("=")
        if kind not in KINDS or kind in shares or not SHARE.fullmatch(share):
            raise UsageError(
                f"--fault: {printable(argument)[:80]!r} is not a valid KIND=SHARE, or repeats a"
                " kind.",
                hint=f"KIND is one of {', '.join(KINDS)}; SHARE is a number from 0 to 1.",
            )
        shares[kind] = float(share)
    if sum(shares.values()) > 1:
        raise UsageError("--fault: the sum of the shares is above 1.", hint="Use smaller shares.")
    return shares


def draw(shares: Mapping[str, float], random: float) -> str:
    """Return the kind of fault for a random number from 0 to 1; empty for no fault."""
    for kind, share in shares.items():
        random -= share
        if random < 0:
            return kind
    return ""
