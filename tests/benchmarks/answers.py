"""What a big answer costs: reading, walking and every format, beside json.loads of the same body.

python -m tests.benchmarks.answers [--sizes 10000,100000] [--runs 3] [--slack 1]
Processor time in this process, which looks for garbage as seldom as vbsjob's own does. Exit 3
where a step takes more than ten times json.loads, or grows by half more than the body.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.benchmarks.measure import machine, table
from vbsjob.__main__ import GC_THRESHOLD
from vbsjob.http import strict_json
from vbsjob.jobs.job import Job, walk
from vbsjob.jobs.outcome import of_answer
from vbsjob.jobs.tree import JobTree
from vbsjob.output import formats
from vbsjob.render import details, theme

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT, GROWTH = 10.0, 1.5
LIMITS = {"-o yaml": 40.0, "-o table": 45.0}
"""YAML is written by PyYAML, event by event; rich draws tables, a line of segments per row."""
LOADS = "`json.loads`"
NOW = datetime(2026, 5, 1, tzinfo=UTC)


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


def steps(size: int) -> tuple[int, dict[str, Callable[[], object]]]:
    """Return the size of a body in bytes, and everything that is done with it, by name."""
    body = json.dumps(job(size)).encode()
    parsed = Job(strict_json.read(body))
    records = [of_answer(parsed.id, parsed, NOW).document()]

    def written(name: str) -> Callable[[], object]:
        write = formats.BY_NAME[name].write
        selection = formats.BY_NAME[name].selection(formats.JOBS, (), single=True)
        assert write
        return lambda: write(records, selection, io.StringIO())

    return len(body), {
        LOADS: lambda: json.loads(body),
        "reading strictly": lambda: strict_json.read(body),
        "walking": lambda: sum(1 for _ in walk(parsed)),
        "outline, counted": lambda: JobTree(parsed),
        "-o table": lambda: printed(parsed),
        **{f"-o {name}": written(name) for name in formats.NAMES if name != "table"},
    }


def printed(job: Job) -> int:
    """Return the number of characters that `get` prints into a pipe, in colour."""
    view = theme.View(None, 24, theme.ASCII, colors=True, now=NOW, local_time=lambda time: time)
    screen = details.screen(of_answer("j", job, NOW), JobTree(job), view)
    return sum(len(view.text(line)) for line in view.lines(screen))


def seconds(step: Callable[[], object]) -> float:
    """Return the processor time of one step, the garbage of the last one collected before."""
    gc.collect()
    before = time.process_time()
    step()
    return time.process_time() - before


def measured(size: int, runs: int) -> tuple[int, dict[str, float]]:
    """Return the size of the body, and the median of each step; the steps in turns."""
    length, doing = steps(size)
    turns = [{name: seconds(step) for name, step in doing.items()} for _ in range(runs)]
    return length, {name: statistics.median(turn[name] for turn in turns) for name in doing}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--slack", type=float, default=1.0, help="widens every target")
    arguments = parser.parse_args()
    gc.set_threshold(GC_THRESHOLD)
    few, many = (int(size) for size in arguments.sizes.split(","))
    (short, quick), (long, slow) = measured(few, arguments.runs), measured(many, arguments.runs)
    rows, missed = [], []
    for name, cpu_seconds in slow.items():
        # What takes less than a tenth of json.loads cannot be told from noise.
        ratio, counts = cpu_seconds / slow[LOADS], cpu_seconds > slow[LOADS] / 10
        growth = cpu_seconds / quick[name] / (long / short) if quick[name] and counts else 1.0
        rows.append([
            name, f"{quick[name] * 1000:.0f}", f"{cpu_seconds * 1000:.0f}", f"{ratio:.1f}",
            f"{growth:.2f}" if counts else "",
        ])  # fmt: skip
        missed += (
            [name]
            if ratio > LIMITS.get(name, LIMIT) * arguments.slack
            or growth > GROWTH * arguments.slack
            else []
        )
    sys.stdout.write(f"Big answers: {machine()}; {long / 1e6:.0f} MB\n\n")
    head = [f"{few:,} sub-jobs: ms", f"{many:,}: ms", "x json.loads", "growth / body's growth"]
    sys.stdout.write(table(["step", *head], rows))
    sys.stdout.writelines(f"missed: {name}\n" for name in missed)
    sys.exit(3 if missed else 0)


if __name__ == "__main__":
    main()
