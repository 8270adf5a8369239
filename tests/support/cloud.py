"""A cloud in memory: identity service and one job. It keeps all requests."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.support import canary, schemas
from tests.support.clock import FakeClock
from tests.support.context import fake_context
from vbsjob.__main__ import run
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from vbsjob.context import Context

AUTH_URL = "https://iam.cloud.test/v3"
SERVICE = "https://vbs.cloud.test"
PASSWORD = canary.secret("canary-password-7Q")
SECRET = canary.secret("canary-credential-secret-8R")
WATCHED_TOKENS = 20
"""Number of tokens per cloud that are searched for in all output; each costs time."""
PROJECT_ID = "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b"
USER = {
    "OS_AUTH_URL": AUTH_URL,
    "OS_USERNAME": "mira",
    "OS_PASSWORD": PASSWORD,
    "OS_USER_DOMAIN_NAME": "dom",
    "OS_PROJECT_NAME": "eu-de_team",
}
"""A sign-in with a password."""
AUTH = {name.removeprefix("OS_").lower(): value for name, value in USER.items()}
"""The same, as `auth` of a cloud in clouds.yaml."""
ACCESS_KEY = {
    "OS_AUTH_URL": AUTH_URL,
    "OS_ACCESS_KEY": "AKcanary0000000001",
    "OS_SECRET_KEY": "SKcanary0000000002",
    "OS_PROJECT_NAME": "eu-de_team",
}
"""A sign-in with an access key."""
LOCATED = ACCESS_KEY | {"OS_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE}
"""The same without a query for the project and the address."""
UNAUTHORIZED = {"error": {"code": 401, "title": "Unauthorized", "message": "No."}}


@dataclass
class Cloud:
    """Responds as the real services do. `before` may return another response, for faults."""

    lifetime: float = 86400.0
    password: str = PASSWORD
    before: Callable[[Request], Response | None] = lambda _: None
    clock: FakeClock = field(default_factory=FakeClock)
    requests: list[Request] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    unscoped: set[str] = field(default_factory=set)
    """Those of `tokens` that have no project."""
    passcodes: set[str] = field(default_factory=lambda: {"123456"})
    service: str = SERVICE
    issued: int = 0

    def __call__(self, request: Request) -> Response:  # noqa: PLR0911 - a table of addresses
        self.requests.append(request)
        answer = self.before(request)
        if answer is not None:
            return answer
        if request.method == "GET" and request.url == f"{AUTH_URL}/auth/tokens":
            return self._validate(request.headers["X-Subject-Token"])
        if request.url == f"{AUTH_URL}/auth/tokens":
            return self._sign_in(json.loads(request.body)["auth"]["identity"])
        signed = request.headers.get("Authorization", "").startswith("SDK-HMAC-SHA256 Access=AK")
        if not signed and request.headers.get("X-Auth-Token") not in self.tokens:
            return json_response(401, {"error_code": "APIGW.0307", "error_msg": "token expires"})
        if request.url.startswith(f"{AUTH_URL}/projects?name="):
            return json_response(200, {"projects": [{"id": PROJECT_ID, "name": "eu-de_team"}]})
        if request.url == f"{AUTH_URL}/auth/catalog":
            return json_response(200, {"catalog": self._catalog()})
        job = {"job_id": request.url.rpartition("/")[2], "status": "SUCCESS", "entities": {}}
        return json_response(200, job)

    def _sign_in(self, identity: dict[str, Any]) -> Response:
        for method in identity["methods"]:
            proof = identity[method]
            right: dict[str, Callable[[Any], bool]] = {
                "password": lambda p: p["user"]["password"] == self.password,
                "token": lambda p: p["id"] in self.tokens,
                "application_credential": lambda p: p["secret"] == SECRET,
                "totp": lambda p: p["user"]["passcode"] in self.passcodes,
            }
            if not right[method](proof):
                return json_response(401, UNAUTHORIZED)
        self.passcodes.clear()
        self.issued += 1
        token = f"canary-token-{self.issued}"
        if self.issued <= WATCHED_TOKENS:
            canary.secret(token, issued=True)
        self.tokens.add(token)
        return json_response(201, {"token": self.token_document()}, **{"x-subject-token": token})

    def _validate(self, token: str) -> Response:
        """Keystone lets a token ask about itself; a dead one gets 401."""
        if token not in self.tokens:
            return json_response(401, UNAUTHORIZED)
        document = self.token_document()
        if token in self.unscoped:
            del document["project"], document["catalog"]
        return json_response(200, {"token": document})

    def token_document(self) -> dict[str, Any]:
        """Return what Keystone says about a token of the project."""
        issued = self.clock.utc()
        return {
            "issued_at": issued.isoformat(),
            "expires_at": (issued + timedelta(seconds=self.lifetime)).isoformat(),
            "project": {"id": PROJECT_ID, "name": "eu-de_team", "domain": {"name": "dom"}},
            "user": {"name": "mira"},
            "catalog": self._catalog(),
        }

    def _catalog(self) -> list[Any]:
        url = f"{self.service}/v2/{PROJECT_ID}"
        return [
            {
                "type": "vbs",
                "endpoints": [{"interface": "public", "region_id": "eu-de", "url": url}],
            },
            {"type": "compute", "endpoints": []},
        ]

    @property
    def posts(self) -> int:
        """Number of sign-in requests."""
        return sum(request.method == "POST" for request in self.requests)

    def context(
        self, env: Mapping[str, str] = USER, cache: Path | None = None, **more: Any
    ) -> Context:
        """Return a Context whose network is this cloud."""
        return fake_context(
            io.StringIO(), io.StringIO(), io.StringIO(), env,
            monotonic=self.clock, now=self.clock.utc, sleep=self.clock.sleep,
            random=lambda: 1.0, send=self, cache_folder=cache, **more,
        )  # fmt: skip

    def client(self, env: Mapping[str, str] = USER, **more: Any) -> JobsClient:
        """Return a JobsClient of this cloud with its own sign-in."""
        context = self.context(env, **more)
        return JobsClient(loader.load({}, context), context)

    def run(
        self,
        *argv: str,
        env: Mapping[str, str] = USER,
        cache: Path | None = None,
        **more: Any,
    ) -> tuple[int, str, str]:
        """Run a command; return its exit code, stdout and stderr."""
        context = self.context(env, cache, **more)
        code = run(argv, context)
        out, err = context.stdout.getvalue(), context.stderr.getvalue()  # type: ignore[attr-defined]
        canary.check(out + err)  # S05, in every test
        schemas.check(out, err)
        return code, out, err


def json_response(status: int, document: Any, **headers: str) -> Response:
    """Return a response with a JSON document."""
    return Response(status, headers, json.dumps(document).encode())
