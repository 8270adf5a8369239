"""Signing in against a real OpenStack Keystone: what it accepts, refuses, lets expire, revokes."""

from __future__ import annotations

import base64
import hmac
import io
import json
import struct
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.child import Child
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
LIFE = 4
CLOSED = 1
"""A port on which nothing listens."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.keystone,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"Keystone is not installed for {PYTHON}"),
]


@pytest.fixture(scope="module")
def keystone() -> Iterator[dict[str, Any]]:
    yield from serving(LIFE)


@pytest.fixture(scope="module")
def lasting_keystone() -> Iterator[dict[str, Any]]:
    yield from serving(3600)


def serving(life: int) -> Iterator[dict[str, Any]]:
    """Yield the names in a Keystone whose tokens live so many seconds."""
    server = ROOT / "tests/support/keystone_server.py"
    command = [str(PYTHON), "-W", "ignore", str(server), str(life)]
    with Child(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, "Keystone did not start"
            yield json.loads(line)
        finally:
            process.terminate()
            process.wait(timeout=30)


class Net:
    """Real HTTP to Keystone; the backup service beside it asks Keystone about every token."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.wire = Transport(secrets=Secrets(), body_limit=1 << 20)
        self.requests: list[Request] = []
        self.statuses: list[int] = []
        self._tokens: list[str] = []
        self.unreachable = 0
        """So many requests to Keystone find a closed port."""
        self.after_first: Callable[[], None] | None = None
        """What happens after the first answer about a job; the third one is SUCCESS."""
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
        self._tokens.extend(filter(None, [response.headers.get("x-subject-token")]))
        return response

    def _job(self, request: Request) -> Response:
        assert request.url.startswith("http://127.0.0.1:8799/v1/")
        token = request.headers["X-Auth-Token"]
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        address = f"{self.facts['auth_url']}/auth/tokens"
        if self.wire.send(Request("GET", address, headers)).status != 200:
            return Response(401, {}, b'{"error_code": "APIGW.0307", "error_msg": "expired"}')
        self.answers += 1
        status = "SUCCESS" if self.after_first and self.answers > 2 else "RUNNING"
        job = {"job_id": request.url.rpartition("/")[2], "status": status}
        if self.after_first and self.answers == 1:
            self.after_first()
        return Response(200, {}, json.dumps(job).encode())

    @property
    def tokens(self) -> list[str]:
        """The tokens that Keystone issued, the last one too if no query used it."""
        return self._tokens

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


@pytest.fixture
def lasting_net(lasting_keystone: dict[str, Any]) -> Iterator[Net]:
    made = Net(lasting_keystone)
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


def test_a_password_signs_in_and_the_catalog_leads_to_the_service(net: Net, keystone: Any) -> None:
    assert vbsjob(net, env(keystone), "get", "j")[0] == 0
    assert net.requests[1].url == f"http://127.0.0.1:8799/v1/{keystone['project_id']}/jobs/j"


@pytest.mark.parametrize("variable", ["OS_PROJECT_ID", "OS_USER_ID"])
def test_project_and_user_can_be_given_by_id(net: Net, keystone: Any, variable: str) -> None:
    by_id = {
        "OS_PROJECT_ID": {"OS_PROJECT_ID": keystone["project_id"], "OS_PROJECT_NAME": ""},
        "OS_USER_ID": {
            "OS_USER_ID": keystone["user_id"],
            "OS_USERNAME": "",
            "OS_USER_DOMAIN_NAME": "",
            "OS_PROJECT_DOMAIN_NAME": keystone["domain_name"],
        },
    }
    assert vbsjob(net, env(keystone, **by_id[variable]), "get", "j")[0] == 0


def test_f57_a_wrong_password_is_posted_once(net: Net, keystone: Any) -> None:
    code, _, err = vbsjob(net, env(keystone, OS_PASSWORD="canary-wrong"), "get", "a", "b")
    assert (code, net.posts, net.statuses) == (4, 1, [401])
    assert "canary-wrong" not in err


