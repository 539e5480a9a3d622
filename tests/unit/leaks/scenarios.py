"""Requests to each function: every step of every stage, with the account in a state in which it makes all its calls."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.core import clock
from distillery.core.business_hours import BusinessHours, Weekday
from distillery.core.canary import CanaryOptions
from distillery.core.conversation import Prompt, to_line
from distillery.core.env_vars import Variable
from distillery.core.judging import GraderKind, GraderSpec, VerdictOutcome
from distillery.core.ledger.borrowed_models import BorrowedModel
from distillery.core.ledger.canaries import Canaries
from distillery.core.ledger.holders import HolderKind, new_holder
from distillery.core.ledger.hours_changes import HoursAction, HoursChanges
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.student_promotion import StudentPromotion
from distillery.core.logs import LogReadMode, LogSource
from distillery.core.model_dates import NamedModel
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE
from distillery.core.pipeline import Outcome, Run, Stage, Student, Verdict
from distillery.core.promotions import FILES, MARKER, AdmittedRecord, Way
from distillery.core.recipe import Recipe
from distillery.core.recipe_options import OverBudgetPolicy, StalledJobs
from distillery.core.serialization import from_wire, to_wire
from distillery.core.served_routes import CallerQuota, Period, ServedRoute, ServedRoutes
from distillery.evaluation.report import wire
from distillery.evaluation.report.lineage import Lineage
from distillery.records import rules, statement
from distillery.records.record import TrainingInputs, job_request
from distillery.records.rules import AdmissionRules
from distillery.records.statement import HELDOUT, TRAINING, Statement
from lambdas.admission.handler import admit
from lambdas.adoption.handler import step as adoption
from lambdas.bucket_cleanup.handler import empty
from lambdas.canary.handler import step as canary
from lambdas.collection.handler import collect
from lambdas.dataset.approval import decide
from lambdas.dataset.handler import receive
from lambdas.distillation.handler import settle
from lambdas.distillation.handler import step as distillation
from lambdas.drift.handler import watch_drift
from lambdas.endpoint.handler import step as endpoint
from lambdas.endpoint.handler import sweep
from lambdas.evaluation.grading import step as grading
from lambdas.evaluation.handler import step as evaluation
from lambdas.evaluation.reporting import step as reporting
from lambdas.evaluation.request import evaluate
from lambdas.evaluation.scoring import step as scoring
from lambdas.expiry.handler import expire
from lambdas.invocation_logging.handler import configure
from lambdas.model_dates.handler import watch
from lambdas.operations.deletion_handler import prune, retire
from lambdas.operations.handler import operate
from lambdas.promotion.handler import accept, rollback
from lambdas.promotion.handler import step as promotion
from lambdas.serving.handler import invoke
from lambdas.sharing.handler import share
from lambdas.signing.handler import step as sign
from lambdas.teardown.handler import clean, guard, keep_recipes
from lambdas.teardown.handler import step as retirement
from lambdas.uploads.handler import record_uploads
from tests.fakes.callers import event as signed
from tests.fakes.drift import drifted
from tests.fakes.pipeline import dataset, distilled, open_run, provisioned, recipe, verdict
from tests.fakes.records import Signer
from tests.fakes.records import evaluation as qualified_by
from tests.fakes.records import record as qualified
from tests.fakes.report import full
from tests.unit.client.harness import ALIAS, ENDPOINT, OPTIMIZED, OTHER, STANDARD, STUDENT, route_map
from tests.unit.collection.records import PREFIX, ROUTE, converse, packed, record, reply
from tests.unit.collection.test_direct import JUDGE, LEARN
from tests.unit.constructs.test_bucket_cleanup import EVENT as EMPTY
from tests.unit.dataset.fakes import file
from tests.unit.distillation.fakes import job, stalled
from tests.unit.invocation_logging.test_ownership import STACK
from tests.unit.leaks.account import SETTINGS, Account
from tests.unit.leaks.account import STUDENT as STORED
from tests.unit.serving.test_function_url import event as by_url
from tests.unit.uploads.test_handler import notification

Ask = Callable[[], Any]
PLAIN = recipe()
CONTEXT: Any = SimpleNamespace(
    log_stream_name="stream", invoked_function_arn="", get_remaining_time_in_millis=lambda: 900_000
)
PREMIER = "amazon.nova-premier-v1:0"
ADMITS = AdmissionRules(through=("qa",), public_keys=(Signer().public.pem,), admits_overruled=False)
LOGGED = PREFIX.replace("us-east-2", "us-east-1")


@dataclass(frozen=True)
class Scenario:
    """prepare: puts the account into the state, and returns a callable that invokes the function."""

    prepare: Callable[[Account], Ask]
    recipe: Recipe = PLAIN
    quota: CallerQuota | None = None

    @contextmanager
    def settings(self) -> Iterator[None]:
        routes = ServedRoutes(
            routes=tuple(ServedRoute(name=name) for name in ("fast", "distilled/support")), quota=self.quota
        )
        models = [NamedModel(where="routes.old.model", model=PREMIER, region="us-east-1")]
        told: Mapping[str, Any] = {
            "recipes.json": {"support": to_wire(self.recipe)},
            "offer.json": to_wire(routes),
            "models.json": {"models": [to_wire(each) for each in models]},
            rules.FILE: to_wire(ADMITS),
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("distillery.core.env_vars.read_settings", lambda name: told[name])
            yield


def _state(account: Account, of: Recipe, letter: str = "a") -> dict[str, Any]:
    """Of a run up to its verdict."""
    run = open_run(account.ledger, of, digest=letter, heldout=3)
    made = distilled(account.ledger, run, letter)
    lines = [Prompt(system="label", messages=(("user", f"message {i}"),), reference="billing") for i in range(3)]
    bucket, _, key = run.dataset.heldout_uri.removeprefix("s3://").partition("/")
    account.objects[bucket, key] = "".join(to_line(one) + "\n" for one in lines).encode()
    return {"action": "distil", "run": to_wire(run), "student": to_wire(made), "verdict": to_wire(verdict(True))}


def uploaded(body: bytes, key: str = "prompts/support/a.jsonl", uri: str = "") -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        account.objects["prompts", key] = body
        asked = {"recipe": "support", "uri": uri or f"s3://prompts/{key}", "again": False}
        return lambda: receive(asked, CONTEXT)

    return prepare


def refused(account: Account) -> Ask:
    account.objects["prompts", "prompts/support/a.jsonl"] = b"{}\n"
    detail = {"bucket": {"name": "prompts"}, "object": {"key": "prompts/support/a.jsonl", "version-id": "v1"}}
    return lambda: receive({"detail": detail}, CONTEXT)


def decided(approve: bool) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        answer = uploaded(file(150))(account)()
        usd = str(account.ledger.run(answer["run"]).run.dataset.at_most_usd)
        asked = {"run": answer["run"], "approve": approve, "usd": usd, "reason": "no"}
        return lambda: decide(signed(asked), CONTEXT)

    return prepare


def distilling(name: str, of: Recipe = PLAIN, status: str = "", **fields: Any) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        run = open_run(account.ledger, of)
        state = {"run": to_wire(run)}
        if name != "check":
            distillation({"step": "start", "state": state, "token": "t"}, CONTEXT)
        if name == "start":
            account.jobs.jobs.clear()
        if name != "settle":
            return lambda: distillation({"step": name, "state": state, "token": "t"}, CONTEXT)
        account.jobs.jobs[f"dev-{run.id}"] = job(status, **fields)
        return lambda: settle({}, CONTEXT)

    return prepare


def hosting(name: str, of: Recipe) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        state = _state(account, of)
        if name != "create":
            state["candidate"] = endpoint({"step": "create", "state": state}, CONTEXT)
            account.hosting.settle()
        return lambda: endpoint({"step": name, "state": state}, CONTEXT)

    return prepare


def swept(of: Recipe, status: str) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        hosting("describe", of)(account)
        holder = account.ledger.active()["support"]
        account.machine.executions[holder] = status
        if status == "gone":
            account.machine.executions.clear()
        return lambda: sweep({}, CONTEXT)

    return prepare


def evaluating(name: str) -> Callable[[Account], Ask]:
    functions = {"judge": grading, "report": reporting}

    def prepare(account: Account) -> Ask:
        state, chunk = _answered(account, recipe(), up_to=name)
        if name == "report":
            state["verdict"] = to_wire(grading({"step": "judge", "state": state}, CONTEXT))
        return lambda: functions.get(name, evaluation)({"step": name, "state": state, "chunk": chunk}, CONTEXT)

    return prepare


def _answered(account: Account, of: Recipe, *, up_to: str = "") -> tuple[dict[str, Any], Any]:
    """The state of a run whose held-out prompts are answered, or not yet planned or answered, and its only chunk."""
    state = _state(account, of)
    state["candidate"] = endpoint({"step": "create", "state": state}, CONTEXT)
    if up_to == "plan":
        return state, None
    (chunk,) = evaluation({"step": "plan", "state": state}, CONTEXT)
    if up_to != "answer":
        evaluation({"step": "answer", "state": state, "chunk": chunk}, CONTEXT)
    return state, chunk


SCORED = recipe(
    graders=(
        GraderSpec(kind=GraderKind.FUNCTION, options={"arn": "arn:aws:lambda:us-east-1:111111111111:function:score"}),
        GraderSpec(kind=GraderKind.JUDGE, options={"model": "anthropic.claude-haiku-4-5-20251001-v1:0"}),
    )
)


def scoring_of(name: str, *, begun: bool = False, ended: bool = False, lost: bool = False) -> Callable[[Account], Ask]:
    """begun, ended: whether the judges' jobs have. lost: whether an invocation started them and kept no ARN."""

    def prepare(account: Account) -> Ask:
        state, chunk = _answered(account, SCORED)
        more = {"chunk": chunk, "scored": {"rounds": 0}, "judged": {"rounds": 0}}
        if begun or ended or lost:
            scoring({"step": "follow", "state": state, **more}, CONTEXT)
        if ended:
            account.end_evaluations()
        if lost:
            kept = [each for each in account.objects if "/judging/" in each[1] and each[1].endswith(".json")]
            for each in kept:
                del account.objects[each]
        return lambda: scoring({"step": name, "state": state, **more}, CONTEXT)

    return prepare


