"""Fields of a document: read by a dotted path, written as one safe line, suggested if missing.

Also the members that vbsjob adds to the service's.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from vbsjob.errors import FieldMissingError, VbsjobError
from vbsjob.jobs.failure import FAILURE_MEMBERS, path_text
from vbsjob.jobs.job import DOCUMENTED_MEMBERS, Job
from vbsjob.text import dumps, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SCHEMA_VERSION = 1
OUR_MEMBERS = frozenset(
    {
        "schema_version",
        "elapsed_s",
        "verdict",
        "exit_code",
        "failure",
        "expected_end",
        "error",
        "others",
    }
)
"""Members of a document that vbsjob adds; the service's of the same name are in `others`."""
MISSING = object()
"""What `get` returns for a field that the document does not have."""
FAILURE_COLUMNS = {
    f"failure_{name.removeprefix('error_').removeprefix('fail_')}": f"failure.{name}"
    for name in FAILURE_MEMBERS
}
"""Members of `failure` under the names that columns, variables and outputs have."""
NULLABLE: dict[str, dict[str, Any]] = {
    "failure": dict.fromkeys(FAILURE_MEMBERS),
    "error": dict.fromkeys(VbsjobError("").document()),
}
"""Objects that are null, or omitted, if nothing failed: then each of their members is null."""
OMITTED = frozenset({*DOCUMENTED_MEMBERS, *NULLABLE, "others"})
"""Members that a job can omit: they are null and not missing."""
EVERY_ENTITY = ("entities.*", "failure.entities.*")
"""Names that mean each entity of the job, or of the failed sub-job, that is a scalar."""
MANY = 1000
"""Fields that are compared with a missing one, and entities that are selected, at most."""


def merged(members: dict[str, Any], own_members: dict[str, Any]) -> dict[str, Any]:
    """Return the service's members and ours; where names are equal, ours wins.

    The service's values of such names are in `others`.
    """
    reserved = OUR_MEMBERS | own_members.keys()
    others = {name: value for name, value in members.items() if name in reserved}
    service_members = {name: value for name, value in members.items() if name not in reserved}
    return service_members | own_members | ({"others": others} if others else {})


class Selection(NamedTuple):
    """Which fields of the documents are written, and in which shape."""

    fields: Sequence[str] = ()
    """Empty: all members."""
    single: bool = True
    """Whether one id was given as an argument: one object instead of an array."""


def get(document: Any, path: str) -> Any:
    """Return the field at a dotted path such as `entities.backup_id`, else MISSING.

    List items are numbered from 0. `sub_jobs` is found at top level and under `entities`. A member
    whose name contains dots is found too. What a job can omit is null.
    """
    if path in FAILURE_COLUMNS and path not in document:
        value = get(document, FAILURE_COLUMNS[path])
        return path_text(map(Job, value)) if isinstance(value, list) else value
    value, rest = document, path
    while True:
        if isinstance(value, dict) and rest in value and rest != "sub_jobs":
            return value[rest]
        name, _, rest = rest.partition(".")
        value = _member(value, name)
        if not rest:
            return value
        if value is None:
            value = NULLABLE.get(name)


def select(document: dict[str, Any], names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Yield (field, value); `NAME.*` means each text, number and boolean of the object NAME."""
    for name in names:
        if name not in EVERY_ENTITY:
            yield name, get(document, name)
            continue
        parent = name.removesuffix(".*")
        entities = get(document, parent)
        entities = entities if isinstance(entities, dict) else {}
        for entity, value in islice(entities.items(), MANY):
            if isinstance(value, str | int | float):
                yield f"{parent}.{entity}", value


def _member(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return next((item for number, item in enumerate(value) if str(number) == name), MISSING)
    if not isinstance(value, dict):
        return MISSING
    if name == "sub_jobs" and (sub_jobs := Job(value).sub_jobs):
        return [job.members for job in sub_jobs]
    return value.get(name, None if name in OMITTED and Job(value).id else MISSING)


def one_line(value: Any) -> str:
    """Return a value as one printable line: null and MISSING empty, lists and objects as JSON."""
    if value is None or value is MISSING:
        return ""
    return printable(value) if isinstance(value, str) else dumps(value)


class FieldCheck:
    """Finds the requested fields that no document has."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._missing = list(dict.fromkeys(paths))
        self._present: list[str] = []
        """Fields of the last document without a requested one."""

    def read(self, documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the documents unchanged, one at a time, and note which fields they have."""
        for document in documents:
            self._missing = [path for path in self._missing if get(document, path) is MISSING]
            if self._missing:
                self._present = list(islice(_paths(document), MANY))
            yield document

    def error(self) -> FieldMissingError | None:
        """Return the error for fields that none of the documents had; None without documents."""
        if not self._present or not self._missing:
            return None
        names = ", ".join(repr(printable(path)[:80]) for path in self._missing)
        near = list(dict.fromkeys(n for path in self._missing for n in self._nearest(path)))
        fields = near or [path for path in self._present if "." not in path]
        hint = f"{'Did you mean' if near else 'Fields:'} {', '.join(map(printable, fields))}"
        noun = "field" if len(self._missing) == 1 else "fields"
        return FieldMissingError(
            f"no answer has the {noun} {names}.", hint=hint + ("?" if near else ".")
        )

    def _nearest(self, path: str) -> list[str]:
        """Return up to three fields: those that end in the same name, else by spelling."""
        from difflib import get_close_matches

        last = path.rpartition(".")[2]
        same_name = [name for name in self._present if name.rpartition(".")[2] == last]
        return same_name[:3] or get_close_matches(path, self._present, n=3)


def _paths(document: dict[str, Any]) -> Iterator[str]:
    """Yield the fields of a document, then those of its objects and of its first sub-job."""
    yield from document
    if "sub_jobs" not in document and get(document, "sub_jobs"):  # under entities
        yield "sub_jobs"
    for name in (*document, "sub_jobs.0"):
        if isinstance(value := get(document, name), dict):
            yield from (f"{name}.{member}" for member in value)
