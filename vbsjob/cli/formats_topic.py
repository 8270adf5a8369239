"""Reference of the output formats: `vbsjob help formats` and the manual page vbsjob-formats(5).

The examples, names, columns and order of exit codes come from the code that implements them.
"""

from __future__ import annotations

import io
import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.exit_codes import SEVERITY
from vbsjob.jobs.job import Job
from vbsjob.jobs.result import OUR_MEMBERS, JobResult
from vbsjob.output import formats, github, schemas, variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 79
KEPT_WIDTH = 71
"""Columns of a table or a list, which a manual page indents by 7 and does not wrap."""
EXAMPLE: dict[str, Any] = {
    "job_id": "restore-7",
    "job_type": "bksRestoreBackup",
    "status": "FAIL",
    "begin_time": "2026-05-01T10:00:00.000Z",
    "end_time": "2026-05-01T10:00:12.000Z",
    "error_code": None,
    "fail_reason": "sub job fail",
    "entities": {
        "backup_id": "6805e4ec",
        "sub_jobs": [
            {
                "job_id": "88275d23",
                "job_type": "copyData",
                "status": "FAIL",
                "error_code": "VolumeBackup.0202",
                "fail_reason": "volume is in error state",
                "entities": {"volume_id": "b55d7b96"},
            }
        ],
    },
}
SELECTED = ("job_id", "status", "failure_code")
"""Fields of the examples of wide formats."""


class Section(NamedTuple):
    """A heading with paragraphs; a paragraph that starts with a newline is kept as it is."""

    heading: str
    paragraphs: Sequence[str]


def sections() -> list[Section]:
    """Return the whole reference."""
    return [
        Section("FORMATS", [part for format_ in formats.FORMATS for part in _format(format_)]),
        Section("SHAPE", SHAPE),
        Section("MEMBERS", [*MEMBERS, _table(_members())]),
        Section("FAILURE", [FAILURE, _table(_failure())]),
        Section("FIELDS", FIELDS),
        Section("ROWS", [*ROWS, _names(formats.JOBS.columns)]),
        Section("VARIABLES", [*VARIABLES, _names(map(_variable, formats.JOBS.variables))]),
        Section("EVENTS", [EVENTS, _table(_events())]),
        Section("ERRORS", ERRORS),
        Section("GITHUB OUTPUTS", [GITHUB, _names((*github.OUTPUTS, *github.JOB_OUTPUTS))]),
        Section("EXIT CODE OF SEVERAL JOBS", [_order()]),
        Section("STANDARD INPUT", STDIN),
        Section("VERSIONS", VERSIONS),
    ]


def lines() -> list[str]:
    """Return the reference as text."""
    text: list[str] = []
    for section in sections():
        text += [section.heading, ""]
        for paragraph in section.paragraphs:
            preformatted = paragraph.startswith("\n")
            body = (
                paragraph[1:].splitlines() if preformatted else textwrap.wrap(paragraph, WIDTH - 4)
            )
            text += [f"    {line}".rstrip() for line in body] + [""]
    return text[:-1]