def shared(*, ended: bool) -> Callable[[Account], Ask]:
    """A model is shared, or not any more."""

    def prepare(account: Account) -> Ask:
        run = open_run(account.ledger, PLAIN)
        distilled(account.ledger, run, "a")
        account.ledger.close(run.id, Outcome.PROMOTED)
        asked = {"run": run.id, "account": "222222222222"}
        if ended:
            share(signed(asked), CONTEXT)
        return lambda: share(signed({**asked, "end": ended}), CONTEXT)

    return prepare


def adopting(way: Way) -> Callable[[Account], Ask]:
    """A run whose promotion goes by that way."""
    return lambda account: _adopting(account, way)


def _adopting(account: Account, way: Way) -> Ask:
    record = AdmittedRecord(
        digest="a" * 64,
        environment="qa",
        account="111111111111",
        region="us-east-1",
        run="support-c-d-1",
        model_arn=STORED,
        job_arn="arn:job",
        judged="2026-11-21T09:00:00+00:00",
        issued="2026-11-21T09:00:01+00:00",
        expires="2026-12-21T09:00:01+00:00",
        dataset_digest="e" * 64,
        training_digest="f" * 64,
    )
    opened = StudentPromotion(
        id="promotion-support-20261123T120000Z",
        recipe="support",
        way=way,
        record=record,
        by="arn:ana",
        by_id="AIDAANN",
        reason="",
        opened="2026-11-23T12:00:00+00:00",
    )
    Promotions(account.table).begin(opened)
    run = account.ledger.open(PLAIN, dataset(), again=False, promotion=opened.id).run
    state = {"run": to_wire(run)}
    return lambda: adoption({"step": "adopt", "state": state}, CONTEXT)


