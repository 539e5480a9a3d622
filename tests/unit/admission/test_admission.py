"""The admission function: whom it admits, every refusal with a real key, and that a record is consumed once."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from distillery.core.admitted_ways import no_longer_admitted
from distillery.core.aws import ClientError
from distillery.core.env_vars import Variable
from distillery.core.errors import NotAdmitted
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.student_promotion import PromotionState, state_of
from distillery.core.pipeline import Alias, Outcome, Stage
from distillery.core.promotions import Predecessor, Way
from distillery.core.serialization import to_wire
from distillery.records import statement
from distillery.records.refusal import Refusal
from distillery.records.statement import HELDOUT
from lambdas.admission.handler import admit
from tests.fakes.callers import ANA, HERE, LEA, STRANGER
from tests.fakes.errors import service_error
from tests.fakes.pipeline import alias, dataset, distilled, recipe
from tests.fakes.records import ACCEPTED, evaluation, record
from tests.fakes.table import MemoryTable
from tests.unit.admission.harness import ALIAS, SIGNER, STRANGER_KEY, SUBJECTS, Harness, of_recipe, signed

WITHOUT_HELDOUT = {name: found for name, found in SUBJECTS.items() if name != HELDOUT}
FAILED = evaluation(VerdictOutcome.FAILED)
OTHER = record(run=f"{record().run[:-1]}2", attempt=2)
BACKWARDS = replace(recipe(), teacher="amazon.nova-lite-v1:0", student="amazon.nova-pro-v1:0")
PROMOTION = "promotion-support-20261123T120000Z"


def live(harness: Harness, changed: str = "2026-11-23T11:00:00+00:00", run: str = "support-a-b-1") -> None:
    """Something is live in staging since then."""
    there: Alias = replace(alias(), changed=changed, run=run)
    harness.ssm.parameters[ALIAS] = json.dumps(to_wire(there))


def test_a_record_of_the_environment_before_is_admitted(harness: Harness) -> None:
    status, answer = harness.promote(reason="the new labels")
    assert status == 200
    assert answer == {
        "promotion": PROMOTION,
        "way": "re-distil",
        "prefix": f"prompts/support/{PROMOTION}/",
        "run": "",
        "first": True,
        "state": "admitted",
        "awaits_prompts": True,
        "has_student": False,
    }
    found = harness.promotions.find(PROMOTION)
    assert (found.by, found.reason, found.way) == (ANA.arn, "the new labels", Way.REDISTIL)
    kept = found.record
    assert (kept.environment, kept.run, kept.dataset_digest) == ("dev", record().run, "e" * 64)
    assert (kept.training_sha256, kept.heldout_sha256, kept.asked) == ("1" * 64, "2" * 64, 100)
    assert state_of(found, None) is PromotionState.ADMITTED
    (told,) = harness.sns.published
    assert told["Subject"] == "Distillery: promotion of support from dev"
    assert ANA.arn in told["Message"]
    assert "the new labels" in told["Message"]


def test_a_third_environment_keeps_the_chain(harness: Harness) -> None:
    before = Predecessor(environment="dev", run="support-a-b-1", digest="a" * 64, issued="2026-11-20T09:00:00+00:00")
    harness.allow(through=("dev", "staging"))
    status, answer = harness.promote(signed(record(environment="staging", chain=(before,))))
    assert status == 200
    kept = harness.promotions.find(answer["promotion"]).record
    assert kept.chain == (before,)
    assert [one.environment for one in kept.passed_on] == ["dev", "staging"]


def changed(file: bytes) -> bytes:
    """One byte of the payload is another."""
    body = json.loads(file)
    body["payload"] = ("f" if body["payload"][0] != "f" else "e") + body["payload"][1:]
    return json.dumps(body).encode()


def unsigned(file: bytes) -> bytes:
    """The same payload without a signature."""
    return json.dumps(json.loads(file) | {"signatures": []}).encode()


Prepare = Callable[[Harness], object]
REFUSED: list[tuple[Refusal, bytes, Prepare, str]] = [
    (Refusal.UNREADABLE, b"{}", lambda _: None, "is not an envelope"),
    (Refusal.UNREADABLE, b"", lambda _: None, "is not an envelope"),
    (Refusal.UNREADABLE, SIGNER.sign(b'{"a": 1, "a": 2}'), lambda _: None, "same name twice"),
    (Refusal.UNREADABLE, unsigned(signed()), lambda _: None, "1 to 8 signatures"),
    (Refusal.UNLISTED_KEY, signed(signer=STRANGER_KEY), lambda _: None, STRANGER_KEY.public.id),
    (Refusal.UNLISTED_KEY, signed(), lambda h: h.allow(public_keys=(STRANGER_KEY.public.pem,)), SIGNER.public.id),
    (Refusal.BAD_SIGNATURE, changed(signed()), lambda _: None, "a byte was changed"),
    (
        Refusal.BAD_SIGNATURE,
        STRANGER_KEY.sign(
            statement.write(statement.Statement(record=record(), subjects=SUBJECTS)), key_id=SIGNER.public.id
        ),
        lambda _: None,
        "another key signed",
    ),
    (Refusal.SKIPPED_ENVIRONMENT, signed(), lambda h: h.allow(through=("dev", "qa")), "must have passed dev → qa"),
    (Refusal.SKIPPED_ENVIRONMENT, signed(record(environment="launch")), lambda _: None, "has passed launch"),
    (Refusal.OTHER_RECIPE, signed(of_recipe(recipe(name="billing"))), lambda _: None, "'billing'"),
    (
        Refusal.OTHER_TRAINING,
        signed(),
        lambda h: h.recipes.update(support=recipe(max_answer_tokens=65)),
        "maxResponseLengthForInference",
    ),
    (Refusal.NOT_PASSED, signed(record(evaluation=FAILED)), lambda _: None, "is failed"),
    (Refusal.NOT_PASSED, signed(record(evaluation=FAILED, accepted=ACCEPTED)), lambda _: None, "admit_overruled"),
    (Refusal.NOT_YET_VALID, signed(record(issued="2026-11-23T12:00:01+00:00")), lambda _: None, "check the clock"),
    (Refusal.EXPIRED, signed(record(expires="2026-11-23T12:00:00+00:00")), lambda _: None, "run the recipe again"),
    (Refusal.OLDER_THAN_LIVE, signed(), live, "2026-11-23T11:00:00+00:00"),
    (Refusal.REPLAYED, signed(), lambda h: h.promote(), PROMOTION),
    (
        Refusal.NO_WAY,
        signed(subjects=WITHOUT_HELDOUT),
        lambda _: None,
        "its job read invocation logs itself",
    ),
    (
        Refusal.NO_WAY,
        signed(of_recipe(BACKWARDS)),
        lambda h: h.recipes.update(support=BACKWARDS),
        "does not distil",
    ),
]


@pytest.mark.parametrize(("reason", "file", "prepare", "said"), REFUSED)
def test_a_refusal_says_why_and_changes_nothing(
    harness: Harness, reason: Refusal, file: bytes, prepare: Prepare, said: str
) -> None:
    prepare(harness)
    before, published = dict(harness.table.items), list(harness.sns.published)
    status, answer = harness.promote(file)
    assert (status, answer["error"]["type"], answer["error"]["reason"]) == (409, "RecordRefused", reason)
    assert said in answer["error"]["message"]
    assert harness.table.items == before
    assert harness.sns.published == published


def test_every_refusal_has_a_case() -> None:
    # the command compares with the run that its user has named, and asks the source; a confirmed way has its own tests
    of_the_command = {Refusal.OTHER_RUN, Refusal.NEVER_LIVE, Refusal.ROLLED_BACK, Refusal.OTHER_WAY}
    assert {reason for reason, *_ in REFUSED} == set(Refusal) - of_the_command


def test_a_person_may_overrule_where_the_settings_say_so(harness: Harness) -> None:
    harness.allow(admits_overruled=True)
    assert harness.promote(signed(record(evaluation=FAILED, accepted=ACCEPTED)))[0] == 200


def test_two_keys_are_valid_side_by_side(harness: Harness) -> None:
    harness.allow(public_keys=(STRANGER_KEY.public.pem, SIGNER.public.pem))
    assert harness.promote()[0] == 200


def test_another_signature_of_the_same_record_is_a_replay(harness: Harness) -> None:
    """ECDSA signatures differ each time, and white space of the envelope means nothing."""
    assert harness.promote(signed())[0] == 200
    again = signed()
    assert again != signed()
    status, answer = harness.promote(again + b"\n")
    assert (status, answer["error"]["reason"], answer["error"]["promotion"]) == (409, Refusal.REPLAYED, PROMOTION)


def test_another_record_of_the_same_run_is_a_replay(harness: Harness) -> None:
    """A run is signed again if another person accepts its student."""
    harness.promote()
    harness.send({"promotion": PROMOTION, "abandon": True, "reason": "wrong"})
    status, answer = harness.promote(signed(record(issued="2026-11-23T11:59:59+00:00")))
    assert (status, answer["error"]["reason"], answer["error"]["promotion"]) == (409, Refusal.REPLAYED, PROMOTION)


def test_a_record_is_as_old_as_the_target_allows_whatever_it_says_itself(harness: Harness) -> None:
    harness.allow(valid_days=2)
    harness.now += timedelta(days=2)
    status, answer = harness.promote()
    assert (status, answer["error"]["reason"]) == (409, Refusal.EXPIRED)
    assert "staging admits none that is older than 2 days" in answer["error"]["message"]
    harness.allow(valid_days=3)
    assert harness.promote()[0] == 200


def test_a_used_record_is_a_replay_also_when_its_student_is_live_and_it_has_expired(harness: Harness) -> None:
    harness.promote()
    live(harness)
    harness.now += timedelta(days=60)
    status, answer = harness.promote()
    assert (status, answer["error"]["reason"], answer["error"]["promotion"]) == (409, Refusal.REPLAYED, PROMOTION)


def test_a_lost_answer_is_resumed_by_the_id(harness: Harness) -> None:
    harness.promote()
    harness.now += timedelta(days=60)
    live(harness)
    status, answer = harness.promote(promotion=PROMOTION)
    assert (status, answer["promotion"], answer["first"]) == (200, PROMOTION, False)
    assert answer["prefix"] == f"prompts/support/{PROMOTION}/"
    assert len(harness.sns.published) == 1


def test_a_resumed_promotion_names_its_run(harness: Harness) -> None:
    harness.promote()
    run = harness.ledger.open(recipe(), dataset(), again=False, promotion=PROMOTION).run.id
    answer = harness.promote(promotion=PROMOTION)[1]
    assert (answer["run"], answer["has_student"]) == (run, False)
    distilled(harness.ledger, harness.ledger.run(run).run, "a")
    assert harness.promote(promotion=PROMOTION)[1]["has_student"] is True


def failed(harness: Harness) -> str:
    """The promotion's first run, which ended without a student."""
    harness.promote()
    run = harness.ledger.open(recipe(), dataset(), again=False, promotion=PROMOTION).run.id
    harness.ledger.close(run, Outcome.FAILED)
    return run