def test_a_wrong_scope_is_rejected_with_4(net: Net, keystone: Any) -> None:
    assert vbsjob(net, env(keystone, OS_PROJECT_NAME="eu-de_nobodys"), "get", "j")[0] == 4
    assert net.posts == 1


def token_of_other_project(net: Net, keystone: Any) -> str:
    signed_in = client(net, env(keystone, OS_PROJECT_NAME=keystone["other_project_name"]))
    signed_in.get("j")
    return net.requests[-1].headers["X-Auth-Token"]


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
    assert net.requests[-1].headers["X-Auth-Token"] == token
    _, out, _ = vbsjob(net, variables, "config", "check", "-o", "json")
    assert json.loads(out)["project_id"]["value"] == other


@pytest.mark.parametrize("named", ["OS_PROJECT_NAME", "OS_PROJECT_ID"])
def test_a_token_of_another_project_is_exchanged(net: Net, keystone: Any, named: str) -> None:
    token = token_of_other_project(net, keystone)
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=token, OS_PROJECT_NAME="")
    variables[named] = keystone[named.removeprefix("OS_").lower()]
    sent = len(net.requests)
    assert vbsjob(net, variables, "get", "j")[0] == 0
    assert [request.method for request in net.requests[sent:]] == ["GET", "POST", "GET"]
    assert keystone["project_id"] in net.requests[-1].url
    assert net.requests[-1].headers["X-Auth-Token"] != token


def test_f58_an_exchanged_token_is_not_renewed(net: Net, keystone: Any) -> None:
    token = token_of_other_project(net, keystone)
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=token)
    argv = ("watch", "j", "--interval", "1", "--timeout", f"{4 * LIFE}", "-o", "jsonl")
    code, out, err = vbsjob(net, variables, *argv)
    assert (code, net.posts) == (4, 2), (out, err)  # of the password, and of the exchange
    assert "The token may have expired" in out + err


@pytest.mark.slow
def test_f58_a_watch_outlives_its_tokens_without_a_wrong_message(net: Net, keystone: Any) -> None:
    argv = ("watch", "j", "--interval", "1", "--timeout", f"{3 * LIFE}", "-o", "jsonl")
    code, out, _ = vbsjob(net, env(keystone), *argv)
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert (code, events) == (124, ["start", "change", "verdict"])
    assert net.posts >= 3


@pytest.mark.parametrize("kind", ["expired", "unknown"])
def test_f59_a_dead_token_with_an_auth_url_is_4_and_nothing_else(
    net: Net, keystone: Any, kind: str
) -> None:
    token = "gAAAAABn" + "A" * 175
    if kind == "expired":
        client(net, env(keystone)).sign_in()
        token = net.tokens[-1]
        time.sleep(LIFE + 1)
    posts, sent = net.posts, len(net.requests)
    code, out, err = vbsjob(net, env(keystone, OS_PASSWORD="", OS_TOKEN=token), "get", "j")
    assert code == 4, err
    assert (net.posts - posts, len(net.requests) - sent) == (0, 1)
    assert net.statuses[-1] in {401, 404}
    assert "the token has expired or is unknown." in err
    assert "Get a new token" in err
    assert "auth_url" not in err
    assert token not in out + err


@pytest.mark.parametrize("wrong", ["OS_PROJECT_NAME", "OS_PROJECT_ID", "OS_USER_DOMAIN_NAME"])
def test_a_valid_token_with_a_wrong_project_is_not_called_expired(
    net: Net, keystone: Any, wrong: str
) -> None:
    signed_in = client(net, env(keystone))
    signed_in.get("j")
    token = net.requests[-1].headers["X-Auth-Token"]
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=token) | {wrong: "nobodys"}
    code, _, err = vbsjob(net, variables, "get", "j")
    assert code == 4
    assert "did not accept the token for this project. (HTTP 401" in err
    assert "Check the project and its domain" in err


