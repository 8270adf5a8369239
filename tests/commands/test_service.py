"""--service: the same job API of another service, at the address that the catalog has for it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.cloud import USER, Cloud, json_response
from tests.support.program import run_against
from vbsjob.auth.catalog import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.http.messages import Request, Response


@dataclass
class Services(Cloud):
    """A cloud with one address per service; `interface` and `region` are those of all."""

    interface: str = "public"
    region: str = "eu-de"
    listed: tuple[str, ...] = field(default_factory=lambda: ("volumev2", *list(SERVICES)[2:]))

    def _catalog(self) -> list[Any]:
        host = {"volumev2": "evs"}
        return [
            {
                "type": kind,
                "endpoints": [
                    {
                        "interface": self.interface,
                        "region_id": self.region,
                        "url": f"https://{host.get(kind, kind)}.cloud.test/v2/%(project_id)s",
                    }
                ],
            }
            for kind in self.listed
        ]


def test_the_service_chooses_the_address() -> None:
    for service in SERVICES:
        for argv, env in ((("--service", service), {}), ((), {"VBSJOB_SERVICE": service})):
            cloud = Services()
            code, _, err = cloud.run("get", "j", *argv, env=USER | env)
            assert code == 0, err
            assert cloud.requests[-1].url.startswith(f"https://{service}.cloud.test/v1/")


def test_a_service_that_is_not_there_is_named() -> None:
    for cloud, message in (
        (Services(listed=("vbs",)), "the catalog does not list the server service in region eu-de"),
        (Services(region="eu-nl"), "it is in eu-nl"),
        (Services(interface="internal"), "it has the interface internal there"),
    ):
        code, _, err = cloud.run("get", "j", "--service", "ecs", "--region", "eu-de")
        assert code == 6
        assert message in err


def test_a_volume_service_of_another_host_does_not_count_as_the_region_of_the_backup_service() -> (
    None
):
    cloud = Services(listed=("volumev2", "ecs"), region="eu-de")
    cloud._catalog = lambda: json.loads(  # type: ignore[method-assign]
        json.dumps(Services._catalog(cloud)).replace("https://evs.", "https://cinder.")
    )
    code, _, err = cloud.run("get", "j", "--region", "eu-de")
    assert code == 6
    assert "it is in eu-de" not in err


def test_the_next_command_and_the_command_to_continue_keep_the_service() -> None:
    def running(request: Request) -> Response | None:
        members = {"job_id": "j", "status": "RUNNING", "entities": {}}
        return json_response(200, members) if "/jobs/" in request.url else None

    cloud = Services(before=running)
    options = ("--region", "eu-de", "--service", "ecs")
    assert f"vbsjob watch j {' '.join(options)}\n" in cloud.run("get", "j", *options)[1]
    code, _, err = cloud.run("watch", "j", "--service", "ecs", "--timeout", "1m")
    assert code == 124
    assert "To continue: vbsjob watch j --service ecs" in err


def test_an_unknown_service_is_a_usage_error() -> None:
    cloud = Cloud()
    for argv in (("get", "j"), ("list",), ("config", "show")):
        code, _, err = cloud.run(*argv, "--service", "rds")
        assert (code, cloud.requests) == (2, [])
        assert "--service: 'rds' is not one of vbs, evs, ecs, ims, bms, sdrs" in err


def test_the_address_of_vbs_in_the_settings_is_not_used_for_another_service() -> None:
    for variable, host in (("OS_VBS_ENDPOINT_OVERRIDE", "ecs"), ("VBSJOB_ENDPOINT", "own")):
        cloud = Services()
        env = USER | {variable: "https://own.cloud.test"}
        assert cloud.run("get", "j", "--service", "ecs", env=env)[0] == 0
        assert cloud.requests[-1].url.startswith(f"https://{host}.cloud.test/v1/")


def test_each_service_has_its_history_and_its_tokens(tmp_path: Path) -> None:
    cloud = Services()
    paths: dict[str, Any] = {"cache": tmp_path / "cache", "state_folder": tmp_path / "state"}
    for _ in range(2):
        assert cloud.run("get", "ecs-job", "--service", "ecs", **paths)[0] == 0
        assert cloud.run("get", "vbs-job", **paths)[0] == 0
    assert cloud.issued == 2
    assert cloud.run("get", "@last", "-f", "job_id", **paths)[1] == "vbs-job\n"
    last = cloud.run("get", "@last", "-f", "job_id", "--service", "ecs", **paths)
    assert last[1] == "ecs-job\n"
    listed = cloud.run("list", "-o", "name", "--service", "ecs", **paths)
    assert listed[1] == "ecs-job\n"


def test_the_sandbox_has_the_jobs_of_every_service() -> None:
    for service, job_type, code in (
        ("vbs", "bksRestoreBackup", "VolumeBackup.0202"),
        ("evs", "batchCreateVolume", "EVS.5400"),
        ("ecs", "createServer", "Ecs.0219"),
        ("ims", "imsImportImageJob", "IMG.0132"),
        ("bms", "baremetalBatchOperate", "BMS.0219"),
        ("sdrs", "stopProtectionGroupNoCG", "EVS.2024"),
    ):
        env = {"VBSJOB_CLOUD": "sandbox", "VBSJOB_SERVICE": service}
        argv = ("get", "fail-deep-ended", "--exit-status", "-o", "json")
        ended = run_against("", *argv, env=env)
        job = json.loads(ended.out)
        assert (ended.code, job["job_type"]) == (1, job_type), ended.err
        assert job["failure"]["error_code"] == code
        assert (job["failure"]["meaning"] is None) == (service != "vbs")


def test_the_sandbox_prints_the_variable_of_the_service() -> None:
    printed = Cloud().run("sandbox", "--env", "8990", "--service", "ecs")[1]
    assert "export VBSJOB_SERVICE=ecs\n" in printed
