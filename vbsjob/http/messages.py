"""One question and one answer over HTTP, as values; knows no library and no network."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUEST_ID = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent; `headers` may hold secrets, so they stay out of its repr."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def with_headers(self, **headers: str) -> Request:
        """Return the request with further headers; an underscore stands for a hyphen."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return Request(self.method, self.url, {**self.headers, **more}, self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """What came back, whole; header names in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def request_id(self) -> str | None:
        """The id that support asks for, where a header tells it."""
        for name in ("x-request-id", "x-openstack-request-id"):
            found = REQUEST_ID.fullmatch(self.headers.get(name, ""))
            if found:
                return found[0]
        return None
