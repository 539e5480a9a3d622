"""`table` on known answers, on hostile ones, and its matching against scipy's."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.evaluation.graders.assignment import best_matching
from distillery.evaluation.graders.quantity import DecimalMark
from distillery.evaluation.graders.registry import build
from distillery.evaluation.graders.table import TableGrader
from tests.unit.evaluation.graders.given import HOSTILE, PROMPT, TEXTS
from tests.unit.evaluation.graders.work import work

REFERENCE = 'Year,Net sales,Region\n2019,"1,496.5",US\n2018,"1,202.9",EU\n'
RIGHT = [
    REFERENCE,
    '[{"year": 2019, "net_sales": 1496.5, "region": "us"}, {"year": 2018, "net_sales": 1202.90, "region": "EU"}]',
    '```json\n{"rows": [{"Region": "EU", "Year": "2018", "Net sales": "$1,202.9"}, {"Region": "US", "Year": "2019", '
    '"Net sales": "$1,496.5"}]}\n```',
    "| Region | Year | Net Sales |\n|---|:-:|---|\n| EU | 2018 | 1202.9 |\n| US | 2019 | 1,496.5 |",
    "Here it is:\n\n"
    "| Year | Net sales | Region |\n| --- | --- | --- |\n| 2018 | **1,202.9** | EU |\n| 2019 | 1496.5 | US |\n\nDone.",
    "Year;Net sales;Region\n2019;1.496,5;US\n2018;1 202,9;EU",
    "Year\tNet sales\tRegion\n２０１９\t１，４９６．５\tＵＳ\n2018\t1202.9\tEU",
    "Year,Net sales,Region\n٢٠١٩,١٤٩٦٫٥,US\n2018,1202.9,EU",
]


@pytest.mark.parametrize("answer", RIGHT)
def test_the_same_table_in_any_form_is_right(answer: str) -> None:
    grade = TableGrader().grade(answer, REFERENCE, PROMPT)
    assert grade.score == 1
    assert not grade.reason
    assert set(grade.parts.values()) <= {Fraction(1)}


@pytest.mark.parametrize(
    ("answer", "score", "reason"),
    [
        ('Year,Net sales,Region\n2019,"1,496.5",US\n', Fraction(2, 3), "1 rows, 2 are needed"),
        (REFERENCE + "2017,1,UK\n", Fraction(12, 15), "3 rows, 2 are needed"),
        (REFERENCE + '2018,"1,202.9",EU\n', Fraction(12, 15), "3 rows, 2"),
        ('Year,Net sales\n2019,"1,496.5"\n2018,"1,202.9"\n', Fraction(8, 10), "'region' is missing"),
        ("Year,Net sales,Region,Note\n2019,1496.5,US,x\n2018,1202.9,EU,y\n", Fraction(12, 14), "'note' is not in"),
        ("Year,Net sales,Region\n2019,1202.9,US\n2018,1496.5,EU\n", Fraction(4, 6), "0 of 2 cells of 'net sales'"),
        ("Year,Net sales,Region\n2019,-1496.5,US\n2018,1202.9,EU\n", Fraction(5, 6), "1 of 2 cells of 'net sales'"),
        ("Year,Net sales,Region\n2019,1496.5 thousand,US\n2018,1202.9,EU\n", Fraction(5, 6), "1 of 2"),
        ("Year,Year\n2019,2018", Fraction(0), "same name"),
        ("", Fraction(0), "empty"),
        ("I cannot answer.", Fraction(0), "no row below a header"),
        ('[{"year": NaN}]', Fraction(0), "NaN is no number"),
        ('[{"year": 1, "year": 2}]', Fraction(0), "a key twice"),
        ("[1, 2]", Fraction(0), "not a list of objects"),
        ("[{", Fraction(0), "not JSON"),
        ("```\na,b\n1,2\n```\n```\na,b\n1,2\n```", Fraction(0), "several code blocks"),
        ("a,b\n1,2,3", Fraction(0), "row 1 has 3 cells"),
        ("a,b\n" + "1,2\n" * 20_000, Fraction(0), "20,000 cells"),
    ],
)
def test_what_differs_costs_its_cells(answer: str, score: Fraction, reason: str) -> None:
    grade = TableGrader().grade(answer, REFERENCE, PROMPT)
    assert grade.score == score
    assert reason in grade.reason


def test_options_change_what_is_right() -> None:
    def score(answer: str, **options: object) -> Fraction:
        return TableGrader(**options).grade(answer, REFERENCE, PROMPT).score  # type: ignore[arg-type]

    other = "Year,Revenue,Region\n2018,1203,EU\n2019,1496,US\n"
    assert score(other) == Fraction(4, 6)
    assert score(other, columns={"revenue": "Net sales"}) == Fraction(4, 6)
    assert score(other, columns={"revenue": "Net sales"}, tolerance=Decimal(1)) == 1
    assert score(other, columns={"revenue": "Net sales"}, relative=Decimal("0.001")) == 1
    assert score(other, columns={"revenue": "Net sales"}, tolerance=Decimal(1), ordered=True) == 0
    assert TableGrader(decimal_mark=DecimalMark.COMMA).grade("a;b\n1.234;x", "a;b\n1234;x", PROMPT).score == 1
    assert TableGrader(bare=False).grade("a;b\n5;x", "a;b\n5 million;x", PROMPT).score == Fraction(1, 2)


def test_rows_that_differ_are_matched_as_well_as_they_can_be() -> None:
    """Taking the first fitting row for each would find four cells, not five."""
    needed, given = "a,b,c\n1,2,3\n1,2,4", "a,b,c\n1,2,4\n1,9,3"
    assert TableGrader().grade(given, needed, PROMPT).score == Fraction(5, 6)


@pytest.mark.parametrize(
    ("reference", "why"), [(REFERENCE, ""), ("18", "is not a table: it has no row below a header")]
)
def test_references_that_are_no_table_are_found(reference: str, why: str) -> None:
    assert TableGrader().misfit(reference, PROMPT) == why


def test_options_that_make_no_sense_are_refused() -> None:
    with pytest.raises(BadRequest, match="relative of the grader table is 2; it must be a number from 0 to 1"):
        TableGrader(relative=Decimal(2))


@given(st.integers(1, 12), st.integers(1, 12), st.randoms(use_true_random=False))
def test_the_matching_is_the_best(height: int, width: int, random: object) -> None:
    similarity = [[random.randrange(6) for _ in range(width)] for _ in range(height)]  # type: ignore[attr-defined]
    pairs = best_matching(similarity)
    rows, columns = linear_sum_assignment(np.array(similarity), maximize=True)
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == min(height, width)
    assert sum(similarity[row][column] for row, column in pairs) == np.array(similarity)[rows, columns].sum()


CELL = st.sampled_from(["1", "2", "1,000", "x", "-", "½", "US", "(5)", "٣", "12 %"])


@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6),
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6),
)
def test_scores_are_symmetric_and_free_of_order(one: list[tuple[str, ...]], other: list[tuple[str, ...]]) -> None:
    def text(rows: list[tuple[str, ...]]) -> str:
        return "a;b;c\n" + "\n".join(";".join(row) for row in rows)

    score = TableGrader().grade(text(one), text(other), PROMPT).score
    assert 0 <= score <= 1
    assert score == TableGrader().grade(text(other), text(one), PROMPT).score
    assert score == TableGrader().grade(text(one[::-1]), text(other), PROMPT).score
    assert TableGrader().grade(text(one[::-1]), text(one), PROMPT).score == 1


@given(TEXTS, TEXTS)
def test_any_text_is_graded(answer: str, reference: str) -> None:
    for text in (answer, "a,b\n" + answer, "|a|b|\n|-|-|\n" + answer, "[" + answer):
        grade = TableGrader().grade(text, reference, PROMPT)
        assert 0 <= grade.score <= 1
        assert grade == TableGrader().grade(text, reference, PROMPT)
        assert TableGrader().grade(text, text, PROMPT).score == 1


BIG = [
    "a,b\n" + "1,2\n3,4\n" * 4_999,
    "|" * 100_000,
    "|a|\n|-|\n" + "|1|\n" * 19_000,
    '[{"a":1},' * 10_000,
    "a\n" + "1.5\n" * 19_000,
]


@pytest.mark.slow
@pytest.mark.parametrize("answer", [*HOSTILE, *BIG], ids=lambda answer: ascii(answer[:6]))
def test_hostile_answers_take_bounded_work(answer: str) -> None:
    other = "a,b\n" + "\n".join(f"{number},{number + 1}" for number in range(400))
    assert work(lambda: TableGrader().grade(answer, other, PROMPT)) < 5_000_000
    assert TableGrader().grade(answer, answer, PROMPT).score == 1


def test_large_tables_that_differ_everywhere_take_bounded_work() -> None:
    one = "a,b,c\n" + "\n".join(f"{number},{number % 7},x{number % 11}" for number in range(250))
    other = "a,b,c\n" + "\n".join(f"{number + 1000},{number % 5},x{number % 13}" for number in range(250))
    assert work(lambda: TableGrader().grade(one, other, PROMPT)) < 5_000_000


def test_a_recipe_builds_it_with_its_options() -> None:
    options = {"columns": {"revenue": "net sales"}, "relative": "0.01", "decimal_mark": "comma"}
    grader = build([GraderSpec(kind=GraderKind.TABLE, options=options)])
    assert grader.grade("Revenue;a\n1.234;x", "Net sales;a\n1240;x", PROMPT).score == 1
