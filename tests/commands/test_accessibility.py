"""Nothing is told by colour, motion or a sign alone."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta

from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.terminal_stream import TerminalStream
from vbsjob.__main__ import run
from vbsjob.http.messages import Request, Response
from vbsjob.sandbox.scenarios import Plan

ENV = {"OS_TOKEN": "a-token-of-tests", "OS_PROJECT_ID": "p", "VBSJOB_ENDPOINT": "https://v.test"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def written_on_terminal(*argv: str, **env: str) -> str:
    """Return all that is written to a terminal while a restore fails within 12 seconds.

    A variable that is empty is not set.
    """
    clock, shown = FakeClock(), TerminalStream()
    start = clock()
    plan = Plan.of("vbs", "fail-deep", START)
    assert plan

    def send(_: Request) -> Response:
        return Response(200, {}, json.dumps(plan.document(clock() - start)).encode())

    given = {name: value for name, value in (ENV | {"TERM": "xterm"} | env).items() if value}
    context = fake_context(
        io.StringIO(), shown, shown, given, monotonic=clock,
        sleep=clock.sleep, random=lambda: 0.5, send=send, terminal_size=lambda _: (100, 30),
        now=lambda: START + timedelta(seconds=clock() - start),
    )  # fmt: skip
    run([*argv], context)
    return shown.getvalue()


def test_colour_in_ci_comes_without_animation() -> None:
    shown = written_on_terminal("watch", "fail-deep", "--color", "always", CI="true")
    assert "\x1b[" in shown
    assert re.findall(r"\x1b\[[^m]*[A-HJKlh]", shown) == []


def test_colour_carries_no_information_that_the_text_lacks() -> None:
    for command in ("get", "tree", "watch"):
        argv = (command, "fail-deep", *(("--progress", "plain") if command == "watch" else ()))
        colored, bare = (
            written_on_terminal(*argv, "--color", "always"),
            written_on_terminal(*argv, "--color", "never"),
        )
        assert "\x1b[" in colored
        assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == bare


def test_every_status_mark_has_its_word_beside_it() -> None:
    for command in ("get", "tree", "watch"):
        shown = written_on_terminal(command, "fail-deep", "--color", "never", ACCESSIBLE="1")
        words = {"✓": "SUCCESS", "✗": "FAIL", "●": "RUNNING", "○": "INIT"}
        marks = re.findall(r"([✓✗●○]) (\w+)", shown)
        assert len(marks) == sum(shown.count(mark) for mark in words)
        assert [(mark, word) for mark, word in marks if words[mark] != word] == []
        assert marks