def leased(account: Account) -> Ask:
    """The student of a run that is evaluated again is another environment's."""
    run = open_run(account.ledger, PLAIN)
    borrowed = Student(model_arn=STORED, job_arn="arn:job", borrowed=True)
    account.ledger.begin(run.id, Stage.DISTILLATION)
    account.ledger.end(run.id, Stage.DISTILLATION, borrowed)
    state = {"run": to_wire(run)}
    return lambda: adoption({"step": "lease", "state": state}, CONTEXT)


def swept_canary(account: Account) -> Ask:
    """Neither its execution nor the one that was to end it has closed it."""
    trying("look")(account)
    canaries = Canaries(account.table)
    (record,) = canaries.all()
    account.machine.executions |= {record.holder: "FAILED", record.withdrawal: "FAILED"}
    return lambda: sweep({}, CONTEXT)


def swept_borrowed(account: Account) -> Ask:
    """Of two leases one is renewed and one ended."""
    for letter, ends in (("a", False), ("b", True)):
        run = open_run(account.ledger, replace(PLAIN, name="support" if ends else "faq"), digest=letter)
        distilled(account.ledger, run, letter)
        borrowed = BorrowedModel(arn=f"{STORED}{letter}", run=run.id, until="2020-01-01T00:00:00+00:00")
        account.ledger.borrowed.keep(borrowed)
        if ends:
            account.ledger.close(run.id, Outcome.REJECTED)
    return lambda: sweep({}, CONTEXT)


def swept_judges(account: Account) -> Ask:
    state, _ = _answered(account, SCORED)
    scoring({"step": "follow", "state": state, "judged": {"rounds": 0}}, CONTEXT)
    account.ledger.close(state["run"]["id"], Outcome.FAILED, "the execution was aborted")
    return lambda: sweep({}, CONTEXT)


