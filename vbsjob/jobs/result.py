"""The members that vbsjob adds to the service's in a document."""

from __future__ import annotations

from typing import Any

SCHEMA_VERSION = 1
OUR_MEMBERS = frozenset(
    {
        "schema_version",
        "elapsed_s",
        "verdict",
        "exit_code",
        "failure",
        "expected_end",
        "error",
        "others",
    }
)
"""Members of a document that vbsjob adds; the service's of the same name are in `others`."""


def merged(members: dict[str, Any], own_members: dict[str, Any]) -> dict[str, Any]:
    """Return the service's members and ours; where names are equal, ours wins.

    The service's values of such names are in `others`.
    """
    reserved = OUR_MEMBERS | own_members.keys()
    others = {name: value for name, value in members.items() if name in reserved}
    service_members = {name: value for name, value in members.items() if name not in reserved}
    return service_members | own_members | ({"others": others} if others else {})
