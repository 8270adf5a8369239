"""What watching costs: per answered question, per further job, and while nothing changes.

python -m tests.benchmarks.watching [--jobs 1000] [--runs 5] [--seconds 10] [--slack 1]
Questions travel over real HTTP to a server in another process; where it says so, only the pauses
between them are left out, by a clock that sleeping moves. Start-up is taken away by
measuring a long and a short watch. `--follow` and `--loop` are the measured parts, run alone;
`--seconds 0` leaves out what takes real time.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import pty
import resource
import statistics
import subprocess
import sys
import time
from typing import Any

from tests.benchmarks.cloud import TOKEN, Cloud
from tests.benchmarks.measure import ROOT, VBSJOB, children, machine, table
from tests.support.context import fake_context

MOST_PER_ASK, MOST_PER_JOB = 1.5, 20.0
SELF = (sys.executable, "-m", "tests.benchmarks.watching")


def follow(url: str, jobs: int, seconds: int) -> dict[str, Any]:
    """Watch jobs that go on for so long, the pauses left out; return the questions and memory."""
    from vbsjob.__main__ import GC_THRESHOLD, run
    from vbsjob.http.transport import Transport
    from vbsjob.redact import Secrets

    gc.set_threshold(GC_THRESHOLD)  # as a process of vbsjob's own does
    wire = Transport(secrets=Secrets(TOKEN), clock=time.monotonic, body_limit=4 << 20)
    now, asked = [0.0], [0]

    def send(request: Any) -> Any:
        asked[0] += 1
        return wire.send(request)

    def sleep(pause: float) -> None:
        now[0] += pause

    ids = "\n".join(f"job-{number}" for number in range(jobs))
    env = {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": url}
    context = fake_context(
        io.StringIO(ids), io.StringIO(), io.StringIO(), env,
        monotonic=lambda: now[0], sleep=sleep, send=send,
    )  # fmt: skip
    code = run(["watch", "-", "--timeout", f"{seconds}s", "--progress", "none"], context)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"asked": asked[0], "code": code, "kib": most}


def loop(url: str, times: int) -> dict[str, Any]:
    """Ask with the same client and nothing around it."""
    import httpx

    with httpx.Client(trust_env=False) as client:
        for number in range(times):
            json.loads(
                client.get(f"{url}/v2/jobs/job-{number}", headers={"X-Auth-Token": TOKEN}).content
            )
    return {"asked": times}


def part(*words: object) -> tuple[float, dict[str, Any]]:
    """Run a part as a process of its own; return its processor seconds and what it told."""
    before = children()
    ended = subprocess.run(
        [*SELF, *map(str, words)], cwd=ROOT, capture_output=True, check=True, timeout=600
    )
    return children() - before, json.loads(ended.stdout)


def per_ask(mode: str, url: str, least: list[int], most: list[int]) -> float:
    """Return the processor seconds of one further question."""
    (short, few), (long, many) = part(mode, url, *least), part(mode, url, *most)
    return (long - short) / float(many["asked"] - few["asked"])


def memory(url: str, jobs: int) -> float:
    """Return the KB of memory of one further job."""
    few, many = (part("--follow", url, number, 60 + number // 10)[1] for number in (jobs, 4 * jobs))
    return float(many["kib"] - few["kib"]) / (3 * jobs)


def written(url: str, seconds: int, *more: str) -> float:
    """Return the bytes a second that go to a terminal while nothing changes but the clock."""
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm-256color", "OS_TOKEN": TOKEN, "OS_PROJECT_ID": "p",
                        "VBSJOB_ENDPOINT": url, "VBSJOB_HISTORY": "off"}  # fmt: skip
    argv = [*VBSJOB, "watch", "a-job", "--timeout", f"{seconds + 8}s", *more]
    running = subprocess.Popen(argv, env=env, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.set_blocking(ours, False)
    size, began = 0, time.monotonic()
    while (passed := time.monotonic() - began) < seconds + 4:
        time.sleep(0.05)
        try:
            part_read = os.read(ours, 65536)
        except BlockingIOError:
            continue
        size += len(part_read) if passed > 4 else 0
    running.kill()
    running.wait()
    os.close(ours)
    return size / seconds


def whole(url: str, jobs: int, seconds: int) -> float:
    """Return the share of a processor that watching takes in real time, start-up left out."""
    env = os.environ | {"OS_TOKEN": TOKEN, "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": url,
                        "VBSJOB_HISTORY": "off"}  # fmt: skip
    ids = "\n".join(f"job-{number}" for number in range(jobs)).encode()
    taken = []
    for limit in (2, 2 + seconds):
        before = children()
        argv = [*VBSJOB, "watch", "-", "-q", "--timeout", f"{limit}s"]
        subprocess.run(argv, input=ids, env=env, cwd=ROOT, check=False, timeout=600)
        taken.append(children() - before)
    return (taken[1] - taken[0]) / seconds


def main() -> None:
    """Measure and print; exit 3 where a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--follow", nargs=3, metavar=("URL", "JOBS", "SECONDS"))
    parser.add_argument("--loop", nargs=2, metavar=("URL", "TIMES"))
    parser.add_argument("--slack", type=float, default=1.0, help="widens every target")
    wish = parser.parse_args()
    if wish.follow or wish.loop:
        told = (
            follow(wish.follow[0], int(wish.follow[1]), int(wish.follow[2]))
            if wish.follow
            else loop(wish.loop[0], int(wish.loop[1]))
        )
        sys.stdout.write(json.dumps(told))
        return
    url, jobs = Cloud("RUNNING").url, wish.jobs
    pairs = [
        (
            per_ask("--loop", url, [jobs], [3 * jobs]),
            per_ask("--follow", url, [jobs, jobs // 10], [jobs, jobs // 4]),
        )
        for _ in range(wish.runs)
    ]
    bare, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    each = memory(url, jobs)
    rows = [
        ["one answered question, bare loop", f"{bare * 1000:.2f} ms", "1.00", ""],
        [f"one answered question, {jobs:,} jobs", f"{ours * 1000:.2f} ms", f"{ours / bare:.2f}",
         f"{MOST_PER_ASK} x the loop"],
        ["memory, one further job", f"{each:.1f} KB", "", f"{MOST_PER_JOB:.0f} KB"],
    ]  # fmt: skip
    if wish.seconds:
        rows += in_real_time(url, jobs, wish.seconds)
    sys.stdout.write(f"Watching: {machine()}; medians of {wish.runs} pairs\n\n")
    sys.stdout.write(table(["watching", "cost", "ratio", "target, at most"], rows))
    within = ours <= MOST_PER_ASK * wish.slack * bare and each <= MOST_PER_JOB * wish.slack
    sys.exit(0 if within else 3)


def in_real_time(url: str, jobs: int, seconds: int) -> list[list[str]]:
    """Measure for so many seconds each; return the rows of the table."""
    share, drawn = whole(url, jobs, seconds), written(url, seconds)
    printable = written(url, seconds, "--progress", "plain")
    return [
        [f"{jobs:,} jobs in real time, 20 asks a second", f"{share:.1%} of a core", "", ""],
        ["a terminal, only the clock changes", f"{drawn:.0f} bytes/s", "", ""],
        ["plain lines, nothing changes", f"{printable:.0f} bytes/s", "", ""],
    ]


if __name__ == "__main__":
    main()