def idle(account: Account) -> Ask:
    tags = [{"key": TAG_ENVIRONMENT, "value": "dev"}, {"key": TAG_RECIPE, "value": "support"}]
    account.hosting.create_provisioned_model_throughput(
        provisionedModelName="dev-support-live", modelId="arn:m", modelUnits=1, tags=tags, clientRequestToken="once"
    )
    return lambda: sweep({}, CONTEXT)


def _closed(account: Account) -> str:
    """The id of a run that ended without its student going live."""
    state = _state(account, recipe())
    state["verdict"] = to_wire(replace(verdict(False), outcome=VerdictOutcome.INCONCLUSIVE))
    account.ledger.begin(state["run"]["id"], Stage.EVALUATION)
    account.ledger.end(state["run"]["id"], Stage.EVALUATION, from_wire(Verdict, state["verdict"]))
    promotion({"step": "close", "state": state}, CONTEXT)
    return str(state["run"]["id"])


def accepted(account: Account) -> Ask:
    asked = {"run": _closed(account), "accept": True, "reason": "good enough"}
    return lambda: accept(signed(asked), CONTEXT)


def evaluated_again(account: Account) -> Ask:
    asked = {"run": _closed(account), "reason": "the last step failed"}
    return lambda: evaluate(signed(asked), CONTEXT)


def stopped(of: Recipe) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        if of.judges:
            state, _ = _answered(account, of)
            scoring({"step": "follow", "state": state, "judged": {"rounds": 0}}, CONTEXT)
        else:
            state = _state(account, of)
            state["candidate"] = endpoint({"step": "create", "state": state}, CONTEXT)
        account.hosting.settle()
        run = state["run"]["id"]
        account.machine.executions[run] = "RUNNING"
        account.jobs.jobs[f"dev-{run}"] = job("InProgress")
        asked = {"run": run, "reason": "wrong prompts"}
        return lambda: operate(signed(asked) | {"rawPath": "/stop"}, CONTEXT)

    return prepare


def resumed(account: Account) -> Ask:
    run = open_run(account.ledger, heldout=3)
    account.ledger.count_job_request(run.id)
    account.jobs.jobs[f"dev-{run.id}"] = job("Completed")
    account.ledger.close(run.id, Outcome.FAILED, "timed out")
    bucket, _, key = run.dataset.heldout_uri.removeprefix("s3://").partition("/")
    account.objects[bucket, key] = b""
    asked = {"run": run.id, "reason": "the last step failed"}
    return lambda: operate(signed(asked) | {"rawPath": "/resume"}, CONTEXT)


def followed_up(account: Account) -> Ask:
    state = _state(account, recipe())
    return lambda: promotion({"step": "follow_up", "state": state}, CONTEXT)


def _promoted(account: Account, of: Recipe, letter: str = "a") -> None:
    state = _state(account, of, letter)
    state["live"] = promotion({"step": "promote", "state": state}, CONTEXT)
    account.hosting.settle()
    state["alias"] = promotion({"step": "record", "state": state}, CONTEXT)
    promotion({"step": "close", "state": state}, CONTEXT)


def signing(account: Account) -> Ask:
    state = _state(account, recipe())
    run, made = from_wire(Run, state["run"]), from_wire(Student, state["student"])
    lineage = Lineage(model_arn=made.model_arn)
    report = replace(full(), run=run.id, outcome=VerdictOutcome.PASSED, lineage=lineage)
    judged = replace(
        verdict(True), outcome=VerdictOutcome.PASSED, report_uri=f"s3://data/evaluations/{run.id}/report.json"
    )
    account.objects["data", f"evaluations/{run.id}/report.json"] = json.dumps(wire.write(report)).encode()
    account.objects["data", run.dataset.uri.removeprefix("s3://data/")] = b"{}"
    account.ledger.begin(run.id, Stage.EVALUATION)
    account.ledger.end(run.id, Stage.EVALUATION, judged)
    return lambda: sign({"step": "sign", "state": state}, CONTEXT)


def publishing(account: Account) -> Ask:
    """The record of a student is published as its alias is written."""
    state = _state(account, recipe())
    state["live"] = promotion({"step": "promote", "state": state}, CONTEXT)
    account.hosting.settle()
    pending = f"pending-records/{state['run']['id']}/{state['run']['id']}.json"
    account.objects["data", pending] = b"{}"
    published = f"s3://data/evaluations/{state['run']['id']}/record.json"
    state["signed"] = {"uri": published, "pending": f"s3://data/{pending}", "digest": "d", "why": ""}
    return lambda: promotion({"step": "record", "state": state}, CONTEXT)