def test_a_promotion_whose_run_failed_is_admitted_again_where_that_is_asked(harness: Harness) -> None:
    run = failed(harness)
    for again in (False, True, True):
        status, answer = harness.promote(promotion=PROMOTION, again=again)
        assert status == 200
        assert (answer["run"], answer["state"], answer["awaits_prompts"]) == (run, "failed", again)
    second = harness.ledger.open(recipe(), dataset(), again=False, promotion=PROMOTION).run.id
    answer = harness.promote(promotion=PROMOTION, again=True)[1]
    assert (answer["run"], answer["state"], answer["awaits_prompts"]) == (second, "running", False)
    assert harness.promotions.find(PROMOTION).senders == (ANA.id, ANA.id)
    assert second != run


def overtaken(harness: Harness) -> None:
    harness.now += timedelta(minutes=1)
    assert harness.promote(signed(OTHER))[0] == 200


AGAIN: dict[str, tuple[Prepare, str]] = {
    "an expired record": (lambda h: setattr(h, "now", h.now + timedelta(days=60)), "expired at"),
    "a later model is live": (lambda h: live(h, changed="2026-11-23T13:00:00+00:00"), "what is live in staging"),
    "another environment before": (lambda h: h.allow(through=("qa",)), "must have passed qa"),
    "a key that was withdrawn": (lambda h: h.allow(public_keys=(STRANGER_KEY.public.pem,)), "the trusted keys are"),
    "another promotion is open": (overtaken, "began after"),
}


