"""How often one signs in (F56-F60, policy 3.6 and 3.7): soon enough, and never too often."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import FakeClock
from tests.support.cloud import AUTH_URL, USER, Cloud, json_response
from tests.support.program import clean_env, run_process
from tests.support.server import Server, always, answer
from vbsjob.client import JobsClient
from vbsjob.config import loader
from vbsjob.errors import UnavailableError, VbsjobError
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from pathlib import Path

    from vbsjob.http.messages import Request


class Posts:
    """When somebody tried to sign in; the n-th try gets the n-th answer, the last one for ever."""

    def __init__(self, *answers: Response | VbsjobError | None) -> None:
        self.clock = FakeClock()
        self.at: list[float] = []
        self._answers = answers

    def __call__(self, request: Request) -> Response | None:
        if request.method != "POST":
            return None
        self.at.append(self.clock())
        answer = self._answers[min(len(self.at), len(self._answers)) - 1]
        if isinstance(answer, VbsjobError):
            raise answer
        return answer

    def cloud(self, **more: float) -> Cloud:
        return Cloud(before=self, clock=self.clock, **more)  # type: ignore[arg-type] # lifetime alone


def test_f60_a_sign_in_with_a_transient_failure_is_tried_twice_two_seconds_apart() -> None:
    for status in (429, 500, 502, 503, 504, None):
        posts = Posts(
            json_response(status, {}) if status else UnavailableError("no answer in time.")
        )
        assert posts.cloud().run("get", "j")[0] == 7
        first, second = posts.at
        assert second - first >= 2.0


def test_f60_the_second_try_may_succeed() -> None:
    posts = Posts(json_response(503, {}), None)
    assert posts.cloud().run("get", "a", "b")[0] == 0
    assert len(posts.at) == 2


def test_f57_f60_a_rejected_sign_in_is_not_retried() -> None:
    for status in (400, 401, 403, 404, 409, 201, 302):
        posts = Posts(json_response(status, {}))
        assert posts.cloud().run("get", "j")[0] in {4, 6}
        assert len(posts.at) == 1


EARLY = [(86400.0, 120.0), (3600.0, 120.0), (1200.0, 61.0), (600.0, 31.0), (60.0, 4.0)]


def test_f58_a_token_is_renewed_in_its_last_two_minutes_or_twentieth() -> None:
    for lifetime, early in EARLY:
        posts = Posts(None)
        cloud = posts.cloud(lifetime=lifetime)
        asking = cloud.client()
        asking.get("j")
        cloud.clock.sleep(lifetime - early - 1)
        asking.get("j")
        assert len(posts.at) == 1
        cloud.clock.sleep(1.5)
        asking.get("j")
        assert len(posts.at) == 2
        assert cloud.requests[-1].headers["X-Auth-Token"] == "canary-token-2"


def test_f56_one_failure_of_a_renewal_does_not_end_a_query_whatever_its_delays() -> None:
    posts = Posts(None, json_response(503, {}), None)
    cloud = posts.cloud()
    context = replace(cloud.context(), random=lambda: 0.0)
    asking = JobsClient(loader.load({}, context), context)
    asking.get("j")
    cloud.tokens.clear()
    assert asking.get("j").status == "SUCCESS"
    assert len(posts.at) == 3


def test_f56_a_rejected_credential_is_not_sent_again_by_the_same_process() -> None:
    posts = Posts(json_response(401, {}))
    asking = posts.cloud().client()
    for _ in range(5):
        with pytest.raises(VbsjobError):
            asking.get("j")
        posts.clock.sleep(4000)
    assert len(posts.at) == 1


@pytest.mark.slow
def test_f57_s13_a_watch_of_forty_jobs_with_a_wrong_password_posts_it_once() -> None:
    refusal = answer({"error": {"code": 401, "message": "No."}}, 401)
    with Server(always(refusal)) as server:
        env = clean_env(**USER | {"OS_AUTH_URL": f"{server.url}/v3"})
        ended = run_process("watch", *(f"j{n}" for n in range(40)), env=env)
    assert (ended.code, server.requests) == (4, 1)
    assert "lock" in ended.err


BAD = ["", "canary\x1btoken", "canary-tökén", "canary\ntoken", "canary\0token"]


@pytest.mark.parametrize("token", BAD)
def test_f67_a_token_that_cannot_be_a_header_is_rejected_whatever_its_source(token: str) -> None:
    def before(request: Request) -> Response | None:
        if request.url != f"{AUTH_URL}/auth/tokens":
            return None
        return json_response(201, {"token": {"project": {"id": "p"}}}, **{"x-subject-token": token})

    cloud = Cloud(before=before)
    code, _, err = cloud.run("get", "j")
    assert (code, len(cloud.requests)) == (6, 1)
    assert "has no token" in err
    assert "canary" not in err


def test_f56_renewals_are_spaced_by_the_monotonic_clock_whatever_the_wall_clock_does() -> None:
    denied = json_response(401, {"error_code": "APIGW.0307", "error_msg": "token expires"})
    cloud = Cloud(before=lambda request: denied if "/jobs/" in request.url else None)
    steps = [timedelta()]
    context = replace(cloud.context(), now=lambda: cloud.clock.utc() + steps[-1])
    client = JobsClient(loader.load({}, context), context, retry=False)

    def posts_after_one_more_request() -> int:
        with pytest.raises(VbsjobError):
            client.get("j")
        return cloud.posts

    assert posts_after_one_more_request() == 2  # the sign-in and one renewal
    for hours in (5, -5, 0):
        steps.append(timedelta(hours=hours))
        assert posts_after_one_more_request() == 2
    cloud.clock.sleep(59.0)
    assert posts_after_one_more_request() == 2
    cloud.clock.sleep(1.0)
    assert posts_after_one_more_request() == 3
    cloud.clock.sleep(60.0)
    assert posts_after_one_more_request() == 4
    cloud.clock.sleep(60.0)
    assert posts_after_one_more_request() == 4  # three an hour
    cloud.clock.sleep(3600.0 - 3 * 60.0)
    assert posts_after_one_more_request() == 5


class Down:
    """From the second query on the token is refused; the sign-in gets `answer` until `until`."""

    def __init__(self, answer: Response | VbsjobError, until: float = math.inf) -> None:
        self.cloud = Cloud(before=self)
        self.at: list[float] = []
        self._answer, self._until = answer, until
        self._queries: set[str] = set()
        self.sent: list[str] = []

    def __call__(self, request: Request) -> Response | None:
        if request.method == "POST":
            self.at.append(self.cloud.clock())
            if len(self.at) == 1 or self.cloud.clock() >= self._until:
                return None
            if isinstance(self._answer, VbsjobError):
                raise self._answer
            return self._answer
        job_id, token = request.url.rpartition("/")[2], request.headers["X-Auth-Token"]
        self.sent.append(token)
        if job_id not in self._queries:
            self._queries.add(job_id)
            return json_response(200, {"job_id": job_id, "status": "RUNNING"})
        self.cloud.tokens.discard("canary-token-1")
        return None


OUTAGES: list[Response | VbsjobError] = [
    json_response(503, {}), Response(403, {"content-type": "text/html"}, b"<html>"), Response(401),
    UnavailableError("the connection was cut."),
]  # fmt: skip


def test_f60_an_identity_service_that_is_down_in_a_watch_is_an_outage(tmp_path: Path) -> None:
    for number, (reply, jobs) in enumerate(product(OUTAGES, (("j",), ("a", "b")))):
        down = Down(reply, until=1000.0 + 600)
        code, _, err = down.cloud.run("watch", *jobs, cache=tmp_path / str(number))
        assert code == 0, (reply, err)
        # The token that was refused is not sent again, although it is in the token store.
        first_refused = len(jobs)
        assert down.sent[first_refused:].count("canary-token-1") <= len(jobs)
        pauses = [later - earlier for earlier, later in pairwise(down.at[1:])]
        assert min(pauses) >= 2.0
        assert max(pauses) <= 32.0
        assert "accepted the user" not in err


def test_f59_a_sign_in_that_is_refused_in_a_watch_says_until_when_the_token_was_accepted(
    tmp_path: Path,
) -> None:
    for status, jobs in product((400, 401, 403), (("j",), ("a", "b"))):
        refused = {"error": {"code": status, "message": "The request you have made", "title": "No"}}
        down = Down(json_response(status, refused))
        code, _, err = down.cloud.run("watch", *jobs, cache=tmp_path / f"{status}-{len(jobs)}")
        text = " ".join(err.split())
        assert (code, len(down.at)) == (4, 2)
        assert "The service accepted the earlier token until 2026-05-01T00:16:" in text
        assert "accepted the user" not in text
