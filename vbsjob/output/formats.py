"""The output formats: one record per format. Code that treats formats differently reads it.

To add a format, add its writer and its record here: options, completions, help and the manual page
list what is in FORMATS. `table` is drawn by render/; all other formats are written here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from vbsjob.errors import UsageError
from vbsjob.jobs import fields as job_fields
from vbsjob.jobs.fields import EVERY_ENTITY, SCHEMA_VERSION, Selection
from vbsjob.output.variables import check_fields, write_dotenv, write_env
from vbsjob.text import SafeJson, dumps, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TextIO

    from vbsjob.context import Context
    from vbsjob.errors import VbsjobError

    Documents = Iterable[dict[str, Any]]
    Writer = Callable[[Documents, Selection, TextIO], VbsjobError | None]

QUOTE = '"'
_QUOTED = re.compile('[",\r\n]')
EMPTY = "-"
"""An empty cell of tsv: `read` of a shell takes several tabs as one."""


class Kind(NamedTuple):
    """What kind of document is written, and what a format shows of it without --field."""

    columns: Sequence[str]
    """Columns of csv and tsv."""
    variables: Sequence[str]
    """Fields of env and dotenv, the most important first."""
    value: Sequence[str]
    """Lines of value."""
    name: Sequence[str]
    """The line of name."""
    many: bool = False
    """Whether a job can have several documents: always an array, and numbered variables."""


TIMES = ("begin_time", "end_time", "elapsed_s")
ERROR = ("error_code", "fail_reason")
FAILURE = ("failure_path", "failure_code", "failure_reason")
TICKET = ("failure_action", "failure_job_id")
"""The last columns, with `failure_entities`: a reader of tsv counts the columns."""
STATUS = ("job_id", "status", "job_type", *TIMES)
RESULT = ("verdict", "exit_code")
CAUSE = ("failure_code", "failure_reason", "failure_path", "failure_meaning")
JOBS = Kind(
    columns=(*STATUS, *RESULT, *ERROR, *FAILURE, "entities", *TICKET, "failure_entities"),
    variables=(
        *("job_id", "status", *RESULT, *CAUSE, *TICKET),
        *(*EVERY_ENTITY, "job_type", *ERROR, *TIMES),
    ),
    value=("status",),
    name=("job_id",),
)
"""Documents of jobs, as get and watch write them."""


ENTRY = (*STATUS, "cloud", "queried_at", "failure_code", "failure_reason")
HISTORY = Kind(columns=ENTRY, variables=ENTRY, value=("job_id",), name=("job_id",))
"""Entries of the history, as list writes them."""


def _json(documents: Documents, selection: Selection, out: TextIO) -> None:
    json.dump(_shaped(documents, selection), SafeJson(out), indent=2)
    out.write("\n")


def _jsonl(documents: Documents, selection: Selection, out: TextIO) -> None:
    for document in documents:
        print(dumps(_selected(document, selection.fields)), file=out)


def _yaml(documents: Documents, selection: Selection, out: TextIO) -> None:
    from vbsjob.output import yaml_writer

    yaml_writer.write(_shaped(documents, selection), out)


def _shaped(documents: Documents, selection: Selection) -> Any:
    """Return the document if one id was given as an argument, else all as a list."""
    selected = [_selected(document, selection.fields) for document in documents]
    return selected[0] if selection.single and len(selected) == 1 else selected


def _selected(document: dict[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    if not fields:
        return document
    values = {path: job_fields.get(document, path) for path in fields}
    return {"schema_version": SCHEMA_VERSION} | {
        path: None if value is job_fields.MISSING else value for path, value in values.items()
    }


def _csv(documents: Documents, selection: Selection, out: TextIO) -> None:
    out.write(csv_row(list(map(printable, selection.fields))))
    out.writelines(csv_row(_cells(document, selection)) for document in documents)


def _tsv(documents: Documents, selection: Selection, out: TextIO) -> None:
    for document in documents:
        print("\t".join(cell or EMPTY for cell in _cells(document, selection)), file=out)


def _lines(documents: Documents, selection: Selection, out: TextIO) -> None:
    for document in documents:
        out.writelines(f"{cell}\n" for cell in _cells(document, selection))


def _cells(document: dict[str, Any], selection: Selection) -> list[str]:
    return [job_fields.one_line(job_fields.get(document, field)) for field in selection.fields]


def csv_row(values: Sequence[str]) -> str:
    """Return what csv.writer would write, which needs 146 MiB for one value of 4 MiB (S12)."""
    cells = (f'"{v.replace(QUOTE, QUOTE * 2)}"' if _QUOTED.search(v) else v for v in values)
    return (",".join(cells) or QUOTE * 2) + "\n"


class Format(NamedTuple):
    """One output format."""

    name: str
    summary: str
    """One sentence for `vbsjob help formats`."""
    write: Writer | None = None
    """Writes documents to a text stream, and returns an error of what it omitted; None: drawn by
    render/."""
    default: Literal["", "columns", "variables", "value", "name"] = ""
    """What of a Kind is written without --field; empty: whole documents."""
    nested: bool = False
    """Whether `tree` writes whole documents with their sub-jobs; else one row per job."""
    events: bool = False
    """Whether `watch` writes events as they happen instead of documents at the end."""

    @property
    def machine(self) -> bool:
        """Whether programs read it: errors are JSON objects and rich is not imported."""
        return self.write is not None

    def check_fields(self, fields: Sequence[str], *, single: bool) -> None:
        """Check that the fields of --field can become variables. Raises UsageError."""
        if self.default == "variables":
            check_fields(fields, single=single)

    def selection(self, kind: Kind, fields: Sequence[str], *, single: bool) -> Selection:
        """Return what is written of documents of a kind; `fields` are those of --field."""
        default = getattr(kind, self.default) if self.default else ()
        return Selection(fields or default, single and not kind.many)


FORMATS = (
    Format("table", "For people: fits the terminal; not shortened in a pipe or a file."),
    Format("json", "One indented JSON document.", _json, nested=True),
    Format("jsonl", "One JSON document per line; watch writes events.", _jsonl, events=True),
    Format(
        "yaml", "One YAML document; text that looks like a number is quoted.", _yaml, nested=True
    ),
    Format("csv", "A header and one row per job (RFC 4180).", _csv, "columns"),
    Format("tsv", "One row per job, no header, no quotes; an empty value is '-'.", _tsv, "columns"),
    Format("value", "One value per line: the status, or the fields of --field.", _lines, "value"),
    Format(
        "env", "One quoted assignment per line, safe to eval in a shell.", write_env, "variables"
    ),
    Format("dotenv", "Unquoted assignments for GitLab, at most 20.", write_dotenv, "variables"),
    Format("name", "One job id per line.", _lines, "name"),
)
BY_NAME = {format_.name: format_ for format_ in FORMATS}
NAMES = tuple(BY_NAME)


def by_name(name: str, origin: str = "") -> Format:
    """Return the format. Raises UsageError; `origin` says where an unknown name was set."""
    if name not in BY_NAME:
        where = f"{origin}: " if origin else ""
        raise UsageError(
            f"{where}{printable(name)[:80]!r} is not one of {', '.join(NAMES)}.",
            hint="See 'vbsjob help formats'.",
        )
    return BY_NAME[name]


def is_machine(options: Mapping[str, Any], context: Context) -> bool:
    """Whether --output or VBSJOB_OUTPUT names a format for programs.

    An unknown word is meant for a program, unless stderr is a terminal.
    """
    name = options.get("output") or context.env.get("VBSJOB_OUTPUT") or "table"
    return BY_NAME[name].machine if name in BY_NAME else not context.stderr.isatty()
