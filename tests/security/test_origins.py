"""A secret goes to the places that were set and to no other, whatever they say (S01, S03).

Real servers on three ports: identity, service, and one that every answer points to.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Self

import pytest

from tests.support.cloud import AUTH_URL, PASSWORD, PROJECT_ID, SECRET, SERVICE, Cloud
from tests.support.program import RunResult, run_against
from tests.support.server import Server, answer
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import Peer, Script

TOKEN, KEY = "canary-token-9", "SKcanary0000000002"
SECRETS = (PASSWORD, SECRET, TOKEN, KEY)
NAMED = {"OS_USERNAME": "mira", "OS_USER_DOMAIN_NAME": "dom", "OS_PROJECT_NAME": "eu-de_team"}
WAYS: dict[str, dict[str, str]] = {
    "token": {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": PROJECT_ID},
    "password": NAMED | {"OS_PASSWORD": PASSWORD},
    "access key": {
        "OS_ACCESS_KEY": "AKcanary0000000001", "OS_SECRET_KEY": KEY,
        "OS_PROJECT_NAME": "eu-de_team",
    },
    "application credential": {
        "OS_AUTH_TYPE": "v3applicationcredential", "OS_APPLICATION_CREDENTIAL_ID": "ac",
        "OS_APPLICATION_CREDENTIAL_SECRET": SECRET,
    },
}  # fmt: skip
COMMANDS = (("get", "j"), ("watch", "j", "-q"), ("tree", "j"), ("config", "check"))


@dataclass
class TrappedServers:
    """A cloud behind real sockets, and the place that it praises in every answer."""

    spoil: Callable[[int, str], Response | None] = lambda _number, _trap: None
    """What is said instead to the question of a number; it may point to the trap."""
    cloud: Cloud = field(default_factory=lambda: Cloud(tokens={TOKEN}, unscoped={TOKEN}))

    def __enter__(self) -> Self:
        """Open all three."""
        self.trap = Server(lambda peer: peer.send(answer({})))
        self.identity = Server(self._script(AUTH_URL.removesuffix("/v3")))
        self.service = Server(self._script(SERVICE))
        self.cloud.service = self.service.url
        self.cloud.before = lambda _: self.spoil(len(self.cloud.requests), self.trap.url)
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        for server in (self.identity, self.service, self.trap):
            server.close()

    def _script(self, address: str) -> Script:
        def script(peer: Peer) -> None:
            while request := peer.request():
                head, _, body = request.partition(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").split("\r\n")
                method, path, _ = first.split(" ")
                headers = dict(line.split(": ", 1) for line in lines)
                peer.send(
                    self._with_trap_headers(
                        self.cloud(Request(method, address + path, headers, body))
                    )
                )

        return script

    def _with_trap_headers(self, response: Response) -> bytes:
        trap = self.trap.url
        header_lines = {
            "location": trap, "content-location": trap, "link": f"<{trap}>; rel=next",
            "refresh": f"0; url={trap}", "alt-svc": f'http/1.1="127.0.0.1:{self.trap.port}"',
            "www-authenticate": f'Keystone uri="{trap}/v3"', "set-cookie": "praised=1",
        } | dict(response.headers)  # fmt: skip
        return answer(
            response.body,
            response.status,
            *(f"{name}: {value}" for name, value in header_lines.items()),
        )

    def run(self, way: str, *argv: str, **more: str) -> RunResult:
        env = {"OS_AUTH_URL": f"{self.identity.url}/v3", "OS_REGION_NAME": "eu-de"} | WAYS[way]
        proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), self.trap.url)
        return run_against(self.service.url, *argv, env=env | proxies | more)

    def secrets_at(self, server: Server) -> set[str]:
        """Return the secrets that a server was sent."""
        sent = b"".join(server.received)
        return {secret for secret in SECRETS if secret.encode() in sent}


@pytest.mark.parametrize(("way", "argv"), list(itertools.product(WAYS, COMMANDS)), ids=str)
def test_s01_each_secret_goes_only_to_its_own_address(way: str, argv: tuple[str, ...]) -> None:
    with TrappedServers() as servers:
        ended = servers.run(way, *argv)
        assert ended.code == 0, ended.err
        assert servers.identity.requests
        assert servers.service.requests == 1
        issued = {token for token in servers.cloud.tokens if token != TOKEN}
        meant = {"token": {TOKEN}, "password": {PASSWORD}, "access key": set[str]()}
        assert servers.secrets_at(servers.identity) == meant.get(way, {SECRET})
        assert servers.secrets_at(servers.service) == set()
        for token in issued:
            assert token.encode() in b"".join(servers.service.received)
        assert b"cookie" not in b"".join([*servers.identity.received, *servers.service.received])
        assert servers.trap.connections == 0


def away(number: int, trap: str, *, step: int, status: int) -> Response | None:
    """Redirect one question to the trap."""
    return Response(status, {"location": f"{trap}/v3/auth/tokens"}) if number == step else None


STEPS = {"token": 2, "password": 2, "access key": 3, "application credential": 2}
"""How many questions each way takes, the one about the job included."""


STATUSES = (301, 302, 303, 307, 308)


@pytest.mark.parametrize("way", WAYS)
def test_s01_s03_no_step_of_sign_in_and_query_follows_a_redirect(way: str) -> None:
    steps = itertools.product(range(1, STEPS[way] + 1), COMMANDS)
    for (step, argv), status in zip(steps, itertools.cycle(STATUSES), strict=False):
        with TrappedServers(partial(away, step=step, status=status)) as servers:
            ended = servers.run(way, *argv)
            assert ended.code == 6, (step, argv, status, ended.err)
            assert "redirects to" in ended.err or "-q" in argv
            assert len(servers.cloud.requests) == step
            assert servers.trap.connections == 0


@pytest.mark.parametrize("way", ["password", "application credential"])
def test_s01_a_renewal_goes_to_the_sign_in_address_whatever_the_401_says(way: str) -> None:
    def refused(number: int, _: str) -> Response | None:
        return Response(401, {}, b'{"error_code": "APIGW.0307"}') if number == STEPS[way] else None

    with TrappedServers(refused) as servers:
        assert servers.run(way, "get", "j").code == 0
        assert (servers.identity.requests, servers.service.requests) == (2, 2)
        assert servers.trap.connections == 0