def _record(train: bytes, heldout: bytes) -> str:
    """The signed record of a run with these files, in base64."""
    always = {"issued": "2020-01-01T00:00:00+00:00", "expires": "2999-01-01T00:00:00+00:00"}
    digest = hashlib.sha256(train + b"\0" + heldout).hexdigest()
    training = TrainingInputs(dataset_digest=digest, prompts=150, job_request=job_request(PLAIN))
    of = qualified(
        environment="qa",
        training=training,
        training_digest=training.digest,
        evaluation=qualified_by(judged="2999-01-01T00:00:00+00:00"),
        **always,
    )
    subjects = {name: hashlib.sha256(body).hexdigest() for name, body in ((TRAINING, train), (HELDOUT, heldout))}
    return base64.b64encode(Signer().sign(statement.write(Statement(record=of, subjects=subjects)))).decode()


def promoted(*, right: bool) -> Callable[[Account], Ask]:
    """The prompts of a promotion, which are those of its record or not."""
    train, heldout = file(150), file(40, first=150)

    def prepare(account: Account) -> Ask:
        begun = json.loads(admit(signed({"record": _record(train, heldout)}), CONTEXT)["body"])
        bodies = (train if right else heldout, heldout, b"{}")
        for name, body in zip((*FILES, MARKER), bodies, strict=True):
            account.objects["prompts", f"{begun['prefix']}{name}"] = body
        key = f"{begun['prefix']}{MARKER}"
        detail = {"bucket": {"name": "prompts"}, "object": {"key": key, "version-id": "v1"}}
        return lambda: receive({"detail": detail}, CONTEXT)

    return prepare


def admitting(how: str) -> Callable[[Account], Ask]:
    """A record that is admitted, or a promotion that is resumed or abandoned."""
    sent = _record(b"", b"")

    def prepare(account: Account) -> Ask:
        if how == "begun":
            promoting("close", PLAIN, again=False)(account)()  # something is live
            return lambda: admit(signed({"record": sent, "reason": "new labels"}), CONTEXT)
        promotion = json.loads(admit(signed({"record": sent}), CONTEXT)["body"])["promotion"]
        if how == "resumed":
            return lambda: admit(signed({"record": sent, "promotion": promotion}), CONTEXT)
        given_up = {"promotion": promotion, "abandon": True, "reason": "wrong"}
        return lambda: admit(signed(given_up), CONTEXT)

    return prepare


HOURS_STEPS = {
    HoursAction.PAUSE: ("pause", "delete", "close", "failed"),
    HoursAction.OPEN: ("promote", "describe", "record"),
}


def changing(name: str, action: HoursAction) -> Callable[[Account], Ask]:
    """A step of a change by business hours, after those before it; `failed` closes one that failed."""

    def prepare(account: Account) -> Ask:
        _promoted(account, provisioned())
        state = _change(account, HoursAction.PAUSE)
        before = HOURS_STEPS[HoursAction.PAUSE]
        for each in before if action is HoursAction.OPEN else before[: before.index(name)]:
            if each != "failed":
                promotion({"step": each, "state": state}, CONTEXT)
        if name == "failed":
            state = _change(account, action) | {"error": {"Error": "QuotaTooSmall", "Cause": "{}"}}
        if action is HoursAction.OPEN:
            state = _change(account, action)
            for each in HOURS_STEPS[action][: HOURS_STEPS[action].index(name)]:
                promotion({"step": each, "state": state}, CONTEXT)
                account.hosting.settle()
        return lambda: promotion({"step": "close" if name == "failed" else name, "state": state}, CONTEXT)

    return prepare


CANARIES = recipe(canary=CanaryOptions(minutes=10))
CANARY_STEPS = ("begin", "create", "describe", "admit", "look", "withdraw", "delete", "close")


def trying(name: str) -> Callable[[Account], Ask]:
    """A step of a canary, after those before it. What looks makes it go live, or does not."""

    def prepare(account: Account) -> Ask:
        _promoted(account, PLAIN)
        state = _state(account, CANARIES, "b")
        begun = {"step": "begin", "state": state, "machine": SETTINGS[Variable.STATE_MACHINE]}
        if name == "begin":
            return lambda: canary(begun, CONTEXT)
        canary(begun, CONTEXT)
        (started,) = account.machine.started
        state = json.loads(started["input"])
        for each in CANARY_STEPS[1 : CANARY_STEPS.index(name)]:
            answer = canary({"step": each, "state": state}, CONTEXT)
            account.hosting.settle()
            state |= {"create": {"candidate": answer}, "look": {"look": answer}}.get(each, {})
        return lambda: canary({"step": name, "state": state}, CONTEXT)

    return prepare


