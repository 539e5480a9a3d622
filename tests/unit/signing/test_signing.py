"""The record of a student that goes live: what it says, that it is signed once, and of which evidence."""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from distillery.core import aws
from distillery.core.env_vars import Variable
from distillery.core.judging import VerdictOutcome
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.evaluations import Evaluations
from distillery.core.ledger.items import run_key
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.looks import LookLedger
from distillery.core.ledger.promotions import Promotions
from distillery.core.pipeline import Outcome, Run, Stage, Verdict
from distillery.core.serialization import to_wire
from distillery.evaluation.report import wire
from distillery.evaluation.report.lineage import Lineage, Method
from distillery.records.verification import Verified, verify
from lambdas.signing.handler import step
from tests.fakes.pipeline import dataset, distilled, recipe, student, verdict
from tests.fakes.records import NOW, FakeKms, Signer
from tests.fakes.report import full
from tests.fakes.s3 import FakeS3
from tests.fakes.table import MemoryTable
from tests.unit.core.ledger.test_promotions import promotion

KEY = "arn:aws:kms:us-east-1:111111111111:key/k"
JUDGED = "2026-11-23T11:00:00+00:00"


class FakeRegionalS3(FakeS3):
    """S3 whose client names its Region."""

    class meta:  # noqa: N801 boto3's name
        region_name = "us-east-1"


class Harness:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.s3, self.kms, self.table = FakeRegionalS3(), FakeKms(Signer()), MemoryTable()
        self.ledger, self.acceptances = Ledger(self.table), Acceptances(self.table)
        self.now = NOW
        monkeypatch.setattr("distillery.core.clock.now", lambda: self.now)
        services = {"s3": self.s3, "kms": self.kms}
        monkeypatch.setattr(aws, "_client", lambda service, region: services[service])
        monkeypatch.setattr("lambdas.signing.handler.Table", lambda name: self.table)
        values = {"ENVIRONMENT": "dev", "LEDGER": "ledger", "SIGNING_KEY": KEY, "RECORD_DAYS": "30"}
        for variable, value in values.items():
            monkeypatch.setenv(Variable[variable], value)

    def judged(self, outcome: VerdictOutcome = VerdictOutcome.PASSED, *, promotion: str = "", **report: Any) -> Run:
        """A run with a student, a verdict and its report."""
        run = self.ledger.open(recipe(), dataset(), again=False, promotion=promotion).run
        distilled(self.ledger, run, "a")
        self.report(run, outcome, **report)
        self.ledger.begin(run.id, Stage.EVALUATION)
        self.ledger.end(run.id, Stage.EVALUATION, self.verdict(run, outcome))
        for uri in (run.dataset.uri, run.dataset.heldout_uri):
            self.s3.put(uri, f"prompts of {uri}")
        return run

    def verdict(self, run: Run, outcome: VerdictOutcome, **more: Any) -> Verdict:
        uri = f"s3://data/evaluations/{run.id}/report.json"
        made = replace(verdict(outcome is VerdictOutcome.PASSED), outcome=outcome, report_uri=uri, look=run.id)
        return replace(made, **more)

    def report(self, run: Run, outcome: VerdictOutcome, name: str = "report.json", **more: Any) -> None:
        lineage = Lineage(model_arn=student("a").model_arn)
        made = replace(full(), run=run.id, outcome=outcome, lineage=lineage, judged=JUDGED, **more)
        self.s3.put(f"s3://data/evaluations/{run.id}/{name}", json.dumps(wire.write(made)))

    def accept(self, run: Run) -> dict[str, Any]:
        """The state of an execution after a person accepted the run's student."""
        holder = "acceptance-support-20261123T120000Z"
        self.ledger.close(run.id, Outcome.REJECTED, "worse")
        record = self.ledger.run(run.id)
        assert self.acceptances.begin(record, holder, by="arn:ann", reason="better wording", left=None)
        return {"action": "promote", "recipe": "support", "holder": holder}

    def sign(self, state: dict[str, Any]) -> dict[str, Any]:
        return dict(step({"step": "sign", "state": state}, None))

    def verified(self, signed: dict[str, Any]) -> Verified:
        bucket, _, key = signed["pending"].removeprefix("s3://").partition("/")
        return verify(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read(), [self.kms.signer.public])


@pytest.fixture
def harness(monkeypatch: pytest.MonkeyPatch) -> Harness:
    return Harness(monkeypatch)


def _state(run: Run) -> dict[str, Any]:
    return {"action": "distil", "run": to_wire(run)}


def test_the_record_lies_beside_the_report_and_verifies(harness: Harness) -> None:
    run = harness.judged()
    signed = harness.sign(_state(run))
    assert signed["uri"] == f"s3://data/evaluations/{run.id}/record.json"
    assert signed["pending"] == f"s3://data/pending-records/{run.id}/{run.id}.json"
    assert f"evaluations/{run.id}/record.json" not in harness.s3.remaining_keys("data"), (
        "the step that makes the student live publishes it"
    )
    found = harness.verified(signed)
    assert found.digest == signed["digest"]
    record = found.statement.record
    assert (record.environment, record.account, record.region) == ("dev", "111111111111", "us-east-1")
    assert (record.run, record.recipe, record.attempt) == (run.id, "support", 1)
    assert (record.model_arn, record.job_arn) == (student("a").model_arn, student("a").job_arn)
    assert record.training.dataset_digest == run.dataset.digest
    assert record.evaluation.passed
    assert (record.accepted, record.chain) == (None, ())
    assert (record.issued, record.expires) == ("2026-11-23T12:00:00+00:00", "2026-12-23T12:00:00+00:00")
    assert record.software["distillery"]


