"""Documents as rows: csv and tsv."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vbsjob.jobs import fields as job_fields
from vbsjob.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

QUOTE = '"'
_QUOTED = re.compile('[",\r\n]')
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters of a cell that spreadsheets run as a formula (OWASP, CSV injection)."""
EMPTY = "-"
"""An empty cell of tsv: `read` of a shell takes several tabs as one."""


def write_csv(
    documents: Iterable[dict[str, Any]], columns: Sequence[str], out: TextIO, *, safe: bool = False
) -> None:
    """Write a header and one row per document; `safe` puts a quote before formulas."""
    out.write(_csv_row(list(map(printable, columns))))
    for document in documents:
        cells = _cells(document, columns)
        out.write(_csv_row([_harmless(cell) for cell in cells] if safe else cells))


def write_tsv(documents: Iterable[dict[str, Any]], columns: Sequence[str], out: TextIO) -> None:
    """Write one row per document; tabs and line ends in a cell are visible (text.printable)."""
    for document in documents:
        print("\t".join(cell or EMPTY for cell in _cells(document, columns)), file=out)


def _cells(document: dict[str, Any], columns: Sequence[str]) -> list[str]:
    return [job_fields.one_line(job_fields.get(document, column)) for column in columns]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _csv_row(values: Sequence[str]) -> str:
    """Return what csv.writer would write, which needs 146 MiB for one value of 4 MiB (S12)."""
    cells = (f'"{v.replace(QUOTE, QUOTE * 2)}"' if _QUOTED.search(v) else v for v in values)
    return (",".join(cells) or QUOTE * 2) + "\n"