def test_a_token_of_an_application_credential_serves(net: Net, keystone: Any) -> None:
    by_id = {"OS_APPLICATION_CREDENTIAL_ID": keystone["application_credential_id"]}
    signed_in = client(net, credential(keystone, **by_id))
    signed_in.get("j")
    token = net.requests[-1].headers["X-Auth-Token"]
    code, _, err = vbsjob(net, env(keystone, OS_PASSWORD="", OS_TOKEN=token), "get", "j")
    assert code == 0, err
    assert net.requests[-1].headers["X-Auth-Token"] == token
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


def test_a_token_of_a_trust_is_for_its_project_alone(net: Net, keystone: Any) -> None:
    token = token_of_other_project(net, keystone)
    other, user_id = keystone["other_project_id"], keystone["user_id"]
    token = token_of_a_trust(net, token, user_id, other, keystone["password"])
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=token, OS_PROJECT_NAME="")
    assert vbsjob(net, variables, "get", "j")[0] == 0
    assert keystone["other_project_id"] in net.requests[-1].url
    code, _, err = vbsjob(net, env(keystone, OS_PASSWORD="", OS_TOKEN=token), "get", "j")
    assert (code, net.statuses[-1]) == (4, 403)
    assert "A token of a trust or of an application credential is for one project" in err


@pytest.fixture(scope="module")
def two_factors(keystone: dict[str, Any]) -> dict[str, str]:
    """Return the environment of a user who needs a password and a passcode."""
    net = Net(keystone)
    admin = {name: keystone[f"admin_{name}"] for name in ("user_name", "password", "project_name")}
    admin |= {"auth_url": keystone["auth_url"], "domain_name": keystone["admin_domain_name"]}
    client(net, env(admin)).get("j")
    token = net.requests[-1].headers["X-Auth-Token"]
    rules = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": [["password", "totp"]]}
    user = {
        "name": "two-factors",
        "password": "canary-two",
        "domain_id": keystone["domain_id"],
        "options": rules,
    }
    called(net, "POST", "/users", {"user": user}, token)
    net.wire.close()
    return env(keystone, OS_USERNAME="two-factors", OS_PASSWORD="canary-two", OS_PROJECT_NAME="")


@pytest.mark.parametrize("more", [{}, {"OS_AUTH_TYPE": "v3password", "OS_PASSCODE": "123456"}])
def test_a_user_with_two_factors_is_told_the_missing_one(
    net: Net, two_factors: dict[str, str], more: dict[str, str]
) -> None:
    code, _, err = vbsjob(net, two_factors | more, "get", "j")
    assert (code, net.statuses) == (4, [401])
    assert "This user also needs totp (set OS_PASSCODE)." in err
    assert "v3multifactor" in err


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
    "credential by id":      ("...", "...", "...", "UUU", "...", "CCC"),
    "credential by name":    ("...", "...", "...", "UUU", "...", "CCC"),
    "passcode":              ("...", "N..", "N..", "NUU", "N..", "NOO"),
    "password and passcode": ("...", "N..", "N..", "NUU", "NOO", "NOO"),
    "token":                 ("...", "ETT", "ETT", "EUU", "ETT", "ETT"),
    "token to exchange":     ("...", "E..", "E..", "EUU", "ETT", "ETT"),
    "token of a trust":      ("...", "ETT", "ETT", "EUU", "ETT", "ERR"),
}  # fmt: skip
"""For each way to sign in and each of EVENTS: the results of watch, get and config check."""


