"""`vbsjob config`: what is set and from where, and whether it works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.cloud import PASSWORD, PROJECT_ID, SERVICE, USER, Cloud, json_response
from vbsjob.config.schema import SETTINGS_BY_NAME

if TYPE_CHECKING:
    from pathlib import Path

DIRECT = {"OS_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE}
"""Settings with which no request to the identity service is needed."""


def test_show_prints_each_value_and_its_origin_and_hides_secrets(tmp_path: Path) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds: {a: {region_name: eu-nl, auth: {token: canary-token-x}}}")
    path.chmod(0o600)
    cloud = Cloud()
    env = USER | {"OS_CLOUD": "a", "VBSJOB_RETRY_FOR": "5m", "OS_AUTH_URL": ""}
    code, out, err = cloud.run("config", "show", env=env, config_folders=(tmp_path,))
    assert code == 0
    lines = rows(out)
    assert lines["username"] == ["mira", "OS_USERNAME"]
    assert lines["region"] == ["eu-nl", "clouds.yaml"]
    assert lines["retry_for"] == ["5m", "VBSJOB_RETRY_FOR"]
    assert lines["password"] == ["set", "OS_PASSWORD"]
    assert lines["token"] == ["set", "clouds.yaml"]
    assert lines["clouds.yaml"] == [str(path), "found"]
    code, document, _ = cloud.run(
        "config", "show", "-o", "json", env=env, config_folders=(tmp_path,)
    )
    assert json.loads(document)["username"] == {"value": "mira", "origin": "OS_USERNAME"}
    assert PASSWORD not in out + err + document
    assert "canary-token-x" not in out + err + document
    assert not cloud.requests


def rows(out: str) -> dict[str, list[str]]:
    """Return value and origin of each row by its name."""
    return {line.split()[0]: line.split()[1:] for line in out.splitlines() if line}


def test_show_prints_what_is_set_then_the_files_then_how_many_settings_are_not_set(
    tmp_path: Path,
) -> None:
    folders = (tmp_path / "working", tmp_path)
    _, out, _ = Cloud().run("config", "show", config_folders=folders)
    settings, files, last = out.split("\n\n")
    assert set(rows(settings)) <= set(SETTINGS_BY_NAME)
    assert "timeout" not in rows(settings)
    assert rows(files)["clouds.yaml"] == [str(tmp_path / "clouds.yaml"), "not", "found"]
    unset = len(SETTINGS_BY_NAME) - len(rows(settings))
    assert last == f"{unset} settings have their default: --all\n"
    settings, files = (
        Cloud().run("config", "show", "--all", config_folders=folders)[1].split("\n\n")
    )
    assert list(rows(settings)) == list(SETTINGS_BY_NAME)
    assert rows(settings)["wait_for_job"] == ["30s", "default"]


def test_check_names_the_method_as_a_value_of_auth_type() -> None:
    for env, method in (
        (USER, "password"),
        (USER | {"OS_PASSCODE": "123456"}, "v3multifactor"),
        (USER | {"OS_PASSCODE": "123456", "OS_AUTH_TYPE": "v3totp"}, "v3totp"),
        (DIRECT | {"OS_TOKEN": "canary-token"}, "token"),
        (DIRECT | {"OS_ACCESS_KEY": "canary-access", "OS_SECRET_KEY": "canary-secret"}, "aksk"),
    ):
        for settings in (env, env | {"OS_AUTH_TYPE": method}):
            code, out, err = healthy().run("config", "check", "-o", "json", env=settings)
            assert (code, err) == (0, "")
            assert json.loads(out)["method"]["value"] == method


def healthy(**headers: str) -> Cloud:
    """Return a cloud that does not know the job that `config check` asks about."""
    unknown = {"error": {"code": "common.0011", "message": "no such job"}}
    answer = json_response(404, unknown, **headers)
    return Cloud(before=lambda request: answer if "/jobs/" in request.url else None)


def test_without_settings_it_names_the_shortest_ways_to_sign_in() -> None:
    for argv in (("config", "show"), ("config", "check"), ("get", "j")):
        code, _, err = Cloud().run(*argv, env={})
        assert code == (0 if argv[-1] == "show" else 4)
        for way in ("--cloud", "OS_AUTH_URL", "OS_TOKEN", "--cloud sandbox"):
            assert way in err


def test_check_signs_in_and_prints_each_result() -> None:
    cloud = healthy(date="Fri, 01 May 2026 01:00:00 GMT")
    last = "Signed in to project eu-de_team, region eu-de. The service answers."
    _, lines, _ = cloud.run("config", "check")
    assert lines.splitlines()[-1][2:] == last
    assert rows(lines)["user"] == ["mira", "the", "identity", "service"]
    code, out, _ = cloud.run("config", "check", "-o", "json")
    facts = {
        name: fact["value"] for name, fact in json.loads(out).items() if name != "schema_version"
    }
    assert code == 0
    assert facts["user"] == "mira"
    assert facts["project_id"] == PROJECT_ID
    assert facts["region"] == "eu-de"
    assert facts["endpoint"] == f"{SERVICE}/v1/{PROJECT_ID}"
    assert facts["token_expires_at"] == "2026-05-02T00:16:40+00:00"
    assert facts["clock_off_s"] == 2600
    assert facts["service"] == "answers"


def test_check_tries_the_password_itself_whatever_token_is_kept(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.run("get", "j", cache=tmp_path)
    wrong = USER | {"OS_PASSWORD": "canary-wrong"}
    assert cloud.run("config", "check", cache=tmp_path, env=wrong)[0] == 4
    assert cloud.run("config", "check", cache=tmp_path)[0] == 0


def test_check_names_the_project_that_a_setting_or_the_token_has_and_none_without() -> None:
    token = DIRECT | {"OS_TOKEN": "canary-token"}
    for env, project, project_id in (
        (token, None, PROJECT_ID),
        (token | {"OS_PROJECT_NAME": "eu-de_own"}, "eu-de_own", PROJECT_ID),
        (USER, "eu-de_team", PROJECT_ID),
    ):
        code, out, err = healthy().run("config", "check", "-o", "json", env=env)
        assert code == 0, err
        facts = json.loads(out)
        assert [facts[name]["value"] for name in ("project", "project_id")] == [project, project_id]


def test_check_ends_with_the_code_of_what_is_wrong() -> None:
    for status, code in ((401, 4), (403, 4), (503, 7), (400, 6)):
        answer = json_response(status, {})
        cloud = Cloud(before=lambda r, a=answer: a if r.method == "GET" else None)  # type: ignore[misc]
        ended, out, _ = cloud.run("config", "check")
        assert ended == code
        assert "mira" in out
        assert "answers" not in out