@pytest.mark.parametrize("changed", AGAIN)
def test_every_rule_holds_when_a_record_is_admitted_again(harness: Harness, changed: str) -> None:
    prepare, said = AGAIN[changed]
    run = failed(harness)
    prepare(harness)
    status, answer = harness.promote(promotion=PROMOTION, again=True)
    assert (status in (400, 409), said in answer["error"]["message"]) == (True, True), answer
    found = harness.promotions.find(PROMOTION)
    assert (found.run, found.retry_of) == (run, "")


def withdrawn(harness: Harness) -> None:
    harness.promote()
    harness.allow(public_keys=(STRANGER_KEY.public.pem,))


RESUMED: list[tuple[str, bytes, Prepare, int, str]] = [
    ("an unknown one", signed(), lambda _: None, 400, "there is no promotion"),
    ("another record", signed(OTHER), lambda h: h.promote(), 409, "is of record"),
    ("a forged record", signed(signer=STRANGER_KEY), lambda h: h.promote(), 409, "the trusted keys are"),
    (
        "a key that was withdrawn",
        signed(),
        withdrawn,
        409,
        "the trusted keys are",
    ),
    (
        "an abandoned one",
        signed(),
        lambda h: (h.promote(), h.send({"promotion": PROMOTION, "abandon": True, "reason": "wrong"})),
        400,
        "was abandoned at",
    ),
]


