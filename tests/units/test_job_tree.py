"""What a picture shows of nested sub-jobs: all, or what matters and counts of the rest."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len

from vbsjob.jobs.job import Job
from vbsjob.jobs.tree import LEVELS, JobTree, Node, Summary
from vbsjob.render import tree as tree_view

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime(2026, 1, 28, 16, 20, tzinfo=UTC)
WORDS = ("SUCCESS", "SUCCESS", "RUNNING", "INIT", "FAIL", "PAUSED")


def random_tree(seed: int, size: int) -> dict[str, Any]:
    """Make a random tree of `size` jobs."""
    chance = random.Random(seed)
    jobs = [{"job_id": f"j{n}", "status": chance.choice(WORDS)} for n in range(size)]
    for number, job in enumerate(jobs[1:], start=1):
        parent: dict[str, Any] = jobs[chance.randrange(number)]
        parent.setdefault("sub_jobs", []).append(job)
    return jobs[0]


def chain(length: int) -> dict[str, Any]:
    job: dict[str, Any] = {"job_id": f"j{length}", "status": "FAIL"}
    for number in range(length - 1, -1, -1):
        job = {"job_id": f"j{number}", "status": "FAIL", "sub_jobs": [job]}
    return job


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("height", [0, 1, 2, 3, 7, 24, 200])
def test_a_fold_fits_its_height_and_every_job_is_shown_or_counted(seed: int, height: int) -> None:
    tree = JobTree(Job(random_tree(seed, 100)))
    rows = tree.folded(height)
    assert len(rows) <= height
    shown = [row for row in rows if isinstance(row, Node)]
    counted = sum(row.done + row.more for row in rows if isinstance(row, Summary))
    if height >= 2:
        assert len(shown) + counted == 100
    assert [row.rank for row in shown] == sorted(row.rank for row in shown)


def test_failed_and_running_rows_stay_while_finished_ones_fold() -> None:
    words = ["SUCCESS"] * 50 + ["FAIL", "RUNNING"] + ["SUCCESS"] * 50
    below = [{"job_id": f"j{n}", "status": word} for n, word in enumerate(words)]
    tree = JobTree(Job({"job_id": "top", "status": "RUNNING", "sub_jobs": below}))
    rows = tree.folded(4)
    assert [row.job.id for row in rows if isinstance(row, Node)] == ["top", "j50", "j51"]
    assert rows[-1] == Summary(1, done=100, more=0)


def test_many_sub_jobs_of_one_job_do_not_hide_another_job() -> None:
    crowd = [{"job_id": f"c{n}", "status": "RUNNING"} for n in range(500)]
    jobs = [
        {"job_id": "a", "status": "RUNNING", "sub_jobs": crowd},
        {"job_id": "b", "status": "RUNNING"},
    ]
    rows = JobTree(Job({"sub_jobs": jobs})).folded(8)
    shown = [row.job.id for row in rows if isinstance(row, Node)]
    assert shown == ["", "a", "c0", "c1", "c2", "c3", "b"]
    assert rows[6] == Summary(2, done=0, more=496)


def test_the_counts_below_a_row_are_those_of_its_branch() -> None:
    tree = JobTree(Job(random_tree(7, 300)))
    below: dict[Node, Counter[str]] = {row: Counter() for row in tree.rows}
    for row in tree.rows:
        for above in row.trail[:-1]:
            word = row.job.status or ""
            below[above][word if word != "PAUSED" else "other"] += 1
    assert all(row.below == below[row] for row in tree.rows)


def lines(rows: Sequence[Node | Summary], width: int) -> list[str]:
    drawn = tree_view.drawn(rows, width, NOW, tree_view.UNICODE)
    return [tree_view.painted(line, colors=False) for line in drawn]


def test_levels_beyond_the_64th_are_counted() -> None:
    rows = list(JobTree(Job(chain(LEVELS + 3))).chosen())
    assert [row.depth for row in rows if isinstance(row, Node)] == list(range(LEVELS + 1))
    assert rows[-1] == Summary(LEVELS + 1, done=0, more=3, levels=3)
    assert lines(rows, 80)[-1].endswith("… 3 deeper levels: 3 more")


@pytest.mark.parametrize("width", [1, 5, 20, 39, 40, 60, 80, 200])
@pytest.mark.parametrize("seed", range(10))
def test_no_line_is_wider_than_the_screen_unless_it_is_an_id(seed: int, width: int) -> None:
    tree = JobTree(Job(random_tree(seed, 60)))
    for row in tree.rows:
        row.job.members["job_id"] = f"{row.rank:032x}" if row.rank % 9 else "x" * 90
        row.job.members["job_type"] = "restore\u754c" * (row.rank % 3)
        row.job.members["fail_reason"] = "because\n" * (row.rank % 7)
    ids = {row.job.id for row in tree.rows}
    drawn = lines(tree.rows, width)
    for line in drawn:
        assert cell_len(line) <= width or line in ids
    text = "\n".join(drawn)
    assert [text.count(f"{row.rank:032x}") for row in tree.rows if row.rank % 9] == (
        [1] * sum(1 for row in tree.rows if row.rank % 9)
    )
