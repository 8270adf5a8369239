"""A user's home directory with the files for a sign-in by password over TLS.

It has no files of an earlier run, or an expired token, a history and an unfinished file of a
killed run.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import stat
import threading
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.support import canary
from tests.support.certificates import Authority
from tests.support.server import Server, answer, job

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import Peer

PASSWORD = canary.secret("a-password-of-tests-5K")
ISSUED = canary.secret("an-issued-token-6L", issued=True)
TOKENS, HISTORY = ".cache/vbsjob/tokens", ".local/state/vbsjob/history.jsonl"
CLOUDS = """
clouds:
  here:
    auth: {{auth_url: {url}/v3, username: mira, user_domain_name: d, project_name: eu-de_p}}
    region_name: eu-de
    cacert: {authority}
"""
SECURE = f"clouds: {{here: {{auth: {{password: {PASSWORD}}}}}}}\n"
CONFIGURED = re.compile(r"/\.config/|/authority\.pem$")
"""Matches the paths of configuration files."""
ORPHAN = ".new-00"
"""Name of a file that a writer left when it was killed two hours ago."""
AGO = 7200.0


class SignInService:
    """Accepts every sign-in; the n-th query of a job gets the n-th status, later ones the last."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = statuses
        self.requests: Counter[str] = Counter()
        self._turn = threading.Lock()

    def __call__(self, peer: Peer) -> None:
        while request := peer.request():
            method, path, _ = request.split(b" ", 2)
            peer.send(_signed_in(peer) if method == b"POST" else self._about(path.decode()))

    def _about(self, path: str) -> bytes:
        name = path.rpartition("/")[2]
        with self._turn:
            status = self.statuses[min(self.requests[name], len(self.statuses) - 1)]
            self.requests[name] += 1
        return answer(job(status, name, begin_time="2026-05-01T10:00:00"))


def _signed_in(peer: Peer) -> bytes:
    port, now = peer.connection.getsockname()[1], datetime.now(UTC)
    point = {"interface": "public", "region_id": "eu-de", "url": f"https://127.0.0.1:{port}/v2/p"}
    token = {
        "issued_at": now.isoformat(), "expires_at": (now + timedelta(days=1)).isoformat(),
        "project": {"id": "p", "name": "eu-de_p"}, "user": {"name": "mira"},
        "catalog": [{"type": "vbs", "endpoints": [point]}],
    }  # fmt: skip
    return answer({"token": token}, 201, f"X-Subject-Token: {ISSUED}")


class HomeFactory:
    """Creates homes in a folder, and servers with a certificate that all of them trust."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        self._numbers = itertools.count()

    def serving(self, service: SignInService) -> Server:
        """Return a server with a certificate of the authority."""
        return Server(service, tls=self.authority.good())

    def home(self, server: Server) -> HomeDirectory:
        """Return a home without files of an earlier run."""
        home = HomeDirectory(self._new)
        clouds = CLOUDS.format(url=server.url, authority=self.authority.file)
        home.write(".config/openstack/clouds.yaml", clouds)
        home.write(".config/openstack/secure.yaml", SECURE)
        home.write(".config/vbsjob/config.toml", '[defaults]\ncloud = "here"\n')
        return home

    def copy(self, home: HomeDirectory) -> HomeDirectory:
        """Return a copy of a home, with its permissions and times."""
        return HomeDirectory(shutil.copytree(home.path, self._new))

    @property
    def _new(self) -> Path:
        return self.folder / f"home-{next(self._numbers)}"


@dataclass(frozen=True)
class HomeDirectory:
    """One user's files."""

    path: Path

    def write(self, name: str, text: str) -> None:
        """Write a private file."""
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o600)

    @property
    def tokens(self) -> list[Path]:
        """Files of cached tokens."""
        return list((self.path / TOKENS).glob("*.json"))

    @property
    def leftovers(self) -> list[str]:
        """Names of unfinished files."""
        folders = (self.path / TOKENS, (self.path / HISTORY).parent)
        names = [path.name for folder in folders if folder.exists() for path in folder.iterdir()]
        return [n for n in names if not n.endswith((".json", ".lock", ".jsonl"))]

    def age(self) -> None:
        """Make the token expired and add an unfinished file of a killed run."""
        for path in self.tokens:
            cached = json.loads(path.read_text())
            path.write_text(json.dumps(cached | {"written": cached["written"] - 2 * 86400}))
        self.write(f"{TOKENS}/{ORPHAN}", '{"written": ')
        os.utime(self.path / TOKENS / ORPHAN, (time.time() - AGO,) * 2)

    def check_whole(self, *job_ids: str) -> None:
        """Assert that there are a valid token and history, private and complete."""
        (token,) = self.tokens
        assert json.loads(token.read_text())["access"]["token"] == ISSUED
        assert json.loads(token.read_text())["written"] > time.time() - 3600
        for path in (token, self.path / HISTORY):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        lines = filter(None, (self.path / HISTORY).read_text().splitlines())
        assert {json.loads(line)["job_id"] for line in lines} >= set(job_ids)
