"""Says what came of asking: the answers on stdout in the chosen format, the problems on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vbsjob.job import Job
    from vbsjob.record import Answer
    from vbsjob.settings import Settings
    from vbsjob.view import Marks
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


def tree(
    answers: Sequence[Answer], settings: Settings, fields: Sequence[str], world: World
) -> None:
    """Write the answer as `present` does, its sub-jobs as a tree, or a row each."""
    from vbsjob import branches

    name, now, wish = _format(settings, fields), world.now(), branches.Wish.of(settings)
    if _wanted(answers, settings):
        if name == "table" and not fields:
            _paint(answers, settings, world)
        elif name in {"json", "yaml"} and not fields:
            _write([branches.nested(answer, wish, now) for answer in answers], name, (), world)
        else:
            rows = [row for answer in answers for row in branches.flat(answer, wish, now)]
            chosen = fields or (["path"] if name == "value" else [])
            _write(rows, name, chosen, world, branches.COLUMNS)
    _complain(answers, world)


def _format(settings: Settings, fields: Sequence[str]) -> str:
    name: str = settings["output"] or ("value" if fields else "table")
    return name


def _wanted(answers: Sequence[Answer], settings: Settings) -> bool:
    return not settings["quiet"] and any(answer.job for answer in answers)


def _answer(
    answers: Sequence[Answer],
    settings: Settings,
    fields: Sequence[str],
    world: World,
    *,
    whole: bool,
) -> None:
    name = _format(settings, fields)
    if not _wanted(answers, settings):
        return
    if name == "table":
        _draw(answers, settings, fields, world, whole=whole)
    else:
        now = world.now()
        _write([answer.record(now) for answer in answers], name, fields, world)


def _complain(answers: Sequence[Answer], world: World) -> None:
    world.stdout.flush()
    for answer in answers:
        if answer.problem:
            world.complain(answer.problem)


def _write(
    records: Sequence[dict[str, Any]],
    name: str,
    fields: Sequence[str],
    world: World,
    columns: Sequence[str] = (),
) -> None:
    from vbsjob import formats, record

    for field in fields:
        if all(record.field(item, field) is record.MISSING for item in records):
            world.note(f"no job has a field {field!r}.")
    if name == "table":
        from vbsjob import sheet

        console = world.console(world.stdout, "never")
        for item in records:
            console.print(sheet.fields(item, fields))
        return
    formats.write(name, records, fields, world.stdout, columns or formats.COLUMNS)


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

    console = world.console(world.stdout, settings["color"])
    marks = _marks(settings, world)
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


def _paint(answers: Sequence[Answer], settings: Settings, world: World) -> None:
    """Draw the trees, line by line: a console would take longer for a line than all the rest."""
    from vbsjob import branches, view

    now, wish, marks = world.now(), branches.Wish.of(settings), _marks(settings, world)
    width = world.width(world.stdout) or view.UNBOUND
    colors = world.colors(world.stdout, settings["color"])
    gap = ""
    for answer in answers:
        outline = wish.outline(answer, now)
        if outline is not None:
            world.stdout.write(gap)
            for line in view.drawn(wish.drawn(outline), width, now, marks):
                world.stdout.write(view.painted(line, colors=colors) + "\n")
            gap = "\n"


def _marks(settings: Settings, world: World) -> Marks:
    from vbsjob import view
    from vbsjob.world import encodes

    plain = settings["ascii"] or not encodes(world.stdout, view.EVERY_SIGN)
    return view.ASCII if plain else view.UNICODE


def _next(job: Job, settings: Settings) -> str:
    """Return the command to type next, for a job that failed or goes on."""
    if job.status == "SUCCESS":
        return ""
    where = " --cloud sandbox" if settings.sandbox else ""
    if not job.ended:
        return f"vbsjob watch {job.id}{where}"
    return f"vbsjob tree {job.id}{where}" if job.sub_jobs else f"vbsjob get {job.id}{where} -o json"