SHAPE = (
    (
        "json and yaml print one object if one id was given as an argument. They print an array for"
        " several ids and for '-', also if only one id was read. The shape depends only on"
        " the arguments. With -f, tree prints an array of rows, one per job and sub-job."
        " jsonl prints one object per line in every case."
    ),
)
MEMBERS = (
    (
        "A document contains the members of the service with their names and values. Times of the"
        " service are usually UTC. Durations are numbers of seconds, with names that end in _s."
        " JSON is pure ASCII. vbsjob adds the members below. If the service has a member of the"
        " same name, its value is in 'others'."
    ),
)
FAILURE = (
    "The same data is in every format, event, report and log. It is null if neither the job nor a"
    " sub-job has the status FAIL."
)
FIELDS = (
    (
        "-f NAME selects a member. A dot selects a member of an object or an item of a list:"
        " entities.backup_id, sub_jobs.0.status, failure.meaning. sub_jobs can be at the top"
        " level or in entities."
    ),
    (
        "Exit code 3 means that no answer has one of the fields; the message names similar fields."
        " It replaces 0 only. A member of the job API that the service omits is empty, without exit"
        " code 3. So are the members of failure if nothing failed."
    ),
)
ROWS = (
    (
        "csv has a header, tsv has none. Control characters and line ends in values are made"
        " visible, so that each row is one line. A shell reads tsv with: while IFS=$'\\t' read -r"
        " id status"
    ),
    (
        "A spreadsheet reads a value that begins with = + - or @ as a formula. csv writes it"
        " unchanged, csv-safe writes ' before it. Without -f the columns are:"
    ),
)
VARIABLES = (
    (
        "Names are VBSJOB_NAME if one id was given as an argument, else VBSJOB_1_NAME,"
        " VBSJOB_2_NAME and so on, in the order of the ids. Entities that are texts, numbers or"
        " booleans become VBSJOB_ENTITIES_NAME. Characters other than letters and digits become _."
        " If two names become equal, neither is written, and the exit code is 6, or that of a"
        " failed job."
    ),
    (
        f"dotenv has at most {variables.DOTENV_VARIABLES} variables and less than"
        f" {variables.DOTENV_BYTES} bytes, the limits of GitLab. Values are not quoted; $ and the"
        " % of %NAME%, which GitLab would expand, become <U+0024> and <U+0025>. Without -f the"
        " variables are, the most important first:"
    ),
)
EVENTS = (
    "watch -o jsonl prints one event per line to stdout when it happens; --progress json prints"
    " them to stderr. Each has event, schema_version, time (UTC) and elapsed_s (seconds since the"
    " start of the watch). The last one is always verdict."
)
ERRORS = (
    (
        "With every format but table, an error is one line on stderr that contains a JSON object:"
        " error with name, exit_code, message, hint, http_status, code and request_id. A warning is"
        " an object with the member warning. Other lines on stderr are progress."
    ),
)
GITHUB = (
    "watch --github appends outputs to the file that GITHUB_OUTPUT names. exit_code, verdict and"
    " jobs are always written; the others and the entities only if the watch has one job."
    " Annotations are warnings for exit codes 7, 8, 124 and signals, and errors for the others."
)
STDIN = (
    (
        "'-' reads ids, one per line; empty lines and comments after # are ignored. Or it reads"
        " JSON documents, with or without line ends between them: each job_id in them, at any"
        " depth, and arrays of ids. The text is UTF-8, or UTF-16 with a byte order mark."
    ),
    (
        "null, None and undefined are not ids: exit code 2. So is the error answer of a request"
        " that failed; its message and the meaning of its code are printed."
    ),
)
VERSIONS = (
    (
        "schema_version is 1. Within one version members, events, columns and exit codes are only"
        " added. The JSON Schemas (draft 2020-12) are printed by vbsjob schema"
        f" {'|'.join(schemas.NAMES)}."
    ),
)


def _format(format_: formats.Format) -> Iterator[str]:
    """Yield the paragraphs about a format: its sentence, and an example made by its writer."""
    yield f"{format_.name}: {format_.summary}"
    if format_.write is None:
        return
    fields = SELECTED if format_.wide else ()
    document = JobResult("restore-7", Job(EXAMPLE)).document(datetime.now(UTC))
    out = io.StringIO()
    format_.write([document], formats.Selection(formats.JOBS, fields), out)
    options = "".join(f" -f {field}" for field in fields)
    yield f"\n$ vbsjob get restore-7 -o {format_.name}{options}\n{out.getvalue()}"


def _order() -> str:
    codes = ", ".join(str(int(code)) for code in SEVERITY)
    return f"The exit code is the first of these that applies to one of the jobs: {codes}."


def _members() -> Iterator[tuple[str, str]]:
    """Yield the members that vbsjob adds to a document, with their description."""
    document = schemas.load("document")
    definitions = document["$defs"]
    for member, schema in document["properties"].items():
        if member in OUR_MEMBERS:
            referred = definitions.get(schema.get("$ref", "").rpartition("/")[2], {})
            yield member, schema.get("description") or referred["description"]


def _failure() -> Iterator[tuple[str, str]]:
    failure = schemas.load("document")["$defs"]["failure"]
    yield from ((name, schema["description"]) for name, schema in failure["properties"].items())


def _events() -> Iterator[tuple[str, str]]:
    for kind in schemas.load("event")["allOf"]:
        yield kind["if"]["properties"]["event"]["const"], ", ".join(kind["then"]["required"])


def _variable(name: str) -> str:
    return f"VBSJOB_{name.upper().replace('.', '_')}"


def _names(names: Iterable[str]) -> str:
    return "\n" + "\n".join(textwrap.wrap(", ".join(names), KEPT_WIDTH, break_on_hyphens=False))


def _table(rows: Iterator[tuple[str, str]]) -> str:
    """Return rows of a name and a wrapped text."""
    pairs = list(rows)
    width = max(len(name) for name, _ in pairs) + 2
    text: list[str] = []
    for name, description in pairs:
        first, *more = textwrap.wrap(description, KEPT_WIDTH - width) or [""]
        text += [f"{name:<{width}}{first}", *(" " * width + line for line in more)]
    return "\n" + "\n".join(text)
