"""Tables that are read on a phone, too: there each row is a block, and cells have their headings.

Styles that do so may take the meaning from a table, so the roles say it once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element

from roottrust.cli.report_page.markup import Child, make


def build_table(columns: Sequence[str], rows: Iterable[Element], *, caption: str) -> Element:
    """Return a table with a heading for each column."""
    heads = (make("th", each, scope="col", role="columnheader") for each in columns)
    return make(
        "table",
        make("caption", caption),
        make("thead", make("tr", *heads, role="row"), role="rowgroup"),
        make("tbody", *rows, role="rowgroup"),
        role="table",
    )


def build_row(columns: Sequence[str], cells: Sequence[Child]) -> Element:
    """Return a row, whose first cell is its heading."""
    first, *others = cells
    told = (
        make("td", each, role="cell", data_label=label)
        for label, each in zip(columns[1:], others, strict=True)
    )
    return make("tr", make("th", first, scope="row", role="rowheader"), *told, role="row")