@pytest.mark.parametrize(("_what", "file", "prepare", "expected", "said"), RESUMED)
def test_what_cannot_be_resumed(
    harness: Harness, _what: str, file: bytes, prepare: Prepare, expected: int, said: str
) -> None:
    prepare(harness)
    status, answer = harness.promote(file, promotion=PROMOTION)
    assert status == expected
    assert said in answer["error"]["message"]


@pytest.mark.parametrize("wrong", ["support-a-b-1", "promotion-", "rollback-support-20261123T120000Z"])
def test_what_is_no_promotion_cannot_be_resumed_or_abandoned(harness: Harness, wrong: str) -> None:
    for more in ({}, {"abandon": True, "reason": "wrong"}):
        status, answer = harness.send({"promotion": wrong, **more})
        assert (status, answer["error"]["type"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"record": "no base64!"}, "not base64"),
        ({"record": signed().decode()}, "not base64"),
        ({"record": "", "budget": "1"}, "unknown fields"),
        ({"record": "", "reason": "x" * 1001}, "1000 at most"),
        ([], "AdmissionRequest is list"),
    ],
)
def test_what_is_no_request_is_refused(harness: Harness, body: Any, said: str) -> None:
    status, answer = harness.send(body)
    assert status == 400
    assert said in answer["error"]["message"]
    assert harness.table.items == {}


def test_an_abandoned_promotion_makes_room_and_its_record_stays_used(harness: Harness) -> None:
    harness.promote()
    other = signed(OTHER)
    harness.now += timedelta(minutes=1)
    status, answer = harness.promote(other)
    assert (status, answer["error"]["type"]) == (409, "RunActive")
    assert f"promotions abandon {PROMOTION}" in answer["error"]["message"]
    status, answer = harness.send({"promotion": PROMOTION, "abandon": True, "reason": "the wrong run"}, LEA)
    assert (status, answer["first"]) == (200, True)
    assert harness.send({"promotion": PROMOTION, "abandon": True, "reason": "again"})[1]["first"] is False
    assert harness.promote()[1]["error"]["reason"] == Refusal.REPLAYED
    assert harness.promote(other)[0] == 200
    found = harness.promotions.find(PROMOTION)
    assert (found.abandoned_by, found.abandoned_reason) == (LEA.arn, "the wrong run")
    assert ["abandoned" in told["Message"] for told in harness.sns.published] == [False, True, False]


