"""Tables that stay readable on a narrow terminal."""

import sys
from collections.abc import Iterator

from rich import table
from rich.columns import Columns
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.text import Text

FOLDED = 30
"""Characters from which a column with overflow="fold", of ARNs and model ids, may break a word."""


class WordTable(table.Table):
    """A table that breaks no word, where rich's would. If its longest words do not fit side by side, each row becomes
    lines: its first two cells, and below them the others with their headings."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        ranges = [_range(console, options, column) for column in self.columns]
        whole = Measurement.get(console, options.update_width(sys.maxsize), self).maximum
        around = whole - sum(_range(console, options, column).maximum for column in self.columns)
        left = options.max_width - around - sum(one.minimum for one in ranges)
        if left < 0:
            yield from self._as_lines()
            return
        for column, one in zip(self.columns, ranges, strict=True):
            more = min(left, one.maximum - one.minimum)
            column.width, left = one.minimum + more, left - more
        yield from super().__rich_console__(console, options)
        for column in self.columns:  # another terminal may be wider
            column.width = None

    def _as_lines(self) -> Iterator[RenderableType]:
        headings = [column.header for column in self.columns]
        for row in zip(*(column.cells for column in self.columns), strict=True):
            yield Columns(filter(_has_content, row[:2]))
            for heading, cell in zip(headings[2:], row[2:], strict=True):
                if _has_content(cell):
                    yield Padding(Columns(filter(_has_content, (heading, cell))), (0, 0, 0, 4))


def _range(console: Console, options: ConsoleOptions, column: table.Column) -> Measurement:
    """The least width that breaks no word, and the greatest that is of use."""
    unlimited = options.update_width(sys.maxsize)
    cells = [Measurement.get(console, unlimited, cell) for cell in (column.header, *column.cells)]
    most = max((one.maximum for one in cells), default=0)
    least = most if column.no_wrap else max((one.minimum for one in cells), default=0)
    if column.overflow == "fold":
        least = min(least, FOLDED)
    return Measurement(max(least, column.min_width or 0), max(most, column.min_width or 0))


def _has_content(cell: RenderableType) -> bool:
    return bool(cell.plain.strip() if isinstance(cell, Text) else cell)
