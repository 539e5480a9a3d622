"""`number` on known answers, on hostile ones, and on what four real models answered."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.evaluation.graders.number import Number, Order, Take
from distillery.evaluation.graders.quantity import DecimalMark, quantities
from distillery.evaluation.graders.registry import build
from tests.data_sets import GSM8K
from tests.unit.evaluation.graders.given import HOSTILE, LONG, PROMPT
from tests.unit.evaluation.graders.work import work

SOLUTIONS = GSM8K / "model_solutions.jsonl"
MODELS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def right(answer: str, reference: str, grader: Number | None = None) -> bool:
    return (grader or Number()).grade(answer, reference, PROMPT).score == 1


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("18", "18"),
        ("She has 9 eggs left and sells each for $2, so she makes $18.", "18"),
        ("9 * 2 = <<9*2=18>>18\nA: 18", "Half of it.\nA: 18"),
        ("**Answer:** $18.00", "18"),
        ("The answer is \\boxed{18}. There were 9 eggs.", "18"),
        ("Answer:\n18 (since 9 * 2)", "18"),
        ("A: 9 * 2 = 18", "18"),
        ("１８", "18"),
        ("١٨", "18"),
        ("答案：一共１８個", "18"),
        ("一共18元", "18"),
        ("कुल १८ रुपये", "18"),
        ("1.234,56", "1234.56"),
        ("1 234,56 €", "1,234.56"),
        ("1\u202f234,56", "1234.56"),
        ("١٬٢٣٤٫٥٦", "1,234.56"),
        ("1'234.56", "1234.56"),
        ("12,34,567", "1234567"),
        ("(1,234)", "-1234"),
        ("$(0.4) million", "(0.4) million"),
        ("−12.6 million", "-12.6 million"),
        ("a decrease of 12.6 million", "-12.6 million"),
        ("12 %", "12 percent"),
        ("0.12", "12%"),
        ("١٢٪", "12 per cent"),
        ("½", "0.5"),
        ("2½", "5/2"),
        ("3 1/2", "3.5"),
        ("1.5e3", "1500"),
        ("$1.4965 billion", "$1,496.5 million"),
        ("$1,496,500,000", "$1,496.5 million"),
        ("12万元", "120000"),
        ("1,5 Mio. €", "€1.5 million"),
        ("5 тыс. руб.", "5000"),
        ("2 hours", "120 minutes"),
        ("three", "3"),
        ("Sales were $1,496.5 million in 2019.", "$1,496.5 million"),
        ("$18 (18 dollars)", "18"),
        ("254,924 and 239,310 thousand", "254,924; 239,310 thousand"),
        ("In 2019 it was 254,924, and in 2018 239,310.", "254,924; 239,310"),
        ("2018; 2019", "2019; 2018"),
        ("Goodwill; trademarks.", "trademarks; goodwill"),
        ("-19.9286 %", "-19.93 percent"),
        ("the United Kingdom.", "The United Kingdom"),
    ],
)
def test_right_answers(answer: str, reference: str) -> None:
    assert right(answer, reference)


@pytest.mark.parametrize(
    ("answer", "reference", "reason"),
    [
        ("", "18", "empty"),
        ("no idea", "18", "no number"),
        ("18 or 20", "18", "2 numbers"),
        ("20, 18", "18", "2 numbers"),
        ("It is 20 eggs, or maybe 18", "18", "2 numbers"),
        ("17\n18\n19", "18", "3 numbers"),
        ("A: 18\nA: 20", "18", "several different"),
        ("15–18", "18", "2 numbers"),
        ("20 oder 18", "18", "2 numbers"),
        ("20或18", "18", "2 numbers"),
        ("The answer is not 18", "18", "is '18'"),
        ("18 thousand", "18", "18 thousand"),
        ("18%", "18", "18%"),
        ("1,496.5", "$1,496.5 million", "1,496.5"),
        ("€18", "$18", "€18"),
        ("18 hours", "18 days", "18 hours"),
        ("-18", "18", "-18"),
        ("(18)", "18", "(18)"),
        ("18.4", "18", "18.4"),
        ("2018", "2019", "2018"),
        ("20 percent", "19.93 percent", "20 percent"),
        ("254,924", "254,924; 239,310", "1 numbers, 2"),
        ("239,310; 254,924", "254,924; 239,310", "2 of 2"),
        ("254,924; 239,310; 1", "254,924; 239,310", "3 numbers, 2"),
        ("goodwill", "trademarks; goodwill", "lacks 'trademarks'"),
        ("goodwill; trademarks; cash", "trademarks; goodwill", "adds 'cash'"),
        ("version 18.0.1", "18", "no number"),
        ("Q18", "18", "no number"),
        ("9" * 5000, "18", "no number"),
        ("18 " * 3000, "18", "numbers or more"),
        ("\ud800\x00１", "18", "is '1'"),
        ("1e99", "18", "1e99"),
        ("18/0", "180", "18"),
    ],
)
def test_wrong_answers(answer: str, reference: str, reason: str) -> None:
    grade = Number().grade(answer, reference, PROMPT)
    assert grade.score == 0
    assert reason in grade.reason


def test_options_change_what_is_right() -> None:
    assert right("18 = 9 * 2", "18", Number(take=Take.FIRST))
    assert not right("18 = 9 * 2", "18")
    assert right("19.9 percent", "19.93 percent", Number(relative=Decimal("0.002")))
    assert not right("2018", "2019", Number(relative=Decimal("0.5")))
    assert right("19.9 percent", "19.93 percent", Number(tolerance=Decimal("0.03")))
    assert not right("19.8 percent", "19.93 percent", Number(tolerance=Decimal("0.03")))
    assert right("19.9 percent", "19.93 percent", Number(significant_digits=3))
    assert not right("20 percent", "19.93 percent", Number(significant_digits=3))
    assert not right("19.8 percent", "19.93 percent", Number(significant_digits=3))
    assert not right("2018", "2019", Number(significant_digits=3))
    assert right("$1.5 billion", "$1,496.5 million", Number(significant_digits=2))
    assert right("1.234", "1234", Number(decimal_mark=DecimalMark.COMMA))
    assert right("1,234", "1.234", Number(decimal_mark=DecimalMark.COMMA)) is False
    assert right("1,234", "1,234.0", Number(decimal_mark=DecimalMark.POINT))
    assert right("1,496.5", "$1,496.5 million", Number(bare=True))
    assert right("2; 1", "1; 2", Number(order=Order.ANY))
    assert right("=> 18. Or was it 20?", "18", Number(marks=("=>",)))


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("$1,496.5 million (2018: $1,202.9 million)", "$1,496.5 million", True),
        ("$1,496.5 million, up from $1,202.9 million in 2018", "$1,496.5 million", True),
        ("$1,496.5 million or $1,202.9 million", "$1,496.5 million", False),
        ("The change is -12.6 million (44.1 - 56.7)", "-12.6 million", True),
        ("44.1 - 56.7 = -12.6 million", "-12.6 million", True),
        ("-12.6 million = 44.1 - 56.7", "-12.6 million", True),
        ("12.6 million decrease", "-12.6 million", True),
        ("minus 12.6 million", "-12.6 million", True),
        ("2019 ($1,496.5 million)", "2019", True),
        ("3 years: 2017, 2018 and 2019", "3", True),
        ("Answer: 18 (or 20 if she sells more)", "18", False),
        ("Answer: 12 \\%", "12 percent", True),
    ],
)
def test_the_first_number_counts_where_the_answer_comes_first(answer: str, reference: str, expected: bool) -> None:
    grader = build([GraderSpec(kind=GraderKind.NUMBER, options={"take": "first", "significant_digits": 3})])
    assert (grader.grade(answer, reference, PROMPT).score == 1) is expected


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("18", ""),
        ("$1,496.5 million", ""),
        ("1; 2 thousand", ""),
        ("9*2=18\nA: 18", ""),
        ("trademarks", "has no number"),
        ("from 18 to 20 days", "has several numbers and marks none"),
    ],
)
def test_what_cannot_be_judged_as_a_number_is_said(reference: str, why: str) -> None:
    assert Number().misfit(reference, PROMPT) == why


@pytest.mark.parametrize("options", [{"tolerance": "-1"}, {"relative": "2"}, {"tolerance": "NaN"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(BadRequest, match="must be a number from 0"):
        Number(**{name: Decimal(value) for name, value in options.items()})  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match="from 0 to 30"):
        Number(significant_digits=-1)
    with pytest.raises(BadRequest, match="blank"):
        Number(marks=(" ",))


PIECES = st.sampled_from(
    [*"0123456789.,;-()%$€/=*:'\n ٣３½−", "A:", "####", " or ", "million", "\ud800", "1,234", "2019"]
)
ANSWERS = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=30).map("".join))


@given(ANSWERS, ANSWERS)
def test_grades_are_0_or_1_and_deterministic(answer: str, reference: str) -> None:
    for grader in (Number(), Number(take=Take.FIRST, relative=Decimal("0.1"), bare=True)):
        grade = grader.grade(answer, reference, PROMPT)
        assert grade.score in (0, 1)
        assert grade == grader.grade(answer, reference, PROMPT)
        assert bool(grade.reason) == (grade.score == 0)
        assert grader.grade(reference, reference, PROMPT).score == 1


@given(
    st.decimals(-(10**9), 10**9, places=2, allow_nan=False),
    st.sampled_from([",", "", "\u00a0", "'"]),
    st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९"]),
)
def test_a_number_is_read_however_it_is_written(value: Decimal, separator: str, digits: str) -> None:
    text = f"{value:,}".replace(",", separator).translate(dict(zip(map(ord, "0123456789"), digits, strict=True)))
    assert [each.value for each in quantities(text)] == [Fraction(value)]
    assert right(text, str(value))
    assert not right(text, str(value + 1))


REPEATED = [
    "1",
    "1 ",
    "1,",
    "1,234,",
    " 123",
    "(",
    "(5)",
    "A:",
    "A: 1 ",
    "A: 1\n",
    "or ",
    "5 or ",
    "= 5",
    "5三三三三",
    "1/2 ",
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "answer", [*HOSTILE, *(piece * (LONG // len(piece)) for piece in REPEATED)], ids=lambda a: ascii(a[:6])
)
def test_hostile_answers_are_wrong_and_take_bounded_work(answer: str) -> None:
    answer = answer[:LONG]
    assert work(lambda: Number().grade(answer, "18; 2 thousand", PROMPT)) < 80 * LONG
    assert Number().grade(answer, answer, PROMPT).score == 1
    assert not right(answer, "18; 2 thousand")


@pytest.mark.skipif(
    not SOLUTIONS.exists(), reason="GSM8K's answers are not here: name their folder in DISTILLERY_GSM8K"
)
def test_real_answers_are_graded_as_they_were_marked() -> None:
    """2,640 answers of four models. None differs: there is nothing to explain, also without marked answers."""
    differ, count = [], 0
    grader = Number()
    for line in SOLUTIONS.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)
        assert grader.misfit(question["ground_truth"], PROMPT) == ""
        for model in MODELS:
            answer = question[model]
            count += 1
            if right(answer["solution"], question["ground_truth"], grader) != answer["is_correct"]:
                differ.append((model, question["question"], answer["solution"][-80:]))
    assert (count, differ) == (2_640, [])
