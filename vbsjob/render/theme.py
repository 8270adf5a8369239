"""How screens look: styles by meaning, glyphs, and how a renderable becomes lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.progress_bar import ProgressBar
from rich.segment import Segment
from rich.text import Text
from rich.theme import Theme

from vbsjob.jobs.fields import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import Any, TextIO

    from rich.console import ConsoleOptions, RenderableType

    from vbsjob.config.loader import Settings
    from vbsjob.context import Context

    Line = list[Segment]

THEME = Theme(
    {
        "status.success": "green",
        "status.fail": "bold red",
        "status.running": "cyan",
        "status.waiting": "none",
        "status.other": "yellow",
        "bar.complete": "cyan",
        "bar.finished": "green",
        "bar.failed": "red",
        "bar.back": "dim",
        "guide": "dim",
        "label": "none",
        "heading": "bold",
        "id": "none",
        "reason": "red",
        "failure.edge": "red",
        "failure.title": "bold red",
        "failure.label": "bold",
        "problem": "yellow",
        "message.error": "bold red",
        "message.warning": "yellow",
        "message.note": "none",
        "message.hint": "cyan",
    },
    inherit=False,
)
"""Only the 16 colours of the terminal's own palette, which suits its background. `dim` never
carries information: guides and the rest of a bar may be invisible."""
LONGEST_VALUE = 10_000
"""Characters: rich needs time by the square of the number of lines of a text, and an answer can be
one text of 4 MiB."""
UNLIMITED = 1 << 20
"""Columns of output that is not a terminal: nothing is wrapped or omitted."""


class Glyphs(NamedTuple):
    """The characters of a screen that are not text."""

    status: dict[str, str]
    branch: str
    last: str
    pipe: str
    arrow: str
    more: str
    times: str
    edge: str
    spinner: str
    """Name of a spinner of rich."""


UNICODE = Glyphs(
    status={"SUCCESS": "✓", "FAIL": "✗", "RUNNING": "●", "INIT": "○"},
    branch="├─ ",
    last="└─ ",
    pipe="│  ",
    arrow=" › ",
    more="…",
    times="×",
    edge="▌ ",
    spinner="dots",
)
ASCII = Glyphs(
    status={"SUCCESS": "+", "FAIL": "x", "RUNNING": "*", "INIT": "."},
    branch="|- ",
    last="`- ",
    pipe="|  ",
    arrow=" > ",
    more="...",
    times="x",
    edge="| ",
    spinner="line",
)
ALL_GLYPHS = "✓✗●○├─└│›⏎…×▌━╸╺⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
"""Everything an encoding must have for UNICODE."""
STATUS_STYLES = {
    "SUCCESS": "status.success",
    "FAIL": "status.fail",
    "RUNNING": "status.running",
    "INIT": "status.waiting",
}


def status_style(status: str | None) -> str:
    """Return the style of a status."""
    return STATUS_STYLES.get(status or "", "status.other")


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """What a screen depends on in addition to the jobs. All sizes are in columns and rows."""

    width: int | None
    """None: no limit, as in a pipe or a file."""
    height: int
    glyphs: Glyphs
    colors: bool
    now: datetime
    local_time: Callable[[datetime], datetime]
    longest_value: int = LONGEST_VALUE
    """Characters of a value that a terminal shows."""

    @property
    def columns(self) -> int:
        """The width as a number."""
        return UNLIMITED if self.width is None else self.width

    @cached_property
    def console(self) -> Console:
        """The console that renders; it writes nothing itself and reads no environment."""
        return Console(
            width=self.columns,
            height=self.height,
            color_system="standard" if self.colors else None,
            no_color=not self.colors,
            force_terminal=True,
            force_interactive=False,
            force_jupyter=False,
            legacy_windows=False,
            theme=THEME,
            highlight=False,
            markup=False,
            emoji=False,
            _environ={},
        )

    @cached_property
    def options(self) -> ConsoleOptions:
        """Options of the console; the encoding makes rich draw bars in ASCII."""
        options = self.console.options
        options.encoding = "ascii" if self.glyphs is ASCII else "utf-8"
        return options

    def glyph(self, status: str | None) -> str:
        """Return the glyph of a status."""
        return self.glyphs.status.get(status or "", "?")

    def one_line(self, value: Any) -> str:
        """Return a value as printable text; on a terminal at most `longest_value` characters."""
        text = value if isinstance(value, str) else one_line(value)
        more = len(text) - self.longest_value
        if self.width is None or more <= 0:
            return one_line(text)
        rest = f"{self.glyphs.more} {more:,} more characters (shown with -o json)"
        return one_line(text[: self.longest_value]) + rest

    def lines(self, renderables: Iterable[RenderableType]) -> Iterator[Line]:
        """Yield the lines of renderables, without spaces at their ends."""
        for renderable in renderables:
            for line in self.console.render_lines(renderable, self.options, pad=False):
                yield _stripped(line)

    def bar(self, completed: int, total: int, failed: int = 0, *, width: int) -> Text:
        """Return a progress bar as text: of exactly `width` columns, if there are colours.

        It begins with a part for the failed ones among the completed, of at least one column.
        """
        failed_width = max(1, width * failed // total) if failed else 0
        rest = max(total - failed, 1), completed - failed, width - failed_width
        text = Text()
        for style, (size, done, columns) in (
            ("bar.failed", (1, 1, failed_width)),
            ("bar.finished", rest),
        ):
            bar = ProgressBar(total=size, completed=done, width=columns, finished_style=style)
            for segment in self.console.render(bar, self.options) if columns else ():
                text.append(segment.text, segment.style)
        text.truncate(width, pad=True)
        return text

    def text(self, line: Iterable[Segment]) -> str:
        """Return a line as it is written."""
        return "".join(self.segment_text(segment) for segment in line)

    def segment_text(self, segment: Segment) -> str:
        """Return a segment as it is written: with escape sequences if there are colours."""
        if not self.colors or not segment.style:
            return segment.text
        return segment.style.render(segment.text, color_system=ColorSystem.STANDARD)


def view(
    stream: TextIO,
    settings: Settings | Mapping[str, Any],
    context: Context,
    size: tuple[int, int] | None = None,
) -> View:
    """Return how screens are drawn on a stream; by default in the size of its terminal."""
    from vbsjob.context import can_encode

    unicode = not settings["ascii"] and can_encode(stream, ALL_GLYPHS)
    return View(
        width=size[0] if size else context.width(stream),
        height=size[1] if size else context.terminal_size(stream)[1],
        glyphs=UNICODE if unicode else ASCII,
        colors=context.colors(stream, settings["color"]),
        now=context.steady_now(),
        local_time=to_utc if settings["utc"] else context.local_time,
    )


def to_utc(time: datetime) -> datetime:
    """Return the time in UTC."""
    return time.astimezone(UTC)


def _stripped(line: Line) -> Line:
    """Return the line without the spaces at its end."""
    while line and not line[-1].text.rstrip(" "):
        line.pop()
    if line and line[-1].text.endswith(" "):
        last = line.pop()
        line.append(Segment(last.text.rstrip(" "), last.style))
    return line