def test_the_record_of_a_promoted_student_names_those_before_it(harness: Harness) -> None:
    promoted = promotion()
    Promotions(harness.table).begin(promoted)
    run = harness.judged(promotion=promoted.id)
    record = harness.verified(harness.sign(_state(run))).statement.record
    assert record.chain == promoted.record.passed_on
    assert [one.environment for one in record.chain] == ["dev", "staging"]
    assert record.chain[-1].digest == promoted.record.digest


def test_the_chain_of_an_accepted_student_is_that_of_its_run(harness: Harness) -> None:
    Promotions(harness.table).begin(promotion())
    run = harness.judged(VerdictOutcome.FAILED, promotion=promotion().id)
    record = harness.verified(harness.sign(harness.accept(run))).statement.record
    assert record.chain == promotion().record.passed_on


def test_the_record_has_every_score_with_interval_count_and_price(harness: Harness) -> None:
    found = harness.verified(harness.sign(_state(harness.judged()))).statement.record.evaluation
    of, expected = {one.role: one for one in found.models}, {one.role: one for one in full().contestants}
    assert of.keys() == expected.keys()
    for role, row in expected.items():
        assert of[role].score == (None if row.value is None else Decimal(str(row.value)))
        assert (of[role].scored, of[role].asked) == (row.scored, row.asked)
        interval = of[role].interval
        assert (interval is None) == (row.interval is None)
        if interval and row.interval:
            assert (str(interval.low), str(interval.high)) == (str(row.interval.low), str(row.interval.high))
        assert (of[role].price is None) == (row.price is None)
    assert [(one.name, float(one.needed)) for one in found.thresholds] == [
        (one.name, one.needed) for one in full().bars
    ]
    assert found.clusters == (full().method.families or len(full().prompts))
    assert found.judged == JUDGED
    assert len(found.golden) == len(full().golden)


def test_the_subjects_are_the_bytes_of_the_evidence(harness: Harness) -> None:
    run = harness.judged()
    found = harness.verified(harness.sign(_state(run))).statement
    report = harness.s3.get_object(Bucket="data", Key=f"evaluations/{run.id}/report.json")["Body"].read()
    request = json.dumps(found.record.training.job_request, sort_keys=True, separators=(",", ":")).encode()
    bodies = {
        "report": report,
        "job-request": request,
        "training-prompts": f"prompts of {run.dataset.uri}".encode(),
        "held-out-prompts": f"prompts of {run.dataset.heldout_uri}".encode(),
    }
    assert found.subjects == {name: hashlib.sha256(body).hexdigest() for name, body in bodies.items()}


def test_prompts_without_clusters_count_alone(harness: Harness) -> None:
    run = harness.judged(method=Method())
    found = harness.verified(harness.sign(_state(run))).statement.record.evaluation
    assert found.clusters == len(full().prompts)


def test_a_repeated_step_finds_the_first_record(harness: Harness) -> None:
    run = harness.judged()
    first = harness.sign(_state(run))
    harness.now += timedelta(days=2)
    assert harness.sign(_state(run)) == first
    assert len(harness.kms.signed) == 1


def test_of_two_that_sign_at_once_one_record_stays(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    run = harness.judged()
    first = harness.sign(_state(run))
    harness.now += timedelta(days=2)
    with monkeypatch.context() as late:
        late.setattr(aws.ObjectStore, "exists", lambda *_: False)
        assert harness.sign(_state(run)) == first
    assert len(harness.kms.signed) == 2
    assert harness.verified(first).statement.record.issued == "2026-11-23T12:00:00+00:00"


def test_an_acceptance_is_in_the_record_with_its_reason(harness: Harness) -> None:
    run = harness.judged(VerdictOutcome.FAILED)
    record = harness.verified(harness.sign(harness.accept(run))).statement.record
    assert not record.evaluation.passed
    assert record.accepted is not None
    assert (record.accepted.by, record.accepted.reason) == ("arn:ann", "better wording")


def test_an_exploratory_verdict_has_a_record_of_its_own(harness: Harness) -> None:
    run = harness.judged(VerdictOutcome.FAILED)
    harness.ledger.close(run.id, Outcome.REJECTED, "worse")
    look, name = "evaluation-support-x", "report-evaluation-support-x.json"
    Evaluations(harness.table).begin(run.id, look, by="arn:ann", reason="other bars")
    harness.report(run, VerdictOutcome.PASSED, name, exploratory=True)
    uri = f"s3://data/evaluations/{run.id}/{name}"
    explored = harness.verdict(
        run, VerdictOutcome.PASSED, passed=False, exploratory="other bars", look=look, report_uri=uri
    )
    LookLedger(harness.table).store(harness.ledger.run(run.id), explored)
    signed = harness.sign(harness.accept(run))
    assert signed["uri"] == f"s3://data/evaluations/{run.id}/record-{look}.json"
    record = harness.verified(signed).statement.record
    assert (record.evaluation.outcome, record.evaluation.passed) == (VerdictOutcome.PASSED, False)
    assert record.accepted is not None


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": VerdictOutcome.FAILED},
        {"run": "support-aaaaa-bbbbbbbb-9"},
        {"lineage": Lineage(model_arn="arn:other")},
        {"exploratory": True},
    ],
    ids=str,
)
def test_a_report_that_somebody_exchanged_is_not_signed(harness: Harness, change: dict[str, Any]) -> None:
    run = harness.judged()
    lineage = Lineage(model_arn=student("a").model_arn)
    other = replace(full(), **{"run": run.id, "outcome": VerdictOutcome.PASSED, "lineage": lineage, **change})
    harness.s3.put(f"s3://data/evaluations/{run.id}/report.json", json.dumps(wire.write(other)))
    with pytest.raises(Exception, match="report that was not changed") as raised:
        harness.sign(_state(run))
    assert type(raised.value).__name__ == "EvaluationFailed"
    assert harness.kms.signed == []