class User:
    """A new user of Keystone who signs in in one way, and what happens to it."""

    def __init__(self, net: Net, sign_in: str) -> None:
        self._net, facts = net, net.facts
        self._name = sign_in
        admin = {n: facts[f"admin_{n}"] for n in ("user_name", "password", "project_name")}
        admin |= {"auth_url": facts["auth_url"], "domain_name": facts["admin_domain_name"]}
        client(net, env(admin)).sign_in()
        self._admin = net.tokens[-1]
        user = {"name": sign_in, "password": PASSWORD, "domain_id": facts["domain_id"]}
        if sign_in == "password and passcode":
            rules = [["password", "totp"]]
            user["options"] = {"multi_factor_auth_enabled": True, "multi_factor_auth_rules": rules}
        self._id = self._as_admin("POST", "/users", {"user": user})["user"]["id"]
        role = self._as_admin("GET", "/roles?name=member")["roles"][0]["id"]
        for project in (facts["project_id"], facts["other_project_id"]):
            self._as_admin("PUT", f"/projects/{project}/users/{self._id}/roles/{role}")
        if "passcode" in sign_in:
            secret = {"type": "totp", "blob": base64.b32encode(KEY).decode(), "user_id": self._id}
            self._as_admin("POST", "/credentials", {"credential": secret})

    def _as_admin(self, method: str, path: str, document: Any = None) -> Any:
        body = called(self._net, method, path, document, self._admin).body
        return json.loads(body) if body else None

    def env(self, sign_in: str, event: str) -> dict[str, str]:
        """Return the variables of a new sign-in, for one event."""
        net, facts = self._net, self._net.facts
        by_password = env(facts, OS_USERNAME=self._name, OS_PASSWORD=PASSWORD)
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
                token = token_of_a_trust(net, token, self._id, facts["project_id"], PASSWORD)
            wanted = facts["project_name"] if sign_in == "token to exchange" else ""
            return env(
                facts, OS_USERNAME="", OS_PASSWORD="", OS_TOKEN=token, OS_PROJECT_NAME=wanted
            )
        document = {"application_credential": {"name": event}}
        path = f"/users/{self._id}/application_credentials"
        made = json.loads(called(net, "POST", path, document, token).body)["application_credential"]
        named = {"OS_APPLICATION_CREDENTIAL_ID": made["id"]}
        if sign_in == "credential by name":
            named = {"OS_APPLICATION_CREDENTIAL_NAME": event}
        return credential(facts, **named, OS_USERNAME=self._name) | {
            "OS_APPLICATION_CREDENTIAL_SECRET": made["secret"]
        }

    def meets(self, event: str) -> None:
        """Let the event happen. An outage begins with a revoked token, so that it is renewed."""
        if event in {"revoked", "outage", "long outage"}:
            self._revoke()
        if event in {"password changed", "password restored"}:
            password = PASSWORD if event == "password restored" else "canary-changed"
            self._as_admin("PATCH", f"/users/{self._id}", {"user": {"password": password}})
            time.sleep(1.1)  # Keystone revokes whatever was issued in the same second
        if event == "user disabled":
            self._as_admin("PATCH", f"/users/{self._id}", {"user": {"enabled": False}})
        self._net.unreachable = {"outage": 1, "long outage": 1000}.get(event, 0)

    def _revoke(self) -> None:
        """Revoke the token of the last query."""
        headers = {"X-Auth-Token": self._admin, "X-Subject-Token": self._net.used}
        address = f"{self._net.facts['auth_url']}/auth/tokens"
        self._net.wire.send(Request("DELETE", address, headers))


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


@pytest.mark.parametrize("sign_in", TABLE)
def test_each_sign_in_after_each_event(lasting_net: Net, sign_in: str, tmp_path: Path) -> None:
    """144 cases: 8 ways to sign in, 6 events, 3 commands.

    The event happens after the first answer of the watch, and again before `get`, which has the
    stored token. `config check` signs in anew.
    """
    net = lasting_net
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
            if ended != code or sentence not in err or PASSWORD in out + err:
                wrong.append((event, command, ended, out, err))
            if command == "watch":
                net.after_first = None
                if event not in {"password changed", "user disabled"}:
                    user.meets(event)
        net.unreachable = 0
        if event == "password changed":
            user.meets("password restored")
    assert wrong == []
