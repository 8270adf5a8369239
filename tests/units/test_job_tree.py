"""What a picture shows of nested sub-jobs: all, or what matters and counts of the rest."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from itertools import product, takewhile
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len

from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import of_answer
from vbsjob.jobs.tree import (
    GROUP_ABOVE,
    KINDS,
    OTHER,
    UNKNOWN,
    Group,
    JobTree,
    Node,
    Summary,
    folded,
)
from vbsjob.jobs.tree import rows as rows_of
from vbsjob.render import columns, several, theme
from vbsjob.render.tree import row as row_of

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


def path_of(node: Node) -> list[Node]:
    return [*(path_of(node.parent) if node.parent else ()), node]


def test_a_fold_fits_its_height_and_every_job_is_shown_or_counted() -> None:
    failures = []
    for seed, group in product(range(6), (False, True)):
        tree = JobTree(Job(random_tree(seed, 100)), group=group)
        for height in (0, 1, 2, 3, 7, 24, 200):
            rows = folded(tree, height)
            orders = [row.order for row in rows if isinstance(row, Node)]
            right = len(rows) <= height and (group or orders == sorted(orders))
            if not right or (height >= 2 and not counts_are_right(rows)):
                failures.append((seed, group, height))
    assert failures == []


def counts_are_right(rows: Sequence[Node | Group | Summary]) -> bool:
    """Whether below each row everything that is below it is shown or counted."""
    for index, row in enumerate(rows):
        below = takewhile(lambda other, row=row: other.indent > row.indent, rows[index + 1 :])  # type: ignore[misc]
        direct = [other for other in below if other.indent == row.indent + 1]
        if isinstance(row, Node):
            counted = Counter[str]()
            for other in direct:
                counted.update(other.counts if isinstance(other, Summary) else other.total)
            if counted != Counter(row.counts_below):
                return False
        elif isinstance(row, Group):
            total = Counter[str]()
            for member in row.members:
                total.update(member.total)
            listed = {other for other in direct if isinstance(other, Node)} <= set(row.members)
            number = sum(row.counts.values())
            if not listed or number != len(row.members) or total != Counter(row.total):
                return False
    return True


def test_failed_and_running_jobs_stay_while_finished_ones_are_counted() -> None:
    words = ["SUCCESS"] * 50 + ["FAIL", "RUNNING"] + ["SUCCESS"] * 50
    sub_jobs = [{"job_id": f"j{n}", "status": word} for n, word in enumerate(words)]
    tree = JobTree(Job({"job_id": "top", "status": "RUNNING", "sub_jobs": sub_jobs}))
    rows = folded(tree, 4)
    assert [row.job.id for row in rows if isinstance(row, Node)] == ["top", "j50", "j51"]
    assert rows[-1] == Summary(1, {"SUCCESS": 100})


def siblings(*words: str, job_type: str = "copyBlock") -> list[dict[str, Any]]:
    return [
        {"job_id": f"j{n}", "status": word, "job_type": job_type} for n, word in enumerate(words)
    ]


def test_more_than_five_equal_siblings_are_one_row_with_the_failed_and_running_below() -> None:
    words = ["SUCCESS"] * 3 + ["RUNNING", "FAIL"] + ["INIT"] * 2
    for number, grouped in ((GROUP_ABOVE, False), (GROUP_ABOVE + 1, True), (7, True)):
        job = Job({"status": "RUNNING", "sub_jobs": siblings(*words[-number:])})
        rows = list(rows_of(JobTree(job, group=True)))
        groups = [row for row in rows if isinstance(row, Group)]
        assert bool(groups) is grouped
        if grouped:
            assert sum(groups[0].counts.values()) == len(groups[0].members) == number
            below = [row.job.status for row in rows if isinstance(row, Node)][1:]
            assert below == ["RUNNING", "FAIL"]


def test_a_group_with_a_failed_job_deep_below_a_member_shows_the_way_to_it() -> None:
    jobs = siblings(*["RUNNING"] * 8)
    jobs[6]["sub_jobs"] = [{"status": "FAIL", "job_id": "deep"}]
    rows = folded(JobTree(Job({"status": "RUNNING", "sub_jobs": jobs}), group=True), 5)
    assert [row.job.id for row in rows if isinstance(row, Node)] == ["", "j6", "deep"]
    assert rows[-1] == Summary(2, {"RUNNING": 7})


def test_of_equal_running_siblings_those_that_run_longest_are_shown() -> None:
    jobs = siblings("FAIL", "INIT", *["RUNNING"] * 9)
    for number, job in enumerate(jobs):
        job["begin_time"] = f"2026-01-28T16:{40 - number}:00Z"
    rows = folded(JobTree(Job({"status": "RUNNING", "sub_jobs": jobs}), group=True), 50)
    assert [row.job.id for row in rows if isinstance(row, Node)] == ["", "j0", "j8", "j9", "j10"]
    assert lines(rows, 80)[-1].endswith("… 6 more running")


def test_a_sub_tree_that_only_waits_is_one_row_if_it_is_closed() -> None:
    below = [{"job_id": f"j{n}", "status": "INIT"} for n in range(4)]
    waiting = {"status": "INIT", "job_type": "attachVolume", "sub_jobs": below}
    job = Job({"status": "RUNNING", "sub_jobs": [waiting, {"status": "RUNNING"}]})
    assert len(folded(JobTree(job, group=True), 50)) == 7
    rows = folded(JobTree(job, group=True, close_waiting=True), 50)
    assert [line.split("  ")[-1] for line in lines(rows, 80)[1:2]] == ["4 waiting below"]
    assert len(rows) == 3


def test_the_code_of_a_failed_row_is_red_in_the_row_and_below_it() -> None:
    for width in (30, 80):
        view = view_of(width, colors=True)
        failed = {"job_id": "j", "status": "FAIL", "job_type": "copy", "error_code": "Volume.0202"}
        table = columns.table([row_of(JobTree(Job(failed)).top, view)], view)
        assert "\x1b[31mVolume.0202" in "".join(view.text(line) for line in view.lines(table))


def test_the_bar_of_a_group_with_a_failure_has_a_red_part() -> None:
    view = view_of(80, colors=True)
    for failed, red in ((0, 0), (1, 1), (500, 10), (1000, 20)):
        bar = view.bar(1000, 1000, failed, width=20)
        styles = [str(span.style) for span in bar.spans for _ in bar.plain[span.start : span.end]]
        assert (len(bar.plain), styles.count("red")) == (20, red)


def view_of(width: int | None, *, colors: bool = False) -> theme.View:
    return theme.View(width, 24, theme.UNICODE, colors=colors, now=NOW, local_time=lambda t: t)


def lines(
    rows: Sequence[Node | Group | Summary], width: int | None, *, ids: bool | None = None
) -> list[str]:
    """Return the rows as text of at most that width."""
    view = view_of(width)
    table = columns.table([row_of(row, view) for row in rows], view, ids=ids)
    return [view.text(line) for line in view.lines(table)]


def test_no_line_is_wider_than_the_screen() -> None:
    wider = []
    for seed in range(4):
        tree = JobTree(Job(random_tree(seed, 30)), group=seed % 2 == 0)
        for node in tree.nodes:
            node.job.members["job_id"] = f"{node.order:032x}" if node.order % 9 else "x" * 90
            node.job.members["job_type"] = "restore\u754c" * (node.order % 3)
            node.job.members["fail_reason"] = "because\n" * (node.order % 7)
        for width in (10, 39, 40, 80, 120):
            rendered = lines(list(rows_of(tree)), width)
            wider += [(seed, width, line) for line in rendered if cell_len(line) > width]
    assert wider == []


def test_the_code_of_each_failed_row_is_visible_at_every_width() -> None:
    missing = []
    for seed in range(4):
        tree = JobTree(Job(random_tree(seed, 30)), group=seed % 2 == 0)
        for node in tree.nodes:
            node.job.members["job_type"] = ("copyBlock", "restoreVolume", "check")[node.order % 3]
            if node.job.failed:
                node.job.members["error_code"] = f"VolumeBackup.{node.order:04}"
                node.job.members["fail_reason"] = "volume is in error state while copying"
        rows = list(rows_of(tree))
        failed = [row.order for row in rows if isinstance(row, Node) and row.job.failed]
        for width in (40, 47, 80, 120):
            text = "\n".join(lines(rows, width))
            codes = (f"VolumeBackup.{order:04}" for order in failed)
            missing += [(seed, width, code) for code in codes if code not in text]
    assert missing == []


def test_each_requested_job_has_its_row_however_many_sub_jobs_another_has() -> None:
    ids = [f"f4{n:030x}" for n in range(6)]
    outcomes = [
        of_answer(job_id, Job(random_tree(n, 1 + 30 * (n % 3)) | {"job_id": job_id}), NOW)
        for n, job_id in enumerate(ids)
    ]
    failures = []
    for width, height in product((40, 80, 200, None), (6, 23, None)):
        view = view_of(width)
        trees = several.Trees(partial(JobTree, group=True))
        rendered = [
            view.text(line)
            for line in view.lines(several.table(outcomes, trees, view, rows=height))
        ]
        once = all("\n".join(rendered).count(job_id) == 1 for job_id in ids)
        if not once or any(line.startswith(tuple(ids)) for line in rendered):
            failures.append((width, height))
    assert failures == []


def test_every_kind_of_status_has_its_glyphs_and_its_style() -> None:
    kinds = KINDS.keys() - {OTHER, UNKNOWN}  # these two share a glyph and a style
    assert theme.UNICODE.status.keys() == theme.ASCII.status.keys() == kinds
    assert theme.STATUS_STYLES.keys() == kinds


def test_f47_the_duration_ends_at_the_end_unless_the_job_is_known_to_go_on() -> None:
    for status, end, seconds in (
        ("SUCCESS", "2026-05-01T00:01:00Z", 60.0),
        ("SUCCESS", "", None),
        ("RUNNING", "2026-05-01T00:01:00Z", 120.0),
        ("ERROR", "2026-05-01T00:01:00Z", 60.0),
        ("ERROR", "", 120.0),
        (None, "2026-05-01T00:01:00Z", 60.0),
    ):
        job = Job({"status": status, "begin_time": "2026-05-01T00:00:00Z", "end_time": end})
        assert job.elapsed(datetime(2026, 5, 1, 0, 2, tzinfo=UTC)) == seconds
