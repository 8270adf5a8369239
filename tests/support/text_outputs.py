"""Every output in which text from outside is shown to a person: one function each.

Each takes texts, puts them where the service could, and returns the output.
"""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import canary, schemas
from tests.support.clock import FakeClock
from tests.support.context import fake_context
from tests.support.program import SETTINGS, environment
from tests.support.screen_recorder import ScreenRecorder
from tests.support.terminal_stream import TerminalStream
from tests.support.watch_service import WatchService, in_turn
from vbsjob.__main__ import run
from vbsjob.http.messages import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Texts = Sequence[str]
    Surface = Callable[[Texts], str]

TEXTS = 40
"""Number of texts that each function takes."""


def job(texts: Texts, status: str | None = None) -> dict[str, Any]:
    """Return a job with the texts in every place of the service, including names."""
    (state, kind, begin, end, code, reason, other, name), rest = texts[:8], texts[8:]
    subs = [
        {"id": rest[n], "status": rest[n + 1], "job_type": rest[n + 2], "error_code": rest[n + 3]}
        for n in range(0, 12, 4)
    ]
    subs[0]["status"] = "FAIL"
    entities: dict[str, Any] = {f"{n}{rest[n]}": rest[n + 1] for n in range(12, TEXTS - 8, 2)}
    return {
        "job_id": "j", "status": state if status is None else status, "job_type": kind,
        "begin_time": begin, "end_time": end, "error_code": code, "fail_reason": reason,
        "entities": entities | {"sub_jobs": subs}, f"n{name}": other,
    }  # fmt: skip


def response(document: Any, status: int = 200, **headers: str) -> Response:
    return Response(status, headers, json.dumps(document).encode())


