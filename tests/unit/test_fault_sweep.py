"""A seeded tenth of the fault sweep (`make faults` runs all of it), and that it finds a product that is at fault."""

import logging
from collections.abc import Iterator

import pytest

from distillery.core import names
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import StudentPromotion
from tests.faults.cloud import SCHEDULED, forget_clients
from tests.faults.kinds import FaultKind, Point, Site
from tests.faults.points import points, sample
from tests.faults.sweep import run

pytestmark = pytest.mark.slow
TENTH, SEED = 0.1, "1"
LEAST = 500


@pytest.fixture(scope="module", autouse=True)
def _own_clients() -> Iterator[None]:
    """Functions that fail log tracebacks, which nobody reads here."""
    forget_clients()
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    forget_clients()


@pytest.fixture(scope="module")
def every() -> list[Point]:
    return points()


def test_the_sweep_has_every_kind_at_every_stage(every: list[Point]) -> None:
    assert len(every) >= LEAST
    steps = {point.site.step for point in every}
    assert {"receive", "settle", "sweep", "EvaluationFunction.answer", "PromotionFunction.record"} <= steps
    assert {"promote", "AdoptionFunction.adopt", "PromotionSigningFunction.sign"} <= steps
    assert {point.kind for point in every} == {*FaultKind}
    assert {point.site.service for point in every} >= {
        "bedrock",
        "bedrock-runtime",
        "dynamodb",
        "kms",
        "s3",
        "ssm",
        "sns",
    }


def test_a_tenth_of_all_faults_breaks_no_invariant(every: list[Point]) -> None:
    found = {str(point): broken for point in sample(every, TENTH, SEED) if (broken := run(point).broken)}
    assert found == {}


def test_an_endpoint_that_no_guard_deletes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SCHEDULED, "sweep", lambda _event, _context: {})
    site = Site("EndpointFunction.release", "bedrock", "DeleteCustomModelDeployment", 1)
    found = run(Point("on-demand", site, FaultKind.DENIED)).broken
    assert any("is hosted without an alias or a lease" in broken for broken in found), found


def test_a_run_that_cannot_be_tried_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation that asks with the token of the first request for an endpoint which the guard has deleted."""
    monkeypatch.setattr("lambdas.promotion.live.token", lambda *parts: names.token(*parts[:2]))
    site = Site("PromotionFunction.record", "bedrock", "GetProvisionedModelThroughput", 1)
    found = run(Point("provisioned", site, FaultKind.DENIED)).broken
    assert any("nothing is live" in broken for broken in found), found


def test_a_promotion_that_consumes_its_record_alone_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """In two writes instead of one transaction, between which the function is killed."""

    def begin(promotions: Promotions, promotion: StudentPromotion) -> bool:
        table = promotions._table
        consumed = {"pk": f"record#{promotion.record.digest}", "sk": "promotion", "promotion": promotion.id}
        return table.put_new(consumed) and original(promotions, promotion)

    original = Promotions.begin
    monkeypatch.setattr(Promotions, "begin", begin)
    site = Site("promote", "dynamodb", "PutItem", 1)
    found = run(Point("on-demand", site, FaultKind.KILLED, promoted=True)).broken
    assert any("do not name each other" in broken for broken in found), found
