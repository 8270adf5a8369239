"""ResultStream: whole answers live only while they are printed."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from vbsjob.cli.result_stream import LONGEST_TEXT, ResultStream
from vbsjob.errors import UnavailableError
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.jobs.result import JobResult

if TYPE_CHECKING:
    from collections.abc import Iterator


class Members(dict[str, object]):
    """A dict that can be referenced weakly."""


def results(alive: list[weakref.ref[Members]], kinds: str) -> Iterator[JobResult]:
    """Yield a job for each `j` and an error for each `e`."""
    for number, kind in enumerate(kinds):
        if kind == "e":
            yield JobResult(f"id-{number}", UnavailableError("no answer."))
            continue
        members = Members(job_id=f"id-{number}", status="SUCCESS", entities={"text": "x" * 99})
        alive.append(weakref.ref(members))
        yield JobResult(f"id-{number}", Job(members))


def living(alive: list[weakref.ref[Members]]) -> int:
    gc.collect()
    return sum(reference() is not None for reference in alive)


@pytest.mark.slow
@pytest.mark.parametrize("kinds", ["jjjjjjjj", "eejejjee"])
def test_only_the_current_answer_is_in_memory(kinds: str) -> None:
    alive: list[weakref.ref[Members]] = []
    stream = ResultStream(results(alive, kinds))
    assert stream.has_job()
    job_ids = []
    for result in stream:
        job_ids.append(result.job_id)
        assert living(alive) <= 2  # this one, and the one that the loop has just replaced
    del result
    assert job_ids == [f"id-{number}" for number in range(len(kinds))]
    summaries = stream.summaries()
    assert living(alive) == 0
    assert [summary.job_id for summary in summaries] == job_ids
    assert [summary.error is not None for summary in summaries] == [kind == "e" for kind in kinds]
    assert summaries[kinds.index("j")].exit_code is ExitCode.OK


@pytest.mark.parametrize(("kinds", "has_job"), [("", False), ("eee", False), ("eeej", True)])
def test_has_job_reads_up_to_the_first_job_and_loses_nothing(kinds: str, has_job: bool) -> None:
    stream = ResultStream(results([], kinds))
    assert stream.has_job() == has_job
    assert stream.has_job() == has_job
    assert len(list(stream)) == len(kinds)


def test_summaries_contain_results_that_nobody_read() -> None:
    stream = ResultStream(results([], "jej"))
    assert len(stream.summaries()) == 3


def test_a_summary_has_neither_entities_nor_long_texts() -> None:
    members = {"job_id": "j", "status": "x" * (LONGEST_TEXT + 1), "begin_time": 7, "entities": {}}
    (summary,) = ResultStream([JobResult("j", Job(members))]).summaries()
    assert summary.job is not None
    assert summary.job.members == {"job_id": "j"}
    assert summary.exit_code is ExitCode.PENDING
