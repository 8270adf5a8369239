"""The outcome of a run: its sentence and its exit code, from the outcomes of its jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vbsjob.errors import (
    FieldMissingError,
    InternalError,
    ReportError,
    UnavailableError,
    UnknownStatusError,
)
from vbsjob.exit_codes import ExitCode
from vbsjob.jobs.job import Job
from vbsjob.jobs.outcome import RunOutcome, Stop, of_answer

if TYPE_CHECKING:
    from vbsjob.jobs.outcome import JobOutcome

NOW = datetime(2026, 5, 1, 0, 1, tzinfo=UTC)
BEGIN = "2026-05-01T00:00:00Z"
END = "2026-05-01T00:00:40Z"
DOWN = UnavailableError("no answer.")


def jobs(text: str) -> tuple[JobOutcome, ...]:
    """Return outcomes from words such as `a:SUCCESS`; `a:` was never answered."""
    pairs = (word.split(":") for word in text.split())
    return tuple(
        of_answer(job_id, job(job_id, status), NOW)
        if status
        else of_answer(job_id, DOWN, NOW, code=ExitCode.PENDING)
        for job_id, status in pairs
    )


def job(job_id: str, status: str) -> Job:
    failed = {"error_code": "VolumeBackup.0064"} if status == "FAIL" else {}
    return Job({"job_id": job_id, "status": status, "begin_time": BEGIN, "end_time": END} | failed)


def test_a_stop_says_which_jobs_continue_why_it_came_and_its_code() -> None:
    for text, sentence in (
        ("a:RUNNING", "Job a is still running."),
        ("a:RUNNING b:INIT", "1 running, 1 waiting."),
        ("a:", "The status of job a is unknown."),
        ("a:RUNNING b: c:", "1 running, 2 with unknown status."),
        ("a:SUCCESS", "All jobs have ended."),
    ):
        stop = Stop(ExitCode.TERMINATED, "by SIGTERM", "To continue: x")
        outcome = RunOutcome(jobs(text), NOW, stop)
        assert outcome.exit_code is ExitCode.TERMINATED
        assert outcome.sentence == f"{sentence} Stopped by SIGTERM (exit code 143)."
        assert outcome.stop_error is not None
        assert outcome.stop_error.hint == "To continue: x"
        simulated = RunOutcome(jobs(text), NOW, Stop(ExitCode.HANGUP, "by SIGHUP", simulated=True))
        assert "sandbox" in simulated.sentence
        assert "still running" not in simulated.sentence


def test_the_sentence_says_how_the_jobs_ended_and_the_code_of_the_run() -> None:
    for text, errors, code, sentence in (
        ("a:SUCCESS", [], 0, "Succeeded after 40 s."),
        ("a:SUCCESS", [FieldMissingError("x")], 3, "Succeeded after 40 s (exit code 3)."),
        ("a:FAIL", [], 1, "Failed after 40 s (exit code 1)."),
        ("a:FAIL", [ReportError("x")], 1, "Failed after 40 s (exit code 1)."),
        ("a:FAIL", [InternalError("x")], 70, "Failed after 40 s (exit code 70)."),
        (
            "a:SUCCESS",
            [FieldMissingError("x"), ReportError("x")],
            70,
            "Succeeded after 40 s (exit code 70).",
        ),
        ("a:RUNNING", [ReportError("x")], 8, "No result (exit code 8)."),
        ("a:SUCCESS b:SUCCESS", [], 0, "All 2 jobs succeeded."),
        ("a:SUCCESS b:SUCCESS", [ReportError("x")], 70, "All 2 jobs succeeded. Exit code 70."),
        ("a:FAIL b:SUCCESS", [], 1, "1 of 2 jobs failed: a (VolumeBackup.0064). Exit code 1."),
        (
            "a:FAIL b:RUNNING c:",
            [],
            1,
            (
                "1 of 3 jobs failed: a (VolumeBackup.0064); 1 running, 1 with unknown status."
                " Exit code 1."
            ),
        ),
        ("a:RUNNING b:SUCCESS", [], 8, "1 running, 1 succeeded. Exit code 8."),
    ):
        outcome = RunOutcome(jobs(text), NOW, errors=tuple(errors))
        assert outcome.exit_code == code
        assert outcome.sentence == sentence


def test_with_a_failed_job_the_sentence_says_what_ended_the_watch() -> None:
    stop = Stop(ExitCode.TIMEOUT, "after --timeout 2h")
    failed = "1 of 2 jobs failed: a (VolumeBackup.0064); 1 running. Exit code 1."
    outcome = RunOutcome(jobs("a:FAIL b:RUNNING"), NOW, stop)
    assert outcome.sentence == f"{failed} Stopped after --timeout 2h."


def test_the_status_of_a_job_whose_last_query_failed_is_unknown() -> None:
    down = of_answer("b", DOWN, NOW, last=job("b", "RUNNING"))
    sentence = RunOutcome((*jobs("a:SUCCESS"), down), NOW).sentence
    assert sentence == "1 with unknown status, 1 succeeded. Exit code 7."


def test_a_job_that_has_ended_with_an_unknown_status_was_answered() -> None:
    error = UnknownStatusError("job a has ended with the status 'ERROR'.")
    ended = of_answer("a", error, NOW, last=job("a", "ERROR"))
    outcome = RunOutcome((ended, *jobs("b:SUCCESS")), NOW)
    assert ended.kind == "other"
    assert outcome.sentence == "1 with another status, 1 succeeded. Exit code 6."
