"""Says what came of asking: the answers on stdout in the chosen format, the problems on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vbsjob.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vbsjob.config.loader import Settings
    from vbsjob.context import World
    from vbsjob.jobs.job import Job
    from vbsjob.jobs.result import Answer
    from vbsjob.render.tree import Line, Marks


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
    from vbsjob.output import tree_documents

    name, now, wish = _format(settings, fields), world.today(), tree_documents.Wish.of(settings)
    if _wanted(answers, settings):
        if name == "table" and not fields:
            _branch(answers, settings, world)
        elif name in {"json", "yaml"} and not fields:
            _write((tree_documents.nested(answer, wish, now) for answer in answers), name, (), world)
        else:
            rows = (row for answer in answers for row in tree_documents.flat(answer, wish, now))
            chosen = fields or (["path"] if name == "value" else [])
            if name == "table":
                _sheets(rows, fields, settings, world)
            else:
                _write(rows, name, chosen, world, tree_documents.COLUMNS)
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
    name, now = _format(settings, fields), world.today()
    if not _wanted(answers, settings):
        return
    records = (answer.record(now) for answer in answers)
    if name != "table":
        _write(records, name, fields, world)
    elif fields:
        _sheets((answer.record(now) for answer in answers if answer.job), fields, settings, world)
    else:
        _draw(answers, settings, world, whole=whole)


def _complain(answers: Sequence[Answer], world: World) -> None:
    world.stdout.flush()
    for answer in answers:
        if answer.problem:
            world.complain(answer.problem)


def _write(
    records: Iterable[dict[str, Any]],
    name: str,
    fields: Sequence[str],
    world: World,
    columns: Sequence[str] = (),
) -> None:
    from vbsjob.output import formats

    seen = _noting(records, fields, world)
    formats.write(name, seen, fields, world.stdout, columns or formats.COLUMNS)


def _noting(
    records: Iterable[dict[str, Any]], fields: Sequence[str], world: World
) -> Iterator[dict[str, Any]]:
    """Pass the records on, one at a time, and say at their end which fields none of them had."""
    from vbsjob.jobs import result as results

    missing = dict.fromkeys(fields)
    for item in records:
        for field in [name for name in missing if results.field(item, name) is not results.MISSING]:
            del missing[field]
        yield item
    for field in missing:
        world.note(f"no job has a field {plain(field)!r}.")


def _sheets(
    records: Iterable[dict[str, Any]], fields: Sequence[str], settings: Settings, world: World
) -> None:
    from vbsjob.render import details

    seen = _noting(records, fields, world)
    _paint((details.fields(item, fields) for item in seen), settings, world)


def _draw(answers: Sequence[Answer], settings: Settings, world: World, *, whole: bool) -> None:
    from vbsjob.jobs.tree import Outline
    from vbsjob.render import details
    from vbsjob.render import tree as tree_view

    marks = _marks(settings, world)
    now, width = world.today(), world.width(world.stdout) or tree_view.UNBOUND

    def drawn(job: Job) -> Iterator[Line]:
        outline = Outline(job)
        yield from details.block(outline, now, width, marks, _next(job, settings), whole=whole)
        outline.forget()

    _paint((drawn(answer.job) for answer in answers if answer.job), settings, world)


def _branch(answers: Sequence[Answer], settings: Settings, world: World) -> None:
    from vbsjob.output import tree_documents
    from vbsjob.render import tree as tree_view

    now, wish, marks = world.today(), tree_documents.Wish.of(settings), _marks(settings, world)
    width = world.width(world.stdout) or tree_view.UNBOUND
    outlines = (outline for answer in answers if (outline := wish.outline(answer, now)))
    _paint((tree_view.drawn(wish.drawn(one), width, now, marks) for one in outlines), settings, world)


def _paint(pictures: Iterable[Iterable[Line]], settings: Settings, world: World) -> None:
    """Write pictures, an empty line between them: a console would hold them all at once."""
    from vbsjob.render import tree as tree_view

    colors = world.colors(world.stdout, settings["color"])
    for number, picture in enumerate(pictures):
        world.stdout.write("\n" if number else "")
        tree_view.write(picture, world.stdout, colors=colors)


def _marks(settings: Settings, world: World) -> Marks:
    from vbsjob.context import encodes
    from vbsjob.render import tree as tree_view

    plain = settings["ascii"] or not encodes(world.stdout, tree_view.EVERY_SIGN)
    return tree_view.ASCII if plain else tree_view.UNICODE


def _next(job: Job, settings: Settings) -> str:
    """Return the command to type next, for a job that failed or goes on."""
    if job.status == "SUCCESS":
        return ""
    where = " --cloud sandbox" if settings.sandbox else ""
    if not job.ended:
        return f"vbsjob watch {job.id}{where}"
    return f"vbsjob tree {job.id}{where}" if job.sub_jobs else f"vbsjob get {job.id}{where} -o json"
