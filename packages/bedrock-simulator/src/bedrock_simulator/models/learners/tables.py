"""The student of numbers from a table in the prompt: it selects cells, and computes with them.

Rows and columns are those whose names the question mentions. What is computed (a cell, the sum of a column, a change in
percent, …) is learnt: the calculations that reproduce a training answer are the classes of a classifier of questions.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bedrock_simulator.models import text
from bedrock_simulator.models.learners import labels, passages
from bedrock_simulator.models.learners.labels import Pairs

_NUMBER = re.compile(r"[-−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-−]?\d+(?:\.\d+)?")
_RULE = re.compile(r"[\s|:+-]*")
_SLOT = "\x01"
_LONGEST = 20  # characters of a number; more are an identifier


@dataclass(frozen=True, slots=True)
class Table:
    """The first table of a prompt: names of its columns, without that of the rows; each row's name and numbers."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class _Selected:
    """What a question selects: the numbers of the best row, of the best column, and where they meet."""

    cell: float | None
    later: Sequence[float]
    row: Sequence[float]
    column: Sequence[float]


_CALCULATIONS: Mapping[str, Callable[[_Selected], float | None]] = {
    "cell": lambda it: it.cell,
    "change": lambda it: it.later[-1] - it.later[0],
    "change back": lambda it: it.later[0] - it.later[-1],
    "percent": lambda it: (it.later[-1] - it.later[0]) / it.later[0] * 100,
    "percent back": lambda it: (it.later[0] - it.later[-1]) / it.later[-1] * 100,
    "total of column": lambda it: sum(it.column),
    "mean of column": lambda it: sum(it.column) / len(it.column),
    "most of column": lambda it: max(it.column),
    "least of column": lambda it: min(it.column),
    "total of row": lambda it: sum(it.row),
    "mean of row": lambda it: sum(it.row) / len(it.row),
    "share of column": lambda it: None if it.cell is None else it.cell / sum(it.column) * 100,
}


class Calculator:
    """Answers with a number."""

    def __init__(self, pairs: Pairs) -> None:
        found = [(question, answer, how) for question, answer in pairs for how in explanations(question, answer)[:1]]
        self._how = labels.classify([(passages.read(question).question, how) for question, _, how in found])
        self._grouped = "," if any(re.search(r"\d,\d{3}", answer) for _, answer, _ in found) else ""
        self._forms: dict[str, str] = {}
        self._decimals: dict[str, int] = {}
        for how in {each for *_, each in found}:
            written = [answer for _, answer, each in found if each == how]
            self._forms[how] = Counter(_NUMBER.sub(_SLOT, answer, count=1) for answer in written).most_common(1)[0][0]
            self._decimals[how] = max(_decimals(answer) for answer in written)

    def answer(self, question: str) -> str:
        """Returns the answer; `n/a` if the prompt's table has none."""
        how = self._how.answer(passages.read(question).question)
        value = _calculate(how, select(question))
        if value is None:
            return "n/a"
        decimals = 0 if how == "cell" and value == int(value) else self._decimals[how]
        shown = f"{value:{self._grouped}.{decimals}f}"
        return self._forms[how].replace(_SLOT, shown)


def explanations(question: str, answer: str) -> list[str]:
    """The calculations that give an answer's number, the simplest first."""
    given = _NUMBER.findall(answer)
    if len(given) != 1:
        return []
    wanted, selected = _value(given[0]), select(question)
    tolerance = 0.51 * 10 ** -_decimals(answer)
    values = ((how, _calculate(how, selected)) for how in _CALCULATIONS)
    return [
        how for how, value in values if value is not None and wanted is not None and abs(value - wanted) < tolerance
    ]


def _calculate(how: str, selected: _Selected | None) -> float | None:
    if selected is None:
        return None
    try:
        return _CALCULATIONS[how](selected)
    except (ArithmeticError, IndexError, ValueError):
        return None


def select(question: str) -> _Selected | None:
    """Returns what a question selects of the table in its prompt, None where there is no table."""
    table = read(question)
    if table is None:
        return None
    asked = text.stems(passages.read(question).question)
    row = max(table.rows, key=lambda each: text.overlap(asked, each[0]))
    likely = [text.overlap(asked, name) for name in table.columns]
    best = max(range(len(table.columns)), key=lambda at: likely[at])
    named = [row[1][at] for at, share in enumerate(likely) if share == likely[best]]
    column = [numbers[best] for _, numbers in table.rows]
    return _Selected(row[1][best], _known(named), _known(row[1]), _known(column))


def read(prompt: str) -> Table | None:
    """Reads the first table: lines of cells between `|`, tabs or semicolons, the first of which names the columns."""
    lines = [cells for line in prompt.splitlines() if len(cells := _cells(line)) > 1]
    if len(lines) < 2:
        return None
    width = len(lines[0])
    body = [cells for cells in lines[1:] if len(cells) == width]
    rows = tuple((cells[0], tuple(map(_value, cells[1:]))) for cells in body)
    return Table(tuple(lines[0][1:]), rows) if any(_known(numbers) for _, numbers in rows) else None


def _cells(line: str) -> list[str]:
    if _RULE.fullmatch(line):
        return []
    for mark in ("|", "\t", ";"):
        if line.count(mark) > 1 or (mark == "\t" and mark in line):
            return [cell.strip() for cell in line.strip().strip(mark if mark == "|" else "").split(mark)]
    return []


def _value(cell: str) -> float | None:
    found = _NUMBER.search(cell)
    if found is None or len(found[0]) > _LONGEST:
        return None
    number = float(found[0].replace(",", "").replace("−", "-"))
    return -number if re.fullmatch(r"\W*\([^)]*\)\W*", cell) and number > 0 else number


def _decimals(answer: str) -> int:
    found = _NUMBER.search(answer)
    return len(found[0].partition(".")[2]) if found else 0


def _known(numbers: Sequence[float | None]) -> list[float]:
    return [each for each in numbers if each is not None]