def test_what_is_in_the_state_of_an_execution_is_not_signed(harness: Harness) -> None:
    """Only the run's id is taken from it: who may start executions cannot have a verdict of their own signed."""
    run = harness.judged(VerdictOutcome.FAILED)
    state = _state(run) | {"verdict": to_wire(verdict(True)), "student": to_wire(student("z"))}
    record = harness.verified(harness.sign(state)).statement.record
    assert not record.evaluation.passed
    assert record.model_arn == student("a").model_arn


@pytest.mark.parametrize("gone", ["report", "training"])
def test_evidence_that_has_expired_is_no_obstacle_and_is_not_signed(harness: Harness, gone: str) -> None:
    run = harness.judged()
    key = f"evaluations/{run.id}/report.json" if gone == "report" else run.dataset.uri.removeprefix("s3://data/")
    harness.s3.delete_object(Bucket="data", Key=key)
    signed = harness.sign(_state(run))
    assert (signed["uri"], signed["digest"]) == ("", "")
    assert "does not exist any more" in signed["why"]
    assert harness.kms.signed == []


def test_a_verdict_of_an_older_version_is_no_obstacle_and_is_not_signed(harness: Harness) -> None:
    run = harness.judged()
    record = harness.ledger.run(run.id)
    old = {**record.stages[Stage.EVALUATION].product, "outcome": None}
    values, given = {"evaluation_product": json.dumps(old)}, {"outcome": Outcome.RUNNING.value}
    assert harness.table.set(*run_key(run.id), values, only_if="#outcome = :outcome", given=given)
    signed = harness.sign(_state(run))
    assert (signed["uri"], "without outcomes" in signed["why"]) == ("", True)
    assert harness.kms.signed == []


def test_the_deployments_commit_is_in_the_record(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(Variable.COMMIT, "abc123")
    record = harness.verified(harness.sign(_state(harness.judged()))).statement.record
    assert record.software["commit"] == "abc123"


def test_the_record_names_the_person_and_the_time_of_this_acceptance(harness: Harness) -> None:
    """The first one failed after the signature, and somebody else accepted the student later."""
    run = harness.judged()
    harness.ledger.close(run.id, Outcome.AWAITING_ACCEPTANCE)
    found = []
    for who, second in (("arn:ann", "1"), ("arn:bob", "2")):
        holder, of = f"acceptance-support-2026112{second}T120000Z", harness.ledger.run(run.id)
        assert harness.acceptances.begin(of, holder, by=who, reason=f"reason of {who}", left=None)
        signed = harness.sign({"action": "promote", "recipe": "support", "holder": holder})
        record = harness.verified(signed).statement.record
        found.append((record.accepted and record.accepted.by, record.issued[:10]))
        harness.acceptances.end("support", holder, Outcome.FAILED, "the endpoint failed")
        harness.now += timedelta(days=1)
    assert found == [("arn:ann", "2026-11-23"), ("arn:bob", "2026-11-24")]


@pytest.mark.parametrize("keeps", [True, False])
def test_the_record_says_whether_the_environment_keeps_its_data(
    harness: Harness, monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    if keeps:
        monkeypatch.setenv(Variable.FOUR_EYES, "true")
    assert harness.verified(harness.sign(_state(harness.judged()))).statement.record.keeps_data is keeps


def test_an_evaluation_signs_its_own_record(harness: Harness) -> None:
    """A run that failed after the signature, and is resumed days later, has a record that is valid from then on."""
    run = harness.judged()
    first = harness.sign(_state(run))
    harness.now += timedelta(days=20)
    resumed = harness.sign(_state(run) | {"action": "evaluate", "evaluation": {"execution": "evaluation-support-x"}})
    assert resumed["pending"] != first["pending"]
    assert harness.verified(resumed).statement.record.issued == "2026-12-13T12:00:00+00:00"
