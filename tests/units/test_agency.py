"""Agency: the token of the user is exchanged for one of a project of another account.

The double checks every header and member as the page "Obtaining an Agency Token" says.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import ACCESS_KEY, AUTH_URL, PASSWORD, SERVICE, USER, Cloud, json_response

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.http.messages import Request, Response

DELEGATED = "d" * 32
AGENCY = {
    "OS_AGENCY_NAME": "backup-operators",
    "OS_AGENCY_DOMAIN_NAME": "customer",
    "OS_DELEGATED_PROJECT": "eu-de_customer",
}
BY_ID = {"OS_AGENCY_DOMAIN_NAME": "", "OS_AGENCY_DOMAIN_ID": "c1"}


@dataclass
class AgencyCloud(Cloud):
    """A cloud in which the user may use one agency. The job is only in the other account."""

    domain: dict[str, str] = field(default_factory=lambda: {"name": "customer"})
    statuses: list[str] = field(default_factory=lambda: ["SUCCESS"])
    agency_tokens: list[str] = field(default_factory=list)
    operator_tokens: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        if request.method == "POST" and b"assume_role" in request.body:
            self.requests.append(request)
            return self.before(request) or self._assume(request)
        if "/jobs/" in request.url:
            self.requests.append(request)
            return self.before(request) or self._job(request)
        response = super().__call__(request)
        if request.method == "POST":
            self.operator_tokens.append(response.headers["x-subject-token"])
        return response

    def _assume(self, request: Request) -> Response:
        assert request.url == f"{AUTH_URL}/auth/tokens"
        token = request.headers["X-Auth-Token"]
        assert request.headers == {"Content-Type": "application/json", "X-Auth-Token": token}
        if token not in self.tokens:
            return json_response(401, {"error": {"code": 401, "message": "No."}})
        ((member, value),) = self.domain.items()
        role = {f"domain_{member}": value, "agency_name": "backup-operators"}
        project = {"name": "eu-de_customer", "domain": self.domain}
        assert json.loads(request.body) == {
            "auth": {
                "identity": {"methods": ["assume_role"], "assume_role": role},
                "scope": {"project": project},
            }
        }
        document = self.token_document()
        url = f"{SERVICE}/v2/{DELEGATED}"
        document["project"] = {"id": DELEGATED, **project}
        document["user"] = {"name": "customer/backup-operators"}
        document["catalog"][0]["endpoints"][0]["url"] = url
        self.agency_tokens.append(f"canary-agency-{len(self.agency_tokens)}")
        headers = {"x-subject-token": self.agency_tokens[-1]}
        return json_response(201, {"token": document}, **headers)

    def _job(self, request: Request) -> Response:
        assert request.url == f"{SERVICE}/v1/{DELEGATED}/jobs/j"
        if request.headers["X-Auth-Token"] != self.agency_tokens[-1]:
            return json_response(401, {"error_code": "APIGW.0307", "error_msg": "token expires"})
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return json_response(200, {"job_id": "j", "status": status})


WAYS: dict[str, dict[str, str]] = {
    "password": USER,
    "password and passcode": USER | {"OS_PASSCODE": "123456"},
    "unscoped password": {k: v for k, v in USER.items() if k != "OS_PROJECT_NAME"},
    "token": {"OS_AUTH_URL": AUTH_URL, "OS_TOKEN": "mine"},
    "token, endpoint and project": {
        "OS_AUTH_URL": AUTH_URL, "OS_TOKEN": "mine", "VBSJOB_ENDPOINT": SERVICE,
        "OS_PROJECT_ID": "e" * 32,
    },
}  # fmt: skip


def test_the_job_is_queried_in_the_project_of_the_other_account() -> None:
    for way, by_id in product(WAYS, (False, True)):
        cloud = AgencyCloud(tokens={"mine"}, domain={"id": "c1"} if by_id else {"name": "customer"})
        env = WAYS[way] | AGENCY | (BY_ID if by_id else {})
        code, _, err = cloud.run("get", "j", env=env)
        assert (code, err) == (0, "")
        assert len(cloud.agency_tokens) == 1


def test_config_check_names_the_agency_and_its_project() -> None:
    def refuse(request: Request) -> Response | None:
        if "/jobs/" not in request.url:
            return None
        return json_response(404, {"error": {"code": "common.0011", "message": "no job"}})

    env = USER | AGENCY
    code, out, err = AgencyCloud(before=refuse).run("config", "check", "-o", "json", env=env)
    assert code == 0, err
    facts = {name: fact["value"] for name, fact in json.loads(out).items() if name[0] != "s"}
    assert facts["agency"] == "backup-operators"
    assert (facts["project"], facts["project_id"]) == ("eu-de_customer", DELEGATED)


def test_f58_in_the_middle_of_a_watch_both_tokens_are_renewed() -> None:
    cloud = AgencyCloud(lifetime=600.0, statuses=[*["RUNNING"] * 100, "SUCCESS"])
    code, out, err = cloud.run("watch", "j", "--interval", "15", env=USER | AGENCY)
    assert code == 0, (out, err)
    assert len(cloud.agency_tokens) == len(cloud.operator_tokens) == 3
    sent = [r.headers["X-Auth-Token"] for r in cloud.requests if b"assume_role" in r.body]
    assert sent == cloud.operator_tokens


def test_the_stored_token_belongs_to_the_agency(tmp_path: Path) -> None:
    cloud = AgencyCloud()
    for _ in range(2):
        assert cloud.run("get", "j", env=USER | AGENCY, cache=tmp_path)[0] == 0
    assert (cloud.posts, len(cloud.agency_tokens)) == (2, 1)
    without = Cloud()
    assert without.run("get", "j", env=USER, cache=tmp_path)[0] == 0
    assert without.posts == 1  # the token of the agency is not one of the user
    other = AGENCY | BY_ID
    cloud.domain = {"id": "c1"}
    assert cloud.run("get", "j", env=USER | other, cache=tmp_path)[0] == 0
    assert len(cloud.agency_tokens) == 2


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "an access key": (ACCESS_KEY | AGENCY, "an access key has none"),
    "no name": (USER | AGENCY | {"OS_AGENCY_NAME": ""}, "agency_name is not set"),
    "no account": (USER | AGENCY | {"OS_AGENCY_DOMAIN_NAME": ""}, "OS_AGENCY_DOMAIN_NAME"),
    "no project": (USER | AGENCY | {"OS_DELEGATED_PROJECT": ""}, "OS_DELEGATED_PROJECT"),
}


def test_an_agency_that_cannot_be_used_is_2_before_any_request() -> None:
    for env, text in REFUSED.values():
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=env)
        assert (code, cloud.requests) == (2, []), err
        assert text in err


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_agency_is_4_with_its_own_hint(status: int) -> None:
    def refuse(request: Request) -> Response | None:
        answer = json_response(status, {"error": {"code": status, "message": "No agency."}})
        return answer if b"assume_role" in request.body else None

    cloud = AgencyCloud(before=refuse)
    code, _, err = cloud.run("get", "j", env=USER | AGENCY)
    assert (code, cloud.posts) == (4, 2)
    assert "No agency" in err
    assert "'Agent Operator'" in err
    assert "lock" not in err


def test_s05_the_token_of_the_user_is_masked_too() -> None:
    def echo(request: Request) -> Response | None:
        if b"assume_role" not in request.body:
            return None
        message = f"token {request.headers['X-Auth-Token']} may not"
        return json_response(403, {"error": {"code": 403, "message": message}})

    code, _, err = AgencyCloud(before=echo).run("get", "j", env=USER | AGENCY)
    assert code == 4
    assert "may not" in err
    assert "canary" not in err


def test_the_agency_of_a_cloud_is_used(tmp_path: Path) -> None:
    lower = {name.removeprefix("OS_").lower(): value for name, value in (USER | AGENCY).items()}
    auth: dict[str, Any] = {name: value for name, value in lower.items() if name != "password"}
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"b": {"auth": auth}}}))
    cloud = AgencyCloud()
    argv = ("get", "j", "--cloud", "b")
    code, _, err = cloud.run(*argv, env={"OS_PASSWORD": PASSWORD}, config_folders=(tmp_path,))
    assert (code, len(cloud.agency_tokens)) == (0, 1), err


def test_variables_of_another_provider_are_named_with_every_format() -> None:
    for output in ("table", "json"):
        env = USER | {"HW_ASSUME_ROLE_AGENCY_NAME": "x", "HW_ASSUME_ROLE_DOMAIN_NAME": "y"}
        code, _, err = Cloud().run("get", "j", "-o", output, env=env)
        assert code == 0
        assert "HW_ASSUME_ROLE_AGENCY_NAME, HW_ASSUME_ROLE_DOMAIN_NAME" in err
        assert "OS_AGENCY_NAME" in err
