"""The cloud account that the sandbox simulates: one user, one project, example credentials.

All values are public and fixed: `vbsjob sandbox --env` prints them. No value is a word of a
message, because vbsjob removes secrets from messages.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vbsjob.auth.catalog import SERVICES

REGION = "eu-de"
DOMAIN = {"id": "8a1f2f1f6d0c4d1fb2a0d2c0e6b7a5c3", "name": "sandbox"}


class Named(NamedTuple):
    """A user, a project or an application credential of the domain."""

    id: str
    name: str
    secret: str = ""

    @property
    def reference(self) -> dict[str, Any]:
        """The user or project as a token contains it."""
        return {"id": self.id, "name": self.name, "domain": DOMAIN}


PROJECT = Named("5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b", "eu-de_sandbox")
"""The project with the jobs."""
USER = Named("6f0e3b1c9d8a4c7e8b5f2a1d0c9e8b7a", "sandbox", "example-password")
TOKEN = "sandbox-example-token"  # noqa: S105 - public
"""A token that exists from the start of the sandbox, for clients that begin with a token."""
CREDENTIAL = Named(
    "e4d1a2b3c4d5460f8a9b0c1d2e3f4a5b", "sandbox-credential", "example-credential-secret"
)
"""The application credential of the user, for the project."""
ACCESS_KEY = "EXAMPLEACCESSKEY0001"
SECRET_KEY = "example-secret-key"  # noqa: S105 - public

IN_PROJECT = {"project_name": PROJECT.name, "project_domain_name": DOMAIN["name"]}
METHODS = {
    "password": {
        "auth_type": "password",
        "username": USER.name,
        "password": USER.secret,
        "user_domain_name": DOMAIN["name"],
        **IN_PROJECT,
    },
    "token": {"auth_type": "token", "token": TOKEN, **IN_PROJECT},
    "aksk": {
        "auth_type": "aksk",
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "project_name": PROJECT.name,
    },
    "application-credential": {
        "auth_type": "v3applicationcredential",
        "application_credential_id": CREDENTIAL.id,
        "application_credential_secret": CREDENTIAL.secret,
    },
}
"""The settings of each sign-in method, by their names in vbsjob."""


def settings(address: str, method: str = "password") -> dict[str, str]:
    """Return the settings with which vbsjob signs in at this address, by their names."""
    return {"auth_url": f"{address}/v3", "region": REGION, **METHODS[method]}


def catalog(address: str) -> list[dict[str, Any]]:
    """Return the service catalog, with one region and public endpoints."""
    urls = {"identity": f"{address}/v3"}
    urls |= {name: f"{address}/{name}/v2/{PROJECT.id}" for name in SERVICES}
    urls["vbs"] = f"{address}/v2/{PROJECT.id}"
    where = {"interface": "public", "region": REGION, "region_id": REGION}
    return [
        {"type": service_type, "name": service_type, "endpoints": [{**where, "url": url}]}
        for service_type, url in urls.items()
    ]
