"""Chooses what shows a watch: a picture on a terminal, lines for a log, events for a program."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vbsjob.config.loader import Settings
    from vbsjob.context import World
    from vbsjob.output.tree_documents import Wish
    from vbsjob.watch.loop import Screen


def choose(settings: Settings, world: World, wish: Wish, *, events: bool) -> list[Screen]:
    """Return what shows the watch: on stderr as `progress` says, and `events` on stdout."""
    screens: list[Screen] = []
    if events and not settings["quiet"]:
        from vbsjob.output.events import Events

        screens.append(Events(world, world.stdout))
    name = "none" if settings["quiet"] else settings["progress"]
    if name == "auto":
        name = _fitting(settings, world)
    if name == "json":
        from vbsjob.output.events import Events

        screens.append(Events(world, world.stderr))
    if name == "plain":
        from vbsjob.render.log import Lines

        screens.append(Lines(world, world.stderr, settings["heartbeat"]))
    if name == "tty":
        from vbsjob import history
        from vbsjob.render.live import Live

        usual = partial(history.usual, settings=settings, world=world)
        live = Live(world, settings["color"], usual, wish=wish, ascii=settings["ascii"])
        screens.append(live)
    return screens


def _fitting(settings: Settings, world: World) -> str:
    """A picture needs a terminal that can draw and that nothing else is written to."""
    machine = world.manner.machine
    if not world.stderr.isatty():
        return "none" if machine else "plain"
    if settings["output"] == "jsonl" and world.stdout.isatty():
        return "none"
    env = world.env
    dumb = env.get("TERM", "dumb") in {"", "dumb"}
    return "plain" if dumb or env.get("ACCESSIBLE") or env.get("CI") else "tty"