def test_an_end_without_a_reason_is_refused(harness: Harness) -> None:
    harness.promote()
    status, answer = harness.send({"promotion": PROMOTION, "abandon": True})
    assert status == 400
    assert "has no reason" in answer["error"]["message"]


def test_what_is_live_by_a_promotion_is_as_old_as_its_record(harness: Harness) -> None:
    """The target judges a student later than the source: a later run of the source is newer all the same."""
    first = of_recipe(recipe(), evaluation=evaluation(judged="2026-11-20T09:00:00+00:00"))
    harness.promote(signed(first))
    run = harness.ledger.open(recipe(), dataset(), again=False, promotion=PROMOTION).run.id
    harness.ledger.begin(run, Stage.EVALUATION)
    harness.ledger.end(run, Stage.EVALUATION, {})
    harness.ledger.close(run, Outcome.PROMOTED)
    live(harness, run=run)
    harness.now += timedelta(minutes=1)
    older = of_recipe(recipe(), run=OTHER.run, evaluation=evaluation(judged="2026-11-20T08:59:59+00:00"))
    assert harness.promote(signed(older))[1]["error"]["reason"] == Refusal.OLDER_THAN_LIVE
    newer = of_recipe(recipe(), run=OTHER.run, evaluation=evaluation(judged="2026-11-20T09:00:01+00:00"))
    assert harness.promote(signed(newer))[0] == 200


def test_what_is_live_by_an_upload_is_as_old_as_its_verdict(harness: Harness) -> None:
    run = harness.ledger.open(recipe(), dataset(), again=False).run.id
    harness.now -= timedelta(days=1)
    harness.ledger.begin(run, Stage.EVALUATION)
    harness.ledger.end(run, Stage.EVALUATION, {})
    harness.now += timedelta(days=1)
    live(harness, run=run)
    assert harness.promote()[0] == 200


class Interrupted(MemoryTable):
    """Loses the answer of the first transaction, after or before it was written."""

    def __init__(self, *, written: bool) -> None:
        super().__init__()
        self.written, self.lost = written, False

    def put_all(self, *puts: Any) -> bool:
        done = super().put_all(*puts) if self.written or self.lost else False
        if not self.lost:
            self.lost = True
            raise service_error("InternalServerError")
        return done


@pytest.mark.parametrize("written", [True, False])
def test_a_function_that_dies_as_it_consumes_has_consumed_all_or_nothing(
    monkeypatch: pytest.MonkeyPatch, written: bool
) -> None:
    harness = Harness(monkeypatch, Interrupted(written=written))
    with pytest.raises(ClientError):
        harness.promote()
    status, answer = harness.promote()
    if written:
        assert (status, answer["error"]["promotion"]) == (409, PROMOTION)
        assert harness.promote(promotion=PROMOTION)[1]["first"] is False
    else:
        assert (status, answer["first"]) == (200, True)
    assert len(harness.promotions.of("support")) == 1


def test_of_two_requests_at_the_same_time_one_consumes_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    class Racing(MemoryTable):
        raced = False

        def put_all(self, *puts: Any) -> bool:
            if not self.raced:
                self.raced = True
                assert harness.promote()[0] == 200
            return super().put_all(*puts)

    harness = Harness(monkeypatch, Racing())
    status, answer = harness.promote()
    assert (status, answer["error"]["reason"]) == (409, Refusal.REPLAYED)
    assert len(harness.promotions.of("support")) == 1


