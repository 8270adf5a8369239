"""Signing in against a real OpenStack Keystone: what it accepts, refuses, lets expire, revokes."""

from __future__ import annotations

import io
import json
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.child import Child
from tests.support.context import fake_context
from tests.support.program import ROOT
from vbsjob.__main__ import run
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.http.messages import Request, Response
from vbsjob.http.transport import Transport
from vbsjob.redact import Secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vbsjob.context import Context

PYTHON = ROOT / ".venv" / "keystone" / "bin" / "python"
LIFE = 4
pytestmark = [
    pytest.mark.slow,
    pytest.mark.keystone,
    pytest.mark.skipif(not PYTHON.exists(), reason=f"Keystone is not installed for {PYTHON}"),
]


@pytest.fixture(scope="module")
def keystone() -> Iterator[dict[str, Any]]:
    server = ROOT / "tests/support/keystone_server.py"
    command = [str(PYTHON), "-W", "ignore", str(server), str(LIFE)]
    with Child(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as serving:
        try:
            assert serving.stdout is not None
            line = serving.stdout.readline()
            assert line, "Keystone did not start"
            yield json.loads(line)
        finally:
            serving.terminate()
            serving.wait(timeout=30)


class Net:
    """Real HTTP to Keystone; the backup service beside it asks Keystone about every token."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.wire = Transport(secrets=Secrets(), body_limit=1 << 20)
        self.requests: list[Request] = []
        self.statuses: list[int] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        response = self._job(request) if "/jobs/" in request.url else self.wire.send(request)
        self.statuses.append(response.status)
        return response

    def _job(self, request: Request) -> Response:
        assert request.url.startswith("http://127.0.0.1:8799/v1/")
        token = request.headers["X-Auth-Token"]
        headers = {"X-Auth-Token": token, "X-Subject-Token": token}
        address = f"{self.facts['auth_url']}/auth/tokens"
        if self.wire.send(Request("GET", address, headers)).status != 200:
            return Response(401, {}, b'{"error_code": "APIGW.0307", "error_msg": "expired"}')
        job = {"job_id": request.url.rpartition("/")[2], "status": "RUNNING"}
        return Response(200, {}, json.dumps(job).encode())

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


def context(net: Net, variables: dict[str, str], **folders: Path | None) -> Context:
    return fake_context(io.StringIO(), io.StringIO(), io.StringIO(), variables, send=net, **folders)


def vbsjob(
    net: Net,
    variables: dict[str, str],
    *argv: str,
    cache: Path | None = None,
    state: Path | None = None,
) -> Any:
    around = context(net, variables, cache_folder=cache, state_folder=state)
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


def test_an_application_credential_signs_in_by_id_and_by_name(net: Net, keystone: Any) -> None:
    by_id = {"OS_APPLICATION_CREDENTIAL_ID": keystone["application_credential_id"]}
    assert vbsjob(net, credential(keystone, **by_id), "get", "j")[0] == 0
    by_name = {"OS_APPLICATION_CREDENTIAL_NAME": keystone["application_credential_name"]}
    assert vbsjob(net, credential(keystone, **by_name), "get", "j")[0] == 0


@pytest.mark.slow
def test_f58_a_watch_outlives_its_tokens_without_a_wrong_message(net: Net, keystone: Any) -> None:
    argv = ("watch", "j", "--interval", "1", "--timeout", f"{3 * LIFE}", "-o", "jsonl")
    code, out, _ = vbsjob(net, env(keystone), *argv)
    events = [json.loads(line)["event"] for line in out.splitlines()]
    assert (code, events) == (124, ["start", "change", "verdict"])
    assert net.posts >= 3


def test_f59_a_revoked_token_is_renewed_once(net: Net, keystone: Any) -> None:
    asking = client(net, env(keystone))
    asking.get("j")
    token = net.requests[-1].headers["X-Auth-Token"]
    headers = {"X-Auth-Token": token, "X-Subject-Token": token}
    net.wire.send(Request("DELETE", f"{keystone['auth_url']}/auth/tokens", headers))
    assert asking.get("j").status == "RUNNING"
    assert (net.posts, net.statuses[-3:]) == (2, [401, 201, 200])


COMMANDS = {
    "get": ("get", "j"),
    "get --exit-status": ("get", "j", "--exit-status"),
    "tree": ("tree", "j"),
    "watch": ("watch", "j", "--interval", "1", "-o", "jsonl"),
    "config check": ("config", "check"),
}


@pytest.fixture(scope="module")
def dead_tokens(keystone: dict[str, Any]) -> dict[str, str]:
    """Return a token that has expired, one that was revoked, and one that never was."""
    net = Net(keystone)
    tokens = {"unknown": "gAAAAABn" + "A" * 175}
    for kind in ("expired", "revoked"):
        signed_in = client(net, env(keystone))
        signed_in.get("j")
        tokens[kind] = net.requests[-1].headers["X-Auth-Token"]
        time.sleep(1.1)
    headers = {"X-Auth-Token": tokens["revoked"], "X-Subject-Token": tokens["revoked"]}
    net.wire.send(Request("DELETE", f"{keystone['auth_url']}/auth/tokens", headers))
    net.wire.close()
    time.sleep(LIFE + 1)
    return tokens


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("kind", ["expired", "revoked", "unknown"])
def test_f59_a_dead_token_with_an_auth_url_is_4_and_nothing_else(
    net: Net, keystone: Any, dead_tokens: dict[str, str], kind: str, command: str
) -> None:
    variables = env(keystone, OS_PASSWORD="", OS_TOKEN=dead_tokens[kind])
    code, out, err = vbsjob(net, variables, *COMMANDS[command])
    assert code == 4, err
    assert (net.posts, len(net.statuses)) == (0, 1)
    assert net.statuses[-1] in {401, 404}
    assert "the token has expired or is unknown." in out + err
    assert "Get a new token" in out + err
    assert "auth_url" not in out + err
    assert '"exit_code": 6' not in out
    assert dead_tokens[kind] not in out + err


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


def posted(net: Net, keystone: Any, path: str, document: Any, token: str = "") -> Response:
    headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": token} if token else {})
    address = f"{keystone['auth_url']}{path}"
    response = net.wire.send(Request("POST", address, headers, json.dumps(document).encode()))
    assert response.status == 201, response.body
    return response


def token_of_a_trust(net: Net, keystone: Any) -> str:
    """Return a token with which the user acts for the other project, as in a trust."""
    token, user_id = token_of_other_project(net, keystone), keystone["user_id"]
    trust = {
        "trustor_user_id": user_id,
        "trustee_user_id": user_id,
        "project_id": keystone["other_project_id"],
        "impersonation": True,
        "roles": [{"name": "member"}],
    }
    created = posted(net, keystone, "/OS-TRUST/trusts", {"trust": trust}, token)
    user = {"id": user_id, "password": keystone["password"]}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"OS-TRUST:trust": {"id": json.loads(created.body)["trust"]["id"]}}
    auth = {"auth": {"identity": identity, "scope": scope}}
    return posted(net, keystone, "/auth/tokens", auth).headers["x-subject-token"]


def test_a_token_of_a_trust_is_for_its_project_alone(net: Net, keystone: Any) -> None:
    token = token_of_a_trust(net, keystone)
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
    posted(net, keystone, "/users", {"user": user}, token)
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
