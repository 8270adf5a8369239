"""A cloud for benchmarks, in a thread: identity, one job API, and what openstack asks of volumes.

Answers at once and by rote; the processor time of those who ask is what is measured.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROJECT = "5a2d0c5b0e4f4c3f9a1b7d6e8c9f0a1b"
TOKEN = "a-token-of-benchmarks"
TIME = "2026-01-28T16:14:09.466Z"


def job(job_id: str, status: str = "SUCCESS") -> dict[str, Any]:
    """Make a job as the service answers it."""
    return {
        "status": status,
        "entities": {"backup_id": "b" * 32, "volume_id": "c" * 32},
        "job_id": job_id,
        "job_type": "bksCreateBackup",
        "begin_time": TIME,
        "end_time": TIME if status == "SUCCESS" else "",
        "error_code": None,
        "fail_reason": None,
    }


class Cloud:
    """Serves on loopback until the process ends; `status` is what every job is."""

    def __init__(self, status: str = "SUCCESS") -> None:
        cloud = self
        self.status = status

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                self._answer(200 if "?" not in self.path else 300, cloud.document(self.path))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self._answer(201, cloud.signed_in())

            def _answer(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(status if document else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Subject-Token", TOKEN)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the table is the output."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Say nothing of a client that was ended."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def document(self, path: str) -> Any:
        """Answer a question by its path: a job, a volume's backup, a service's versions."""
        name = path.rpartition("/")[2]
        if "/jobs/" in path:
            return job(name, self.status)
        if "/backups/" in path:
            return {"backup": {"id": name, "status": "available", "name": "nightly", "size": 1}}
        if path.startswith("/identity"):
            version = {
                "id": "v3.14",
                "status": "stable",
                "links": [_self(f"{self.url}/identity/v3")],
            }
            return {"version": version}
        version = {
            "id": "v3.0", "status": "CURRENT", "version": "3.70", "min_version": "3.0",
            "links": [_self(f"{self.url}/volume/v3/")],
        }  # fmt: skip
        return {"versions": [version]}

    def signed_in(self) -> dict[str, Any]:
        """Answer a sign-in with a token's document and catalog."""
        endpoints = {
            "vbs": f"{self.url}/v2/{PROJECT}",
            "block-storage": f"{self.url}/volume/v3/{PROJECT}",
            "volumev3": f"{self.url}/volume/v3/{PROJECT}",
        }
        catalog = [
            {
                "type": kind, "name": kind, "id": kind,
                "endpoints": [
                    {"id": kind, "interface": "public", "region": "eu-de", "region_id": "eu-de",
                     "url": url}
                ],
            }
            for kind, url in endpoints.items()
        ]  # fmt: skip
        domain = {"id": "default", "name": "default"}
        token = {
            "methods": ["password"], "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "project": {"id": PROJECT, "name": "eu-de", "domain": domain},
            "user": {"id": "u", "name": "mira", "domain": domain}, "roles": [], "catalog": catalog,
        }  # fmt: skip
        return {"token": token}

    @property
    def with_token(self) -> dict[str, str]:
        """What a client needs that has a token."""
        return {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": PROJECT, "VBSJOB_ENDPOINT": self.url}

    @property
    def with_password(self) -> dict[str, str]:
        """What any client of OpenStack needs."""
        return {
            "OS_AUTH_URL": f"{self.url}/identity/v3",
            "OS_USERNAME": "mira", "OS_PASSWORD": "secret",
            "OS_USER_DOMAIN_NAME": "default", "OS_PROJECT_NAME": "eu-de",
            "OS_PROJECT_DOMAIN_NAME": "default", "OS_REGION_NAME": "eu-de",
            "OS_IDENTITY_API_VERSION": "3",
        }  # fmt: skip


def _self(url: str) -> dict[str, str]:
    return {"rel": "self", "href": url}
