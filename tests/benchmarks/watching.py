"""The cost of a watch: for each answered poll, and for each further job.

    python -m tests.benchmarks.watching [--jobs 1000] [--runs 5] [--slack 1]

Requests go over real HTTP to a server in another process. A fake clock skips the delays between
them. Start-up is subtracted: a long and a short watch are measured. `--follow` and `--loop` run
only one measured part.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import resource
import ssl
import statistics
import subprocess
import sys
from typing import Any

from tests.benchmarks.measure import ROOT, children, machine, table
from tests.support.context import fake_context, standard_input
from tests.support.program import TOKEN, environment
from tests.support.server import JobStatusScript, Server

MOST_PER_POLL, MOST_PER_JOB = 1.8, 20.0
SELF = (sys.executable, "-m", "tests.benchmarks.watching")


def follow(url: str, jobs: int, seconds: int) -> dict[str, Any]:
    """Watch jobs for `seconds` of the fake clock; return the number of requests and the memory."""
    from vbsjob.__main__ import GC_THRESHOLD, run
    from vbsjob.http.transport import Transport
    from vbsjob.redact import Secrets

    gc.set_threshold(GC_THRESHOLD)  # as the program does
    transport = Transport(
        secrets=Secrets(TOKEN), body_limit=4 << 20, trust=ssl.create_default_context
    )
    now, requests = [0.0], [0]

    def send(request: Any) -> Any:
        requests[0] += 1
        return transport.send(request)

    def sleep(seconds: float) -> None:
        now[0] += seconds

    ids = "\n".join(f"job-{number}" for number in range(jobs))
    context = fake_context(
        standard_input(ids), io.StringIO(), io.StringIO(), environment(url),
        monotonic=lambda: now[0], sleep=sleep, send=send,
    )  # fmt: skip
    code = run(["watch", "-", "--timeout", f"{seconds}s", "--progress", "none"], context)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"requests": requests[0], "code": code, "kib": peak}


def loop(url: str, times: int) -> dict[str, Any]:
    """Send requests with httpx alone."""
    import httpx

    with httpx.Client(trust_env=False) as client:
        for number in range(times):
            json.loads(
                client.get(f"{url}/v2/jobs/job-{number}", headers={"X-Auth-Token": TOKEN}).content
            )
    return {"requests": times}


def part(*words: object) -> tuple[float, dict[str, Any]]:
    """Run a part in its own process; return its CPU seconds and its result."""
    before = children()
    ended = subprocess.run(
        [*SELF, *map(str, words)], cwd=ROOT, capture_output=True, check=True, timeout=600
    )
    return children() - before, json.loads(ended.stdout)


def per_poll(mode: str, url: str, least: list[int], most: list[int]) -> float:
    """Return the CPU seconds of one further poll."""
    (short, few), (long, many) = part(mode, url, *least), part(mode, url, *most)
    return (long - short) / float(many["requests"] - few["requests"])


def memory(url: str, jobs: int) -> float:
    """Return the memory in KB of one further job."""
    few, many = (part("--follow", url, number, 60 + number // 10)[1] for number in (jobs, 4 * jobs))
    return float(many["kib"] - few["kib"]) / (3 * jobs)


def main() -> None:
    """Measure and print; exit with 3 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--follow", nargs=3, metavar=("URL", "JOBS", "SECONDS"))
    parser.add_argument("--loop", nargs=2, metavar=("URL", "TIMES"))
    parser.add_argument("--slack", type=float, default=1.0, help="factor for every target")
    arguments = parser.parse_args()
    if arguments.follow or arguments.loop:
        result = (
            follow(arguments.follow[0], int(arguments.follow[1]), int(arguments.follow[2]))
            if arguments.follow
            else loop(arguments.loop[0], int(arguments.loop[1]))
        )
        sys.stdout.write(json.dumps(result))
        return
    jobs = arguments.jobs
    with Server(JobStatusScript()) as server:
        pairs = [
            (
                per_poll("--loop", server.url, [jobs], [3 * jobs]),
                per_poll("--follow", server.url, [jobs, jobs // 10], [jobs, jobs // 4]),
            )
            for _ in range(arguments.runs)
        ]
        each = memory(server.url, jobs)
    bare, vbsjob_seconds = (statistics.median(times) for times in zip(*pairs, strict=True))
    rows = [
        ["one answered poll, httpx alone", f"{bare * 1000:.2f} ms", "1.00", ""],
        [f"one answered poll, {jobs:,} jobs", f"{vbsjob_seconds * 1000:.2f} ms",
         f"{vbsjob_seconds / bare:.2f}", f"{MOST_PER_POLL} x httpx alone"],
        ["memory, one further job", f"{each:.1f} KB", "", f"{MOST_PER_JOB:.0f} KB"],
    ]  # fmt: skip
    sys.stdout.write(f"Watching: {machine()}; medians of {arguments.runs} pairs\n\n")
    sys.stdout.write(table(["watching", "cost", "ratio", "target, at most"], rows))
    within = (
        vbsjob_seconds <= MOST_PER_POLL * arguments.slack * bare
        and each <= MOST_PER_JOB * arguments.slack
    )
    sys.exit(0 if within else 3)


if __name__ == "__main__":
    main()
