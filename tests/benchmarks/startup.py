"""Times whole processes against the floor of their libraries: processor time, user and system.

python -m tests.benchmarks.startup [--runs 15]
"""

from __future__ import annotations

import argparse
import sys
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.benchmarks.measure import VBSJOB, Case, beyond, machine, medians, table
from tests.support.program import TOKEN, environment
from tests.support.server import JobStatusScript, Server

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PYTHON = sys.executable
BARE, TYPER, HTTPX = "bare interpreter", "`import typer`", "bare httpx script, one GET"
TAB = {"_VBSJOB_COMPLETE": "complete_fish", "_TYPER_COMPLETE_ARGS": "vbsjob get "}


def service() -> Server:
    """Return a server on which every job has succeeded."""
    script = JobStatusScript()
    script.status = "SUCCESS"
    return Server(script)


def floors(url: str) -> list[Case]:
    """Return what everything is compared with; the service is at `url`."""
    asking = (
        "import httpx\n"
        f"reply = httpx.get({url!r} + '/a-job', headers={{'X-Auth-Token': {TOKEN!r}}})\n"
        "print(reply.json()['status'])"
    )
    return [
        Case(BARE, [PYTHON, "-c", "pass"]),
        Case(TYPER, [PYTHON, "-c", "import typer"]),
        Case(HTTPX, [PYTHON, "-c", asking]),
    ]


def vbsjob_cases(url: str, state: str) -> list[Case]:
    """Return the commands and their targets; the history for Tab is in the folder `state`."""
    state_env = {"XDG_STATE_HOME": state}
    env = environment(url) | state_env
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
    ]  # fmt: skip


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
    arguments = parser.parse_args()
    with TemporaryDirectory() as state, service() as server:
        cases = [*floors(server.url), *vbsjob_cases(server.url, state)]
        cpu_seconds = medians(cases, arguments.runs)
    missed = beyond(cases, cpu_seconds)
    head = ["start to end", "CPU ms", "x bare", "x typer", "x httpx", "target, at most"]
    out = sys.stdout
    out.write(f"Start-up: {machine()}; medians of {arguments.runs} interleaved runs\n\n")
    out.write(table(head, rows(cases, cpu_seconds)))
    out.writelines(f"missed: {line}\n" for line in missed)
    sys.exit(3 if missed else 0)


if __name__ == "__main__":
    main()
