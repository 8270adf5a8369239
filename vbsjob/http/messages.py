"""HTTP request and response as values, independent of any HTTP library."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.http import strict_json
from vbsjob.text import hide_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


def http_date(text: str) -> datetime | None:
    """Return the time of a header such as Date; None if it is not valid."""
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


@hide_values
class Request(NamedTuple):
    """A request. Headers and body can contain secrets, so the repr shows neither."""

    method: str
    url: str
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""

    def with_headers(self, **headers: str) -> Request:
        """Return a copy with more headers; an underscore in a name means a hyphen."""
        added = {name.replace("_", "-"): value for name, value in headers.items()}
        return Request(self.method, self.url, {**self.headers, **added}, self.body)


@dataclass(frozen=True)
class Response:
    """A complete response; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def document(self) -> Any:
        """The decoded body; None if it is not JSON."""
        return self._decoded[0]

    @property
    def flaw(self) -> str:
        """Why the body is not JSON; empty if it is."""
        return self._decoded[1]

    @cached_property
    def _decoded(self) -> tuple[Any, str]:
        try:
            return strict_json.read(self.body), ""
        except strict_json.InvalidJsonError as error:
            return None, str(error) if self.body.strip() else "empty"

    @property
    def request_id(self) -> str | None:
        """The id that the support of the service needs; None without such a header."""
        for name in ("x-request-id", "x-openstack-request-id"):
            match = REQUEST_ID.fullmatch(self.headers.get(name, ""))
            if match:
                return match[0]
        return None