def run_and_capture(
    *argv: str, response: Response, columns: int = 0, env: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Run against a service with one response; return stdout and stderr.

    A warning on stderr may be cut: where it matters how each column is painted, it is left out.
    """
    out, err = TerminalStream() if columns else io.StringIO(), io.StringIO()
    clock = FakeClock()
    context = fake_context(
        io.StringIO(), out, err, environment("https://vbs.test", **(env or {})), monotonic=clock,
        sleep=clock.sleep, random=lambda: 1.0, send=lambda _: response,
        terminal_size=lambda _: (columns, 50),
    )  # fmt: skip
    run(argv, context)
    canary.check(out.getvalue() + err.getvalue())
    schemas.check(out.getvalue(), err.getvalue())
    return out.getvalue(), err.getvalue()


def job_output(*argv: str, columns: int = 0, status: str | None = None) -> Surface:
    def surface(texts: Texts) -> str:
        out, err = run_and_capture(*argv, response=response(job(texts, status)), columns=columns)
        return out if columns or "always" in argv else out + err

    return surface


def field_output(*argv: str) -> Surface:
    """In lines for a program, a text each; what is no text would stand there as JSON."""

    def surface(texts: Texts) -> str:
        document = job(texts)
        entities = {f"e{n}": text for n, text in enumerate(texts)}
        document["entities"] = entities | {"sub_jobs": document["entities"]["sub_jobs"]}
        names = ["status", "job_type", "begin_time", "fail_reason", "entities.sub_jobs.1.id"]
        names += [f"entities.{name}" for name in entities]
        fields = [word for name in names for word in ("-f", name)]
        out, err = run_and_capture(*argv, *fields, response=response(document))
        return out if "always" in argv else out + err

    return surface


def error_output(status: int, *argv: str) -> Surface:
    """The body and the headers of an error response."""

    def surface(texts: Texts) -> str:
        output = ""
        for n in range(0, TEXTS, 4):
            message, code, header, more = texts[n : n + 4]
            headers = {"location": header, "server": more, "content-type": header, "date": more}
            body = {"error": {"message": message, "code": code}}
            failure = response(body, status, **headers)
            output += "".join(
                run_and_capture("get", "j", "--retry-for", "0", *argv, response=failure)
            )
        return output

    return surface


def watch_lines(*argv: str) -> Surface:
    """A watch in lines, with three different answers."""

    def surface(texts: Texts) -> str:
        half = [*texts[TEXTS // 2 :], *texts[: TEXTS // 2]]
        responses = in_turn(
            *(response(document) for document in (job(texts), job(half), job(texts, "FAIL")))
        )
        ended = WatchService(responses).watch("j", *argv, stderr=None, **SETTINGS)
        return ended.err + ended.out

    return surface


def watch_screen(*argv: str, columns: int) -> Surface:
    """The frames of the live display of a watch."""

    def surface(texts: Texts) -> str:
        half = [*texts[TEXTS // 2 :], *texts[: TEXTS // 2]]
        responses = in_turn(
            *(response(document) for document in (job(texts), job(half), job(texts, "FAIL")))
        )
        service = WatchService(responses, size=lambda _: (columns, 60))
        painted = ScreenRecorder(service=service, columns=columns, lines=60)
        return service.watch("j", *argv, stderr=painted, TERM="xterm", **SETTINGS).err

    return surface


def report_files(texts: Texts) -> list[str]:
    """Return the CI output of a watch: commands on stderr, outputs, summary, JUnit report."""
    with tempfile.TemporaryDirectory() as folder:
        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        env = {name: f"{folder}/{name}" for name in names}
        argv = ("j", "--github", "--junit", f"{folder}/junit")
        responses = in_turn(response(job(texts, "FAIL")))
        ended = WatchService(responses).watch(*argv, stderr=None, **SETTINGS, **env)
        return [ended.err, *(Path(folder, name).read_text("utf-8") for name in (*names, "junit"))]


def report_output(texts: Texts) -> str:
    return "".join(report_files(texts))


def explain_output(texts: Texts) -> str:
    never = Response(500)
    return "".join(
        part for text in texts for part in run_and_capture("explain", f"x{text}", response=never)
    )


def unknown_names(texts: Texts) -> str:
    """Unknown names: fields, clouds, topics of help."""
    job_response, output = response({"job_id": "j", "status": "RUNNING"}), ""
    for n, text in enumerate(texts):
        words = (("get", "j", "-f"), ("get", "j", "--cloud"), ("help",))[n % 3]
        output += "".join(run_and_capture(*words, f"x{text}", response=job_response))
    return output


ALWAYS = ("--color", "always")
SURFACES: dict[str, Surface] = {
    "get": job_output("get", "j"),
    "get in colour": job_output("get", "j", *ALWAYS, status="FAIL"),
    "get on a terminal": job_output("get", "j", columns=80, status="FAIL"),
    "get fields": field_output("get", "j", "-o", "table", *ALWAYS),
    "get value": field_output("get", "j"),
    "get csv": field_output("get", "j", "-o", "csv"),
    "get env": field_output("get", "j", "-o", "env"),
    "tree": job_output("tree", "j", "--color", "never"),
    "tree in colour": job_output("tree", "j", *ALWAYS),
    "tree in ASCII": job_output("tree", "j", "--ascii", *ALWAYS),
    "tree on a terminal": job_output("tree", "j", columns=80),
    "tree on a narrow terminal": job_output("tree", "j", columns=30),
    "tree csv": field_output("tree", "j", "-o", "csv"),
    "tree value": field_output("tree", "j", "-o", "value"),
    "watch": watch_lines(),
    "watch in colour": watch_lines(*ALWAYS),
    "picture": watch_screen(columns=160),
    "picture in colour": watch_screen(*ALWAYS, columns=100),
    "narrow picture": watch_screen(*ALWAYS, columns=30),
    "refusal 403": error_output(403),
    "refusal 404": error_output(404),
    "refusal 500": error_output(500),
    "redirect": error_output(302),
    "explain": explain_output,
    "names": unknown_names,
    "reports": report_output,
}  # fmt: skip
