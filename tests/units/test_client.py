"""JobsClient: how often a job is queried, what is noted before a watch, how many run at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import ACCESS_KEY, PROJECT_ID, SERVICE, USER, Cloud, json_response
from vbsjob.client import JobsClient, get_all
from vbsjob.config import loader
from vbsjob.errors import UnavailableError, VbsjobError
from vbsjob.http.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vbsjob.context import Context
    from vbsjob.jobs.job import Job

TOKEN = {
    "OS_TOKEN": "canary-given-token",
    "OS_PROJECT_ID": PROJECT_ID,
    "VBSJOB_ENDPOINT": SERVICE,
}
PASSCODE = USER | {"OS_PASSCODE": "123456"}
Answer = Response | VbsjobError
RUNNING = {"job_id": "j", "status": "RUNNING"}


class Service:
    """Answers in turn, the last one for ever; keeps the ids that were asked for."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.job_ids: list[str] = []
        self.cloud = Cloud(before=self)

    def __call__(self, request: Request) -> Response:
        self.job_ids.append(request.url.rpartition("/")[2])
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, VbsjobError):
            raise answer
        return answer

    def client(self, *, retry: bool = True, **options: Any) -> JobsClient:
        return client(self.cloud.context(TOKEN), retry=retry, **options)


def client(context: Context, *, retry: bool = True, **options: Any) -> JobsClient:
    return JobsClient(loader.load(options, context), context, retry=retry)


def stderr(context: Context) -> str:
    return str(context.stderr.getvalue())  # type: ignore[attr-defined]


DOWN = UnavailableError("no answer in time.")


def test_a_failed_query_is_repeated_as_retry_for_says_and_never_by_a_watch() -> None:
    for options, retry, attempts, seconds in (
        ({}, True, 4, 60.0),
        ({"retry_for": "30s"}, True, 6, 30.0),
        ({"retry_for": "0"}, True, 1, 0.0),
        ({}, False, 1, 0.0),
        ({"retry_for": "30s"}, False, 1, 0.0),
    ):
        service = Service(DOWN)
        with pytest.raises(UnavailableError):
            service.client(retry=retry, **options).get("j")
        assert len(service.job_ids) == attempts
        assert sum(service.cloud.clock.sleeps) <= seconds


def test_before_a_watch_a_sign_in_that_cannot_be_renewed_is_noted() -> None:
    for env, noted in (
        (USER, False),
        (PASSCODE, True),
        (TOKEN, True),
        (ACCESS_KEY, False),
        (ACCESS_KEY | {"OS_SECURITY_TOKEN": "temporary"}, True),
    ):
        cloud = Cloud()
        context = cloud.context(env)
        of = client(context, retry=False)
        of.prepare()
        assert ("cannot be renewed: exit code 4 when" in stderr(context)) is noted
        assert cloud.posts == 0


def test_before_a_watch_a_missing_password_is_prompted_for_and_nothing_is_sent() -> None:
    prompts: list[str] = []

    def prompt(title: str) -> str:
        prompts.append(title)
        return USER["OS_PASSWORD"]

    cloud = Cloud()
    of = client(cloud.context(USER | {"OS_PASSWORD": ""}, prompt=prompt), retry=False)
    of.prepare()
    assert (len(prompts), len(cloud.requests)) == (1, 0)
    of.get("j")
    assert (len(prompts), cloud.posts) == (1, 1)


class Busy:
    """A service that answers no request but the first before `release`; counts them."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.requests = 0
        self.released = False
        self.cloud = Cloud(before=self)

    def __call__(self, request: Request) -> Response:
        job_id = request.url.rpartition("/")[2]
        with self._condition:
            self.requests += 1
            self._condition.notify_all()
            if job_id != "first":
                self._condition.wait_for(lambda: self.released, 5.0)
        if job_id.startswith("bad"):
            return json_response(404, {"error": {"code": "common.0011", "message": "no"}})
        return json_response(200, RUNNING | {"job_id": job_id})

    def release(self) -> None:
        with self._condition:
            self.released = True
            self._condition.notify_all()

    def wait_for(self, number: int, seconds: float) -> bool:
        """Wait until so many requests were sent; return whether they were."""
        with self._condition:
            return self._condition.wait_for(lambda: self.requests >= number, seconds)

    def get_all_jobs(self, ids: list[str]) -> Iterator[Job | VbsjobError]:
        return get_all(client(self.cloud.context(TOKEN)), ids)


def in_thread(task: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=task, daemon=True)
    thread.start()
    return thread


def test_24_jobs_are_queried_at_once_and_each_is_yielded_when_its_turn_comes() -> None:
    busy = Busy()
    results: list[Job | VbsjobError] = []
    answers = busy.get_all_jobs([f"j{number}" for number in range(60)])
    thread = in_thread(lambda: results.append(next(answers)))
    assert busy.wait_for(24, 5.0)
    assert not busy.wait_for(25, 0.05)
    busy.release()
    thread.join(5.0)
    assert [getattr(job, "id", job) for job in results] == ["j0"]
    assert [getattr(job, "id", job) for job in answers] == [f"j{n}" for n in range(1, 60)]
    assert busy.requests == 60


def test_a_caller_that_stops_waits_for_the_queries_under_way_and_sends_no_more() -> None:
    busy = Busy()
    answers = busy.get_all_jobs(["first", *(f"j{number}" for number in range(60))])
    next(answers)
    assert busy.wait_for(25, 5.0)  # the first, and 24 that get no answer yet
    threading.Timer(0.1, busy.release).start()
    answers.close()  # type: ignore[attr-defined] # a generator
    assert busy.released
    assert busy.requests < 48
    assert not busy.wait_for(busy.requests + 1, 0.05)
