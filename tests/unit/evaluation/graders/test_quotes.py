"""`quotes` on known answers from a given text, and on hostile ones."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.core.conversation import Prompt
from distillery.core.errors import BadRequest
from distillery.core.judging import GraderKind, GraderSpec
from distillery.evaluation.graders.quotes import Quotes
from distillery.evaluation.graders.registry import build
from tests.unit.evaluation.graders.given import HOSTILE, LONG, TEXTS
from tests.unit.evaluation.graders.work import work

CONTEXT = """Returns. You may return shoes within 38 days of delivery. Sandals may not be returned.
Repairs take 2 days, in December 5 days, and cost €12.50. Express delivery costs €4.
Sales were $1,496.5 million in 2019 and $1,202.9 million in 2018, of which 12 % came from Asia.
退货期限为38天。返品は３８日以内です。"""
PROMPT = Prompt(system="Answer from the text.", messages=(("user", f"{CONTEXT}\n\nHow long?"),), reference=None)
DAYS = "You have 38 days."


def score(answer: str, reference: str = DAYS, grader: Quotes | None = None) -> Fraction:
    return (grader or Quotes()).grade(answer, reference, PROMPT).score


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (DAYS, DAYS),
        ("38 days", DAYS),
        ("Shoes can be returned for thirty-eight, that is 38, days.", DAYS),
        ('"You may return shoes within 38 days of delivery."', DAYS),
        ("> You may return shoes within 38 days of delivery.\n\nSo you have 38 days.", DAYS),
        ("You have 38 days [1].", DAYS),
        ("1. You have 38 days.\n2. They begin with the delivery.", DAYS),
        ("“return shoes … of delivery”: 38 days", DAYS),
        ("３８ days", DAYS),
        ("٣٨ days", DAYS),
        ("您有38天。“退货期限为38天”", DAYS),
        ("「返品は３８日以内です」。38日です。", "３８日"),
        ("12.50 + 4 = 16.50 €", "€16.50"),
        ("€12.50 + €4 = €16.5", "16.50"),
        ("16.50 €", "16.50 €, since 12.50 + 4 = 16.50"),
        ("1,496.5 - 1,202.9 = 293.6 million", "293.6 million"),
        ("0.12, so 12 percent", "12 %"),
        ("Die Frist ist 38 Tage.", DAYS),
        ('It says "Sandals may not be returned".', '"Sandals may not be returned."'),
        ("The text doesn't say.", "That is not stated: the text does not say so."),
        ("Sandals and boots", "sandals and boots"),
    ],
)
def test_supported_and_complete_answers_are_right(answer: str, reference: str) -> None:
    grader = Quotes(evasive=(*Quotes().evasive, "doesn't say"))
    grade = grader.grade(answer, reference, PROMPT)
    assert grade.score == 1, grade.reason
    assert not grade.reason


@pytest.mark.parametrize(
    ("answer", "reference", "reason"),
    [
        ("You have 2 days.", DAYS, "the figure 38 days is missing"),
        ("You have 5 days.", DAYS, "the figure 38 days is missing"),
        ('You have 2 days: "within 38 days of delivery".', DAYS, "the figure 38 days is missing"),
        ("You have 40 days.", DAYS, "does not contain '40 days'"),
        ("You have 38 hours.", DAYS, "does not contain '38 hours'"),
        ("You have 38 or 5 days.", DAYS, "several figures"),
        ("You do not have 38 days.", DAYS, "negates"),
        ("", DAYS, "empty"),
        (" …\n!", DAYS, "empty"),
        ("I don't know.", DAYS, "evades"),
        ("我不知道，38天", DAYS, "evades"),
        ("لا أعرف", DAYS, "evades"),
        ("38 days", "The text does not say.", "is not known"),
        ('"You may return boots within 38 days": 38 days', DAYS, "return boots within 38 days"),
        ("„Sie haben 38 Tage“: 38 days", DAYS, "Sie haben 38 Tage"),
        ("「返品は４０日以内です」38 days", DAYS, "返品は40日以内です"),
        ("16.60 €, since 12.50 + 4 = 16.60", "16.50", "16.60"),
        ("12.50 + 5.50 = 18", "16.50", "5.50"),
        ("-$1,496.5 million", "$1,496.5 million", "figure $1,496.5 million is missing"),
        ("$1,496.5 billion", "$1,496.5 million", "$1,496.5 billion"),
        (CONTEXT * 5, DAYS, "words, and at most 100"),
        ("of" * 60_000, DAYS, "figure 38 days is missing"),
    ],
)
def test_wrong_answers_say_what_is_unsupported_or_missing(answer: str, reference: str, reason: str) -> None:
    grade = Quotes().grade(answer, reference, PROMPT)
    assert grade.score == 0
    assert reason in grade.reason


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("2 days", "2 days, in December 5 days", Fraction(1, 2)),
        ("2 days for €4", "2 days", Fraction(1)),
        ("It takes 2 days. In December it takes 5 days", "2 days", Fraction(1, 2)),
        ("sandals", "sandals and shoes", Fraction(1, 3)),
        ('2 days: "Repairs"', '2 days: "Repairs take 2 days"', Fraction(7, 8)),
    ],
)
def test_what_is_missing_costs_its_share(answer: str, reference: str, expected: Fraction) -> None:
    assert score(answer, reference) == expected


def test_without_a_reference_the_support_counts() -> None:
    assert score('"within 38 days of delivery"', "") == 1
    assert score("38 days", "") == 0
    assert score('"within 39 days of delivery"', "") == 0
    assert score("I don't know", "") == 0


def test_parts_say_what_was_supported() -> None:
    grade = Quotes().grade('"Repairs take 2 days", "or never": 7 days or 38 days', DAYS, PROMPT)
    assert grade.parts == {"quotations": Fraction(1, 2), "figures": Fraction(2, 3)}


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        (DAYS, ""),
        ("", ""),
        ("I do not know", ""),
        ("You have 99 days", "has figures that the prompt does not contain"),
        ("2 + 5 = 7 days", ""),
        ('"It is so"', "quotes what the prompt does not contain"),
    ],
)
def test_references_without_support_are_found(reference: str, why: str) -> None:
    assert Quotes().misfit(reference, PROMPT) == why


@pytest.mark.parametrize("options", [{"longest": 0}, {"evasive": (" ",)}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadRequest, match="of the grader quotes"):
        Quotes(**options)  # type: ignore[arg-type]


PIECES = st.sampled_from(
    [*'0123456789.,=+-/*"“”«»「」> \n', "38 days", "not", "[1]", " = ", "I don't know", "1. ", "½", "\ud800"]
)
ANSWERS = st.one_of(TEXTS, st.lists(PIECES, max_size=20).map("".join))


@given(ANSWERS, ANSWERS, ANSWERS)
def test_any_text_is_graded(answer: str, reference: str, context: str) -> None:
    prompt = Prompt(system=None, messages=(("user", context),), reference=None)
    grade = Quotes().grade(answer, reference, prompt)
    assert 0 <= grade.score <= 1
    assert bool(grade.reason) == (grade.score < 1)
    assert grade == Quotes().grade(answer, reference, prompt)
    if reference.strip():
        assert Quotes().grade(reference, reference, prompt).score == 1
    assert isinstance(Quotes().misfit(reference, prompt), str)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_another_figure_of_the_context_is_wrong(right: int, wrong: int) -> None:
    prompt = Prompt(system=None, messages=(("user", f"Shoes: {right} days. Sandals: {wrong} days."),), reference=None)
    assert Quotes().grade(f"It is {wrong} days.", f"{right} days", prompt).score == (right == wrong)


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [*HOSTILE, '"a" ' * 25_000, "“" * 100_000, "1 + " * 25_000, "1=" * 50_000], ids=lambda t: ascii(t[:6])
)
def test_hostile_texts_take_bounded_work(text: str) -> None:
    text = text[:LONG]
    prompt = Prompt(system=None, messages=(("user", text),), reference=None)
    assert work(lambda: Quotes().grade(text, "38 days", PROMPT)) < 500 * LONG
    assert work(lambda: Quotes().grade("38 days", "39 days", prompt)) < 500 * LONG


def test_a_recipe_builds_it_with_its_options() -> None:
    grader = build([GraderSpec(kind=GraderKind.QUOTES, options={"evasive": ["pass"], "longest": 2})])
    assert grader.grade("I pass", DAYS, PROMPT).reason == "the answer evades the question"
    assert grader.grade(DAYS, DAYS, PROMPT).score == 1
