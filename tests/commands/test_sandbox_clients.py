"""Other clients use the sandbox as the real services: curl, openstack, keystoneauth1, the SDK."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import generic, v3

from tests.support.clock import FakeClock
from tests.support.program import COMMAND, ROOT, clean_env, run_process, running_sandbox
from tests.support.sandbox import new_token, query_job, sandbox_here
from vbsjob.sandbox import account
from vbsjob.sandbox.examples import examples, shell_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from keystoneauth1.identity.base import BaseIdentityPlugin

    from vbsjob.sandbox.server import Sandbox

OPENSTACK = Path(sys.executable).with_name("openstack")
JOBS = f"/v1/{account.PROJECT.id}/jobs"
USER: dict[str, Any] = {
    "username": account.USER.name,
    "password": account.USER.password,
    "user_domain_name": account.DOMAIN["name"],
}
PROJECT: dict[str, Any] = {
    "project_name": account.PROJECT.name,
    "project_domain_name": account.DOMAIN["name"],
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_here() as running:
        yield running


# vbsjob, with each of the examples that `vbsjob sandbox` prints.

EXAMPLES = [example.title for example in examples("http://x", "x")]


@pytest.mark.parametrize("title", EXAMPLES)
def test_each_printed_example_signs_in_with_vbsjob(sandbox: Sandbox, title: str) -> None:
    (example,) = (e for e in examples(sandbox.address, sandbox.issue_token()) if e.title == title)
    ended = run_process("get", "backup-ended", "-f", "status", env=clean_env(**example.variables))
    assert (ended.code, ended.out) == (0, "SUCCESS\n"), ended.err
    for name, value in example.variables.items():
        if name in SECRETS:
            wrong = clean_env(**{**example.variables, name: f"{value[:-1]}x"})
            refused = run_process("get", "backup-ended", env=wrong)
            assert refused.code == 4, (name, refused.err)


SECRETS = {
    "OS_PASSWORD", "OS_PASSCODE", "OS_TOKEN", "OS_SECRET_KEY", "OS_SECURITY_TOKEN",
    "OS_APPLICATION_CREDENTIAL_SECRET", "HUAWEICLOUD_SDK_SK",
}  # fmt: skip


def test_every_kind_of_sign_in_has_an_example() -> None:
    names = {name for example in examples("http://x", "x") for name in example.variables}
    assert names >= SECRETS


def test_the_printed_lines_replace_what_a_shell_has_set(sandbox: Sandbox) -> None:
    lines = "\n".join(shell_lines(sandbox.address, sandbox.issue_token()))
    shell_env = {"OS_CLOUD": "prod", "OS_TOKEN": "t", "OS_ACCESS_KEY": "a", "OS_PROJECT_ID": "p"}
    ended = subprocess.run(
        ["sh", "-euc", f'{lines}\n"$@" get backup-ended -f status', "sh", *COMMAND],
        env=clean_env(**shell_env), cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (0, "SUCCESS\n"), ended.stderr


@pytest.mark.slow
def test_the_script_of_the_help_tests_a_users_script(tmp_path: Path) -> None:
    text = run_process("sandbox", "--help", env=clean_env()).out
    start = text.index(" vbsjob sandbox > sandbox.env")
    recipe = re.sub(r"(?m)^ ", "", text[start : text.index("kill $sandbox")] + "kill $sandbox")
    programs = {
        "my-script.sh": 'vbsjob get "$1-ended" --exit-status -f status >> out; echo $? >> codes',
        "vbsjob": f'PYTHONPATH={ROOT} exec {sys.executable} -m vbsjob "$@"',
    }
    for name, line in programs.items():
        tmp_path.joinpath(name).write_text(f"#!/bin/sh\n{line}\n")
        tmp_path.joinpath(name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    ended = subprocess.run(
        ["sh", "-euc", recipe], env=clean_env() | {"PATH": path}, cwd=tmp_path,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert tmp_path.joinpath("out").read_text() == "SUCCESS\nFAIL\n"
    assert tmp_path.joinpath("codes").read_text() == "0\n1\n"


# curl.


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("framing", [(), ("-H", "Transfer-Encoding: chunked"), ("--http1.0",)])
def test_curl_signs_in_and_queries_a_job(sandbox: Sandbox, framing: tuple[str, ...]) -> None:
    user = {"name": account.USER.name, "password": account.USER.password}
    identity = {
        "methods": ["password"],
        "password": {"user": {**user, "domain": {"name": account.DOMAIN["name"]}}},
    }
    scope = {"project": {"id": account.PROJECT.id}}
    body = json.dumps({"auth": {"identity": identity, "scope": scope}})

    def curl(*arguments: str) -> str:
        command = ["curl", "--noproxy", "*", "-sS", "--fail-with-body", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    url = f"{sandbox.address}/v3/auth/tokens?nocatalog"
    json_type = "Content-Type: application/json"
    headers = curl("-D", "-", "-o", "-", *framing, "-H", json_type, "-d", body, url)
    match = re.search(r"(?i)x-subject-token: (\S+)", headers)
    assert match
    job = curl("-H", f"X-Auth-Token: {match[1]}", f"{sandbox.address}{JOBS}/restore-1?fields=all")
    assert json.loads(job)["job_id"] == "restore-1"
    assert "200 OK" in curl(
        "-I", "-H", f"X-Auth-Token: {match[1]}", f"{sandbox.address}{JOBS}/backup"
    )


# python-openstackclient.


def openstack(env: dict[str, str], *arguments: str) -> Any:
    if not OPENSTACK.exists():
        pytest.skip("python-openstackclient is not installed")
    done = subprocess.run(
        [OPENSTACK, *arguments, "-f", "json"], env=clean_env(**env), capture_output=True, text=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


OPENSTACK_EXAMPLES = [
    title for title in EXAMPLES if "without" not in title and "access key" not in title
]


@pytest.mark.parametrize(
    "title",
    [
        pytest.param(title, marks=pytest.mark.long if number else pytest.mark.slow)
        for number, title in enumerate(OPENSTACK_EXAMPLES)
    ],
)
def test_openstack_token_issue_with_each_printed_example(sandbox: Sandbox, title: str) -> None:
    (example,) = (e for e in examples(sandbox.address, sandbox.issue_token()) if e.title == title)
    token = openstack(example.variables, "token", "issue")
    user = account.MFA_USER if "OS_PASSCODE" in example.variables else account.USER
    assert token["project_id"] == account.PROJECT.id
    assert token["user_id"] == user.id
    assert query_job(sandbox, token["id"]).status == 200


@pytest.mark.slow
def test_openstack_lists_the_catalog_of_a_running_sandbox() -> None:
    with running_sandbox() as (_, variables):
        services = openstack(variables, "catalog", "list")
    assert {service["Type"] for service in services} == {"identity", "vbs"}


# keystoneauth1.


@pytest.fixture
def connect() -> Iterator[Any]:
    opened = []

    def with_plugin(plugin: BaseIdentityPlugin) -> session.Session:
        transport = requests.Session()
        transport.trust_env = False
        opened.append(transport)
        return session.Session(auth=plugin, session=transport)

    yield with_plugin
    for transport in opened:
        transport.close()


def plugins(sandbox: Sandbox) -> dict[str, BaseIdentityPlugin]:
    url = f"{sandbox.address}/v3"
    mfa: dict[str, Any] = {
        "user_domain_name": account.DOMAIN["name"],
        "username": account.MFA_USER.name,
    }
    return {
        "v3 password": v3.Password(url, **USER, **PROJECT),
        "password, discovered from the root": generic.Password(sandbox.address, **USER, **PROJECT),
        "password, discovered from v3": generic.Password(url, **USER, **PROJECT),
        "password with ids": v3.Password(
            url, user_id=account.USER.id, password=account.USER.password,
            project_id=account.PROJECT.id,
        ),
        "v3 token": v3.Token(url, new_token(sandbox, "unscoped"), **PROJECT),
        "token, discovered": generic.Token(url, token=new_token(sandbox), **PROJECT),
        "application credential": v3.ApplicationCredential(
            url, account.APPLICATION_CREDENTIAL.secret, account.APPLICATION_CREDENTIAL.id
        ),
        "application credential by name": v3.ApplicationCredential(
            url, account.APPLICATION_CREDENTIAL.secret, user_id=account.USER.id,
            application_credential_name=account.APPLICATION_CREDENTIAL.name,
        ),
        "multi-factor": v3.MultiFactor(
            url, ["v3password", "v3totp"], password=account.MFA_USER.password,
            passcode=account.MFA_USER.passcode, **mfa, **PROJECT,
        ),
    }  # fmt: skip


PLUGINS = [
    "v3 password", "password, discovered from the root", "password, discovered from v3",
    "password with ids", "v3 token", "token, discovered", "application credential",
    "application credential by name", "multi-factor",
]  # fmt: skip


@pytest.mark.parametrize("name", PLUGINS)
def test_keystoneauth_signs_in_and_queries_a_job(sandbox: Sandbox, connect: Any, name: str) -> None:
    connection = connect(plugins(sandbox)[name])
    access = connection.auth.get_access(connection)
    assert access.project_id == account.PROJECT.id
    assert access.role_names == ["member"]
    assert access.audit_id
    endpoint = connection.get_endpoint(service_type="vbs", region_name=account.REGION)
    assert endpoint == f"{sandbox.address}/v2/{account.PROJECT.id}"
    response = connection.get(f"{JOBS}/restore-1", endpoint_override=sandbox.address)
    assert response.json()["job_id"] == "restore-1"


def test_keystoneauth_discovers_the_version(sandbox: Sandbox, connect: Any) -> None:
    connection = connect(generic.Password(sandbox.address, **USER, **PROJECT))
    endpoint_data = connection.get_endpoint_data(
        service_type="identity", min_version="3", max_version="3.latest"
    )
    assert endpoint_data.api_version[0] == 3
    assert endpoint_data.url == f"{sandbox.address}/v3/"


def test_keystoneauth_refuses_what_the_sandbox_refuses(sandbox: Sandbox, connect: Any) -> None:
    url = f"{sandbox.address}/v3"
    wrong = [
        (v3.Password(url, **USER | {"password": "wrong"}, **PROJECT), exceptions.Unauthorized),
        (v3.Password(url, **USER | {"user_domain_name": "x"}, **PROJECT), exceptions.Unauthorized),
        (v3.Password(url, **USER, project_id="x"), exceptions.Unauthorized),
        (v3.Token(url, "unknown", **PROJECT), exceptions.NotFound),
    ]
    for plugin, error in wrong:
        with pytest.raises(error):
            connect(plugin).get_token()
    mfa = v3.Password(
        url, account.MFA_USER.password, username=account.MFA_USER.name,
        user_domain_name=account.DOMAIN["name"], **PROJECT,
    )  # fmt: skip
    with pytest.raises(exceptions.MissingAuthMethods) as missing:
        connect(mfa).get_token()
    assert missing.value.required_auth_methods == [["password", "totp"]]


def test_keystoneauth_completes_a_receipt(sandbox: Sandbox, connect: Any) -> None:
    url = f"{sandbox.address}/v3"
    domain = account.DOMAIN["name"]
    plugin = v3.Password(
        url, account.MFA_USER.password, username=account.MFA_USER.name, user_domain_name=domain,
        **PROJECT,
    )  # fmt: skip
    with pytest.raises(exceptions.MissingAuthMethods) as missing:
        connect(plugin).get_token()
    passcode = v3.TOTPMethod(
        username=account.MFA_USER.name, user_domain_name=domain, passcode=account.MFA_USER.passcode
    )
    receipt = v3.ReceiptMethod(receipt=missing.value.receipt or "")
    auth = v3.Auth(url, [receipt, passcode], **PROJECT)
    assert query_job(sandbox, connect(auth).get_token()).status == 200


def test_keystoneauth_signs_in_again_after_a_401(connect: Any) -> None:
    clock = FakeClock()
    with sandbox_here(monotonic=clock, token_lifetime=3600.0) as sandbox:
        connection = connect(v3.Password(f"{sandbox.address}/v3", **USER, **PROJECT))
        first = connection.get_token()
        clock.seconds += 3601  # the client still believes in its token
        response = connection.get(f"{JOBS}/backup", endpoint_override=sandbox.address)
        assert response.status_code == 200
        assert connection.get_token() != first


def test_keystoneauth_revokes_its_token(sandbox: Sandbox, connect: Any) -> None:
    connection = connect(v3.Password(f"{sandbox.address}/v3", **USER, **PROJECT))
    token = connection.get_token()
    url = f"{sandbox.address}/v3/auth/tokens"
    assert connection.get(url, headers={"X-Subject-Token": token}).status_code == 200
    assert connection.delete(url, headers={"X-Subject-Token": token}).status_code == 204
    assert query_job(sandbox, token).status == 401


# The vendor's SDK, which signs with an access key.


def sdk_client(
    sandbox: Sandbox,
    key: account.AccessKey = account.ACCESS_KEY,
    project_id: str = account.PROJECT.id,
) -> Any:
    core = pytest.importorskip("huaweicloudsdkcore.auth.credentials")
    http = pytest.importorskip("huaweicloudsdkcore.http.http_config")
    evs = pytest.importorskip("huaweicloudsdkevs.v2")
    credentials = core.BasicCredentials(key.access, key.secret, project_id)
    if key.security_token:
        credentials = credentials.with_security_token(key.security_token)
    config = http.HttpConfig.get_default_config()
    config.proxy_host = None
    return (
        evs.EvsClient.new_builder()
        .with_http_config(config)
        .with_credentials(credentials)
        .with_endpoint(sandbox.address)
        .build()
    )


@pytest.mark.parametrize("key", [account.ACCESS_KEY, account.TEMPORARY_KEY])
@pytest.mark.filterwarnings("ignore")
def test_the_vendors_sdk_shows_a_job(sandbox: Sandbox, key: account.AccessKey) -> None:
    client = sdk_client(sandbox, key)
    evs = pytest.importorskip("huaweicloudsdkevs.v2")
    job = client.show_job(evs.ShowJobRequest(job_id="fail-deep-ended"))
    assert (job.status, job.job_type) == ("FAIL", "bksRestoreBackup")
    assert job.fail_reason == "sub job fail"
    assert len(job.entities.sub_jobs) == 2


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"key": account.ACCESS_KEY._replace(secret="wrong")}, "APIGW.0301", 401),
        ({"key": account.ACCESS_KEY._replace(access="UNKNOWN")}, "APIGW.0301", 401),
        ({"project_id": account.EMPTY_PROJECT.id}, "common.0011", 404),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_the_vendors_sdk_understands_a_refusal(
    sandbox: Sandbox, changed: dict[str, Any], code: str, status: int
) -> None:
    client = sdk_client(sandbox, **changed)
    evs = pytest.importorskip("huaweicloudsdkevs.v2")
    errors = pytest.importorskip("huaweicloudsdkcore.exceptions.exceptions")
    with pytest.raises(errors.ClientRequestException) as refused:
        client.show_job(evs.ShowJobRequest(job_id="backup"))
    assert (refused.value.status_code, refused.value.error_code) == (status, code)
    assert refused.value.request_id.startswith("req-")