def _change(account: Account, action: HoursAction) -> dict[str, Any]:
    """The state of an execution that the guard started."""
    holder = new_holder(HolderKind.HOURS, "support", clock.now() + timedelta(seconds=action is HoursAction.OPEN))
    HoursChanges(account.table).begin("support", holder, action)
    now = clock.stamp()
    return {
        "action": action.value,
        "recipe": "support",
        "holder": holder,
        "opened": now,
        "until": now,
        "notify": True,
    }


def _another_day() -> BusinessHours:
    day = list(Weekday)[(clock.now().weekday() + 3) % 7]
    return BusinessHours(opens="08:00", closes="18:00", timezone="UTC", days=(day,))


RESTS = provisioned(business_hours=_another_day())


def hours_end(account: Account) -> Ask:
    _promoted(account, RESTS)
    return lambda: sweep({}, CONTEXT)


def promoting(name: str, of: Recipe, *, again: bool = False) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        if again:
            _promoted(account, of)
            (live,) = account.hosting.everything().values()
            live.tags.pop("distillery:route", None)
        state = _state(account, of, "b")
        if name != "promote":
            state["live"] = promotion({"step": "promote", "state": state}, CONTEXT)
            account.hosting.settle()
        if name == "close":
            state["alias"] = promotion({"step": "record", "state": state}, CONTEXT)
        return lambda: promotion({"step": name, "state": state}, CONTEXT)

    return prepare


def rolled_back(account: Account) -> Ask:
    _promoted(account, recipe(), "a")
    _promoted(account, recipe(), "b")
    return lambda: rollback(signed({"recipe": "support", "version": 2, "reason": "worse"}), CONTEXT)


def pruned(account: Account) -> Ask:
    tags = {"distillery:environment": "dev", "distillery:recipe": "support"}
    account.tags[STORED] = [{"key": key, "value": value} for key, value in tags.items()]
    return lambda: prune(signed({"recipe": "support", "keep": 0, "delete": [STORED]}), CONTEXT)


def retired(of: Recipe) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        _promoted(account, of, "a")
        asked = {"recipe": "support", "version": 1, "reason": "replaced", "students": True}
        pruned(account)
        return lambda: retire(signed(asked), CONTEXT)

    return prepare


def expired(account: Account) -> Ask:
    _promoted(account, recipe(), "a")
    _logged(account)
    uploaded(file(150))(account)()  # a pending run
    return lambda: expire({}, CONTEXT)


def watched_models(account: Account) -> Ask:
    account.jobs.lives[PREMIER] = {"status": "LEGACY", "endOfLifeTime": datetime(2026, 9, 14, tzinfo=UTC)}
    return lambda: watch({}, CONTEXT)


def watched_drift(account: Account) -> Ask:
    name = "distillery-dev-pipeline"
    account.comparisons.templates[name] = {"Resources": {}}
    account.comparisons.compared[name] = ("DRIFTED", datetime(2026, 11, 2, tzinfo=UTC))
    account.comparisons.drifts[name] = [drifted("MODIFIED", "/Timeout")]
    return lambda: watch_drift({}, CONTEXT)


def recorded_upload(account: Account) -> Ask:
    return lambda: record_uploads(notification("AWS:AIDAANA"), CONTEXT)


def emptied(account: Account) -> Ask:
    account.objects["bucket", "a"] = b"x"
    return lambda: empty(EMPTY, CONTEXT)


def guarded(account: Account) -> Ask:
    """A stack that is deleted after its environment's last resource."""
    account.emptied = True
    return lambda: guard(EMPTY | {"PhysicalResourceId": "guard-of-dev"}, CONTEXT)


def kept_recipes(account: Account) -> Ask:
    account.emptied, account.stack_status = True, "UPDATE_IN_PROGRESS"
    old = {"Recipes": ["support"], "Models": {"support": ["amazon.nova-premier-v1:0"]}}
    recipes = {"OldResourceProperties": old, "ResourceProperties": {"Recipes": ["faq"]}}
    return lambda: keep_recipes(EMPTY | {"RequestType": "Update", **recipes}, CONTEXT)


def emptying(name: str) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        account.emptied = name == "gone"
        account.ssm.values["/distillery/dev/alias/support"] = json.dumps({"endpoint": {"arn": ENDPOINT}})
        state = {"request": EMPTY}
        return lambda: retirement({"step": "retire", "state": state}, CONTEXT)

    return prepare


def cleaned(account: Account) -> Ask:
    account.ssm.values["/distillery/dev/first-contact"] = "{}"
    account.ledger.borrowed.keep(
        BorrowedModel(arn=f"{STORED}a", run="support-aaaaa-bbbbbbbb-1", until="2020-01-01T00:00:00+00:00")
    )
    pruned(account)
    return lambda: clean(signed({"delete": True}), CONTEXT)


