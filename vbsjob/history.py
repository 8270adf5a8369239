"""History: the jobs that this account queried, for `@last`, Tab, `list` and usual durations.

The exit code of a query does not depend on it. Jobs of the sandbox are not stored.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from vbsjob import files
from vbsjob.errors import InternalError
from vbsjob.http import url
from vbsjob.jobs import error_codes
from vbsjob.jobs.job import ENDED
from vbsjob.jobs.result import SCHEMA_VERSION
from vbsjob.text import printable, utc_time

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from typing import Any

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.outcome import JobOutcome

FILE = "history-2.sqlite"
MAX_JOBS = 1000
"""Jobs that are stored; the oldest ones are removed."""
MAX_CANDIDATES = 200
"""Jobs that Tab offers."""
LONGEST = 64
"""Characters of a stored type, status, time or code."""
LONGEST_REASON = 200
SIZE_LIMIT = 8 << 20
"""Bytes; a larger file is not opened."""
RUNS = 50
"""Finished jobs of a type from which its usual duration is computed."""
TABLE = (  # `place` is the name or address of the cloud
    "CREATE TABLE IF NOT EXISTS jobs (seq INTEGER PRIMARY KEY, place TEXT, job_id TEXT, type TEXT,"
    " status TEXT, begin_time TEXT, end_time TEXT, queried_at TEXT, failed_id TEXT,"
    " failed_type TEXT, error_code TEXT, fail_reason TEXT, seconds REAL, UNIQUE (place, job_id))"
)
INSERT = (
    "INSERT OR REPLACE INTO jobs (place, job_id, type, status, begin_time, end_time, queried_at,"
    " failed_id, failed_type, error_code, fail_reason, seconds)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
DELETE_OLD = "DELETE FROM jobs WHERE seq NOT IN (SELECT seq FROM jobs ORDER BY seq DESC LIMIT ?)"
SELECT = (
    "SELECT place, job_id, type, status, begin_time, end_time, queried_at, failed_id, failed_type,"
    " error_code, fail_reason, seconds FROM jobs ORDER BY seq DESC"
)
COLUMNS = ("cloud", "job_id", "job_type", "status", "begin_time", "end_time", "queried_at")
"""Names of the first columns of SELECT in documents."""
FAILURE = ("job_id", "job_type", "error_code", "fail_reason")
"""Names of the next columns in `failure`."""
UPDATE = (
    "UPDATE jobs SET type = ?3, status = ?4, begin_time = ?5, end_time = ?6, queried_at = ?7,"
    " failed_id = ?8, failed_type = ?9, error_code = ?10, fail_reason = ?11, seconds = ?12"
    " WHERE place = ?1 AND job_id = ?2"
)


def record(
    results: Sequence[JobOutcome], settings: Settings, context: Context, *, stored: bool = False
) -> None:
    """Store the jobs of these results, unless settings forbid it; the last one is `@last`.

    `stored`: only new states of stored jobs; their order and `@last` stay as they are.
    """
    if not (_is_enabled(settings, context) and (stored or settings["cache"])):
        return
    cloud, now = cloud_of(settings), utc_time(context.now())
    rows = [
        (cloud, result.job_id, *_texts(result, result.job, now, context), result.elapsed_s)
        for result in results
        if result.job
    ]
    try:
        _store(UPDATE if stored else INSERT, rows, str(context.paths.state_folder))
    except Exception as error:  # noqa: BLE001 - a history that fails must not cost the answer
        context.debug(f"history: not stored: {type(error).__name__}.")


def _texts(result: JobOutcome, job: Job, now: str, context: Context) -> list[str]:
    """Return type, status, begin, end, the time of the query, and the failure if job failed."""
    values = (job.type, job.status, job.members.get("begin_time"), job.members.get("end_time"), now)
    failure = result.failure if job.failed else None
    failed = (failure.job.id, failure.job.type, failure.error_code) if failure else ("", "", "")
    reason = _text(failure.fail_reason if failure else "", context, LONGEST_REASON)
    return [*(_text(value, context) for value in (*values, *failed)), reason]


def _text(value: object, context: Context, longest: int = LONGEST) -> str:
    """Return a short printable text without secrets; empty for another type."""
    return printable(context.redact(value))[:longest] if isinstance(value, str) else ""


def recent_ids(settings: Settings, context: Context) -> list[str]:
    """Return the ids queried at this cloud, the newest first."""
    return [job["job_id"] for job in selected(settings, context)]


def running_ids(settings: Settings, context: Context) -> list[str]:
    """Return the ids of this cloud that had not ended at their last query, the newest first."""
    return [job["job_id"] for job in selected(settings, context) if job["status"] not in ENDED]


def selected(settings: Settings, context: Context) -> list[dict[str, Any]]:
    """Return the entries of the configured cloud and service, the newest first."""
    cloud = cloud_of(settings)
    return [job for job in entries(settings, context) if job["cloud"] == cloud]


def durations(job_type: str, settings: Settings, context: Context) -> list[float]:
    """Return the seconds that earlier jobs of a type took at this cloud, the newest first."""
    wanted = (cloud_of(settings), _text(job_type, context), "SUCCESS")
    try:
        stored = entries(settings, context)
    except InternalError as error:  # as in `record`
        context.debug(f"history: not read: {error.message}")
        stored = []
    seconds = [
        float(job["elapsed_s"])
        for job in stored
        if job_type
        and job["elapsed_s"]
        and job["elapsed_s"] > 0
        and (job["cloud"], job["job_type"], job["status"]) == wanted
    ]
    return seconds[:RUNS]


def entries(settings: Settings, context: Context) -> list[dict[str, Any]]:
    """Return the stored jobs of all clouds, the newest first, as documents.

    The list is empty if there is no history. Raises InternalError if it cannot be read.
    """
    if not _is_enabled(settings, context):
        return []
    try:
        return _read(str(context.paths.state_folder))
    except FileNotFoundError:
        return []
    except Exception as error:  # noqa: BLE001 - sqlite3, the file system, a strange content
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InternalError(
            f"the history {context.paths.state_folder}/{FILE} cannot be read: {reason}.",
            hint="Check the permissions of the file and its folders, or remove it.",
        ) from None


def _read(folder: str) -> list[dict[str, Any]]:
    with _opened(folder) as database:
        return [
            _document(row)
            for row in database.execute(SELECT)
            if all(isinstance(value, str) for value in row[:-1])
            and isinstance(row[-1], int | float | None)
            and url.NAME.fullmatch(row[1])
        ]


def _document(row: Sequence[Any]) -> dict[str, Any]:
    """Return a row of SELECT as document; null is a value that the service omitted."""
    *failed, seconds = row[len(COLUMNS) :]
    code = failed[2] or None
    failure: dict[str, Any] | None = None
    if any(failed):
        meaning = error_codes.meaning(code)
        failure = {name: value or None for name, value in zip(FAILURE, failed, strict=True)}
        failure["meaning"] = meaning.meaning if meaning else None
        failure["action"] = meaning.action if meaning else None
    further = {"elapsed_s": seconds, "failure_code": code, "failure": failure}
    return {"schema_version": SCHEMA_VERSION} | dict(zip(COLUMNS, row, strict=False)) | further


def cloud_of(settings: Settings) -> str:
    """Return what entries of the configured cloud have as `cloud`: its name, else its address.

    A service other than vbs is named behind it.
    """
    cloud = str(settings["cloud"] or settings["endpoint"] or settings["auth_url"] or "")
    return cloud if settings["service"] == "vbs" else f"{cloud} {settings['service']}"


def candidates(folder: str) -> Iterator[tuple[str, str]]:
    """Yield ids for Tab completion with their type and status, the newest first."""
    try:
        jobs = _read(folder)
    except Exception:  # noqa: BLE001 - Tab must never print a traceback into a prompt
        return
    newest: dict[str, str] = {}
    for job in jobs:
        newest.setdefault(job["job_id"], printable(f"{job['job_type']} {job['status']}"))
    yield from list(newest.items())[:MAX_CANDIDATES]


def _is_enabled(settings: Settings, context: Context) -> bool:
    return bool(settings["history"] and context.paths.state_folder and not settings.sandbox)


def _store(statement: str, rows: Sequence[tuple[object, ...]], folder: str) -> None:
    """Write rows; replace a file that is not a valid database by a new one.

    A single read error of the disk looks the same as an invalid file, so it is tried twice.
    """
    import sqlite3

    for _ in range(2):
        try:
            return _execute(statement, rows, folder)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            continue
    with files.open_folder(folder) as descriptor:
        os.unlink(FILE, dir_fd=descriptor)
    return _execute(statement, rows, folder)


def _execute(statement: str, rows: Sequence[tuple[object, ...]], folder: str) -> None:
    with _opened(folder, create=True) as database, database:
        database.execute(TABLE)
        database.executemany(statement, rows)
        database.execute(DELETE_OLD, (MAX_JOBS,))


@contextmanager
def _opened(folder: str, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield the database, if only this user can have written it. Waits 0.2 s for its lock.

    SQLite opens files by name only. The private file is opened first and kept open, so that the
    name can be compared with it: another folder or file at its path is not used.
    """
    flags = os.O_RDWR | os.O_CREAT if create else os.O_RDWR
    with files.open_folder(folder, create=create) as descriptor:
        checked = files.open_file(FILE, descriptor, flags)
        try:
            with _connected(os.path.join(folder, FILE), checked) as database:
                yield database
        finally:  # not earlier: closing any descriptor of a file ends SQLite's locks on it
            files.close(checked)


@contextmanager
def _connected(path: str, checked: int) -> Iterator[sqlite3.Connection]:
    """Yield the database at `path`, which must be the open file `checked`."""
    if os.fstat(checked).st_size > SIZE_LIMIT:
        raise files.UntrustedFileError("the history is too large")
    import sqlite3

    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    database = sqlite3.connect(f"file:{escaped}?mode=rw", timeout=0.2, uri=True)
    try:
        if not os.path.samestat(os.lstat(path), os.fstat(checked)):
            raise files.UntrustedFileError("the history was exchanged while it was opened")
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA synchronous = OFF")
        yield database
    finally:
        database.close()
