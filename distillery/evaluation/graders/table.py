"""Grades a table by its cells: columns by name, rows in any order, numbers by value."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import ClassVar

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.escaping import quoted
from distillery.evaluation.graders.agreement import Agreement
from distillery.evaluation.graders.assignment import best_matching
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.grid import Grid, NoTable, column_name, read_grid
from distillery.evaluation.graders.quantity import DecimalMark, Quantity, quantities
from distillery.evaluation.graders.text import normalised

PAIRS_MAX = 40_000
"""Cell comparisons in the matching of rows that differ; beyond, the rows that differ are matched in their order."""
NO_VALUE = frozenset({"", "-", "n/a", "na", "null", "none", "—"})
Cell = tuple[str, Quantity | None]


@dataclass(frozen=True, kw_only=True)
class TableGrader:
    """Grades a table (JSON rows, a Markdown table, or CSV) by the share of its cells that are right.

    A cell is right if it stands in the column of that name and in the row that fits best. Missing and additional rows
    and columns lower the score, which is the F1 of cells.
    """

    measure: ClassVar[str] = "cell F1"
    binary: ClassVar[bool] = False
    needs_reference: ClassVar[bool] = True

    columns: Mapping[str, str] = field(default_factory=dict)
    """Other names of columns, each with the name in the references: `{"revenue" = "net sales"}`."""
    ordered: bool = False
    """Whether rows must stand in the reference's order."""
    decimal_mark: DecimalMark = DecimalMark.AUTO
    """How `1.234` and `1,234` are read: `point`, `comma`, or `auto` for the usual English reading."""
    tolerance: Decimal = Decimal(0)
    """The distance allowed between numbers, in the scale in which the reference is written."""
    relative: Decimal = Decimal(0)
    """The distance allowed, as a share of the reference."""
    bare: bool = True
    """Whether a number without scale and percent takes the reference's, since a column's head may name it."""

    def __post_init__(self) -> None:
        for name, most in (("tolerance", Decimal("1e30")), ("relative", Decimal(1))):
            value = getattr(self, name)
            if not (value.is_finite() and 0 <= value <= most):
                raise BadRequest(
                    f"{name} of the grader table is {value}; it must be a number from 0 to {most}; "
                    "set 0 for exact numbers"
                )

    @cached_property
    def _agreement(self) -> Agreement:
        return Agreement(tolerance=Fraction(self.tolerance), relative=Fraction(self.relative), bare=self.bare)

    def misfit(self, reference: str, prompt: Prompt) -> str:
        try:
            read_grid(reference)
        except NoTable as error:
            return f"is not a table: {error}"
        return ""

    def grade(self, answer: str, reference: str, prompt: Prompt) -> Grade:
        if answer == reference:
            return Grade(score=RIGHT)
        try:
            given = self._renamed(read_grid(answer))
        except NoTable as error:
            return Grade(score=WRONG, reason=f"the answer is not a table: {error}")
        try:
            needed = self._renamed(read_grid(reference))
        except NoTable as error:
            return Grade(score=WRONG, reason=f"the reference is not a table: {error}")
        shared = [name for name in needed.columns if name in given.columns]
        hits = self._hits(_cells(given, shared, self.decimal_mark), _cells(needed, shared, self.decimal_mark))
        right = Counter(name for row in hits for name, hit in zip(shared, row, strict=True) if hit)
        count = len(needed.columns) * len(needed.rows) + len(given.columns) * len(given.rows)
        score = Fraction(2 * right.total(), count) if count else RIGHT
        longest = max(len(needed.rows), len(given.rows), 1)
        parts = {quoted(name): Fraction(right[name], longest) for name in needed.columns}
        return Grade(score=score, reason=_reason(given, needed, right) if score < 1 else "", parts=parts)

    def _renamed(self, grid: Grid) -> Grid:
        names = {column_name(other): column_name(name) for other, name in self.columns.items()}
        columns = tuple(names.get(column, column) for column in grid.columns)
        if len(set(columns)) < len(columns):
            raise NoTable("two of its columns have the same name")
        return Grid(columns, grid.rows)

    def _hits(self, given: list[tuple[Cell, ...]], needed: list[tuple[Cell, ...]]) -> list[list[bool]]:
        """Which cells of each pair of rows agree. Equal rows are pairs; the others are matched."""
        if self.ordered:
            return [self._row(one, due) for one, due in zip(given, needed, strict=False)]
        waiting: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for at, row in enumerate(given):
            waiting[_key(row)].append(at)
        equal, rest = [], []
        for row in needed:
            same = waiting.get(_key(row))
            if same:
                equal.append([True] * len(row))
                same.pop(0)
            else:
                rest.append(row)
        left = [given[at] for at in sorted(at for places in waiting.values() for at in places)]
        return equal + self._matched(left, rest)

    def _matched(self, given: list[tuple[Cell, ...]], needed: list[tuple[Cell, ...]]) -> list[list[bool]]:
        width = len(needed[0]) if needed else 0
        if len(given) * len(needed) * width > PAIRS_MAX:
            return [self._row(one, due) for one, due in zip(given, needed, strict=False)]
        hits = [[self._row(one, due) for one in given] for due in needed]
        pairs = best_matching([[sum(each) for each in row] for row in hits])
        return [hits[due][one] for due, one in pairs]

    def _row(self, given: Sequence[Cell], needed: Sequence[Cell]) -> list[bool]:
        return [self._same(one, due) for one, due in zip(given, needed, strict=True)]

    def _same(self, given: Cell, needed: Cell) -> bool:
        if given[0] == needed[0]:
            return True
        return given[1] is not None and needed[1] is not None and self._agreement.holds(given[1], needed[1])


def _cells(grid: Grid, names: Sequence[str], mark: DecimalMark) -> list[tuple[Cell, ...]]:
    places = [grid.columns.index(name) for name in names]
    return [tuple(_cell(row[place], mark) for place in places) for row in grid.rows]


def _cell(text: str, mark: DecimalMark) -> Cell:
    """The normalised text of a cell, and its quantity if it is nothing else."""
    plain = normalised(text)
    found = quantities(text, mark) if len(text) <= 60 else ()
    alone = len(found) == 1 and not any(c.isalnum() for c in text[: found[0].begin] + text[found[0].end :])
    return "" if plain in NO_VALUE else plain, found[0] if alone else None


def _key(row: Sequence[Cell]) -> tuple[object, ...]:
    return tuple(text for text, _ in row)


def _reason(given: Grid, needed: Grid, right: Counter[str]) -> str:
    missing = [name for name in needed.columns if name not in given.columns]
    added = [name for name in given.columns if name not in needed.columns]
    faults = [f"the column {quoted(name)} is missing" for name in missing[:3]]
    faults += [f"the column {quoted(name)} is not in the reference" for name in added[:3]]
    if len(given.rows) != len(needed.rows):
        faults.append(f"it has {len(given.rows)} rows, {len(needed.rows)} are needed")
    faults += [
        f"{right[name]} of {len(needed.rows)} cells of {quoted(name)} are right"
        for name in needed.columns
        if name not in missing and right[name] < len(needed.rows)
    ][:5]
    return "; ".join(faults)