CALLS = [record(converse(f"Question {number}"), reply("x"), request=str(number)) for number in range(130)]
PROFILE = "arn:aws:bedrock:us-east-1:111111111111:application-inference-profile/abcdefghijkl"


def _logs(how: LogReadMode, **source: Any) -> Recipe:
    source = {"match": ROUTE, "how": how, **source}
    return recipe(heldout_max=20, logs=LogSource(**source))


def _logged(account: Account, *calls: Any) -> None:
    account.profiles.models[PROFILE] = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
    by_profile = record(converse("By a profile"), reply("x"), model=PROFILE, request="p")
    by_path = record(f"s3://logs/{LOGGED}2026/11/23/09/data/x_input.json.gz", reply("x"), request="q")
    account.objects["logs", f"{LOGGED}2026/11/23/09/data/x_input.json.gz"] = packed(converse("A body"))
    account.objects["logs", f"{LOGGED}2026/11/23/09/a.json.gz"] = packed(*calls, by_path, by_profile)
    account.ssm.values["/distillery/dev/pipeline"] = json.dumps({"prompts_bucket": "prompts"})


def collecting(asked: Any, *calls: Any) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        _logged(account, *calls)
        return lambda: collect(asked, CONTEXT)

    return prepare


def queried(asked: Any, state: str = "SUCCEEDED") -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        _logged(account, *CALLS)
        collect({"recipe": "support"}, CONTEXT)
        rows = [json.dumps(one).replace('"', '""') for one in CALLS]
        account.objects["logs", "queries/r.csv"] = "\n".join(['"line"', *(f'"{row}"' for row in rows)]).encode()
        account.athena.end("query-1", state, "s3://logs/queries/r.csv")
        return lambda: collect(asked, CONTEXT)

    return prepare


def owned(kind: str) -> Callable[[Account], Ask]:
    def prepare(_account: Account) -> Ask:
        asked = {
            **EMPTY,
            "StackId": STACK,
            "RequestType": kind,
            "PhysicalResourceId": "p",
            "ResourceProperties": {"Bucket": "logs", "Replace": "true"},
        }
        if kind != "Create":
            configure(asked | {"RequestType": "Create"}, CONTEXT)
        return lambda: configure(asked, CONTEXT)

    return prepare


def serving(asked: Any) -> Callable[[Account], Ask]:
    def prepare(account: Account) -> Ask:
        for said in (route_map(OPTIMIZED, STANDARD, OTHER), route_map(STUDENT, route="distilled/support")):
            account.ssm.values[f"/distillery/dev/routes/{said.route}"] = json.dumps(said.document())
        account.ssm.values[ALIAS] = json.dumps({"endpoint": {"arn": ENDPOINT}, "current": "model-a"})
        return lambda: invoke(asked, CONTEXT)

    return prepare


