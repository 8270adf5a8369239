"""Signing in against a real OpenStack Keystone: what it accepts, refuses, lets expire, revokes."""

from __future__ import annotations

import base64
import fcntl
import hmac
import io
import json
import os
import ssl
import struct
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.program import ROOT
from vbsjob.__main__ import run
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.http.messages import Request, Response
from vbsjob.http.transport import Transport
from vbsjob.redact import Secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vbsjob.context import Context

PYTHON = ROOT / ".venv" / "keystone" / "bin" / "python"
CLOSED = 1
"""A port on which nothing listens."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.keystone,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"Keystone is not installed for {PYTHON}"),
]


@pytest.fixture(scope="session")
def keystone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Return the names in a Keystone, which the workers of a run share: it takes long to start.

    It ends when no worker holds the lock of `users`.
    """
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    server = [str(PYTHON), "-W", "ignore", str(ROOT / "tests/support/keystone_server.py")]
    with (folder / "users").open("a") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        with (folder / "facts").open("a+") as facts:
            fcntl.flock(facts, fcntl.LOCK_EX)
            if not os.fstat(facts.fileno()).st_size:
                subprocess.run(
                    [*server, str(folder)], check=True, timeout=150, stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )  # fmt: skip
            facts.seek(0)
            names = json.load(facts)
        yield names


