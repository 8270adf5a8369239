"""The identity API of the sandbox: sign-in and tokens."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from vbsjob.sandbox.messages import Response

if TYPE_CHECKING:
    from vbsjob.context import Context
    from vbsjob.sandbox.messages import Request

USER = DOMAIN = "sandbox"
PASSWORD = "example-password"
"""Not a word of any message: secrets are removed from messages."""
PROJECT = "eu-de_sandbox"
PROJECT_ID = "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b"
REGION = "eu-de"


class IdentityService:
    """The user and the tokens. May be used by several threads."""

    def __init__(self, context: Context, address: str, token_lifetime: float) -> None:
        self._context = context
        self._address = address
        self._token_lifetime = token_lifetime
        self._expiry_times: dict[str, float] = {}
        self._token_count = 0
        self._lock = threading.Lock()

    def is_valid(self, token: str) -> bool:
        """Whether a token was issued here and has not expired."""
        with self._lock:
            return self._expiry_times.get(token, 0.0) > self._context.monotonic()

    def create_token(self, request: Request) -> Response:
        """Sign in: POST /v3/auth/tokens."""
        try:
            identity = json.loads(request.body)["auth"]["identity"]
            user = identity["password"]["user"]
            accepted = (user["name"], user["password"]) == (USER, PASSWORD)
        except (ValueError, KeyError, TypeError):
            accepted = False
        if not accepted:
            message = "The request you have made requires authentication."
            error = {"code": 401, "title": "Unauthorized", "message": message}
            return Response(401, {"error": error})
        return Response(201, {"token": self._token_document()}, {"X-Subject-Token": self._issue()})

    def _issue(self) -> str:
        with self._lock:
            now = self._context.monotonic()
            self._expiry_times = {
                token: expiry for token, expiry in self._expiry_times.items() if expiry > now
            }
            self._token_count += 1
            token = f"sandbox-token-{self._token_count:04}"
            self._expiry_times[token] = now + self._token_lifetime
        return token

    def _token_document(self) -> dict[str, Any]:
        expires = self._context.now() + timedelta(seconds=self._token_lifetime)
        url = f"{self._address}/v2/{PROJECT_ID}"
        return {
            "expires_at": expires.isoformat().replace("+00:00", "Z"),
            "project": {"id": PROJECT_ID, "name": PROJECT, "domain": {"name": DOMAIN}},
            "user": {"name": USER, "domain": {"name": DOMAIN}},
            "catalog": [
                {
                    "type": "vbs",
                    "name": "vbs",
                    "endpoints": [{"interface": "public", "region_id": REGION, "url": url}],
                }
            ],
        }
