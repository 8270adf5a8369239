"""The cloud account that the sandbox simulates: users, projects and example credentials.

All values are public and fixed: `vbsjob sandbox` prints them. No value is a word of a message,
because vbsjob removes secrets from messages.
"""

from __future__ import annotations

from typing import Any, NamedTuple

REGION = "eu-de"
DOMAIN = {"id": "8a1f2f1f6d0c4d1fb2a0d2c0e6b7a5c3", "name": "sandbox"}


class Project(NamedTuple):
    """A project; both users have the same role in each."""

    id: str
    name: str

    @property
    def reference(self) -> dict[str, Any]:
        """The project as a token contains it."""
        return {"id": self.id, "name": self.name, "domain": DOMAIN}


class User(NamedTuple):
    """A user. A passcode makes password and passcode necessary (multi-factor sign-in)."""

    id: str
    name: str
    password: str
    passcode: str = ""

    @property
    def reference(self) -> dict[str, Any]:
        """The user as a token contains it."""
        return {"id": self.id, "name": self.name, "domain": DOMAIN, "password_expires_at": None}

    @property
    def required_methods(self) -> frozenset[str]:
        """The methods that a sign-in needs together."""
        return frozenset({"password", "totp"} if self.passcode else {"password"})


class ApplicationCredential(NamedTuple):
    """An application credential of a user; its tokens are valid for one project."""

    id: str
    name: str
    secret: str
    user: User
    project: Project


class AccessKey(NamedTuple):
    """An access key of a user. Temporary keys also have a security token."""

    access: str
    secret: str
    security_token: str = ""


PROJECT = Project("5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b", "eu-de_sandbox")
"""The project with the jobs, and the default project of the users."""
EMPTY_PROJECT = Project("c1de4fa8b7a94e5f8d2e6f0b3a9c7d51", REGION)
"""A project without jobs. A cloud has a project with the name of each region."""
PROJECTS = (PROJECT, EMPTY_PROJECT)

USER = User("6f0e3b1c9d8a4c7e8b5f2a1d0c9e8b7a", "sandbox", "example-password")
MFA_USER = User("b2c4d6e8f0a1424395867a8b9cadbecf", "sandbox-mfa", "example-mfa-password", "314159")
"""Signs in with password and TOTP passcode. Unlike a real passcode, this one does not change."""
USERS = (USER, MFA_USER)
ROLES = ({"id": "9fe2ff9ee4384b1894a90878d3e92bab", "name": "member"},)

APPLICATION_CREDENTIAL = ApplicationCredential(
    "e4d1a2b3c4d5460f8a9b0c1d2e3f4a5b",
    "sandbox-credential",
    "example-credential-secret",
    USER,
    PROJECT,
)
ACCESS_KEY = AccessKey("EXAMPLEACCESSKEY0001", "example-secret-key")
TEMPORARY_KEY = AccessKey(
    "EXAMPLEACCESSKEY0002", "example-temporary-secret-key", "example-security-token"
)
ACCESS_KEYS = {key.access: key for key in (ACCESS_KEY, TEMPORARY_KEY)}
"""Both belong to USER."""


def find_project(project_id: str) -> Project | None:
    """Return the project with this id."""
    return next((project for project in PROJECTS if project.id == project_id), None)


def catalog(address: str, project: Project) -> list[dict[str, Any]]:
    """Return the service catalog for a project, with one region and public endpoints."""
    urls = {"identity": f"{address}/v3", "vbs": f"{address}/v2/{project.id}"}
    return [
        {
            "id": f"sandbox-{service_type}",
            "type": service_type,
            "name": {"identity": "keystone"}.get(service_type, service_type),
            "endpoints": [
                {
                    "id": f"sandbox-{service_type}-public",
                    "interface": "public",
                    "region": REGION,
                    "region_id": REGION,
                    "url": url,
                }
            ],
        }
        for service_type, url in urls.items()
    ]
