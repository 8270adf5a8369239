"""Times whole processes against the floor of their libraries, and against what else users run.

python -m tests.benchmarks.startup [--runs 15] [--openstack PATH] [--http PATH] [--curl PATH]
Processor time, user and system. `openstack volume backup show` (python-openstackclient with
python-cinderclient, in an environment of its own) signs in with a password and asks one question,
as does the `vbsjob` that it is held against; both get their whole answer from the same server.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.benchmarks.cloud import TOKEN, Cloud
from tests.benchmarks.measure import VBSJOB, Case, beyond, machine, medians, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PYTHON = sys.executable
BARE, TYPER, HTTPX = "bare interpreter", "`import typer`", "bare httpx script, one GET"
FULL = "`vbsjob get -o json`, signing in"
OPENSTACK = "`openstack volume backup show`"
LEAST = 6.0
"""How many times more than vbsjob the openstack command takes."""


def floors(cloud: Cloud) -> list[Case]:
    """Return what everything is held against."""
    asking = (
        "import httpx\n"
        f"reply = httpx.get({url(cloud)!r}, headers={{'X-Auth-Token': {TOKEN!r}}})\n"
        "print(reply.json()['status'])"
    )
    return [
        Case(BARE, [PYTHON, "-c", "pass"]),
        Case(TYPER, [PYTHON, "-c", "import typer"]),
        Case(HTTPX, [PYTHON, "-c", asking]),
    ]


def url(cloud: Cloud) -> str:
    """Return the address of the job that everyone asks about."""
    return f"{cloud.url}/v2/jobs/a-job"


TAB = {"_VBSJOB_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "vbsjob get "}


def vbsjob_cases(cloud: Cloud, state: str) -> list[Case]:
    """Return the commands and their targets; the history for Tab is in the folder `state`."""
    state_env = {"XDG_STATE_HOME": state}
    env = cloud.with_token | state_env
    script = "from vbsjob.__main__ import main; main()"
    get, watch = [*VBSJOB, "get", "a-job"], [*VBSJOB, "watch", "a-job"]
    return [
        Case("`vbsjob --version`", [*VBSJOB, "--version"], {}, BARE, 1.5),
        Case("... from a script", [PYTHON, "-c", script, "--version"], {}, BARE, 1.5),
        Case("Tab after `vbsjob get`", [*VBSJOB], state_env | TAB, TYPER, 1.6),
        Case("`vbsjob --help`", [*VBSJOB, "--help"], {}, TYPER, 2.8),  # all commands, and rich
        Case("`vbsjob get --help`", [*VBSJOB, "get", "--help"], {}, TYPER, 2.8),
        Case("`vbsjob explain CODE`", [*VBSJOB, "explain", "VolumeBackup.0202"], {}, TYPER),
        Case("`vbsjob get -o json`", [*get, "-o", "json"], env, HTTPX, 1.3),
        Case("`vbsjob get`, a table", get, env, HTTPX, 1.45),
        Case("`vbsjob watch -q`, a job that has ended", [*watch, "-q"], env, HTTPX, 2.0),
        Case("`vbsjob watch`, drawn on a terminal", watch, env, HTTPX, 1.6, terminal=True),
        Case(FULL, [*get, "-o", "json", "--no-cache"], cloud.with_password, HTTPX),
    ]  # fmt: skip


def others(cloud: Cloud, arguments: argparse.Namespace) -> list[Case]:
    """Return what else is installed here and answers the same question."""
    header = f"X-Auth-Token:{TOKEN}"
    named: list[tuple[str, str | None, Sequence[str], Mapping[str, str]]] = [
        (OPENSTACK, arguments.openstack, ["volume", "backup", "show", "b" * 32],
         cloud.with_password),
        ("httpie, one GET", arguments.http, ["--ignore-stdin", url(cloud), header], {}),
        ("curl, one GET", arguments.curl, ["-sf", "-H", header, url(cloud)], {}),
        ("the installed `vbsjob --version`", arguments.vbsjob, ["--version"], {}),
    ]  # fmt: skip
    return [Case(name, [path, *words], env) for name, path, words, env in named if path]


def rows(cases: Sequence[Case], cpu_seconds: Mapping[str, float]) -> list[Sequence[str]]:
    """Lay the figures out: milliseconds, and how many times each floor."""
    lines: list[Sequence[str]] = []
    for case in cases:
        against = [
            f"{cpu_seconds[case.name] / cpu_seconds[floor]:.2f}" for floor in (BARE, TYPER, HTTPX)
        ]
        target = f"{case.limit} x {case.floor.partition(',')[0]}" if case.limit else ""
        lines.append([case.name, f"{cpu_seconds[case.name] * 1000:.1f}", *against, target])
    return lines


def main() -> None:
    """Measure and print; exit 3 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    for name in ("openstack", "http", "curl"):
        parser.add_argument(f"--{name}", default=shutil.which(name), metavar="PATH")
    beside = Path(PYTHON).with_name("vbsjob")
    parser.add_argument(
        "--vbsjob", default=str(beside) if beside.exists() else None, metavar="PATH"
    )
    arguments = parser.parse_args()
    cloud = Cloud()
    with TemporaryDirectory() as state:
        cases = [*floors(cloud), *vbsjob_cases(cloud, state), *others(cloud, arguments)]
        cpu_seconds = medians(cases, arguments.runs)
    missed = beyond(cases, cpu_seconds)
    head = ["start to end", "CPU ms", "x bare", "x typer", "x httpx", "target, at most"]
    out = sys.stdout
    out.write(f"Start-up: {machine()}; medians of {arguments.runs} interleaved runs\n\n")
    out.write(table(head, rows(cases, cpu_seconds)))
    if OPENSTACK in cpu_seconds:
        ratio = cpu_seconds[OPENSTACK] / cpu_seconds[FULL]
        out.write(f"\n{OPENSTACK} takes {ratio:.1f} times what {FULL} takes.\n")
        missed += [f"openstack only {ratio:.1f} times"] if ratio < LEAST else []
    out.writelines(f"missed: {line}\n" for line in missed)
    sys.exit(3 if missed else 0)


if __name__ == "__main__":
    main()
