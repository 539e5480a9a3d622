"""A seeded share of the fault sweep (`make faults` runs all of it), and that it finds a product that is at fault."""

import itertools
import logging
from collections.abc import Iterator
from uuid import uuid4

import pytest

from distillery.core import names
from distillery.core.broken_promotions import BrokenPromotions, PromotionRemains
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import StudentPromotion
from distillery.core.model_shares import ModelShares
from lambdas.adoption.copies import ModelCopies
from lambdas.canary.canary import RunningCanary
from lambdas.endpoint.borrowed import BorrowedModelsKeeper
from lambdas.endpoint.stale_canaries import StaleCanaries
from tests.faults.deployment import forget_clients
from tests.faults.functions import SCHEDULED
from tests.faults.kinds import OF_CALLS, FaultKind, Point, Site, Story
from tests.faults.points import LEAST, points, sample
from tests.faults.stories import run

pytestmark = pytest.mark.slow
SHARE, SEED = 0.03, "1"
"""Of each kind in each story, at least one point."""


ABORTED = {Story.UPLOAD, Story.REPOINT, Story.COPY, Story.REPLACED, Story.ACCEPTED, Story.CANARY, Story.WORSE}
"""The stories whose executions are aborted; the others have the same ones, or none."""


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
    calls = {(point.story, point.kind) for point in every if point.kind is not FaultKind.ABORTED}
    assert calls == {*itertools.product(Story, OF_CALLS)}
    assert {point.story for point in every if point.kind is FaultKind.ABORTED} == ABORTED
    steps = {point.site.step for point in every}
    assert {"receive", "settle", "sweep", "EvaluationFunction.answer", "PromotionFunction.record"} <= steps
    assert {"promote", "AdoptionFunction.adopt", "PromotionSigningFunction.sign"} <= steps
    assert {"accept", "share", "PromotionCanaryFunction.admit", "PromotionCanaryFunction.close"} <= steps
    assert {point.site.service for point in every} >= {
        "bedrock",
        "bedrock-runtime",
        "cloudwatch",
        "dynamodb",
        "kms",
        "ram",
        "s3",
        "ssm",
        "sns",
    }


def test_a_share_of_all_faults_breaks_no_invariant(every: list[Point]) -> None:
    found = {str(point): broken for point in sample(every, SHARE, SEED) if (broken := run(point).broken)}
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
    found = run(Point("on-demand", site, FaultKind.KILLED, Story.REDISTIL)).broken
    assert any("do not name each other" in broken for broken in found), found


def test_a_canary_that_nobody_takes_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunningCanary, "withdraw", lambda _: {"withdrawn": True})
    site = Site("PromotionCanaryFunction.look", "cloudwatch", "GetMetricData", 1)
    found = run(Point("on-demand", site, FaultKind.DENIED, Story.WORSE)).broken
    assert any("the alias still names canary-" in broken for broken in found), found


def test_a_lease_that_is_never_ended_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BorrowedModelsKeeper, "keep", lambda _: {})
    site = Site("EndpointFunction.create", "bedrock", "CreateCustomModelDeployment", 1)
    found = run(Point("on-demand", site, FaultKind.DENIED, Story.REPOINT)).broken
    assert any("needed: False" in broken for broken in found), found


def test_a_copy_that_is_not_found_again_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """It neither looks for its job nor asks with the same token again."""
    monkeypatch.setattr(ModelCopies, "_find", lambda *_: None)
    monkeypatch.setattr("lambdas.adoption.copies.token", lambda *_: str(uuid4()))
    site = Site("AdoptionFunction.adopt", "bedrock", "CreateModelCopyJob", 1)
    found = run(Point("on-demand", site, FaultKind.LATE, Story.COPY)).broken
    assert any("nothing is live" in broken for broken in found), found


def test_a_share_that_never_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelShares, "end_expired", lambda _: [])
    site = Site("share", "ram", "CreateResourceShare", 1)
    found = run(Point("on-demand", site, FaultKind.LATE, Story.SHARE)).broken
    assert any("the guard has left" in broken for broken in found), found


def test_a_live_endpoint_of_which_nobody_says_what_it_serves_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrokenPromotions, "examine", lambda *_: PromotionRemains())
    site = Site("PromotionFunction.describe", "bedrock", "GetCustomModelDeployment", 1)
    found = run(Point("on-demand", site, FaultKind.DENIED, Story.REPLACED)).broken
    assert any("and nothing says so" in broken for broken in found), found


def test_a_stopped_canary_that_nobody_ends_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StaleCanaries, "settle", lambda _: {})
    site = Site("stop", "stepfunctions", "StartExecution", 1)
    found = run(Point("on-demand", site, FaultKind.DENIED, Story.STOPPED)).broken
    assert any("is still in progress" in broken for broken in found), found