def test_of_two_records_at_the_same_time_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    class Racing(MemoryTable):
        raced = False

        def put_all(self, *puts: Any) -> bool:
            if not self.raced:
                self.raced = True
                assert harness.promote(signed(OTHER))[0] == 200
            return super().put_all(*puts)

    harness = Harness(monkeypatch, Racing())
    status, answer = harness.promote()
    assert (status, answer["error"]["type"]) == (409, "RunActive")
    assert len(harness.promotions.of("support")) == 1


def test_the_recipe_s_deciders_decide(harness: Harness) -> None:
    harness.recipes = {"support": recipe(deciders=(f"{LEA.arn.rpartition('/')[0]}/*",))}
    for body in ({}, {"promotion": PROMOTION}, {"promotion": PROMOTION, "abandon": True, "reason": "no"}):
        status, answer = harness.promote(by=ANA, **body)
        assert (status, answer["error"]["type"]) == (403, "NotAdmitted")
    assert harness.table.items == {}
    assert harness.promote(by=STRANGER)[0] == 403
    assert harness.promote(by=LEA)[0] == 200


def test_nothing_is_known_of_a_forged_record(harness: Harness) -> None:
    """Whether the caller may decide is asked about the recipe of a verified record only."""
    harness.recipes = {"support": recipe(deciders=("arn:aws:iam::111111111111:role/nobody",))}
    status, answer = harness.promote(signed(signer=STRANGER_KEY))
    assert (status, answer["error"]["reason"]) == (409, Refusal.UNLISTED_KEY)


def test_a_direct_invocation_is_refused(harness: Harness) -> None:
    """Whatever it looks like: only the URL's event says who calls."""
    with pytest.raises(NotAdmitted):
        admit({"body": json.dumps({"record": ""})}, HERE)
    assert harness.table.items == {}


@pytest.mark.parametrize(
    ("more", "way"),
    [
        ({}, Way.REPOINT),
        ({"region": "us-west-2"}, Way.REDISTIL),
        ({"account": "222222222222"}, Way.REDISTIL),
        ({"keeps_data": True}, Way.REDISTIL),
        ({"keeps_data": None}, Way.REDISTIL),
    ],
)
def test_a_disposable_environment_uses_the_model_of_one_in_its_account_and_region(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], way: Way
) -> None:
    monkeypatch.delenv(Variable.FOUR_EYES)
    status, answer = harness.promote(signed(record(**more)))
    assert (status, answer["way"]) == (200, way.value)
    assert answer["prefix"], "the prompts judge the student, whichever way it comes"


def test_a_way_that_the_settings_no_longer_admit_is_not_continued(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the prompts are copied; a run that there is goes on."""
    monkeypatch.delenv(Variable.FOUR_EYES)
    assert harness.promote()[1]["way"] == Way.REPOINT
    monkeypatch.setenv(Variable.FOUR_EYES, "true")  # keep_data = true
    status, answer = harness.promote(promotion=PROMOTION)
    assert (status, answer["error"]["type"]) == (400, "BadRequest")
    assert answer["error"]["message"] == str(no_longer_admitted(harness.promotions.find(PROMOTION)))
    monkeypatch.delenv(Variable.FOUR_EYES)
    assert harness.promote(promotion=PROMOTION)[0] == 200
    monkeypatch.setenv(Variable.FOUR_EYES, "true")
    run = harness.ledger.open(recipe(), dataset(), again=False, promotion=PROMOTION).run.id
    assert harness.promote(promotion=PROMOTION)[1]["run"] == run


@pytest.mark.parametrize("seen", [Way.REPOINT, Way.COPY])
def test_another_way_than_the_confirmed_one_consumes_nothing(harness: Harness, seen: Way) -> None:
    before = dict(harness.table.items)
    status, answer = harness.promote(way=seen.value)
    assert (status, answer["error"]["reason"]) == (409, Refusal.OTHER_WAY)
    assert f"the way here is re-distil, and {seen} was confirmed" in answer["error"]["message"]
    assert harness.table.items == before
    status, answer = harness.promote(way=Way.REDISTIL.value)
    assert (status, answer["way"], answer["first"]) == (200, "re-distil", True)
    assert harness.promote(promotion=answer["promotion"], way=seen.value)[0] == 200, "it keeps its way"
