"""Run a real OpenStack Keystone on loopback: `keystone_server.py FOLDER`.

The interpreter is .venv/keystone/bin/python, where .ci/run installs Keystone. Once the server
answers, `facts` in the folder has everything that a test needs, as JSON, and the command ends. The
server stays until no other process has a lock of `users` in the folder. Its state is in a
temporary folder, in memory where the system has such a place: on a disk the tables take 10 s.
"""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

CONFIG = """
[DEFAULT]
log_file = {state}/keystone.log
public_endpoint = {root}
[database]
connection = sqlite:///{state}/keystone.db
[cache]
# As where Keystone is used: without a cache each request takes five times as long.
backend = oslo_cache.dict
[auth]
methods = password,token,application_credential,totp
[identity]
password_hash_rounds = 4
[fernet_tokens]
key_repository = {state}/fernet-keys
[fernet_receipts]
key_repository = {state}/receipt-keys
[credential]
key_repository = {state}/credential-keys
"""
REGION = "eu-de"
ADMIN = {"user_name": "admin", "password": "admin-password", "project_name": "admin"}
USER = {"user_name": "vbsjob-user", "password": "user-password", "project_name": "eu-de_vbsjob"}
OTHER_PROJECT = "eu-de_other"
"""A second project of the user, who has the first one as default."""
DOMAIN = "OTC00000000001000000000"
SERVICE = "http://127.0.0.1:8799/v2/%(project_id)s"


def manage(*argv: str) -> None:
    """Run a keystone-manage command in a fork: it keeps its options in the process."""
    from keystone.cmd import cli  # type: ignore[import-not-found]

    child = multiprocessing.get_context("fork").Process(
        target=cli.main, args=(["keystone-manage", *argv],)
    )
    child.start()
    child.join()
    if child.exitcode:
        sys.exit(f"keystone-manage {argv[2]} failed")


def application(state: Path, root: str) -> Any:
    """Return the WSGI application of a new Keystone with keys, database and administrator."""
    config = state / "keystone.conf"
    config.write_text(CONFIG.format(state=state, root=root))
    for name in ("fernet-keys", "receipt-keys", "credential-keys"):
        state.joinpath(name).mkdir(mode=0o700)
    owner = f"--keystone-user={os.getuid()}", f"--keystone-group={os.getgid()}"
    file = "--config-file", str(config)
    manage(*file, "db_sync")
    manage(*file, "fernet_setup", *owner)
    manage(*file, "credential_setup", *owner)
    urls = f"--bootstrap-region-id={REGION}", f"--bootstrap-public-url={root}/v3"
    manage(*file, "bootstrap", f"--bootstrap-password={ADMIN['password']}", *urls)
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(config)
    sys.argv = ["keystone"]  # Keystone reads it
    from keystone.wsgi.api import application as made  # type: ignore[import-not-found]

    return made


class Api:
    """The identity API of an application, without a network."""

    def __init__(self, application: Any, root: str) -> None:
        from werkzeug.test import Client  # type: ignore[import-not-found]

        self._client, self._root = Client(application), root
        self.token = ""

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the response to a request with the current token."""
        headers = {"X-Auth-Token": self.token} if self.token else {}
        response = self._client.open(
            f"/v3{path}", base_url=self._root, method=method, headers=headers, json=body
        )
        if response.status_code >= 300:
            sys.exit(f"{method} {path}: {response.status}: {response.text}")
        return response

    def create(self, path: str, kind: str, **members: Any) -> Any:
        """Return what was created."""
        return self.call("POST", path, {kind: members}).json[kind]

    def sign_in(self, who: dict[str, str], domain: str) -> None:
        """Get the token of a user with a project."""
        named = {"domain": {"name": domain}}
        user = {"name": who["user_name"], "password": who["password"], **named}
        identity = {"methods": ["password"], "password": {"user": user}}
        scope = {"project": {"name": who["project_name"], **named}}
        self.token = ""
        response = self.call(
            "POST", "/auth/tokens", {"auth": {"identity": identity, "scope": scope}}
        )
        self.token = response.headers["X-Subject-Token"]


def seed(api: Api, root: str) -> dict[str, str]:
    """Create domain, project, user, service and application credential; return all names."""
    api.sign_in(ADMIN, "Default")
    domain = api.create("/domains", "domain", name=DOMAIN)["id"]
    project = api.create("/projects", "project", name=USER["project_name"], domain_id=domain)["id"]
    other = api.create("/projects", "project", name=OTHER_PROJECT, domain_id=domain)["id"]
    names = {"name": USER["user_name"], "password": USER["password"]}
    user = api.create("/users", "user", domain_id=domain, default_project_id=project, **names)["id"]
    role = api.call("GET", "/roles?name=member").json["roles"][0]["id"]
    for each in (project, other):
        api.call("PUT", f"/projects/{each}/users/{user}/roles/{role}")
    service = api.create("/services", "service", type="vbs", name="vbs")["id"]
    address = {"interface": "public", "region_id": REGION, "url": SERVICE}
    api.create("/endpoints", "endpoint", service_id=service, **address)
    admin_token = api.token
    api.sign_in(USER, DOMAIN)
    kind = "application_credential"
    credential = api.create(f"/users/{user}/{kind}s", kind, name="vbsjob")
    return {
        **USER,
        **{f"{kind}_{name}": credential[name] for name in ("id", "name", "secret")},
        "admin_token": admin_token, "role_id": role, "auth_url": f"{root}/v3", "region": REGION,
        "domain_name": DOMAIN, "domain_id": domain, "project_id": project, "user_id": user,
        "other_project_id": other, "other_project_name": OTHER_PROJECT,
    }  # fmt: skip


def main() -> None:
    """Serve in a process of its own until nobody uses the server."""
    from werkzeug.serving import make_server  # type: ignore[import-not-found]

    folder, memory = Path(sys.argv[1]), Path("/dev/shm")
    parent = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="keystone-", dir=parent) as state:
        # One thread: Keystone looks a token up in what is left of the last request of the thread.
        server = make_server("127.0.0.1", 0, lambda *_: (), threaded=False)
        root = f"http://127.0.0.1:{server.server_port}"
        server.app = application(Path(state), root)
        (folder / "facts").write_text(json.dumps(seed(Api(server.app, root), root)))
        if os.fork():
            os._exit(0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with (folder / "users").open() as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            (folder / "facts").write_text("")  # a worker that comes later starts a new server


if __name__ == "__main__":
    main()
