"""History: the jobs that this account queried, for `@last`, Tab, `list` and usual durations.

The file has one JSON document per line, as `list` prints it. A query appends lines with one call,
so that processes do not wait for each other. The last line of a job counts. The exit code of a
query does not depend on the history. Jobs of the sandbox are not stored.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from vbsjob import files
from vbsjob.errors import InternalError
from vbsjob.http import url
from vbsjob.jobs.fields import SCHEMA_VERSION
from vbsjob.text import printable, utc_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome

FILE = "history.jsonl"
MAX_JOBS = 1000
"""Jobs that are read and kept, the newest ones."""
REWRITE_SIZE = 768 << 10
"""Bytes; a larger file is replaced by one with one line per job."""
SIZE_LIMIT = 16 << 20
"""Bytes; a larger file is not read."""
LONGEST = 200
"""Characters of a stored text."""
RUNS = 50
"""Finished jobs of a type from which its usual duration is computed."""
TEXTS = ("cloud", "job_id", "job_type", "status", "begin_time", "end_time", "queried_at")
REFRESHED = "refreshed"
"""Member of a line that changes a job and not its place in the order."""


def record(
    outcomes: Sequence[JobOutcome], settings: Settings, context: Context, *, refreshed: bool = False
) -> None:
    """Store these jobs, unless settings forbid it; the last one is `@last`.

    `refreshed`: they are stored already; their order and `@last` stay as they are.
    """
    if not (_is_enabled(settings, context) and (refreshed or settings["cache"])):
        return
    mark = {REFRESHED: True} if refreshed else {}
    jobs = [_entry(o, o.job, settings, context) | mark for o in outcomes[-MAX_JOBS:] if o.job]
    try:
        if jobs:
            _append(_lines(jobs), str(context.paths.state_folder))
    except OSError as error:  # a history that fails must not cost the answer
        context.debug(f"history: not stored: {error.strerror}.")


def _entry(outcome: JobOutcome, job: Job, settings: Settings, context: Context) -> dict[str, Any]:
    failure = outcome.failure.document() if outcome.failure and job.failed else None
    if failure:  # its texts are stored
        texts = {name: text for name, text in failure.items() if isinstance(text, str | None)}
        failure = {name: _text(text, context) or None for name, text in texts.items()}
    return {
        "schema_version": SCHEMA_VERSION,
        "cloud": cloud_of(settings),
        "job_id": outcome.job_id,
        "job_type": _text(job.type, context),
        "status": _text(job.status, context),
        "begin_time": _text(job.members.get("begin_time"), context),
        "end_time": _text(job.members.get("end_time"), context),
        "elapsed_s": outcome.elapsed_s,
        "queried_at": utc_time(context.now()),
        "failure_code": failure and failure["error_code"],
        "failure": failure,
    }


def _text(value: object, context: Context) -> str:
    """Return a short printable text without secrets; empty for another type."""
    return printable(context.redact(value))[:LONGEST] if isinstance(value, str) else ""


def _lines(entries: Iterable[dict[str, Any]]) -> bytes:
    # A full disk can have cut off the line before: the first one begins with a line end.
    return b"".join(b"\n" + json.dumps(entry).encode() for entry in entries) + b"\n"


def _append(content: bytes, folder: str) -> None:
    """Append lines; replace a file that has become too large.

    A line that another process appends at that moment is lost.
    """
    with files.open_folder(folder, create=True) as descriptor:
        file = files.open_file(FILE, descriptor, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            os.write(file, content)
            size = os.fstat(file).st_size
        finally:
            files.close(file)
        if size > REWRITE_SIZE:
            files.replace(FILE, _lines(reversed(_read(descriptor))), descriptor)


def entries(settings: Settings, context: Context, *, every: bool = False) -> list[dict[str, Any]]:
    """Return the stored jobs of the configured cloud and service as documents, the newest first.

    `every`: those of all clouds. The list is empty if there is no history. Raises InternalError
    if it cannot be read.
    """
    if not _is_enabled(settings, context):
        return []
    cloud = cloud_of(settings)
    return [entry for entry in stored(context) if every or entry["cloud"] == cloud]


def stored(context: Context) -> list[dict[str, Any]]:
    """Return the jobs of all clouds as `entries` does, without a look at the settings."""
    try:
        with files.open_folder(str(context.paths.state_folder)) as folder:
            return _read(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise InternalError(
            f"the history {context.paths.state_folder}/{FILE} cannot be read: {error.strerror}.",
            hint="Check the permissions of the file and its folders, or remove it.",
        ) from None


def _read(folder: int) -> list[dict[str, Any]]:
    jobs: dict[tuple[str, str], dict[str, Any]] = {}
    for line in files.read(FILE, folder, SIZE_LIMIT).splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):  # empty or cut off
            continue
        if _is_valid(entry):
            key = entry["cloud"], entry["job_id"]
            if not entry.pop(REFRESHED, False):
                jobs.pop(key, None)
            jobs[key] = entry
    return list(reversed(jobs.values()))[:MAX_JOBS]


def _is_valid(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), str) for name in TEXTS)
        and url.NAME.fullmatch(entry["job_id"]) is not None
        and isinstance(entry.get("elapsed_s"), int | float | None)
        and isinstance(entry.get("failure"), dict | None)
        and all(isinstance(text, str | None) for text in (entry.get("failure") or {}).values())
    )


def durations(job_type: str, settings: Settings, context: Context) -> list[float]:
    """Return the seconds that earlier jobs of a type took at this cloud, the newest first."""
    wanted = (_text(job_type, context), "SUCCESS")
    try:
        jobs = entries(settings, context) if job_type else []
    except InternalError as error:  # as in `record`
        context.debug(f"history: not read: {error.message}")
        return []
    seconds = [
        float(entry["elapsed_s"])
        for entry in jobs
        if (entry["job_type"], entry["status"]) == wanted and (entry["elapsed_s"] or 0) > 0
    ]
    return seconds[:RUNS]


def cloud_of(settings: Settings) -> str:
    """Return what entries of the configured cloud have as `cloud`: its name, else its address.

    A service other than vbs is named behind it. Empty if no cloud is configured.
    """
    cloud = str(settings["cloud"] or settings["endpoint"] or settings["auth_url"] or "")
    return cloud if settings["service"] == "vbs" or not cloud else f"{cloud} {settings['service']}"


def _is_enabled(settings: Settings, context: Context) -> bool:
    return bool(settings["history"] and context.paths.state_folder and not settings.sandbox)
