"""Times `vbsjob tree` as whole processes by the number of sub-jobs, and prints a table.

python tests/benchmarks/sub_jobs.py [--sizes 100,10000,100000] [--runs 5] [--max-ratio 5]
With --max-ratio it exits 3 where the second size takes more than so many times the first.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FORMATS = ("table", "json", "jsonl")
WORDS = ("SUCCESS", "SUCCESS", "SUCCESS", "RUNNING", "FAIL")


def job(size: int) -> dict[str, Any]:
    """Make a job of `size` sub-jobs, a hundred to a branch, shaped as real answers are."""
    branches: list[dict[str, Any]] = []
    for number in range(size):
        if number % 100 == 0:
            branches.append(_sub_job(number))
        else:
            branches[-1]["entities"].setdefault("sub_jobs", []).append(_sub_job(number))
    return _sub_job(size) | {"job_id": f"of-{size}", "entities": {"sub_jobs": branches}}


def _sub_job(number: int) -> dict[str, Any]:
    return {
        "status": WORDS[number % 5],
        "entities": {"volume_id": f"{number:032x}"},
        "job_id": f"{number:032x}",
        "job_type": "bksCopyBlock",
        "begin_time": "2026-01-28T16:14:09.466Z",
        "end_time": "2026-01-28T16:25:27.690Z",
        "error_code": None,
        "fail_reason": None,
    }


class JobServer:
    """Serves the jobs over HTTP on loopback."""

    def __init__(self, sizes: list[int]) -> None:
        bodies = {f"of-{size}": json.dumps(job(size)).encode() for size in sizes}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = bodies[self.path.rpartition("/")[2]]
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the table is the output."""

        self.bodies = bodies
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def seconds(service: JobServer, size: int, output: str) -> float:
    """Return the processor time of one whole process, having checked that every id is there."""
    env = os.environ | {
        "OS_TOKEN": "a-token",
        "OS_PROJECT_ID": "p",
        "VBSJOB_ENDPOINT": f"http://127.0.0.1:{service.server.server_port}",
        "VBSJOB_BODY_LIMIT": "999",
    }
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "vbsjob", "tree", f"of-{size}", "-o", output],
        env=env, cwd=ROOT, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    after = os.times()
    text = done.stdout.decode()
    # The block about the failure repeats some; a type may be there more often than a sub-job.
    if len(set(re.findall("[0-9a-f]{32}", text))) < size:
        raise SystemExit(f"{output}: not every one of {size} sub-jobs is there")
    user = after.children_user - before.children_user
    return user + after.children_system - before.children_system


def main() -> None:
    """Measure in turns, so that a busy moment touches every size, and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100,10000,100000")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--max-ratio", type=float)
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    service = JobServer(sizes)
    cpu_seconds: dict[tuple[str, int], list[float]] = {}
    for _ in range(arguments.runs):
        for output in FORMATS:
            for size in sizes:
                cpu_seconds.setdefault((output, size), []).append(seconds(service, size, output))
    middle = {key: statistics.median(times) for key, times in cpu_seconds.items()}
    sys.stdout.write(
        f"{'format':8}" + "".join(f"{size:>12,}" for size in sizes) + "   ratio to the first\n"
    )
    worst = 0.0
    for output in FORMATS:
        times = [middle[output, size] for size in sizes]
        ratios = [time / times[0] for time in times]
        worst = max(worst, ratios[1] if len(ratios) > 1 else 1.0)
        row = "".join(f"{time * 1000:>9.0f} ms" for time in times)
        sys.stdout.write(
            f"{output:8}{row}   " + "  ".join(f"{ratio:.1f}" for ratio in ratios) + "\n"
        )
    if arguments.max_ratio is not None and worst > arguments.max_ratio:
        sys.stderr.write(f"{sizes[1]:,} take {worst:.1f} times what {sizes[0]:,} take\n")
        sys.exit(3)


if __name__ == "__main__":
    main()
