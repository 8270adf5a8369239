"""The environment variables with which clients sign in to the sandbox, one set per method."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vbsjob.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterator

SELECTION = ("OS_CLOUD", "VBSJOB_CLOUD")
"""Variables that select another cloud; a shell that uses the sandbox must not have them."""


class Example(NamedTuple):
    """One way to sign in: a title, and the complete set of variables."""

    title: str
    variables: dict[str, str]


def examples(address: str, token: str) -> list[Example]:
    """Return an example for each sign-in method of vbsjob; the first one is the password."""
    common = {"OS_AUTH_URL": f"{address}/v3", "OS_REGION_NAME": account.REGION}
    project = {
        "OS_PROJECT_NAME": account.PROJECT.name,
        "OS_PROJECT_DOMAIN_NAME": account.DOMAIN["name"],
    }
    user_domain = {"OS_USER_DOMAIN_NAME": account.DOMAIN["name"]}
    credential = account.APPLICATION_CREDENTIAL
    direct = {"VBSJOB_ENDPOINT": address, "OS_PROJECT_ID": account.PROJECT.id}
    return [
        Example(
            "password (vbsjob, openstack, Terraform, programs with keystoneauth1)",
            common
            | {
                "OS_AUTH_TYPE": "password",
                "OS_USERNAME": account.USER.name,
                "OS_PASSWORD": account.USER.password,
            }
            | user_domain
            | project,
        ),
        Example("token", common | {"OS_AUTH_TYPE": "token", "OS_TOKEN": token} | project),
        Example(
            "token, without the identity service (vbsjob, curl)",
            {"OS_TOKEN": token} | direct,
        ),
        Example(
            "application credential",
            common
            | {
                "OS_AUTH_TYPE": "v3applicationcredential",
                "OS_APPLICATION_CREDENTIAL_ID": credential.id,
                "OS_APPLICATION_CREDENTIAL_SECRET": credential.secret,
            },
        ),
        Example(
            "password and TOTP passcode (this passcode does not change)",
            common
            | {
                "OS_AUTH_TYPE": "v3multifactor",
                "OS_AUTH_METHODS": "v3password,v3totp",
                "OS_USERNAME": account.MFA_USER.name,
                "OS_PASSWORD": account.MFA_USER.password,
                "OS_PASSCODE": account.MFA_USER.passcode,
            }
            | user_domain
            | project,
        ),
        Example(
            "access key (vbsjob)",
            common
            | {
                "OS_ACCESS_KEY": account.ACCESS_KEY.access,
                "OS_SECRET_KEY": account.ACCESS_KEY.secret,
                "OS_PROJECT_NAME": account.PROJECT.name,
            },
        ),
        Example(
            "access key, without the identity service (vbsjob, huaweicloudsdk)",
            {
                "HUAWEICLOUD_SDK_AK": account.ACCESS_KEY.access,
                "HUAWEICLOUD_SDK_SK": account.ACCESS_KEY.secret,
                "HUAWEICLOUD_SDK_PROJECT_ID": account.PROJECT.id,
            }
            | direct,
        ),
        Example(
            "temporary access key (vbsjob)",
            {
                "OS_ACCESS_KEY": account.TEMPORARY_KEY.access,
                "OS_SECRET_KEY": account.TEMPORARY_KEY.secret,
                "OS_SECURITY_TOKEN": account.TEMPORARY_KEY.security_token,
            }
            | direct,
        ),
    ]


def shell_lines(address: str, token: str) -> Iterator[str]:
    """Yield lines for a shell: the variables of the first example, the others as comments.

    The first line removes the variables of the other examples, which could be set in the shell.
    """
    from shlex import quote

    first, *others = examples(address, token)
    names = {name for example in others for name in example.variables} - first.variables.keys()
    yield f"unset {' '.join(sorted({*SELECTION, *names}))}"
    yield f"# Sign-in with {first.title}:"
    for name, value in first.variables.items():
        yield f"export {name}={quote(value)}"
    yield ""
    yield "# Other sign-in methods. Use one of them in a shell without the variables above."
    for example in others:
        yield ""
        yield f"# Sign-in with {example.title}:"
        for name, value in example.variables.items():
            yield f"#   export {name}={quote(value)}"
