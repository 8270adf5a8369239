"""Other clients use the sandbox as the real services: curl, openstacksdk, keystoneauth, the SDK."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import generic, v3

from tests.support.clock import FakeClock
from tests.support.program import ROOT, clean_env, run_process
from tests.support.sandbox import SCOPE, new_token, password, query_job, sandbox_here
from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from vbsjob.sandbox.server import Sandbox

JOBS = f"/v1/{account.PROJECT.id}/jobs"
USER: dict[str, Any] = {
    "username": account.USER.name,
    "password": account.USER.secret,
    "user_domain_name": account.DOMAIN["name"],
}
PROJECT: dict[str, Any] = account.IN_PROJECT


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with sandbox_here() as running:
        yield running


# Variables that `vbsjob sandbox --env` prints.

SECRETS = {
    "password": "OS_PASSWORD", "token": "OS_TOKEN", "aksk": "OS_SECRET_KEY",
    "application-credential": "OS_APPLICATION_CREDENTIAL_SECRET",
}  # fmt: skip


def printed(sandbox: Sandbox, *method: str) -> str:
    port = sandbox.address.rpartition(":")[2]
    ended = run_process("sandbox", "--env", port, *method, env=clean_env())
    assert (ended.code, ended.err) == (0, "")
    return ended.out


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_signs_in_and_queries_a_job(sandbox: Sandbox) -> None:
    def curl(*arguments: str) -> str:
        command = ["curl", "--noproxy", "*", "-sS", "--fail-with-body", *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=30
        ).stdout

    body = json.dumps({"auth": {"identity": password(), "scope": SCOPE}})
    json_type, url = "Content-Type: application/json", f"{sandbox.address}/v3/auth/tokens"
    (token,) = re.findall("(?i)x-subject-token: (.+)", curl("-i", "-H", json_type, "-d", body, url))
    header = f"X-Auth-Token: {token.strip()}"
    assert json.loads(curl("-H", header, f"{sandbox.address}{JOBS}/restore"))["status"] == "RUNNING"
    assert "200 OK" in curl("-I", "-H", header, f"{sandbox.address}{JOBS}/backup")


def test_the_printed_variables_sign_in_and_replace_what_a_shell_has_set(sandbox: Sandbox) -> None:
    others = {"OS_CLOUD": "prod", "OS_PROJECT_ID": "p", "OS_USERNAME": "u", "OS_USER_ID": "u",
              "VBSJOB_AUTH_URL": "https://prod.test/v3", "OS_AGENCY_NAME": "a"}  # fmt: skip
    shell_env = others | dict.fromkeys(SECRETS.values(), "other")
    assert list(account.METHODS) == list(SECRETS)
    assert printed(sandbox) == printed(sandbox, "--method", "password")
    ends = {}
    for method, variable in SECRETS.items():
        lines = printed(sandbox, "--method", method)
        wrong = re.sub(rf"(?m)({variable}=.*).$", r"\1x", lines)
        for text in (lines, wrong):
            command = ["sh", "-euc", f"{text}\nenv"]
            exported = subprocess.check_output(command, env=clean_env(**shell_env), text=True)
            env = dict(line.split("=", 1) for line in exported.splitlines())
            ended = run_process("get", "backup-ended", "-f", "status", env=env)
            ends[method, text == lines] = (ended.code, ended.out)
    right = {(method, True): (0, "SUCCESS\n") for method in SECRETS}
    assert ends == right | {(method, False): (4, "") for method in SECRETS}


@pytest.mark.slow
def test_the_script_of_the_help_tests_a_users_script(tmp_path: Path) -> None:
    text = run_process("sandbox", "--help", env=clean_env()).out
    start, end = text.index("rm -f sandbox.txt"), text.index("kill $sandbox")
    recipe = re.sub(r"(?m)^ +", "", f"{text[start:end]}kill $sandbox")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        recipe = recipe.replace("8990", str(listener.getsockname()[1]))
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


# OpenStack's own programs, which read the variables by openstacksdk.


@pytest.mark.slow
def test_openstack_gets_a_token_with_the_printed_variables(sandbox: Sandbox) -> None:
    variables = re.findall("export (.+)=(.+)", printed(sandbox))
    script = "from openstack.config import OpenStackConfig as Config;"
    script += "print(Config().get_one().get_session().get_token())"
    command = [sys.executable, "-c", script]
    token = subprocess.check_output(command, env=clean_env(**dict(variables)), text=True)
    assert query_job(sandbox, token.strip()).status == 200


# keystoneauth1.


@pytest.fixture
def connect() -> Iterator[Any]:
    with requests.Session() as transport:
        transport.trust_env = False
        yield lambda plugin: session.Session(auth=plugin, session=transport)


def test_keystoneauth_signs_in_and_queries_a_job(sandbox: Sandbox, connect: Any) -> None:
    url = f"{sandbox.address}/v3"
    plugins = (
        v3.Password(url, **USER, **PROJECT),
        generic.Password(sandbox.address, **USER, **PROJECT),  # discovers the version
        generic.Token(url, token=new_token(sandbox), **PROJECT),
        v3.ApplicationCredential(url, account.CREDENTIAL.secret, account.CREDENTIAL.id),
    )
    for plugin in plugins:
        connection = connect(plugin)
        access = connection.auth.get_access(connection)
        assert access.project_id == account.PROJECT.id, plugin
        assert access.role_names == ["member"]
        assert access.audit_id
        endpoint = connection.get_endpoint(service_type="vbs", region_name=account.REGION)
        assert endpoint == f"{sandbox.address}/v2/{account.PROJECT.id}"
        response = connection.get(f"{JOBS}/restore-1", endpoint_override=sandbox.address)
        assert response.json()["job_id"] == "restore-1"
    with pytest.raises(exceptions.NotFound):
        connect(v3.Token(url, "unknown", **PROJECT)).get_token()


def test_keystoneauth_signs_in_again_after_a_401(connect: Any) -> None:
    clock = FakeClock()
    with sandbox_here(monotonic=clock, token_lifetime=3600.0) as sandbox:
        connection = connect(v3.Password(f"{sandbox.address}/v3", **USER, **PROJECT))
        first = connection.get_token()
        clock.seconds += 3601  # the client still believes in its token
        response = connection.get(f"{JOBS}/backup", endpoint_override=sandbox.address)
        assert response.status_code == 200
        assert connection.get_token() != first


# The vendor's SDK, which signs with an access key.


@pytest.mark.filterwarnings("ignore")
def test_the_vendors_sdk_shows_a_job_and_understands_a_refusal(sandbox: Sandbox) -> None:
    core = pytest.importorskip("huaweicloudsdkcore.auth.credentials")
    errors = pytest.importorskip("huaweicloudsdkcore.exceptions.exceptions")
    http = pytest.importorskip("huaweicloudsdkcore.http.http_config")
    evs = pytest.importorskip("huaweicloudsdkevs.v2")

    def show(job_id: str, secret: str) -> Any:
        config = http.HttpConfig.get_default_config()
        config.proxy_host = None
        keys = core.BasicCredentials(account.ACCESS_KEY, secret, account.PROJECT.id)
        builder = evs.EvsClient.new_builder().with_http_config(config).with_credentials(keys)
        client = builder.with_endpoint(sandbox.address).build()
        return client.show_job(evs.ShowJobRequest(job_id=job_id))

    job = show("fail-deep-ended", account.SECRET_KEY)
    assert (job.status, job.job_type) == ("FAIL", "bksRestoreBackup")
    assert job.fail_reason == "sub job fail"
    assert len(job.entities.sub_jobs) == 2
    with pytest.raises(errors.ClientRequestException) as refused:
        show("backup", "wrong")
    assert (refused.value.status_code, refused.value.error_code) == (401, "APIGW.0301")
    assert refused.value.request_id.startswith("req-")