WAITS = recipe(budget_usd=Decimal("0.10"), monthly_budget_usd=Decimal(100), over_budget=OverBudgetPolicy.APPROVE)
RESTARTED = recipe(budget_usd=Decimal(99), stalled_jobs=StalledJobs.RESTART)
HOSTED = {"on demand": recipe(), "by the hour": provisioned()}
QUERY_ENDED = {"detail": {"queryExecutionId": "query-1", "currentState": "SUCCEEDED"}}
SCENARIOS: dict[str, Scenario] = {
    "good prompts": Scenario(uploaded(file(150))),
    "good prompts in a folder": Scenario(uploaded(file(150), uri="s3://prompts/prompts/support/")),
    "bad prompts": Scenario(refused),
    **{f"a run that waits is decided: {approve}": Scenario(decided(approve), WAITS) for approve in (True, False)},
    **{f"a job is asked to {name}": Scenario(distilling(name)) for name in ("check", "start", "stop")},
    "a job is checked, by the hour": Scenario(distilling("check", provisioned(budget_usd=Decimal(99)))),
    **{f"a job is {ended}": Scenario(distilling("settle", status=ended)) for ended in ("Completed", "Failed")},
    "a job stalls": Scenario(distilling("settle", status="InProgress", **stalled("training", "NotStarted"))),
    "a job stalls and is restarted": Scenario(
        distilling("settle", RESTARTED, status="InProgress", **stalled("training", "NotStarted")), RESTARTED
    ),
    **{
        f"an endpoint {how}: {name}": Scenario(hosting(name, of))
        for name in ("create", "describe", "release")
        for how, of in HOSTED.items()
    },
    **{
        f"a sweep {how}, {status}": Scenario(swept(of, status))
        for how, of in HOSTED.items()
        for status in ("RUNNING", "FAILED", "gone")
    },
    **{f"an evaluation: {name}": Scenario(evaluating(name)) for name in ("plan", "answer", "judge", "report")},
    **{f"scores from outside: {name}": Scenario(scoring_of(name), SCORED) for name in ("score", "follow")},
    "scores from outside: found": Scenario(scoring_of("follow", lost=True), SCORED),
    "scores from outside: read": Scenario(scoring_of("follow", ended=True), SCORED),
    "scores from outside: stopped": Scenario(scoring_of("stop", begun=True), SCORED),
    "a sweep of judges": Scenario(swept_judges, SCORED),
    "a borrowed student is evaluated again": Scenario(leased),
    "a sweep of borrowed models": Scenario(swept_borrowed),
    "a sweep of a broken canary": Scenario(swept_canary, CANARIES),
    **{f"a student is adopted by {way}": Scenario(adopting(way)) for way in (Way.REPOINT, Way.COPY)},
    "a model is shared": Scenario(shared(ended=False)),
    "a model is shared no more": Scenario(shared(ended=True)),
    "a student is accepted": Scenario(accepted),
    "a run is evaluated again": Scenario(evaluated_again),
    **{f"a run is stopped {how}": Scenario(stopped(of), of) for how, of in HOSTED.items()},
    "a run is stopped while a model judges": Scenario(stopped(SCORED), SCORED),
    "a run is resumed": Scenario(resumed),
    "what follows from a verdict": Scenario(followed_up),
    **{
        f"a promotion {how}: {name}{' again' if again else ''}": Scenario(promoting(name, of, again=again))
        for name in ("promote", "describe", "record", "close")
        for how, of in HOSTED.items()
        for again in (False, True)
    },
    "a record is signed": Scenario(signing),
    "a record is published": Scenario(publishing),
    "the prompts of a promotion": Scenario(promoted(right=True)),
    "other prompts than those of a promotion": Scenario(promoted(right=False)),
    **{f"a promotion from elsewhere is {how}": Scenario(admitting(how)) for how in ("begun", "resumed", "abandoned")},
    **{
        f"business hours {action.value}: {name}": Scenario(changing(name, action))
        for action, names in HOURS_STEPS.items()
        for name in names
    },
    "business hours end": Scenario(hours_end, RESTS),
    **{f"a canary: {name}": Scenario(trying(name), CANARIES) for name in CANARY_STEPS},
    "a roll-back": Scenario(rolled_back),
    "models are deleted": Scenario(pruned),
    **{f"a recipe is retired, {how}": Scenario(retired(of)) for how, of in HOSTED.items()},
    "logs that are read": Scenario(
        collecting({"recipe": "support"}, *CALLS), _logs(LogReadMode.READ, use_responses=True)
    ),
    "logs that a job reads": Scenario(collecting({"recipe": "support"}, *LEARN, *JUDGE), _logs(LogReadMode.DIRECT)),
    "logs that are queried": Scenario(collecting({"recipe": "support"}, *CALLS), _logs(LogReadMode.ATHENA)),
    "a query that ended": Scenario(queried(QUERY_ENDED), _logs(LogReadMode.ATHENA)),
    "a query that failed": Scenario(queried(QUERY_ENDED, "FAILED"), _logs(LogReadMode.ATHENA)),
    "a poll of queries": Scenario(queried({"poll": True}), _logs(LogReadMode.ATHENA)),
    **{f"logging: {kind}": Scenario(owned(kind)) for kind in ("Create", "Update", "Delete")},
    "a bucket is emptied": Scenario(emptied),
    "an environment's stacks are deleted": Scenario(guarded),
    "recipes are dropped": Scenario(kept_recipes),
    "an environment is cleaned": Scenario(cleaned),
    **{f"an environment is retired: {name}": Scenario(emptying(name)) for name in ("full", "gone")},
    "an upload is recorded": Scenario(recorded_upload),
    "a request": Scenario(serving({"route": "fast", "prompt": "hello"})),
    "a request within a quota": Scenario(
        serving({"route": "fast", "prompt": "hello"}), quota=CallerQuota(per=Period.DAY, tokens=100_000)
    ),
    "old data sets": Scenario(expired, WAITS),
    "an idle endpoint": Scenario(idle),
    "the dates of models": Scenario(watched_models),
    "drift": Scenario(watched_drift),
    "a request by the URL": Scenario(serving(by_url({"route": "fast", "prompt": "hello"}))),
    "a request to a student": Scenario(serving({"route": "support", "prompt": "hello"})),
    "a list of routes": Scenario(serving(by_url(method="GET"))),
}
