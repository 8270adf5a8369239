"""Job ids of a command: from arguments, from standard input (`-`) and from the history (`@`).

Standard input is either a list of ids, one per line, or a stream of JSON documents with job ids.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from vbsjob.errors import UsageError
from vbsjob.http import errors, strict_json, url
from vbsjob.jobs.job import ENDED
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TextIO

    Entries = Sequence[dict[str, Any]]
    IdsWithOrigin = Iterator[tuple[str, str]]
    """Pairs of an id and a prefix for messages: where the id was read."""

INPUT_LIMIT = 4 << 20
"""Largest standard input, in bytes."""
HISTORY = re.compile(r"@(?:last|([1-9][0-9]{0,3}))")
NOT_IDS = {"null", "none", "undefined"}
"""What jq, Python and JavaScript print for a missing value."""
COMMENT = re.compile(r"(?:^|\s)#.*")
SPACE = re.compile(r"\s*")
STDIN = "standard input"


def ids(
    arguments: Iterable[str],
    stdin: TextIO | None,
    history: Callable[[], Entries] = lambda: (),
) -> list[str]:
    """Return each requested id once, in the order of the arguments. Raises UsageError.

    `history` returns the entries of the selected cloud, the newest first; it is called for @.
    """
    unique_ids: dict[str, None] = {}
    for argument in arguments:
        if argument == "-":
            pairs = _read(stdin)
        elif argument.startswith("@"):
            pairs = ((entry["job_id"], "") for entry in _from_history(argument, history()))
        else:
            pairs = iter([(argument, "")])
        for job_id, where in pairs:
            unique_ids[_checked(job_id, where)] = None
    if not unique_ids:
        raise UsageError(
            f"{STDIN} does not contain a job id.",
            hint="Write one id per line, or JSON documents that contain a job_id.",
        )
    return list(unique_ids)


def _from_history(argument: str, entries: Entries) -> Entries:
    """Return the entries that @last, @2 or @running names, at least one. Raises UsageError."""
    match = HISTORY.fullmatch(argument)
    if argument == "@running":
        chosen = [entry for entry in entries if entry["status"] not in ENDED]
    elif match:
        chosen = list(entries[int(match[1] or 1) - 1 :][:1])
    else:
        raise UsageError(
            f"{printable(argument)[:80]!r} is not a valid job id.",
            hint="The history has @last, @2, @3 and so on, and @running.",
        )
    if not chosen:
        number = f"the history contains {len(entries)} jobs of this cloud"
        ended = "every job of this cloud in the history has ended"
        raise UsageError(
            f"{argument}: {number if match else ended}.",
            hint="Give an id, or select another cloud with --cloud. The history has no job that was"
            " never answered, and none of --cloud sandbox.",
        )
    return chosen


def _checked(job_id: str, where: str) -> str:
    """Return the id if it can be one segment of a path (S10). Raises UsageError."""
    if job_id.lower() in NOT_IDS:
        raise UsageError(
            f"{where}{job_id!r} is not a job id: the program that printed it found no value.",
            hint="Check the answer of the request that created the job.",
        )
    if not url.NAME.fullmatch(job_id):
        raise UsageError(
            f"{where}{printable(job_id)[:80]!r} is not a valid job id.",
            hint="An id is 1 to 64 letters, digits, '_' and '-'.",
        )
    return job_id


def _read(stdin: TextIO | None) -> IdsWithOrigin:
    """Yield the ids on standard input; empty lines and `#` comments are ignored.

    Raises UsageError if it is too large or not UTF-8.
    """
    raw = stdin.buffer.read(INPUT_LIMIT + 1) if stdin else b""
    if len(raw) > INPUT_LIMIT:
        raise UsageError(
            f"{STDIN} is larger than {INPUT_LIMIT >> 20} MiB.", hint="Pass fewer ids at a time."
        )
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError(
            f"{STDIN} is not UTF-8 text.", hint="Write one id per line, or JSON, in UTF-8."
        ) from None
    if content.lstrip().startswith(("{", "[", '"')):
        yield from _of_stream(content)
        return
    for number, line in enumerate(content.splitlines(), start=1):
        if job_id := COMMENT.sub("", line).strip():
            yield job_id, f"{STDIN}, line {number}: "


def _of_stream(content: str) -> IdsWithOrigin:
    """Yield the ids of JSON documents that follow each other, with or without line ends."""
    position = 0
    while match := SPACE.match(content, position):
        position = match.end()
        if position == len(content):
            return
        where = f"{STDIN}, line {content.count(chr(10), 0, position) + 1}: "
        try:
            document, position = strict_json.DECODER.raw_decode(content, position)
        except (ValueError, RecursionError) as error:
            reason = f": {error}" if isinstance(error, strict_json.InvalidJsonError) else ""
            raise UsageError(
                f"{where}this is not JSON{reason}.",
                hint="Write only JSON documents, or only ids, one per line.",
            ) from None
        yield from _of_document(document, where)


def _of_document(document: Any, where: str) -> IdsWithOrigin:
    for item in document if isinstance(document, list) else [document]:
        job_ids = [item] if isinstance(item, str) else list(_in_object(item, where))
        if not job_ids:
            raise UsageError(
                f"{where}the JSON document does not contain a job_id.",
                hint='Expected an id, or an object such as {"job_id": "..."}.',
            )
        yield from ((job_id, where) for job_id in job_ids)


def _in_object(item: Any, where: str) -> Iterator[str]:
    """Yield each job id at any depth; not those below an object that has one (sub-jobs).

    The tasks of a backup policy have a job_id of their own, and the id of the job in vbs_job_id.
    Raises UsageError for an object that is an error, even if it names a job: it may be another one.
    """
    waiting = [item]
    while waiting:
        value = waiting.pop()
        if errors.form(value) == "error":
            raise _error_document(value, where)
        name = "vbs_job_id" if isinstance(value, dict) and "vbs_job_id" in value else "job_id"
        if isinstance(value, dict) and name in value:
            job_id = value[name]
            if not isinstance(job_id, str):
                raise UsageError(
                    f"{where}the {name} is {printable(json.dumps(job_id))[:80]},"
                    " which is not a string.",
                    hint="Check the answer of the request that created the job.",
                )
            yield job_id
        elif isinstance(value, dict | list):
            values = value.values() if isinstance(value, dict) else value
            waiting.extend(reversed([inner for inner in values if isinstance(inner, dict | list)]))


def _error_document(document: Any, where: str) -> UsageError:
    """Return the error for a failed call; the service gives the reason."""
    from vbsjob.jobs import error_codes

    body = errors.read_document(document)
    meaning = error_codes.meaning(body.code)
    return UsageError(
        f"{where}this is an error and not a job: {body.message or 'no message'}.",
        code=body.code,
        hint=f"Meaning: {meaning.meaning} What to do: {meaning.action}" if meaning else "",
    )
