"""Limits of a screen: how many rows and lines it shows, and what it counts instead."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text

from vbsjob.jobs import failure
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import of_answer
from vbsjob.jobs.tree import JobTree
from vbsjob.render import details, failure_block, live_screens, several, theme
from vbsjob.watch.state import WatchRules, WatchState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

NOW = datetime(2026, 1, 28, 16, 20, tzinfo=UTC)
TREES = several.Trees(partial(JobTree, group=True))


def view_of(width: int, height: int = 24) -> theme.View:
    return theme.View(width, height, theme.UNICODE, colors=False, now=NOW, local_time=lambda t: t)


def text(view: theme.View, content: Iterable[RenderableType]) -> list[str]:
    return [view.text(line).rstrip() for line in view.lines(content)]


def job(name: str, status: str, *below: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"job_id": name, "job_type": "copy", "status": status, "sub_jobs": list(below)} | more


def test_other_failed_jobs_are_counted_below_the_failure() -> None:
    for failed, line in ((1, ""), (2, "1 more failed"), (3, "2 more failed")):
        result = failure.find(Job(job("t", "FAIL", *(job(f"f{n}", "FAIL") for n in range(failed)))))
        assert result is not None
        view = view_of(80)
        lines = text(view, failure_block.block(result, view, command="vbsjob tree t"))
        expected = [f"▌ {line}: vbsjob tree t"] if line else []
        assert [shown for shown in lines if "more failed" in shown] == expected


def test_a_screen_of_one_job_has_rows_for_a_third_of_it_and_at_least_five() -> None:
    for height, rows in ((9, 5), (24, 8), (60, 20)):
        kinds = ("a", "b")  # different types: no group
        below = (job(f"s{n}", "SUCCESS", job_type=kinds[n % 2] * (n + 1)) for n in range(25))
        top = Job(job("t", "SUCCESS", *below))
        view = view_of(80, height)
        lines = text(view, details.screen(of_answer("t", top, NOW), JobTree(top), view))
        assert sum(line.startswith(("├─", "└─")) for line in lines) == rows


def test_a_long_reason_has_two_lines_below_its_row_while_a_watch_runs() -> None:
    """Of one job the sub-job has it, of several both rows."""
    for jobs in (1, 2):
        reason = " ".join(f"word{n}" for n in range(80))
        top = job("t", "RUNNING", job("s", "FAIL", fail_reason=reason), job("r", "RUNNING"))
        documents = {"t": top, "u": job("u", "RUNNING")}
        outcomes = [
            of_answer(job_id, Job(documents[job_id]), NOW) for job_id in list(documents)[:jobs]
        ]
        view = view_of(60)
        state = WatchState([outcome.job_id for outcome in outcomes], WatchRules(), 0.0, lambda: 0.5)
        running = live_screens.running(outcomes, TREES, state, 0.0, view, "x", str, {})
        lines = [view.text(line) for line in running]
        assert sum("word" in line for line in lines) == 2 * jobs
        assert sum("…" in line for line in lines) == jobs


def test_as_many_rows_are_drawn_as_fit_and_none_where_none_fits() -> None:
    view, tried = view_of(40), []

    def table(*, rows: int) -> list[Text]:
        tried.append(rows)
        return [Text(f"{row}\n-") for row in range(rows)]  # two lines each

    fitting: live_screens.Fitting = {}
    for height, lines in ((6, 6), (5, 4), (2, 2), (1, 0), (0, 0)):
        assert len(live_screens.fitting_lines(table, height, view, fitting)) == lines, height
    tried.clear()
    live_screens.fitting_lines(table, 6, view, fitting)
    assert tried == [3]  # a second frame of this size tries no other number


def test_jobs_that_have_no_row_are_counted_in_words_that_fit() -> None:
    words = ["SUCCESS", "RUNNING", "INIT", "FAIL"] * 3
    outcomes = [of_answer(f"j{n}", Job(job(f"j{n}", word)), NOW) for n, word in enumerate(words)]
    last = {}
    for width in (80, 20):
        view = view_of(width)
        (last[width],) = text(view, several.table(outcomes, TREES, view, rows=1))
    counts = "3 running, 3 waiting, 3 failed, 3 succeeded"
    assert last == {80: f"… 12 more: {counts}", 20: "… 12 more"}


def test_each_reason_is_in_the_row_of_its_job_or_in_a_block_below_the_table() -> None:
    """The first three failures have a block, failed jobs first."""
    words = ["RUNNING"] * 3 + ["FAIL"]
    outcomes = []
    for number, word in enumerate(words):
        failed = job("s", "FAIL", error_code="E.1", fail_reason=f"because-{number} " * 9)
        outcomes.append(of_answer(f"j{number}", Job(job(f"j{number}", word, failed)), NOW))
    shown = "\n".join(text(view_of(60), several.overview(outcomes, TREES, view_of(60))))
    assert [shown.count(f"because-{number}") for number in range(4)] == [9, 9, 9, 9]
