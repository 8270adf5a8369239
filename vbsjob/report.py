"""Says what came of asking: the answers on stdout in the chosen format, the problems on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.job import Job
    from vbsjob.record import Answer
    from vbsjob.settings import Settings
    from vbsjob.world import World


def present(
    answers: Sequence[Answer], settings: Settings, fields: Sequence[str], world: World
) -> None:
    """Write the answer to stdout, and what kept answers away to stderr.

    Where no job was answered stdout stays empty.
    """
    _answer(answers, settings, fields, world, whole=True)
    _complain(answers, world)


def concluded(
    answers: Sequence[Answer], settings: Settings, fields: Sequence[str], world: World
) -> None:
    """Write the answer after a watch: less what events or a picture have already shown."""
    if settings["output"] != "jsonl":
        seen = world.manner.pictured and world.stdout.isatty()
        _answer(answers, settings, fields, world, whole=not seen)
    _complain(answers, world)


def _answer(
    answers: Sequence[Answer],
    settings: Settings,
    fields: Sequence[str],
    world: World,
    *,
    whole: bool,
) -> None:
    if settings["quiet"] or not any(answer.job for answer in answers):
        return
    name = settings["output"] or ("value" if fields else "table")
    if name == "table":
        _draw(answers, settings, fields, world, whole=whole)
    else:
        _write(answers, name, fields, world)
    world.stdout.flush()


def _complain(answers: Sequence[Answer], world: World) -> None:
    for answer in answers:
        if answer.problem:
            world.complain(answer.problem)


def _write(answers: Sequence[Answer], name: str, fields: Sequence[str], world: World) -> None:
    from vbsjob import formats, record

    now = world.now()
    records = [answer.record(now) for answer in answers]
    for field in fields:
        if all(record.field(item, field) is record.MISSING for item in records):
            world.note(f"no job has a field {field!r}.")
    formats.write(name, records, fields, world.stdout)


def _draw(
    answers: Sequence[Answer],
    settings: Settings,
    fields: Sequence[str],
    world: World,
    *,
    whole: bool,
) -> None:
    from vbsjob import sheet, view
    from vbsjob.outline import Outline
    from vbsjob.world import encodes

    console = world.console(world.stdout, settings["color"])
    marks = view.UNICODE if encodes(world.stdout, view.EVERY_SIGN) else view.ASCII
    now, width = world.now(), world.width(world.stdout) or view.UNBOUND
    shown = [
        sheet.fields(answer.record(now), fields)
        if fields
        else sheet.block(
            Outline(answer.job), now, width, marks, _next(answer.job, settings), whole=whole
        )
        for answer in answers
        if answer.job
    ]
    for number, picture in enumerate(shown):
        console.print(picture, end="" if number == len(shown) - 1 else "\n")


def _next(job: Job, settings: Settings) -> str:
    """Return the command to type next, for a job that failed or goes on."""
    if job.status == "SUCCESS":
        return ""
    where = " --cloud sandbox" if settings.sandbox else ""
    return f"vbsjob get {job.id}{where} -o json"