class Net:
    """Real HTTP to Keystone; the backup service beside it asks Keystone about every token."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.wire = Transport(
            secrets=Secrets(), body_limit=1 << 20, trust=ssl.create_default_context
        )
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self.tokens: list[str] = []
        """Those that Keystone issued, the last one too if no query used it."""
        self.unreachable = 0
        """So many requests to Keystone find a closed port."""
        self.after_first: Callable[[], None] | None = None
        """What happens after the first answer about a job; the second one is SUCCESS."""
        self.answers = 0

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        is_job = "/jobs/" in request.url
        if self.unreachable and not is_job:
            self.unreachable -= 1
            address = request.url.replace(self.facts["auth_url"], f"http://127.0.0.1:{CLOSED}/v3")
            request = request._replace(url=address)
        response = self._job(request) if is_job else self.wire.send(request)
        self.statuses.append(response.status)
        self.tokens.extend(filter(None, [response.headers.get("x-subject-token")]))
        return response

    def _job(self, request: Request) -> Response:
        assert request.url.startswith("http://127.0.0.1:8799/v1/")
        token = request.headers["X-Auth-Token"]
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        address = f"{self.facts['auth_url']}/auth/tokens"
        if self.wire.send(Request("GET", address, headers)).status != 200:
            return Response(401, {}, b'{"error_code": "APIGW.0307", "error_msg": "expired"}')
        self.answers += 1
        status = "SUCCESS" if self.after_first and self.answers > 1 else "RUNNING"
        job = {"job_id": request.url.rpartition("/")[2], "status": status}
        if self.after_first and self.answers == 1:
            self.after_first()
        return Response(200, {}, json.dumps(job).encode())

    @property
    def used(self) -> str:
        """The token of the last query."""
        queries = [request for request in self.requests if "/jobs/" in request.url]
        return queries[-1].headers["X-Auth-Token"] if queries else ""

    @property
    def posts(self) -> int:
        return sum(request.method == "POST" for request in self.requests)


@pytest.fixture
def net(keystone: dict[str, Any]) -> Iterator[Net]:
    made = Net(keystone)
    yield made
    made.wire.close()


def env(facts: dict[str, Any], **more: str) -> dict[str, str]:
    variables = {
        "OS_AUTH_URL": facts["auth_url"],
        "OS_USERNAME": facts["user_name"],
        "OS_PASSWORD": facts["password"],
        "OS_USER_DOMAIN_NAME": facts["domain_name"],
        "OS_PROJECT_NAME": facts["project_name"],
    }
    return {name: value for name, value in (variables | more).items() if value}


def context(net: Net, variables: dict[str, str], **fields: Any) -> Context:
    return fake_context(io.StringIO(), io.StringIO(), io.StringIO(), variables, send=net, **fields)


def vbsjob(
    net: Net,
    variables: dict[str, str],
    *argv: str,
    cache: Path | None = None,
    **fields: Any,
) -> Any:
    around = context(net, variables, cache_folder=cache, **fields)
    code = run(argv, around)
    return code, around.stdout.getvalue(), around.stderr.getvalue()  # type: ignore[attr-defined]


def client(net: Net, variables: dict[str, str]) -> JobsClient:
    around = context(net, variables)
    return JobsClient(loader.load({}, around), around)


def credential(facts: dict[str, Any], **more: str) -> dict[str, str]:
    return env(
        facts,
        OS_PASSWORD="",
        OS_PROJECT_NAME="",
        OS_AUTH_TYPE="v3applicationcredential",
        OS_APPLICATION_CREDENTIAL_SECRET=facts["application_credential_secret"],
        **more,
    )


def test_project_and_user_can_be_given_by_name_or_id(net: Net, keystone: Any) -> None:
    project, domain = keystone["project_id"], keystone["domain_name"]
    by_user_id = {"OS_USER_ID": keystone["user_id"], "OS_USERNAME": "", "OS_USER_DOMAIN_NAME": ""}
    for given in (
        {},
        {"OS_PROJECT_ID": project, "OS_PROJECT_NAME": ""},
        by_user_id | {"OS_PROJECT_DOMAIN_NAME": domain},
    ):
        assert vbsjob(net, env(keystone, **given), "get", "j")[0] == 0, given
        assert net.requests[-1].url == f"http://127.0.0.1:8799/v1/{project}/jobs/j"


def token_of_other_project(net: Net, keystone: Any) -> str:
    client(net, env(keystone, OS_PROJECT_NAME=keystone["other_project_name"])).sign_in()
    return net.tokens[-1]


def test_a_token_without_a_project_setting_is_for_its_own_project(net: Net, keystone: Any) -> None:
    # Exchanged without a scope, it would come back for the default project of the user.
    token = token_of_other_project(net, keystone)
    without = {"OS_PASSWORD": "", "OS_USERNAME": "", "OS_PROJECT_NAME": ""}
    variables = env(keystone, OS_TOKEN=token, **without)
    sent = len(net.requests)
    assert vbsjob(net, variables, "get", "j")[0] == 0
    assert [request.method for request in net.requests[sent:]] == ["GET", "GET"]
    other = keystone["other_project_id"]
    assert net.requests[-1].url == f"http://127.0.0.1:8799/v1/{other}/jobs/j"
    assert net.used == token
    _, out, _ = vbsjob(net, variables, "config", "check", "-o", "json")
    assert json.loads(out)["project_id"]["value"] == other


def test_a_token_of_another_project_is_exchanged(net: Net, keystone: Any) -> None:
    token = token_of_other_project(net, keystone)
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=token, OS_PROJECT_NAME="")
    for named in ("OS_PROJECT_NAME", "OS_PROJECT_ID"):
        project = {named: keystone[named.removeprefix("OS_").lower()]}
        sent = len(net.requests)
        assert vbsjob(net, variables | project, "get", "j")[0] == 0
        assert [request.method for request in net.requests[sent:]] == ["GET", "POST", "GET"]
        assert keystone["project_id"] in net.requests[-1].url
        assert net.used != token


def test_f59_an_unknown_token_is_4_and_nothing_else(net: Net, keystone: Any) -> None:
    token = "gAAAAABn" + "A" * 175
    code, out, err = vbsjob(net, env(keystone, OS_PASSWORD="", OS_TOKEN=token), "get", "j")
    assert code == 4, err
    assert [request.method for request in net.requests] == ["GET"]
    assert "the token has expired or is unknown." in err
    assert "Get a new token" in err
    assert "auth_url" not in err
    assert token not in out + err


def test_a_valid_token_with_a_wrong_project_is_not_called_expired(net: Net, keystone: Any) -> None:
    client(net, env(keystone)).sign_in()
    for wrong in ("OS_PROJECT_NAME", "OS_PROJECT_ID", "OS_USER_DOMAIN_NAME"):
        variables = env(keystone, OS_PASSWORD="", OS_TOKEN=net.tokens[0]) | {wrong: "nobodys"}
        code, _, err = vbsjob(net, variables, "get", "j")
        assert code == 4
        assert "did not accept the token for this project." in err
        assert "HTTP 401" in err
        assert "Check the project and its domain" in err


def test_a_token_of_an_application_credential_serves(net: Net, keystone: Any) -> None:
    by_id = {"OS_APPLICATION_CREDENTIAL_ID": keystone["application_credential_id"]}
    client(net, credential(keystone, **by_id)).sign_in()
    token = net.tokens[0]
    code, _, err = vbsjob(net, env(keystone, OS_PASSWORD="", OS_TOKEN=token), "get", "j")
    assert code == 0, err
    assert net.used == token
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=token)
    variables["OS_PROJECT_NAME"] = keystone["other_project_name"]
    code, _, err = vbsjob(net, variables, "get", "j")
    assert (code, net.statuses[-1]) == (4, 403)
    assert "A token of a trust or of an application credential is for one project" in err


def called(net: Net, method: str, path: str, document: Any, token: str) -> Response:
    """Return the answer of Keystone, which must accept the request."""
    headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": token} if token else {})
    body = json.dumps(document).encode() if document else b""
    address = f"{net.facts['auth_url']}{path}"
    response = net.wire.send(Request(method, address, headers, body))
    assert response.status < 300, response.body
    return response


def token_of_a_trust(net: Net, token: str, user_id: str, project_id: str, password: str) -> str:
    """Return a token with which the user of a token acts for its project, as in a trust."""
    trust = {
        "trustor_user_id": user_id,
        "trustee_user_id": user_id,
        "project_id": project_id,
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    created = called(net, "POST", "/OS-TRUST/trusts", {"trust": trust}, token)
    user = {"id": user_id, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"OS-TRUST:trust": {"id": json.loads(created.body)["trust"]["id"]}}
    auth = {"auth": {"identity": identity, "scope": scope}}
    return called(net, "POST", "/auth/tokens", auth, "").headers["x-subject-token"]


# Each sign-in, after each event, with each command.


EVENTS = ("nothing", "revoked", "outage", "long outage", "password changed", "user disabled")
RESULTS = {
    ".": (0, ""),
    "P": (4, "Check the user, password, domain and project."),
    "C": (4, "Check the id and the secret of the application credential"),
    "O": (4, "Check the user and the passcode"),
    "T": (4, "the token has expired or is unknown."),
    "E": (4, "The token may have expired, or may be for another cloud."),
    "N": (4, "Run the command again with a new passcode."),
    "R": (4, "The user lacks a role in this project."),
    "U": (7, "connection refused."),
}
"""Exit code, and what stderr says."""
TABLE = {
    "password":              ("...", "...", "...", "UUU", "PPP", "PPP"),
    "credential":            ("...", "...", "...", "UUU", "...", "CCC"),
    "passcode":              ("...", "N..", "N..", "NUU", "N..", "NOO"),
    "password and passcode": ("...", "N..", "N..", "NUU", "NOO", "NOO"),
    "token":                 ("...", "ETT", "ETT", "EUU", "ETT", "ETT"),
    "token to exchange":     ("...", "E..", "E..", "EUU", "ETT", "ETT"),
    "token of a trust":      ("...", "ETT", "ETT", "EUU", "ETT", "ERR"),
}  # fmt: skip
"""For each way to sign in and each of EVENTS: the results of watch, get and config check."""


class User:
    """A new user of Keystone who signs in in one way, and what happens to it."""

    def __init__(self, net: Net, sign_in: str, name: str = "") -> None:
        self._net, facts = net, net.facts
        self._name, self._password = name or sign_in, PASSWORD
        user = {"name": self._name, "password": PASSWORD, "domain_id": facts["domain_id"]}
        if sign_in == "password and passcode":
            rules = [["password", "totp"]]
            user["options"] = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": rules}
        self._id = self._as_admin("POST", "/users", {"user": user})["user"]["id"]
        for project in ("project_id", "other_project_id"):
            path = f"/projects/{facts[project]}/users/{self._id}/roles/{facts['role_id']}"
            self._as_admin("PUT", path)
        if "passcode" in sign_in:
            secret = {"type": "totp", "blob": base64.b32encode(KEY).decode(), "user_id": self._id}
            self._as_admin("POST", "/credentials", {"credential": secret})

    def _as_admin(self, method: str, path: str, document: Any = None) -> Any:
        body = called(self._net, method, path, document, self._net.facts["admin_token"]).body
        return json.loads(body) if body else None

    def env(self, sign_in: str, event: str) -> dict[str, str]:
        """Return the variables of a new sign-in, for one event."""
        net, facts = self._net, self._net.facts
        by_password = env(facts, OS_USERNAME=self._name, OS_PASSWORD=self._password)
        if sign_in == "password":
            return by_password
        if "passcode" in sign_in:
            kind = "v3totp" if sign_in == "passcode" else "v3multifactor"
            return by_password | {"OS_PASSCODE": passcode(KEY), "OS_AUTH_TYPE": kind}
        project = "other_project_name" if sign_in == "token to exchange" else "project_name"
        client(net, by_password | {"OS_PROJECT_NAME": facts[project]}).sign_in()
        token = net.tokens[-1]
        if "token" in sign_in:
            if sign_in == "token of a trust":
                token = token_of_a_trust(net, token, self._id, facts["project_id"], self._password)
            wanted = facts["project_name"] if sign_in == "token to exchange" else ""
            return env(
                facts, OS_USERNAME="", OS_PASSWORD="", OS_TOKEN=token, OS_PROJECT_NAME=wanted
            )
        document = {"application_credential": {"name": event}}
        path = f"/users/{self._id}/application_credentials"
        made = json.loads(called(net, "POST", path, document, token).body)["application_credential"]
        named = {"OS_APPLICATION_CREDENTIAL_ID": made["id"]}
        if EVENTS.index(event) % 2:
            named = {"OS_APPLICATION_CREDENTIAL_NAME": event}
        return credential(facts, **named, OS_USERNAME=self._name) | {
            "OS_APPLICATION_CREDENTIAL_SECRET": made["secret"]
        }

    def meets(self, event: str) -> None:
        """Let the event happen. An outage begins with a revoked token, so that it is renewed."""
        if event in {"revoked", "outage", "long outage"}:
            token = self._net.facts["admin_token"]
            headers = {"X-Auth-Token": token, "X-Subject-Token": self._net.used}
            address = f"{self._net.facts['auth_url']}/auth/tokens"
            self._net.wire.send(Request("DELETE", address, headers))
        if event == "password changed":
            self._password = "canary-changed"
            self._as_admin("PATCH", f"/users/{self._id}", {"user": {"password": self._password}})
            time.sleep(1.1)  # Keystone revokes whatever was issued in the same second
        if event == "user disabled":
            self._as_admin("PATCH", f"/users/{self._id}", {"user": {"enabled": False}})
        self._net.unreachable = {"outage": 1, "long outage": 1000}.get(event, 0)


PASSWORD, KEY = "canary-own", b"12345678901234567890"


def clock() -> dict[str, Any]:
    made = FakeClock()
    return {"monotonic": made, "sleep": made.sleep}


def passcode(key: bytes) -> str:
    """Return the passcode of the moment (RFC 6238)."""
    digest = hmac.digest(key, struct.pack(">Q", int(time.time()) // 30), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def test_a_user_with_two_factors_is_told_both(net: Net, keystone: Any) -> None:
    User(net, "password and passcode", "two-factors")
    variables = env(keystone, OS_USERNAME="two-factors", OS_PASSWORD=PASSWORD, OS_PROJECT_NAME="")
    for more in ({}, {"OS_AUTH_TYPE": "v3password", "OS_PASSCODE": "123456"}):
        code, _, err = vbsjob(net, variables | more, "get", "j")
        assert (code, net.statuses[-1]) == (4, 401)
        either = (json.dumps([order]) for order in (["password", "totp"], ["totp", "password"]))
        assert any(f"several methods of Keystone: {rules}. vbsjob has" in err for rules in either)
        assert "v3multifactor" in err


@pytest.mark.parametrize("sign_in", TABLE)
def test_f57_f58_f59_each_sign_in_after_each_event(net: Net, sign_in: str, tmp_path: Path) -> None:
    """126 cases: 7 ways to sign in, 6 events, 3 commands.

    The event happens after the first answer of the watch, and again before `get`, which has the
    stored token. `config check` signs in anew.
    """
    user, wrong = User(net, sign_in), []
    for event, expected in zip(EVENTS, TABLE[sign_in], strict=True):
        env = user.env(sign_in, event)
        net.answers, net.after_first = 0, lambda event=event: user.meets(event)
        commands: dict[str, tuple[str, ...]] = {
            "watch": ("watch", "j", "--retry-for", "5m"),
            "get": ("get", "j"),
            "config check": ("config", "check"),
        }
        for command, letter in zip(commands, expected, strict=True):
            code, sentence = RESULTS[letter]
            argv, cache = commands[command], tmp_path / event
            ended, out, err = vbsjob(net, env, *argv, cache=cache, **clock())
            if ended != code or sentence not in err or "canary-" in out + err:
                wrong.append((event, command, ended, out, err))
            if command == "watch":
                net.after_first = None
                if event not in {"password changed", "user disabled"}:
                    user.meets(event)
        net.unreachable = 0
    assert wrong == []
