"""The region: chosen by the user or by the name of the project, never guessed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import PROJECT_ID, USER, Cloud
from tests.support.context import file_context
from vbsjob.auth import catalog
from vbsjob.config import loader
from vbsjob.config.precedence import region_in
from vbsjob.errors import ApiError, UsageError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from pathlib import Path


NAMES = {
    "eu-de": "eu-de", "eu-de_team": "eu-de", "eu-nl_a_b": "eu-nl", "eu-ch2": "eu-ch2",
    "eu-west-1": "eu-west-1", "eu-west-1_team": "eu-west-1", "eu-west-101_x": "eu-west-101",
    "cn-north-4": "cn-north-4", "cn-north-4_p": "cn-north-4", "ap-southeast-1": "ap-southeast-1",
    "la-north-2_x": "la-north-2", "af-south-1": "af-south-1", "na-mexico-1_t": "na-mexico-1",
    "us-gov-east-1": "us-gov-east-1", "ru-moscow-1": "ru-moscow-1", "eu-de-team": "eu-de-team",
    "": None, "team": None, "eu": None, "eu-": None, "EU-DE": "eu-de", "eu-de team": None,
    "EU-DE_Team": "eu-de",
    "eu_de": None, "eu-de/..": None, "5a2d0c5b": None, "eu-d": None, "-de": None, "e-de": None,
}  # fmt: skip


def test_the_region_in_the_name_of_a_project() -> None:
    assert {name: region_in(name) for name in NAMES} == NAMES


@dataclass
class Regions(Cloud):
    """A cloud whose catalog has the service in several regions."""

    regions: tuple[str, ...] = ("eu-de", "eu-nl")
    project_name: str = "team"

    def _catalog(self) -> list[Any]:
        points = [
            {"interface": "public", "region_id": region, "url": f"https://vbs-{region}.cloud.test"}
            for region in self.regions
        ]
        return [{"type": "vbs", "endpoints": points}]

    def _sign_in(self, identity: dict[str, Any]) -> Response:
        response = super()._sign_in(identity)
        if response.status != 201:
            return response
        document = json.loads(response.body)
        document["token"]["project"]["name"] = self.project_name
        return Response(201, response.headers, json.dumps(document).encode())


BY_ID = {k: v for k, v in USER.items() if k != "OS_PROJECT_NAME"} | {"OS_PROJECT_ID": PROJECT_ID}
CHOICES: dict[str, tuple[Regions, dict[str, str], str | None]] = {
    # name: the cloud, the environment, the region whose service is asked; None: a question (2)
    "option": (Regions(), BY_ID | {"OS_REGION_NAME": "eu-nl"}, "eu-nl"),
    "name of the project in the settings": (
        Regions(project_name="eu-nl_t"), USER | {"OS_PROJECT_NAME": "eu-nl_t"}, "eu-nl",
    ),
    "name of the project in the token": (Regions(project_name="eu-nl_t"), BY_ID, "eu-nl"),
    "only one region": (Regions(regions=("eu-nl",)), BY_ID, "eu-nl"),
    "only one region, of any name": (
        Regions(regions=("RegionOne",), project_name="my-project"),
        USER | {"OS_PROJECT_NAME": "my-project"}, "RegionOne",
    ),
    "several and nothing chooses": (Regions(), BY_ID, None),
    "several and the name is of another one": (
        Regions(project_name="eu-fr_t"), USER | {"OS_PROJECT_NAME": "eu-fr_t"}, None,
    ),
}  # fmt: skip


def test_the_service_of_the_right_region_is_asked_or_the_user_is(tmp_path: Path) -> None:
    for (kind, (made, env, region)), cached in product(CHOICES.items(), (False, True)):
        cloud = replace(made, requests=[], tokens=set())
        cache = tmp_path / kind if cached else None
        if cached:
            cloud.run("get", "j", env=env, cache=cache)
        code, _, err = cloud.run("get", "j", env=env, cache=cache)
        if region is None:
            assert code == 2, (kind, err)
            assert "several regions: eu-de, eu-nl.\nvbsjob: hint: Choose one: --region." in err
            assert all(request.method == "POST" for request in cloud.requests)
        else:
            assert code == 0, (kind, err)
            assert cloud.requests[-1].url.startswith(f"https://vbs-{region}.cloud.test/")


def test_a_cloud_with_several_regions_needs_a_choice(tmp_path: Path) -> None:
    auth = {k.removeprefix("OS_").lower(): v for k, v in BY_ID.items()}
    clouds = f"clouds: {{c: {{regions: [eu-de, eu-nl], auth: {json.dumps(auth)}}}}}\n"
    context = file_context(tmp_path, clouds=clouds)
    with pytest.raises(UsageError, match="lists several regions: eu-de, eu-nl") as caught:
        loader.load({"cloud": "c"}, context)
    assert caught.value.hint.startswith("Choose one: --region.")
    for options in ({"region": "eu-nl"}, {"project": "eu-nl_t"}):
        assert loader.load({"cloud": "c", **options}, context)["region"] == "eu-nl"


OTC = [
    ("https://iam.eu-de.otc.t-systems.com/v3", "eu-de", "https://vbs.eu-de.otc.t-systems.com"),
    ("https://iam.eu-de.otc.t-systems.com/v3", "eu-nl", "https://vbs.eu-nl.otc.t-systems.com"),
    (
        "https://iam-pub.eu-ch2.sc.otc.t-systems.com/v3", "eu-ch2",
        "https://vbs.eu-ch2.sc.otc.t-systems.com",
    ),
    ("https://iam.otc.t-systems.com/v3", "eu-de", None),
    ("https://iam.eu-de.otc.t-systems.com.evil.test/v3", "eu-de", None),
    ("https://iam.cloud.test/v3", "eu-de", None),
    ("https://iam.eu-de.otc.t-systems.com/v3", None, None),
]  # fmt: skip


def test_s11_without_a_catalog_entry_the_address_stays_in_the_cloud_of_the_auth_url() -> None:
    def find(region: str | None, auth_url: str) -> str | None:
        try:
            return catalog.find([], "vbs", region=region, interface="public", auth_url=auth_url)
        except ApiError:
            return None

    assert [(url, region, find(region, url)) for url, region, _ in OTC] == OTC
