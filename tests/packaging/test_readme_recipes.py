"""README's recipes for scripts and CI services, run as they stand there against the sandbox."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.support.gitlab import read_as_gitlab
from tests.support.program import ROOT, clean_env, running_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

README = ROOT.joinpath("README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def recipes() -> dict[str, str]:
    """Return each recipe as the script that its service hands to a shell."""
    found = {"shell": next(text for kind, text in BLOCKS if kind == "sh")}
    for text in (text for kind, text in BLOCKS if kind == "yaml"):
        document = yaml.safe_load(text)
        if isinstance(document, list):
            found["github"] = document[0]["run"]
        elif "backup" in document:
            found["gitlab"] = "\n".join(document["backup"]["script"])
    groovy = next(text for kind, text in BLOCKS if kind == "groovy")
    (found["jenkins"],) = re.findall(r"script: '(.*)'\)", groovy)
    return found


SCENARIOS = recipes()
SHELLS = {"shell": ["sh"], "github": ["bash", "-e"], "gitlab": ["bash", "-eo", "pipefail"],
          "jenkins": ["sh", "-xe"]}  # fmt: skip
AS_IT_IS = {"gitlab", "jenkins"}
"""These leave 7 and 124 to the service: GitLab by retry and allow_failure, Jenkins by its code."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[dict[str, str]]:
    with running_sandbox() as (_, variables):
        yield variables


def run(recipe: str, folder: Path, env: dict[str, str], **more: str) -> tuple[int, str]:
    program = folder / "vbsjob"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m vbsjob "$@"\n')
    program.chmod(0o755)
    path = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    ran = subprocess.run(
        [*SHELLS[recipe], "-c", SCENARIOS[recipe]], cwd=folder,
        env=clean_env() | env | path | more, capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    return ran.returncode, ran.stdout + ran.stderr


@pytest.mark.parametrize("recipe", SCENARIOS)
@pytest.mark.parametrize(("job", "code"), [("backup-ended", 0), ("fail-deep-ended", 1)])
def test_a_recipe_ends_as_the_job_did(
    recipe: str, job: str, code: int, tmp_path: Path, sandbox: dict[str, str]
) -> None:
    ended, told = run(recipe, tmp_path, sandbox, JOB_ID=job)
    assert ended == code, told


@pytest.mark.parametrize("recipe", SCENARIOS)
def test_a_recipe_allows_a_job_to_go_on(
    recipe: str, tmp_path: Path, sandbox: dict[str, str]
) -> None:
    ended, told = run(recipe, tmp_path, sandbox, JOB_ID="endless", VBSJOB_TIMEOUT="1s")
    assert ended == (124 if recipe in AS_IT_IS else 0), told


@pytest.mark.slow
@pytest.mark.parametrize("recipe", SCENARIOS)
def test_a_recipe_tries_again_while_the_state_is_unknown_and_then_says_so(
    recipe: str, tmp_path: Path
) -> None:
    nobody = {"OS_TOKEN": "t", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "http://127.0.0.1:9"}
    ended, told = run(recipe, tmp_path, nobody, JOB_ID="j", VBSJOB_RETRY_FOR="1s")
    assert ended == 7, told
    assert recipe in AS_IT_IS or told.count("watching job j") == 3, told


CODE, MEANING = "VolumeBackup.0202", "The target disk is in error"
"""The failure of the sandbox's job fail-deep."""


@pytest.mark.parametrize("recipe", SCENARIOS)
@pytest.mark.parametrize("job", ["fail-deep-ended", "fail-deep"])
def test_the_log_of_a_failing_restore_names_the_deepest_code_and_its_meaning(
    recipe: str, job: str, tmp_path: Path, sandbox: dict[str, str]
) -> None:
    ended, log = run(recipe, tmp_path, sandbox, JOB_ID=job, VBSJOB_INTERVAL="1s")
    assert ended == 1, log
    fail_line = next(line for line in log.splitlines() if ": FAIL bksRestoreBackup" in line)
    assert f": restoreVolume > copyData: {CODE} " in fail_line
    assert f"{CODE} volume is in error state while copying. Meaning: {MEANING}" in log


def test_gitlab_gets_a_report_and_variables_with_the_deepest_code_and_its_meaning(
    tmp_path: Path, sandbox: dict[str, str]
) -> None:
    run("gitlab", tmp_path, sandbox, JOB_ID="fail-deep-ended")
    values = read_as_gitlab((tmp_path / "backup.env").read_text())
    assert (values["VBSJOB_STATUS"], values["VBSJOB_FAILURE_CODE"]) == ("FAIL", CODE)
    assert values["VBSJOB_FAILURE_MEANING"].startswith(MEANING)
    assert values["VBSJOB_FAILURE_PATH"] == "bksRestoreBackup > restoreVolume > copyData"
    suite = ET.parse(tmp_path / "report.xml").getroot()[0]
    assert len(suite) == 5
    assert suite[0][0].get("type") == CODE
    assert MEANING in suite[0][0].get("message", "")


def test_jenkins_gets_a_report_with_the_deepest_code_and_its_meaning(
    tmp_path: Path, sandbox: dict[str, str]
) -> None:
    run("jenkins", tmp_path, sandbox, JOB_ID="fail-deep-ended")
    case = ET.parse(tmp_path / "report.xml").getroot()[0][0]
    assert case[0].get("type") == CODE
    assert MEANING in case[0].get("message", "")


def test_github_gets_annotation_summary_and_outputs_with_the_deepest_code_and_its_meaning(
    tmp_path: Path, sandbox: dict[str, str]
) -> None:
    files = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    _, log = run("github", tmp_path, sandbox, JOB_ID="fail-deep-ended", **files)
    (annotation,) = [line for line in log.splitlines() if line.startswith("::error ")]
    assert CODE in annotation
    assert MEANING in annotation
    outputs = (tmp_path / "GITHUB_OUTPUT").read_text().splitlines()
    assert f"failure_code={CODE}" in outputs
    assert any(line.startswith(f"failure_meaning={MEANING}") for line in outputs)
    summary = html.unescape((tmp_path / "GITHUB_STEP_SUMMARY").read_text())
    assert CODE in summary
    assert MEANING in summary


def test_the_services_are_told_which_codes_to_retry_and_to_allow() -> None:
    documents = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml"]
    job = next(d["backup"] for d in documents if isinstance(d, dict) and "backup" in d)
    assert (job["retry"]["exit_codes"], job["allow_failure"]["exit_codes"]) == (7, 124)
    groovy = next(text for kind, text in BLOCKS if kind == "groovy")
    assert "code == 7" in groovy
    assert "code == 124" in groovy
