"""Refused sign-ins: each method has its own next step."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from tests.support.cloud import (
    AUTH_URL,
    LOCATED,
    PASSWORD,
    PROJECT_ID,
    SECRET,
    SERVICE,
    USER,
    Cloud,
)
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from vbsjob.http.messages import Request

CREDENTIAL = {
    "OS_AUTH_URL": AUTH_URL,
    "OS_APPLICATION_CREDENTIAL_ID": "ac",
    "OS_APPLICATION_CREDENTIAL_SECRET": SECRET,
}
TOKEN = {"OS_AUTH_URL": AUTH_URL, "OS_TOKEN": "canary-dead", "OS_PROJECT_ID": PROJECT_ID}
METHODS: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    # environment; what the hint says, and what it does not say
    "token": (
        TOKEN, ["the token has expired or is unknown", "Get a new token"],
        ["password,", "lock", "auth_url"],
    ),
    "password": (USER, ["Check the user, password", "lock"], ["token", "passcode"]),
    "application credential": (
        CREDENTIAL,
        ["secret of the application credential", "expired"], ["user", "password", "lock"],
    ),
    "passcode": (
        USER | {"OS_PASSCODE": "123456"}, ["passcode", "OS_USER_ID"], ["lock", "application"],
    ),
    "passcode by user id": (
        USER | {"OS_PASSCODE": "123456", "OS_USER_ID": "u1", "OS_USERNAME": ""},
        ["passcode"], ["OS_USER_ID", "application"],
    ),
}  # fmt: skip


def error(status: int, message: str = "No.", **more: Any) -> Response:
    document = {"error": {"code": status, "title": "T", "message": message}, **more}
    return Response(status, {}, json.dumps(document).encode())


def rejecting(response: Response, *methods: str) -> Callable[[Request], Response | None]:
    """Return an identity service that refuses to issue tokens, or requests with these methods."""
    methods = methods or ("POST",)

    def before(request: Request) -> Response | None:
        is_token = request.url == f"{AUTH_URL}/auth/tokens" and request.method in methods
        return response if is_token else None

    return before


def test_the_hint_of_a_rejected_sign_in_is_about_its_method() -> None:
    for method, status in product(METHODS, (401, 404)):
        env, texts, absent = METHODS[method]
        cloud = Cloud(before=rejecting(error(status), "GET", "POST"))
        code, _, err = cloud.run("get", "j", env=env)
        assert (code, len(cloud.requests)) == (4, 1)
        assert all(text in err for text in texts), err
        assert not any(text in err for text in absent), err


ACCESS_KEY = {**LOCATED, "OS_AUTH_URL": ""}
REJECTED: dict[str, tuple[dict[str, str], list[str], list[str]]] = {
    # environment; what the hint says if the backup service answers 401, and what it does not say
    "token": (
        {"OS_TOKEN": "canary-dead", "OS_PROJECT_ID": PROJECT_ID, "VBSJOB_ENDPOINT": SERVICE},
        ["Get a new token"], ["access key", "passcode", "accepted the"],
    ),
    "password": (
        USER, ["accepted the user and the password", "endpoint", "region"],
        ["new token", "access key", "passcode"],
    ),
    "application credential": (
        CREDENTIAL, ["accepted the application credential", "endpoint"],
        ["password", "access key", "new token"],
    ),
    "passcode": (
        USER | {"OS_PASSCODE": "123456"}, ["new passcode"], ["access key", "new token."],
    ),
    "access key": (ACCESS_KEY, ["Check the access key", "session token"], ["password", "passcode"]),
    "access key, with a sign-in": (
        {**LOCATED, "VBSJOB_ENDPOINT": ""}, ["Check the access key"], ["password", "config check"],
    ),
    "temporary key": (
        ACCESS_KEY | {"OS_SECURITY_TOKEN": "canary-temporary"}, ["temporary key", "all three"],
        ["password", "passcode"],
    ),
}  # fmt: skip


def unless_signing_in(request: Request) -> Response | None:
    return None if request.method == "POST" else Response(401, {}, b'{"error_msg": "No."}')


def test_the_hint_of_a_401_of_the_service_is_about_the_sign_in_method() -> None:
    wrong = []
    for (env, texts, absent), command in product(
        REJECTED.values(), (("get", "j"), ("watch", "j"), ("config", "check"))
    ):
        code, out, err = Cloud(before=unless_signing_in).run(*command, env=env)
        line = err.partition("vbsjob: error: ")[2]
        right = all(text in line for text in texts) and not any(text in line for text in absent)
        if code != 4 or not right:
            wrong.append((command, texts, out, err))
    assert wrong == []


PAGES = {
    "HTML": b"<html><title>404 Not Found</title></html>", "empty": b"", "JSON": b'{"detail": "x"}',
    "a list": b"[]",
}  # fmt: skip


def test_f61_404_without_the_error_object_of_keystone_is_about_the_address() -> None:
    for page, env in product(PAGES, (TOKEN, USER, CREDENTIAL)):
        cloud = Cloud(before=rejecting(Response(404, {}, PAGES[page]), "GET", "POST"))
        code, _, err = cloud.run("get", "j", env=env)
        assert code == 6
        assert "auth_url" in err
        assert "token has expired" not in err


RULES: list[Any] = [
    [["totp", "password"]], [["password", "totp", "x509"], ["password", "totp"]], "x", [7],
    {"a": 1}, [["\x1b[31m" + "x" * 999]],
]  # fmt: skip


def test_f06_keystones_rules_for_several_factors_are_named_in_any_shape() -> None:
    for rules in RULES:
        response = error(401, receipt={"methods": ["password"]}, required_auth_methods=rules)
        code, _, err = Cloud(before=rejecting(response)).run("get", "j", env=USER)
        assert code == 4
        assert f"several methods of Keystone: {json.dumps(rules)[:200]}. vbsjob has" in err
        assert "(OS_PASSCODE), both with auth_type v3multifactor." in err
        assert all(line.isprintable() for line in err.splitlines())


def test_an_application_credential_by_name_needs_its_user() -> None:
    env = {"OS_AUTH_URL": AUTH_URL, "OS_APPLICATION_CREDENTIAL_NAME": "ci"}
    code, _, err = Cloud().run("get", "j", env=env)
    assert code == 2
    assert "the name of an application credential is unique only for its user" in err
    assert "OS_USERNAME" in err
    assert "password" not in err


def test_an_application_credential_is_for_its_own_project_and_no_other() -> None:
    for own, other in (
        ({"OS_PROJECT_ID": PROJECT_ID}, {"OS_PROJECT_ID": "e" * 32}),
        ({"OS_PROJECT_NAME": "eu-de_team"}, {"OS_PROJECT_NAME": "eu-de_other"}),
    ):
        env = CREDENTIAL | {"OS_USER_DOMAIN_NAME": "dom"}
        assert Cloud().run("get", "j", env=env | own)[0] == 0
        cloud = Cloud()
        code, _, err = cloud.run("get", "j", env=env | other)
        assert (code, len(cloud.requests)) == (2, 1)
        assert f"{next(iter(other))} is " in err
        assert "credentials are for project" in err


FACTORS = USER | {"OS_PASSCODE": "123456"}
AUTH_TYPES: dict[str, tuple[dict[str, str], list[str]]] = {
    # auth_type and auth_methods, and the methods of Keystone that are sent
    "v3totp": ({"OS_AUTH_TYPE": "v3totp"}, ["totp"]),
    "v3password": ({"OS_AUTH_TYPE": "v3password"}, ["password"]),
    "v3multifactor": ({"OS_AUTH_TYPE": "v3multifactor"}, ["password", "totp"]),
    "v3multifactor, totp": (
        {"OS_AUTH_TYPE": "v3multifactor", "OS_AUTH_METHODS": "v3totp"}, ["totp"],
    ),
    "v3multifactor, password": (
        {"OS_AUTH_TYPE": "v3multifactor", "OS_AUTH_METHODS": "v3password"}, ["password"],
    ),
    "nothing": ({}, ["password", "totp"]),
}  # fmt: skip


def test_auth_type_and_auth_methods_choose_exactly_what_is_sent() -> None:
    for env, methods in AUTH_TYPES.values():
        cloud = Cloud()
        assert cloud.run("get", "j", env=FACTORS | env)[0] == 0
        identity = json.loads(cloud.requests[0].body)["auth"]["identity"]
        assert identity["methods"] == methods
        assert (PASSWORD.encode() in cloud.requests[0].body) is ("password" in methods)


def test_a_method_that_is_not_supported_is_named() -> None:
    env = FACTORS | {"OS_AUTH_TYPE": "v3multifactor", "OS_AUTH_METHODS": "v3password,v3x509"}
    code, _, err = Cloud().run("get", "j", env=env)
    assert code == 2
    assert "OS_AUTH_METHODS: 'v3x509' is not one of" in err


DOMAINS: dict[str, tuple[dict[str, str], Any, Any]] = {
    # environment, domain of the user, domain of the project
    "default by id": ({"OS_DEFAULT_DOMAIN_ID": "d1"}, {"id": "d1"}, {"id": "d1"}),
    "default by name": ({"OS_DEFAULT_DOMAIN_NAME": "d"}, {"name": "d"}, {"name": "d"}),
    "domain before default": (
        {"OS_DEFAULT_DOMAIN_NAME": "d", "OS_DOMAIN_NAME": "x"}, {"name": "x"}, {"name": "x"},
    ),
    "the user's own": (
        {"OS_DOMAIN_NAME": "x", "OS_USER_DOMAIN_NAME": "u"}, {"name": "u"}, {"name": "x"},
    ),
    "the user's for the project": ({"OS_USER_DOMAIN_NAME": "u"}, {"name": "u"}, {"name": "u"}),
}  # fmt: skip


def test_the_default_domain_counts_where_no_other_one_is_set() -> None:
    for env, user, project in DOMAINS.values():
        cloud = Cloud()
        base = {k: v for k, v in USER.items() if "DOMAIN" not in k}
        assert cloud.run("get", "j", env=base | env)[0] == 0
        auth = json.loads(cloud.requests[0].body)["auth"]
        assert auth["identity"]["password"]["user"]["domain"] == user
        assert auth["scope"]["project"]["domain"] == project


PROMPTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "password": (
        {k: v for k, v in USER.items() if k != "OS_PASSWORD"},
        ["Password for mira at iam.cloud.test: "],
    ),
    "passcode": (
        USER | {"OS_AUTH_TYPE": "v3multifactor"}, ["Passcode for mira at iam.cloud.test: "],
    ),
    "application credential": (
        {k: v for k, v in CREDENTIAL.items() if "SECRET" not in k},
        ["Application credential secret for ac at iam.cloud.test: "],
    ),
}  # fmt: skip


def test_a_prompt_names_the_user_and_the_host() -> None:
    prompts: list[str] = []

    def prompt(text: str) -> str:
        prompts.append(text)
        return {"P": PASSWORD, "A": SECRET}[text[0]] if "Passcode" not in text else "123456"

    for env, expected in PROMPTS.values():
        prompts.clear()
        code, out, err = Cloud().run("get", "j", env=env, prompt=prompt)
        assert (code, prompts) == (0, expected), err
        assert "canary" not in out + err


def test_a_token_that_is_refused_for_the_project_is_not_called_expired() -> None:
    token = TOKEN["OS_TOKEN"]
    cloud = Cloud(tokens={token}, unscoped={token}, before=rejecting(error(401), "POST"))
    code, _, err = cloud.run("get", "j", env=TOKEN)
    assert (code, len(cloud.requests)) == (4, 2)
    assert "did not accept the token for this project." in err
    assert "Check the project" in err
    assert "Get a new token" not in err
