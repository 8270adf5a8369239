"""Session: which requests wait for others, when a token is renewed, and which clock signs."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.cloud import (
    ACCESS_KEY,
    AUTH_URL,
    LOCATED,
    PROJECT_ID,
    SERVICE,
    USER,
    Cloud,
    json_response,
)
from vbsjob.auth.session import Session
from vbsjob.config import loader
from vbsjob.errors import AuthError, UnavailableError, VbsjobError
from vbsjob.http.messages import Request, Response
from vbsjob.http.sender import Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from vbsjob.context import Context

TOKEN = {"OS_AUTH_URL": AUTH_URL, "OS_TOKEN": "canary-given-token", "OS_PROJECT_ID": PROJECT_ID}
PASSCODE = USER | {"OS_PASSCODE": "123456"}
REFUSED = json_response(401, {"error_code": "APIGW.0301", "error_msg": "no"})


def session(cloud: Cloud, env: Mapping[str, str] = USER, **more: Any) -> Session:
    return session_of(cloud.context(env, **more))


def session_of(context: Context) -> Session:
    settings = loader.load({}, context)
    return Session(settings, context, Sender(settings, context))


def query(of: Session, job_id: str = "j") -> int:
    """Return the status of the answer."""
    of.sign_in()
    try:
        of.query(job_id)
    except AuthError:
        return 401
    return 200


def always(response: Response) -> Callable[[Request], Response]:
    return lambda _: response


def is_query(request: Request) -> bool:
    return "/jobs/" in request.url


class Meanwhile:
    """While the first query is under way, another thread sends a second one."""

    def __init__(self, answer: Response | None, seconds: float) -> None:
        self._answer, self._seconds = answer, seconds
        self.sent: list[str] = []
        self.both_at_once = False
        self.second: Callable[[], object] = lambda: None
        self._thread = threading.Thread(target=self._send_second, daemon=True)

    def _send_second(self) -> None:
        with suppress(VbsjobError):
            self.second()

    def __call__(self, request: Request) -> Response | None:
        if not is_query(request):
            return None
        self.sent.append(request.url.rpartition("/")[2])
        if len(self.sent) > 1:
            return None
        self._thread.start()
        self._thread.join(self._seconds)
        self.both_at_once = len(self.sent) == 2
        return self._answer

    def wait(self) -> None:
        self._thread.join(5.0)


def test_accepted_requests_do_not_wait_for_each_other() -> None:
    for env in (USER, LOCATED):
        cloud = Cloud()
        of = session(cloud, env)
        assert query(of) == 200
        cloud.before = meanwhile = Meanwhile(None, 5.0)
        meanwhile.second = partial(query, of, "second")
        query(of, "first")
        assert meanwhile.both_at_once


def test_s13_until_a_signature_is_accepted_the_next_request_waits() -> None:
    meanwhile = Meanwhile(REFUSED, 0.1)
    of = session(Cloud(before=meanwhile), LOCATED)
    meanwhile.second = lambda: query(of, "second")
    assert query(of, "first") == 401
    meanwhile.wait()
    assert meanwhile.sent == ["first"]  # the second one is not sent: it would lock the key
    with pytest.raises(AuthError):
        query(of)
    assert meanwhile.sent == ["first"]


def test_f60_a_second_attempt_to_sign_in_must_fit_into_a_minute() -> None:
    def posts_after(seconds: float) -> int:
        def slow(_: Request) -> Response:
            cloud.clock.sleep(seconds)
            return json_response(503, {})

        cloud = Cloud(before=slow)
        with pytest.raises(UnavailableError):
            session(cloud).sign_in()
        return cloud.posts

    assert posts_after(57.0) == 2  # 2 s, and 1 s at random
    assert posts_after(57.1) == 1


def test_f60_a_sign_in_that_is_not_json_is_tried_twice() -> None:
    # Any other such answer is tried three times.
    cloud = Cloud(before=lambda r: Response(200, {}, b"<html>") if not is_query(r) else None)
    with pytest.raises(UnavailableError):
        session(cloud, ACCESS_KEY).sign_in()
    assert len(cloud.requests) == 2


def test_f25_a_page_in_place_of_a_token_is_told_apart_from_a_refusal() -> None:
    for status, code in ((200, 7), (201, 6), (302, 6), (401, 6)):
        cloud = Cloud(before=always(Response(status, {}, b"<html>")))
        with pytest.raises(VbsjobError) as caught:
            session(cloud).sign_in()
        assert (caught.value.exit_code, caught.value.is_page) == (code, True)


def test_f56_after_a_renewal_that_failed_the_refused_token_is_not_used_again() -> None:
    cloud = Cloud()
    of = session(cloud)
    query(of)
    cloud.tokens.clear()
    cloud.before = lambda r: json_response(503, {}) if r.method == "POST" else None
    with pytest.raises(UnavailableError):
        query(of)
    cloud.before = lambda _: None
    assert query(of) == 200


def late(cloud: Cloud, ahead: timedelta, status: int = 401) -> Callable[[Request], Response | None]:
    """Return a service whose clock is ahead, and that refuses the first signature."""
    first = [True]

    def before(_: Request) -> Response | None:
        if not first:
            return None
        first.clear()
        date = format_datetime(cloud.clock.utc() + ahead, usegmt=True)
        return json_response(status, {"error_code": "APIGW.0303", "error_msg": "x"}, date=date)

    return before


def test_f63_only_a_difference_of_a_minute_to_a_day_is_corrected() -> None:
    for seconds in (59, 60, 86_400, 86_401, -59, -60, -86_400, -86_401):
        signed_again = abs(seconds) in {60, 86_400}
        ahead = timedelta(seconds=seconds)
        cloud = Cloud()
        cloud.before = late(cloud, ahead)
        context = cloud.context(LOCATED)
        assert query(session_of(context)) == (200 if signed_again else 401)
        noted = "this machine's clock says" in context.stderr.getvalue()  # type: ignore[attr-defined]
        assert noted is signed_again
        assert len(cloud.requests) == 1 + signed_again
        if signed_again:
            at = cloud.clock.utc() + ahead
            assert cloud.requests[1].headers["X-Sdk-Date"] == f"{at:%Y%m%dT%H%M%SZ}"


def test_f63_a_clock_that_changes_again_is_noted_again_and_one_that_goes_on_is_not() -> None:
    cloud = Cloud()
    context = cloud.context(LOCATED)
    of = session_of(context)

    def notes(ahead: timedelta) -> str:
        cloud.before = late(cloud, ahead)
        before = len(context.stderr.getvalue())  # type: ignore[attr-defined]
        assert query(of) == 200
        return str(context.stderr.getvalue()[before:])  # type: ignore[attr-defined]

    note = notes(timedelta(hours=2))
    assert "this machine's clock says 2026-05-01 00:16:40 UTC" in note
    assert "the service's clock 2026-05-01 02:16:40;" in note
    cloud.before = lambda _: None
    assert query(of) == 200  # signed with the corrected time at once
    assert cloud.requests[-1].headers["X-Sdk-Date"] == "20260501T021640Z"
    assert "2026-05-01 05:16:40;" in notes(timedelta(hours=5))
    assert "2026-04-30 19:16:40;" in notes(timedelta(hours=-5))
    cloud.before = late(cloud, timedelta(hours=9), status=403)
    assert query(of) == 200


def test_f63_a_signature_with_the_time_of_the_service_is_not_signed_again() -> None:
    cloud = Cloud()
    of = session(cloud, LOCATED)
    for ahead, status, requests in ((2, 200, 2), (2, 401, 1)):
        cloud.requests.clear()
        cloud.before = late(cloud, timedelta(hours=ahead))
        assert query(of) == status
        assert len(cloud.requests) == requests


def test_f58_after_a_failed_renewal_the_next_one_is_a_minute_later_or_at_the_end() -> None:
    cloud = Cloud(lifetime=3600.0)
    of = session(cloud)
    query(of)
    cloud.before = lambda r: json_response(503, {}) if r.method == "POST" else None
    tried = []
    for second in range(3470, 3600):
        cloud.clock.seconds = 1000.0 + second
        posts = cloud.posts
        assert query(of) == 200
        tried += [second] * (cloud.posts - posts)
    assert tried == [3480, 3540]
    cloud.clock.seconds = 1000.0 + 3600
    with pytest.raises(UnavailableError):
        query(of)


def test_f58_a_token_without_a_known_life_is_used_until_it_is_refused() -> None:
    def timeless(request: Request) -> Response | None:
        if request.method != "POST":
            return None
        cloud.tokens.add("canary-timeless")
        token = {"project": {"id": PROJECT_ID}, "catalog": cloud._catalog()}
        return json_response(201, {"token": token}, **{"x-subject-token": "canary-timeless"})

    cloud = Cloud(before=timeless)
    of = session(cloud)
    query(of)
    cloud.clock.sleep(1e7)
    assert query(of) == 200
    assert cloud.posts == 1


def test_only_a_token_with_endpoint_and_project_id_needs_no_sign_in() -> None:
    at_endpoint = {"VBSJOB_ENDPOINT": SERVICE}
    by_name = {"OS_PROJECT_NAME": "eu-de_team", "OS_PROJECT_DOMAIN_NAME": "dom"}
    for env, requests in (
        (TOKEN | at_endpoint, 1),
        (TOKEN, 2),
        (TOKEN | at_endpoint | {"OS_PROJECT_ID": ""} | by_name, 2),
        (USER | at_endpoint | {"OS_PROJECT_ID": PROJECT_ID}, 2),
    ):
        cloud = Cloud(tokens={"canary-given-token"})
        assert query(session(cloud, env)) == 200
        assert len(cloud.requests) == requests


def test_f58_a_cached_token_that_ends_soon_is_replaced(tmp_path: Path) -> None:
    def posts(seconds: float, env: Mapping[str, str] = USER) -> int:
        folder = tmp_path / f"{seconds}-{len(env)}"
        cloud = Cloud(lifetime=3600.0)
        session(cloud, env, cache=folder).sign_in()
        cloud.clock.sleep(seconds)
        cloud.passcodes.add("123456")
        session(cloud, env, cache=folder).sign_in()
        return cloud.posts

    assert posts(3479.0) == 1
    assert posts(3480.0) == 2
    assert posts(3599.0, PASSCODE) == 1  # it cannot be renewed: it is used to its end


def test_f58_a_cached_token_is_renewed_in_time_during_a_run(tmp_path: Path) -> None:
    cloud = Cloud(lifetime=3600.0)
    session(cloud, cache=tmp_path).sign_in()
    cloud.clock.sleep(3000.0)
    of = session(cloud, cache=tmp_path)
    assert of.sign_in().token == "canary-token-1"
    query(of)
    cloud.clock.sleep(479.0)
    query(of)
    assert cloud.posts == 1
    cloud.clock.sleep(1.0)
    query(of)
    assert cloud.posts == 2
