"""Nothing is started unless the account's quota has room for a candidate beside the live endpoint."""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from distillery.core.commitment import Commitments
from distillery.core.errors import QuotaTooSmall
from distillery.core.names import Names
from distillery.core.recipe import Recipe
from lambdas.distillation.quota import HostingQuotas
from tests.fakes.errors import service_error
from tests.fakes.pipeline import committed, provisioned, recipe
from tests.unit.distillation.fakes import FakeBedrock, FakeQuotas, deployment, units

MICRO, IN_ALL, DEPLOYMENTS = "L-AC096F71", "L-BE77399C", "L-1EF80F3E"
LIVE = Names("dev").live("support", "amazon.nova-micro-v1:0")
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0:128k"


def check(of: Recipe, granted: dict[str, float], **hosted: Any) -> FakeQuotas:
    quotas, commitments = FakeQuotas(granted), Commitments.of_recipes(Names("dev"), [of])
    HostingQuotas("dev", FakeBedrock(**hosted), quotas, commitments).check(of)  # type: ignore[arg-type]  # fake clients
    return quotas


@dataclass(frozen=True, kw_only=True)
class Case:
    """A provisioned recipe of two model units, and the state of the account."""

    says: str
    of_one: int = 2
    in_all: int
    bought: list[dict[str, Any]] = field(default_factory=list)


ROOM = [
    Case(says="the first run needs both sets", in_all=4),
    Case(says="a later run needs its candidate alone", in_all=4, bought=[units(LIVE, 2)]),
    Case(says="others' units count", in_all=7, bought=[units("other", 3)]),
    Case(says="committed units are another quota's", in_all=4, bought=[units("a", 9, commitmentDuration="OneMonth")]),
    Case(says="units of base models are another quota's", in_all=4, bought=[units("a", 9, modelArn=BASE)]),
    Case(says="what failed holds no units", in_all=4, bought=[units("a", 9, status="Failed")]),
]
NO_ROOM = [
    Case(says=f"({IN_ALL}) is 0 in us-east-1, 0 in use, 4 more needed", in_all=0),
    Case(says=f"({IN_ALL}) is 3 in us-east-1, 0 in use, 4 more needed", in_all=3),
    Case(says=f"({IN_ALL}) is 3 in us-east-1, 2 in use, 2 more needed", in_all=3, bought=[units(LIVE, 2)]),
    Case(says=f"({IN_ALL}) is 6 in us-east-1, 3 in use, 4 more needed", in_all=6, bought=[units("other", 3)]),
    Case(says=f"({MICRO}) is 1 in us-east-1, 0 in use, 2 more needed", of_one=1, in_all=4),
]


@pytest.mark.parametrize("case", ROOM, ids=lambda case: case.says)
def test_units_that_suffice_let_the_run_pass(case: Case) -> None:
    asked = check(provisioned(), {MICRO: case.of_one, IN_ALL: case.in_all}, throughputs=case.bought)
    assert asked.asked == [("bedrock", MICRO), ("bedrock", IN_ALL)]


def test_a_live_endpoint_under_a_commitment_needs_room_for_its_candidate_alone() -> None:
    to_be, bound = committed(), [units(LIVE, 2, commitmentDuration="OneMonth")]
    check(to_be, {MICRO: 2, IN_ALL: 2})
    with pytest.raises(QuotaTooSmall, match="is 1 in us-east-1, 0 in use, 2 more needed"):
        check(to_be, {MICRO: 2, IN_ALL: 1})
    for each in (to_be, provisioned()):
        check(each, {MICRO: 2, IN_ALL: 2}, throughputs=bound)
        with pytest.raises(QuotaTooSmall, match="is 1 in us-east-1, 0 in use, 2 more needed"):
            check(each, {MICRO: 2, IN_ALL: 1}, throughputs=bound)


@pytest.mark.parametrize("case", NO_ROOM, ids=lambda case: case.says)
def test_units_that_do_not_suffice_are_reported_with_their_figures(case: Case) -> None:
    with pytest.raises(QuotaTooSmall, match=re.escape(case.says)):
        check(provisioned(), {MICRO: case.of_one, IN_ALL: case.in_all}, throughputs=case.bought)


def test_a_refusal_holds_the_text_of_a_support_case_for_every_quota_at_once() -> None:
    with pytest.raises(QuotaTooSmall) as refused:
        check(provisioned(), {MICRO: 0, IN_ALL: 1}, throughputs=[units("other", 1)])
    assert str(refused.value).endswith(
        "«Amazon Bedrock, service quota increase, Region us-east-1: please raise 'Model units per provisioned model "
        "for the 128k context length variant for Amazon Nova Micro' (L-AC096F71) from 0 to 2, and 'Model units "
        "no-commitment Provisioned Throughputs across custom models' (L-BE77399C) from 1 to 5.»"
    )


@pytest.mark.parametrize(
    ("names", "granted", "says"),
    [
        ([], 2, ""),
        ([], 1, "is 1 in us-east-1, 0 in use, 2 more needed"),
        ([LIVE, *map(str, range(8))], 10, ""),
        ([LIVE, *map(str, range(9))], 10, "is 10 in us-east-1, 10 in use, 1 more needed"),
        (list(map(str, range(9))), 10, "is 10 in us-east-1, 9 in use, 2 more needed"),
        (list(map(str, range(9))), 11, ""),
    ],
)
def test_deployments_on_demand_are_counted_too(names: list[str], granted: int, says: str) -> None:
    hosted = [deployment(name) for name in names]
    if not says:
        assert check(recipe(), {DEPLOYMENTS: granted}, deployments=hosted).asked == [("bedrock", DEPLOYMENTS)]
        return
    with pytest.raises(QuotaTooSmall, match=says):
        check(recipe(), {DEPLOYMENTS: granted}, deployments=hosted)


@pytest.mark.parametrize("error", ["AccessDeniedException", "NoSuchResourceException", "ServiceException"])
def test_a_quota_that_cannot_be_read_is_logged_and_stops_nothing(error: str, caplog: pytest.LogCaptureFixture) -> None:
    quotas = FakeQuotas({}, refuse=service_error(error))
    HostingQuotas("dev", FakeBedrock(), quotas).check(provisioned())  # type: ignore[arg-type]  # fake clients
    assert [IN_ALL in line and error in line for line in caplog.messages] == [False, True]


def test_a_quota_without_a_value_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    check(provisioned(), {MICRO: 2})
    assert "(L-BE77399C) has no value" in caplog.text


def test_one_unreadable_quota_does_not_hide_another_that_is_too_small() -> None:
    with pytest.raises(QuotaTooSmall, match=IN_ALL):
        check(provisioned(), {IN_ALL: 3})


def test_a_student_whose_quota_is_unknown_is_held_to_the_sum_alone(caplog: pytest.LogCaptureFixture) -> None:
    of = provisioned(student="meta.llama3-3-70b-instruct-v1:0")
    assert check(of, {IN_ALL: 4}).asked == [("bedrock", IN_ALL)]
    assert "no quota of model units for meta.llama3-3-70b-instruct-v1:0" in caplog.text


def test_all_pages_of_what_is_hosted_are_counted() -> None:
    bought = [units(str(number), 1) for number in range(25)]
    with pytest.raises(QuotaTooSmall, match="25 in use"):
        check(provisioned(), {MICRO: 2, IN_ALL: 28}, throughputs=bought)
