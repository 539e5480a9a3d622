"""A record is consumed once, one promotion of a recipe is open at a time, and its state is that of its run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from distillery.core.errors import BadRequest, RunActive
from distillery.core.ledger.holders import HolderKind, kind_of, new_holder, promoted_recipe
from distillery.core.ledger.items import RunRecord, run_item
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import PromotionState, StudentPromotion, is_open, state_of
from distillery.core.ledger.uploads import Uploads
from distillery.core.pipeline import Outcome, Run, Stage, Student
from distillery.core.promotions import AdmittedRecord, Predecessor, Way, promotion_folder
from tests.fakes.pipeline import dataset, recipe
from tests.fakes.table import MemoryTable

BEGUN = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FROM_DEV = Predecessor(environment="dev", run="support-a-b-1", digest="d" * 64, issued="2026-11-20T09:00:00+00:00")
RECORD = AdmittedRecord(
    digest="a" * 64,
    environment="staging",
    account="111111111111",
    region="us-east-1",
    run="support-c-d-1",
    model_arn="arn:aws:bedrock:us-east-1:111111111111:custom-model/m",
    job_arn="arn:aws:bedrock:us-east-1:111111111111:model-customization-job/j",
    judged="2026-11-21T09:00:00+00:00",
    issued="2026-11-21T09:00:01+00:00",
    expires="2026-12-21T09:00:01+00:00",
    dataset_digest="e" * 64,
    training_digest="f" * 64,
    training_sha256="1" * 64,
    heldout_sha256="2" * 64,
    asked=100,
    chain=(FROM_DEV,),
)
ANN = "arn:aws:iam::111111111111:user/ann"
ANN_ID, BOB_ID = "AIDAANN", "AIDABOB"


def promotion(seconds: int = 0, digest: str = "a", **more: Any) -> StudentPromotion:
    made = StudentPromotion(
        id=new_holder(HolderKind.PROMOTION, "support", BEGUN + timedelta(seconds=seconds)),
        recipe="support",
        way=Way.REDISTIL,
        record=replace(RECORD, digest=digest * 64, run=f"{RECORD.run[:-1]}{seconds + 1}"),
        by=ANN,
        by_id=ANN_ID,
        reason="the new labels",
        opened=(BEGUN + timedelta(seconds=seconds)).isoformat(),
    )
    return replace(made, **more)


def ended(table: MemoryTable, of: StudentPromotion, outcome: Outcome) -> str:
    """The promotion has a run, which is closed with that outcome."""
    run = Run(id="support-c-d-1", recipe=recipe(), dataset=dataset(), attempt=1)
    table.put(run_item(run, outcome, opened="2026-11-23T12:00:00+00:00"))
    assert table.put_all(Promotions(table).link(of.id, run.id))
    return run.id


def test_an_id_says_the_recipe_and_the_folder_of_the_prompts() -> None:
    found = promotion().id
    assert found == "promotion-support-20261123T120000Z"
    assert kind_of(found) is HolderKind.PROMOTION
    assert promoted_recipe(found) == "support"
    assert promotion_folder("support", found) == f"prompts/support/{found}/"


@pytest.mark.parametrize("wrong", ["", "promotion-support", "rollback-support-20261123T120000Z", "promotion-a-b-1"])
def test_what_is_no_id_is_refused(wrong: str) -> None:
    with pytest.raises(BadRequest, match="an id such as promotion-<recipe>-<time>"):
        Promotions(MemoryTable()).find(wrong)


def test_a_promotion_is_found_as_it_began() -> None:
    promotions = Promotions(MemoryTable())
    assert promotions.begin(promotion())
    assert promotions.find(promotion().id) == promotion()
    assert promotions.of("support") == [promotion()]
    assert promotions.used_by("a" * 64, "staging", "support-x-y-1") == promotion().id
    assert promotions.used_by("b" * 64, RECORD.environment, RECORD.run) == promotion().id
    assert promotions.used_by("b" * 64, "staging", "support-x-y-1") == ""
    assert promotion().record.passed_on[-1] == Predecessor(
        environment="staging", run="support-c-d-1", digest="a" * 64, issued="2026-11-21T09:00:01+00:00"
    )
    assert promotion().record.passed_on[:-1] == (FROM_DEV,)


def test_an_unknown_promotion_is_refused() -> None:
    with pytest.raises(BadRequest, match="there is no promotion"):
        Promotions(MemoryTable()).find(promotion().id)


def test_a_record_is_consumed_once_for_ever() -> None:
    promotions = Promotions(MemoryTable())
    assert promotions.begin(promotion())
    promotions.abandon(promotion().id, by=ANN, reason="the wrong run")
    assert not promotions.begin(promotion(1))
    assert promotions.of("support") == [promotions.find(promotion().id)]


def test_one_promotion_of_a_recipe_is_open_at_a_time() -> None:
    promotions = Promotions(MemoryTable())
    assert promotions.begin(promotion())
    with pytest.raises(RunActive, match=r"promotions abandon promotion-support-20261123T120000Z"):
        promotions.begin(promotion(1, "b"))
    promotions.abandon(promotion().id, by=ANN, reason="the wrong run")
    assert promotions.begin(promotion(1, "b"))
    assert promotions.latest("support") == promotion(1, "b")


def test_two_that_begin_at_the_same_time_are_one() -> None:
    """Both read before either writes."""

    class Racing(MemoryTable):
        raced = False

        def put_all(self, *puts: Any) -> bool:
            if not self.raced:
                self.raced = True
                assert Promotions(self).begin(promotion(1, "b"))
            return super().put_all(*puts)

    promotions = Promotions(Racing())
    assert not promotions.begin(promotion())
    assert promotions.of("support") == [promotion(1, "b")]
    assert promotions.used_by("a" * 64, RECORD.environment, RECORD.run) == ""


@pytest.mark.parametrize(
    ("outcome", "state", "still_open"),
    [
        (Outcome.RUNNING, PromotionState.RUNNING, True),
        (Outcome.AWAITING, PromotionState.AWAITING_APPROVAL, True),
        (Outcome.AWAITING_ACCEPTANCE, PromotionState.AWAITING_ACCEPTANCE, True),
        (Outcome.PROMOTED, PromotionState.PROMOTED, False),
        (Outcome.REJECTED, PromotionState.REJECTED, False),
        (Outcome.INCONCLUSIVE, PromotionState.INCONCLUSIVE, False),
        (Outcome.DECLINED, PromotionState.DECLINED, False),
        (Outcome.FAILED, PromotionState.FAILED, False),
        (Outcome.STOPPED, PromotionState.STOPPED, False),
    ],
)
def test_the_state_is_that_of_the_run(outcome: Outcome, state: PromotionState, still_open: bool) -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    assert state_of(promotions.find(promotion().id), None) is PromotionState.ADMITTED
    ended(table, promotion(), outcome)
    found = promotions.find(promotion().id)
    record = promotions.run_of(found)
    assert isinstance(record, RunRecord)
    assert state_of(found, record) is state
    assert is_open(found, record) is still_open
    if still_open:
        with pytest.raises(RunActive, match=rf"is still open \({state}\)"):
            promotions.begin(promotion(1, "b"))
    else:
        assert promotions.begin(promotion(1, "b"))


def test_the_run_of_a_promotion_is_replaced_only_by_who_has_seen_it() -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    first, other = (promotions.link(promotion().id, name) for name in ("support-c-d-1", "support-x-y-1"))
    assert table.put_all(first)
    assert not table.put_all(other)
    assert table.put_all(promotions.link(promotion().id, "support-c-d-2"))
    assert promotions.find(promotion().id).run == "support-c-d-2"


def test_an_abandoned_promotion_gets_no_run() -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    late = promotions.link(promotion().id, "support-c-d-1")
    abandoned = promotions.abandon(promotion().id, by=ANN, reason="the wrong\nrun")
    assert (state_of(abandoned, None), abandoned.abandoned_reason) == (PromotionState.ABANDONED, "the wrong run")
    assert not table.put_all(late)
    with pytest.raises(BadRequest, match="was abandoned at"):
        promotions.link(promotion().id, "support-c-d-1")
    assert promotions.abandon(promotion().id, by="arn:aws:iam::111111111111:user/bob", reason="again") == abandoned


def test_a_promotion_with_a_run_cannot_be_abandoned() -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    name = ended(table, promotion(), Outcome.RUNNING)
    with pytest.raises(BadRequest, match=f"has run {name}"):
        promotions.abandon(promotion().id, by=ANN, reason="the wrong run")


def opened(table: MemoryTable, promotion: str = "", **more: Any) -> RunRecord:
    return Ledger(table).open(recipe(), dataset(), again=False, promotion=promotion, **more)


def test_a_promotion_opens_a_run_of_its_own_and_finds_it_again() -> None:
    table = MemoryTable()
    Promotions(table).begin(promotion())
    run = opened(table, promotion().id)
    assert run.promotion == promotion().id
    assert Uploads(table).senders(run.run.id) == (ANN_ID,)
    assert opened(table, promotion().id) == run == opened(table)
    assert Promotions(table).find(promotion().id).run == run.run.id


def test_a_promotion_does_not_take_the_run_that_an_upload_opened() -> None:
    table = MemoryTable()
    Promotions(table).begin(promotion())
    uploaded = opened(table)
    with pytest.raises(RunActive, match=uploaded.run.id):
        opened(table, promotion().id)
    Ledger(table).close(uploaded.run.id, Outcome.REJECTED)
    run = opened(table, promotion().id)
    assert (run.run.attempt, run.promotion) == (2, promotion().id)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.STOPPED])
def test_a_failed_run_is_followed_by_one_other_once_the_record_is_admitted_again(outcome: Outcome) -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    first = opened(table, promotion().id)
    Ledger(table).close(first.run.id, outcome)
    assert opened(table, promotion().id).run == first.run
    promotions.admit_again(promotions.find(promotion().id), by_id=BOB_ID)
    second = opened(table, promotion().id)
    assert (second.run.attempt, second.promotion) == (2, promotion().id)
    assert Uploads(table).senders(second.run.id) == (ANN_ID, BOB_ID)
    assert promotions.find(promotion().id).run == second.run.id
    Ledger(table).close(second.run.id, outcome)
    assert opened(table, promotion().id).run == second.run, "each admission opens one run"


def judged(table: MemoryTable, run: str, outcome: Outcome) -> None:
    """The run ends with a student."""
    ledger = Ledger(table)
    ledger.begin(run, Stage.DISTILLATION)
    ledger.end(run, Stage.DISTILLATION, Student(model_arn=f"arn:{run}", job_arn="arn:job"))
    ledger.close(run, outcome)


@pytest.mark.parametrize("outcome", [Outcome.PROMOTED, Outcome.REJECTED, Outcome.AWAITING_ACCEPTANCE, Outcome.FAILED])
@pytest.mark.parametrize("changed", [{}, {"heldout_max": 99}, {"heldout_share": 0.2}])
def test_a_promotion_with_a_student_gets_no_other_run(outcome: Outcome, changed: dict[str, Any]) -> None:
    """Not even by a recipe whose digest is another, although that has no attempt yet."""
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    first = opened(table, promotion().id)
    judged(table, first.run.id, outcome)
    promotions.admit_again(promotions.find(promotion().id), by_id=BOB_ID)
    again = Ledger(table).open(replace(recipe(), **changed), dataset(), again=True, promotion=promotion().id)
    assert again.run == first.run
    assert len(Ledger(table).runs("support")) == 1


def test_promotions_of_the_same_data_set_keep_their_runs() -> None:
    table = MemoryTable()
    runs = []
    for each in (promotion(), promotion(1, "b")):
        assert Promotions(table).begin(each)
        runs.append(opened(table, each.id).run)
        judged(table, runs[-1].id, Outcome.PROMOTED)
    for _ in range(2):
        assert [opened(table, each.id).run for each in (promotion(), promotion(1, "b"))] == runs
    assert len(Ledger(table).runs("support")) == 2


def test_a_run_that_waits_by_other_settings_stays_the_only_one() -> None:
    table = MemoryTable()
    Promotions(table).begin(promotion())
    waiting = opened(table, promotion().id, awaiting=True)
    changed = replace(recipe(), heldout_max=99)
    again = Ledger(table).open(changed, dataset(), again=False, awaiting=True, promotion=promotion().id)
    assert again.run == waiting.run


def test_an_earlier_promotion_gets_no_run_once_another_has_begun() -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    first = opened(table, promotion().id)
    Ledger(table).close(first.run.id, Outcome.FAILED)
    promotions.admit_again(promotions.find(promotion().id), by_id=BOB_ID)
    assert promotions.begin(promotion(1, "b"))
    with pytest.raises(BadRequest, match=f"promotion {promotion(1).id} of recipe 'support' began after"):
        opened(table, promotion().id)
    assert Ledger(table).active() == {}


def test_a_promotion_that_begins_while_an_earlier_one_opens_a_run_keeps_that_out() -> None:
    """It begins after the ledger was read, and before the run is written."""

    class Racing(MemoryTable):
        raced = False

        def put_all(self, *puts: Any) -> bool:
            if not self.raced and any(item["sk"] == "support" and item["pk"] == "active" for item, _, _ in puts):
                self.raced = True
                assert Promotions(self).begin(promotion(1, "b"))
            return super().put_all(*puts)

    table = Racing()
    promotions = Promotions(table)
    table.raced = True
    promotions.begin(promotion())
    first = opened(table, promotion().id)
    Ledger(table).close(first.run.id, Outcome.FAILED)
    promotions.admit_again(promotions.find(promotion().id), by_id=BOB_ID)
    table.raced = False
    with pytest.raises(BadRequest, match="began after"):
        opened(table, promotion().id)
    assert [one.run.id for one in Ledger(table).runs("support")] == [first.run.id]


def test_a_promotion_whose_run_failed_can_be_abandoned_and_gets_no_other() -> None:
    table = MemoryTable()
    promotions = Promotions(table)
    promotions.begin(promotion())
    first = opened(table, promotion().id)
    Ledger(table).close(first.run.id, Outcome.FAILED)
    promotions.admit_again(promotions.find(promotion().id), by_id=BOB_ID)
    found = promotions.abandon(promotion().id, by=ANN, reason="the key was stolen")
    assert state_of(found, promotions.run_of(found)) is PromotionState.ABANDONED
    with pytest.raises(BadRequest, match="was abandoned"):
        opened(table, promotion().id)


def test_a_promotion_whose_run_failed_with_a_student_cannot_be_abandoned() -> None:
    """Its run can be resumed."""
    table = MemoryTable()
    Promotions(table).begin(promotion())
    first = opened(table, promotion().id)
    judged(table, first.run.id, Outcome.FAILED)
    with pytest.raises(BadRequest, match=f"has run {first.run.id}"):
        Promotions(table).abandon(promotion().id, by=ANN, reason="the key was stolen")


def test_a_run_that_waits_for_an_approval_stays_that_of_its_promotion() -> None:
    """Also where an upload of the same prompts opens it again with another estimate."""
    table = MemoryTable()
    Promotions(table).begin(promotion())
    waiting = opened(table, promotion().id, awaiting=True)
    assert waiting.outcome is Outcome.AWAITING
    cheaper = replace(dataset(), at_most_usd=Decimal(1))
    again = Ledger(table).open(recipe(), cheaper, again=False, awaiting=True)
    assert (again.run.id, again.promotion) == (waiting.run.id, promotion().id)


def test_an_abandoned_promotion_opens_no_run() -> None:
    table = MemoryTable()
    Promotions(table).begin(promotion())
    Promotions(table).abandon(promotion().id, by=ANN, reason="the wrong run")
    with pytest.raises(BadRequest, match="was abandoned"):
        opened(table, promotion().id)
    assert Ledger(table).runs("support") == []
    assert Ledger(table).active() == {}
