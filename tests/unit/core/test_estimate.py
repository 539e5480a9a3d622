"""The cost of a run before it starts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.budget import check_budget
from distillery.core.errors import BadRequest, OverBudget
from distillery.core.estimate import CANDIDATE_HOURS, DatasetSize, Estimate, estimate
from distillery.core.hosting_mode import HostingMode
from distillery.core.judging import GraderKind, GraderSpec
from distillery.core.recipe import Recipe
from tests.fakes.pipeline import provisioned, recipe

TODAY = date(2026, 11, 23)
SIZE = DatasetSize(prompts=1000, heldout=200, tokens=120_000)  # 100 tokens each


def estimated(of: Any, region: str = "us-east-1", on: date = TODAY) -> Estimate:
    return estimate(of, SIZE, region=region, on=on)


def test_an_estimate_is_the_sum_of_its_lines_by_the_catalogs_prices() -> None:
    lines = estimated(recipe(max_answer_tokens=50)).lines
    assert [line.usd for line in lines] == [
        Decimal("0.24"),  # 1000 x (100 x 0.80 + 50 x 3.20) / 1,000,000
        Decimal("0.15"),  # 1000 x 150 x 1.00 / 1,000,000
        Decimal("0.06"),  # 200 x (240 + 10.5 + 10.5) / 1,000,000, rounded up
        Decimal("1.95"),
    ]
    assert estimated(recipe(max_answer_tokens=50)).total_usd == Decimal("2.40")


def test_every_line_names_the_date_and_source_of_its_price_and_what_is_unverified() -> None:
    result = estimated(recipe())
    assert all("202" in line.basis for line in result.lines)
    assert "UNVERIFIED" in result.lines[1].basis
    assert result.prices_as_of == date(2026, 7, 28)  # the oldest price: storage


def test_the_synthesis_line_tells_what_bedrock_may_add() -> None:
    assert "up to 15000 pairs" in estimated(recipe()).lines[0].basis


def test_synthesized_data_counts_in_the_maximum_cost_not_in_the_total() -> None:
    result = estimated(recipe(max_answer_tokens=50))
    # 15000 x (100 x 0.80 + 50 x 3.20) / 1,000,000 + 15000 x 150 x 1.00 / 1,000,000, evaluation and storage as before
    assert result.at_most_usd == Decimal("3.60") + Decimal("2.25") + Decimal("0.06") + Decimal("1.95")
    many = estimate(recipe(), DatasetSize(prompts=15_000, heldout=200, tokens=1_520_000), region="us-east-1", on=TODAY)
    assert many.at_most_usd == many.total_usd


def test_tokens_go_in_and_come_out_of_the_teacher_and_of_the_evaluation() -> None:
    result = estimated(recipe(max_answer_tokens=50))
    assert (result.tokens_in, result.tokens_out) == (100 * (1000 + 3 * 200), 50 * (1000 + 3 * 200))


@pytest.mark.parametrize(
    ("of", "hour"), [(recipe(), Decimal(0)), (provisioned(), Decimal(20))], ids=["on demand", "provisioned"]
)
def test_what_goes_on_afterwards_is_reported_by_the_hour_and_by_the_month(of: Recipe, hour: Decimal) -> None:
    live, storage = estimated(of).afterwards
    assert (live.what, live.usd) == ("live endpoint, an hour", hour)
    assert (storage.what, storage.usd) == ("model storage, a month", Decimal("1.95"))


def test_contenders_are_compared_by_the_price_of_a_thousand_answers() -> None:
    of = recipe(max_answer_tokens=50, contenders=("anthropic.claude-haiku-5-5",))
    told = {answers.who: (answers.model, answers.usd) for answers in estimated(of).answers}
    assert told == {
        "distilled student": ("amazon.nova-micro-v1:0", Decimal("0.02")),  # 100 x 0.035 + 50 x 0.14 = 0.0105
        "teacher": ("amazon.nova-pro-v1:0", Decimal("0.24")),
        "contender": ("anthropic.claude-haiku-5-5", Decimal("0.04")),  # us.: 100 x 0.11 + 50 x 0.55 = 0.0385
    }


def test_contenders_are_asked_and_paid_with_what_they_may_think() -> None:
    without = estimated(recipe(max_answer_tokens=50))
    given = estimated(recipe(max_answer_tokens=50, contenders=("anthropic.claude-haiku-5-5",)))
    # 200 x (100 x 0.11 + 2050 x 0.55) / 1,000,000 = 0.2277 more than 0.0522, each rounded up
    assert given.total_usd - without.total_usd == Decimal("0.22")
    assert "200 held-out prompts by 4 models" in given.lines[2].what
    assert given.tokens_out - without.tokens_out == 200 * 2050


def test_the_worst_case_asks_a_live_model_too() -> None:
    given = estimated(recipe(max_answer_tokens=2000))
    assert given.lines[2].usd == Decimal("1.41")  # 200 x (80 + 6400 + 2 x (3.5 + 280)) / 1,000,000
    # 15000 x 6480 / 1,000,000 + 15000 x 2100 / 1,000,000, and 200 x 283.5 / 1,000,000 more than 1.4094; storage
    assert given.at_most_usd == Decimal("97.20") + Decimal("31.50") + Decimal("1.47") + Decimal("1.95")


def test_a_student_that_is_paid_by_the_hour_has_no_price_of_an_answer() -> None:
    student, *_ = estimated(provisioned()).answers
    assert student.usd is None
    assert "2 model unit(s) at $10 an hour" in student.basis


def test_a_candidate_on_provisioned_throughput_costs_its_hours() -> None:
    lines = {line.what: line.usd for line in estimated(provisioned()).lines}
    assert lines["candidate on Provisioned Throughput"] == 2 * 10 * CANDIDATE_HOURS


@pytest.mark.parametrize(
    ("settings", "region", "named"),
    [
        ({"student": "amazon.nova-lite-v1:0"}, "us-east-1", "training amazon.nova-lite-v1:0"),
        ({"student": "amazon.nova-lite-v1:0"}, "us-east-1", "training_usd_per_million_tokens"),
        ({"hosting": HostingMode.PROVISIONED}, "us-east-1", "unit_price_usd_per_hour"),
    ],
)
def test_an_unknown_price_is_an_error_that_says_how_to_give_it(
    settings: dict[str, Any], region: str, named: str
) -> None:
    with pytest.raises(BadRequest) as caught:
        estimated(recipe(**settings), region)
    assert named in str(caught.value)


def test_the_recipes_own_training_price_goes_before_the_catalogs() -> None:
    own = recipe(student="amazon.nova-lite-v1:0", training_usd_per_million_tokens=Decimal(2), max_answer_tokens=50)
    line = estimated(own).lines[1]
    assert (line.usd, "as set in the recipe" in line.basis) == (Decimal("0.30"), True)


@pytest.mark.parametrize(("budget", "refused"), [("2.40", True), ("7.85", True), ("7.86", False)])
def test_a_budget_holds_the_worst_case_to_the_cent(budget: str, refused: bool) -> None:
    of = recipe(max_answer_tokens=50, budget_usd=Decimal(budget))
    if not refused:
        check_budget(of, estimated(of))
        return
    with pytest.raises(OverBudget, match=rf"\$2\.40 .* \$7\.86.* \${budget}"):
        check_budget(of, estimated(of))


@pytest.mark.parametrize(("approved", "refused"), [(None, True), ("7.85", True), ("7.86", False)])
def test_what_was_approved_goes_before_the_budget(approved: str | None, refused: bool) -> None:
    of = recipe(max_answer_tokens=50, budget_usd=Decimal(1))
    usd = Decimal(approved) if approved else None
    if not refused:
        check_budget(of, estimated(of), approved_usd=usd)
        return
    with pytest.raises(OverBudget, match=rf"{approved} were approved" if approved else "the budget of"):
        check_budget(of, estimated(of), approved_usd=usd)


def test_few_long_prompts_do_not_pass_a_budget_that_only_their_expected_cost_fits() -> None:
    """For a hundred prompts of 8,000 tokens, Bedrock may synthesize data that costs a hundred times as much."""
    of = recipe(budget_usd=Decimal(5))
    few = estimate(of, DatasetSize(prompts=100, heldout=20, tokens=960_000), region="us-east-1", on=TODAY)
    assert few.total_usd < of.budget_usd < few.at_most_usd
    with pytest.raises(OverBudget, match="may cost up to"):
        check_budget(of, few)


def test_ratings_of_a_judge_are_part_of_the_cost() -> None:
    judge = GraderSpec(kind=GraderKind.JUDGE, options={"model": "amazon.nova-pro-v1:0"})
    of = recipe(max_answer_tokens=50, graders=(judge,), contenders=("anthropic.claude-haiku-5-5",))
    result, without = estimated(of), estimated(recipe(max_answer_tokens=50, contenders=of.contenders))
    (line,) = (line for line in result.lines if "ratings" in line.what)
    assert line.what == "ratings of 800 answers by amazon.nova-pro-v1:0"
    # 800 x ((100 + 2 x 50 + 1000) x 0.80 + 300 x 3.20) / 1,000,000
    assert line.usd == Decimal("1.54")
    assert result.total_usd == without.total_usd + line.usd
    # 1000 answers if there is a live model
    assert result.at_most_usd == without.at_most_usd + Decimal("1.92")


def test_a_function_has_no_price_here() -> None:
    arn = "arn:aws:lambda:us-east-1:111122223333:function:score"
    function = GraderSpec(kind=GraderKind.FUNCTION, options={"arn": arn})
    assert estimated(recipe(graders=(function,))).total_usd == estimated(recipe()).total_usd
