"""How the cost of a tree grows with the number and the length of its rows: counted calls."""

from __future__ import annotations

import gc
from functools import partial

from tests.benchmarks import frames
from vbsjob.jobs.job import Job
from vbsjob.jobs.tree import JobTree, folded


def test_a_fold_looks_at_no_more_sub_jobs_than_it_shows_whatever_their_number() -> None:
    looked: list[int] = []
    for size in (100, 2_000):
        below = [{"job_id": f"j{n}", "status": "RUNNING"} for n in range(size)]
        tree = JobTree(Job({"job_id": "top", "status": "RUNNING", "sub_jobs": below}))
        folded(tree, 24)
        looked.append(calls_of(lambda tree=tree: folded(tree, 24)))
    assert looked[0] == looked[1]


def test_a_frame_of_a_watch_does_not_cost_more_for_longer_reasons() -> None:
    calls = []
    for words in (500, 1_900):
        failed = {"status": "FAIL", "error_code": "Volume.0202", "fail_reason": "word " * words}
        below = [{"job_id": f"j{n}"} | failed for n in range(12)]
        live, state, clock, events = frames.display(
            {"job_id": "j", "status": "RUNNING", "sub_jobs": below}
        )
        live.on_events(events, state, clock())
        live.refresh(state, clock() + 1.0)  # it fills caches
        later = clock() + 2.0
        calls.append(calls_of(partial(live.refresh, state, later)))
    assert calls[1] < 1.05 * calls[0]


def calls_of(work: object) -> int:
    """Count the function calls that a piece of work makes: its cost, whatever the machine."""
    import cProfile
    import pstats

    profile = cProfile.Profile()
    gc.disable()  # a collection calls functions of hypothesis
    try:
        profile.runcall(work)  # type: ignore[arg-type]
    finally:
        gc.enable()
    return pstats.Stats(profile).total_calls  # type: ignore[attr-defined,no-any-return]
