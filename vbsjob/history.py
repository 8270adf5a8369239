"""The jobs that this user has queried: for `@last`, for Tab, and for the usual duration of a type.

No exit code depends on it: if the file cannot be used, there is no history. Jobs of the sandbox are
not stored. Imports little, because Tab completion loads this module.
"""

from __future__ import annotations

import os
from contextlib import contextmanager

from vbsjob import private_files
from vbsjob.text import printable

TYPE_CHECKING = False  # typing itself would cost as much as the answer to --version or to Tab
if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from typing import Any

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import JobResult

FILE = "history-1.sqlite"
KEPT = 1000
LONGEST = 64
SIZE_LIMIT = 8 << 20
RUNS = 50
"""Number of finished jobs of a type from which its usual duration is computed."""
TABLE = (
    "CREATE TABLE IF NOT EXISTS jobs (seq INTEGER PRIMARY KEY, place TEXT, job_id TEXT, type TEXT,"
    " status TEXT, begin_time TEXT, end_time TEXT, seconds REAL, UNIQUE (place, job_id))"
)
KEEP = (
    "INSERT OR REPLACE INTO jobs (place, job_id, type, status, begin_time, end_time, seconds)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
BOUND = "DELETE FROM jobs WHERE seq NOT IN (SELECT seq FROM jobs ORDER BY seq DESC LIMIT ?)"
NEWEST = "SELECT job_id FROM jobs WHERE place = ? ORDER BY seq DESC"
OFFERED = (
    "SELECT job_id, type, status FROM jobs WHERE seq IN (SELECT max(seq) FROM jobs GROUP BY job_id)"
    " ORDER BY seq DESC LIMIT 200"
)
LISTED = (
    "SELECT place, job_id, type, status, begin_time, end_time, seconds FROM jobs ORDER BY seq DESC"
)
UPDATE = (
    "UPDATE jobs SET type = ?, status = ?, begin_time = ?, end_time = ?, seconds = ?"
    " WHERE place = ? AND job_id = ?"
)
LASTED = (
    "SELECT seconds FROM jobs WHERE place = ? AND type = ? AND status = 'SUCCESS' AND seconds > 0"
    " ORDER BY seq DESC LIMIT ?"
)


def record(results: Sequence[JobResult], settings: Settings, context: Context) -> None:
    """Store the jobs of results, unless the history is off; the last one becomes `@last`."""
    if not settings["cache"] or not _kept(settings, context):
        return
    now, place = context.now(), _place(settings)
    rows = [
        (place, result.job_id, *_words(result.job, context), result.job.elapsed(now))
        for result in results
        if result.job
    ]
    try:
        _store(rows, str(context.paths.state_folder))
    except Exception as error:  # noqa: BLE001 - a lost history must not cost the answer
        context.debug(f"history: not kept: {type(error).__name__}.")


def _words(job: Job, context: Context) -> list[str]:
    told = (job.type, job.status, job.members.get("begin_time"), job.members.get("end_time"))
    return [_word(found, context) for found in told]


def _word(found: object, context: Context) -> str:
    """Return a text as short, printable and without secrets; empty for other types."""
    return printable(context.redact(found))[:LONGEST] if isinstance(found, str) else ""


def recent_ids(settings: Settings, context: Context) -> list[str]:
    """Return the ids queried at this cloud, the newest first."""
    found = _select(settings, context, NEWEST, _place(settings))
    return [row[0] for row in found if isinstance(row[0], str)]


def durations(job_type: str, settings: Settings, context: Context) -> list[float]:
    """Return the seconds that earlier jobs of a type took at this cloud, the newest first."""
    if not job_type:
        return []
    word = _word(job_type, context)
    rows = _select(settings, context, LASTED, _place(settings), word, RUNS)
    return [float(row[0]) for row in rows if isinstance(row[0], int | float)]


def usual_duration(job_type: str, settings: Settings, context: Context) -> tuple[float, int] | None:
    """Return how many seconds jobs of a type usually take here, and how many runs say so."""
    lasted = sorted(durations(job_type, settings, context))
    if not lasted:
        return None
    half = len(lasted) // 2
    middle = lasted[half] if len(lasted) % 2 else (lasted[half - 1] + lasted[half]) / 2
    return middle, len(lasted)


def entries(settings: Settings, context: Context) -> list[dict[str, Any]]:
    """Return the stored jobs of all clouds, the newest first, as documents."""
    names = ("cloud", "job_id", "job_type", "status", "begin_time", "end_time", "elapsed_s")
    return [
        {"schema_version": 1} | dict(zip(names, row, strict=True))
        for row in _select(settings, context, LISTED)
        if all(isinstance(value, str) for value in row[:-1])
        and isinstance(row[-1], int | float | None)
        and _is_id(row[1])
    ]


def cloud_of(settings: Settings) -> str:
    """Return what entries of the configured cloud have as `cloud`: its name, else its address."""
    return _place(settings)


def update(results: Sequence[JobResult], settings: Settings, context: Context) -> None:
    """Store new states of stored jobs; their order and `@last` do not change."""
    if not _kept(settings, context):
        return
    now, place = context.now(), _place(settings)
    rows = [
        (*_words(result.job, context), result.job.elapsed(now), place, result.job_id)
        for result in results
        if result.job
    ]
    try:
        with _opened(str(context.paths.state_folder)) as database, database:
            database.executemany(UPDATE, rows)
    except Exception as error:  # noqa: BLE001 - a lost history must not cost the answer
        context.debug(f"history: not stored: {type(error).__name__}.")


def candidates(folder: str) -> Iterator[str]:
    """Yield ids for a shell to offer, the newest first, each with a few words behind a tab."""
    try:
        with _opened(folder) as database:
            found = database.execute(OFFERED).fetchall()
    except Exception:  # noqa: BLE001 - Tab must never print a traceback into a prompt
        return
    for row in found:
        if all(isinstance(told, str) for told in row) and _is_id(row[0]):
            yield f"{row[0]}\t{printable(' '.join(row[1:]))}"


def _is_id(word: str) -> bool:
    return word.isascii() and word.replace("_", "").replace("-", "").isalnum()


def _kept(settings: Settings, context: Context) -> bool:
    return bool(settings["history"] and context.paths.state_folder and not settings.sandbox)


def _place(settings: Settings) -> str:
    """Return what identifies the configured cloud: its name, else its address."""
    return str(settings["cloud"] or settings["endpoint"] or settings["auth_url"] or "")


def _select(settings: Settings, context: Context, statement: str, *values: object) -> list[Any]:
    if not _kept(settings, context):
        return []
    try:
        with _opened(str(context.paths.state_folder)) as database:
            return database.execute(statement, values).fetchall()
    except FileNotFoundError:
        return []
    except Exception as error:  # noqa: BLE001 - no exit code depends on it
        context.debug(f"history: not read: {type(error).__name__}.")
        return []


def _store(rows: Sequence[tuple[object, ...]], folder: str) -> None:
    """Write rows; replaces a file that is not a database (any more) by a new one.

    A single read error of the disk looks the same as a broken file, so it is read twice.
    """
    import sqlite3

    for _ in range(2):
        try:
            return _insert(rows, folder)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            continue
    with private_files.open_folder(folder) as descriptor:
        os.unlink(FILE, dir_fd=descriptor)
    return _insert(rows, folder)


def _insert(rows: Sequence[tuple[object, ...]], folder: str) -> None:
    with _opened(folder, create=True) as database, database:
        database.execute(TABLE)
        database.executemany(KEEP, rows)
        database.execute(BOUND, (KEPT,))


@contextmanager
def _opened(folder: str, *, create: bool = False) -> Iterator[sqlite3.Connection]:
    """Yield the database, if only this user can have written it. Waits 0.2 s for its lock.

    SQLite opens files by name only. The private file is opened first and kept open, so that the
    name can be compared with it: another folder or file at its path is not used.
    """
    flags = os.O_RDWR | os.O_CREAT if create else os.O_RDWR
    with private_files.open_folder(folder, create=create) as descriptor:
        checked = private_files.open_file(FILE, descriptor, flags)
        try:
            with _connected(os.path.join(folder, FILE), checked) as database:
                yield database
        finally:  # not earlier: closing any descriptor of a file ends SQLite's locks on it
            private_files.close(checked)


@contextmanager
def _connected(path: str, checked: int) -> Iterator[sqlite3.Connection]:
    """Yield the database at `path`, which must be the open file `checked`."""
    if os.fstat(checked).st_size > SIZE_LIMIT:
        raise private_files.UntrustedFileError("the history is too large")
    import sqlite3

    escaped = path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    database = sqlite3.connect(f"file:{escaped}?mode=rw", timeout=0.2, uri=True)
    try:
        if not os.path.samestat(os.lstat(path), os.fstat(checked)):
            raise private_files.UntrustedFileError("the history was exchanged while it was opened")
        database.execute("PRAGMA trusted_schema = OFF")
        database.execute("PRAGMA synchronous = OFF")
        yield database
    finally:
        database.close()
