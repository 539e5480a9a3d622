"""A disposable environment uses the model of another one in its account, under a lease that ends with it."""

import json
from pathlib import Path

from distillery.core.model_leases import lease_tag
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire
from tests.journey.cleanup import assert_nothing_is_left, wait_until_clean
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.lending import pinned, promote, promoted_run, settings, tags_of
from tests.journey.policies import Statement, Which, action, resource, role
from tests.journey.prompts import support
from tests.journey.statements import Case, Step, fails
from tests.journey.tagged_resources import Role, error_message
from tests.journey.test_zero_residue import destroy, distillery, ran

WHY = ("--reason", "the team moved on")


def _adopt(qa: Environment) -> str:
    """Asks again for the student of the run that was promoted."""
    return _step(qa, "AdoptionFunction", "adopt")


def _create(qa: Environment) -> str:
    """Asks again for the candidate of the run that was promoted, and releases it."""
    student = {"model_arn": qa.promoted().current, "job_arn": "j", "borrowed": True}
    said = _step(qa, "EndpointFunction", "create", student=student)
    qa.until(lambda: "released" in _step(qa, "EndpointFunction", "release"), "release of the candidate")
    return said


def _take_lease(ident: str) -> Step:
    """Tags the model with the environment's lease, as the role."""

    def step(qa: Environment) -> str:
        lease = [{"key": lease_tag("qa"), "value": "2999-01-01T00:00:00+00:00"}]
        bedrock = Role(ident).client(qa, "bedrock", qa.home)
        return error_message(lambda: bedrock.tag_resource(resourceARN=qa.promoted().current, tags=lease))

    return step


def _end_lease(ident: str) -> Step:
    """Removes that tag, as the role; it is there again afterwards."""

    def step(qa: Environment) -> str:
        bedrock, keys = Role(ident).client(qa, "bedrock", qa.home), [lease_tag("qa")]
        said = error_message(lambda: bedrock.untag_resource(resourceARN=qa.promoted().current, tagKeys=keys))
        _adopt(qa)
        return said

    return step


def _step(qa: Environment, function: str, name: str, **state: object) -> str:
    (record,) = qa.runs()
    event = {"step": name, "state": {"run": to_wire(record.run), **state}}
    answer = qa.client("lambda").invoke(
        FunctionName=resource(qa, "pipeline", function), Payload=json.dumps(event).encode()
    )
    return str(answer["Payload"].read().decode())


def _of_lender(allowed: str) -> Which:
    """Matches a statement about the models of the environment before, or about its key."""

    def about(statement: Statement) -> bool:
        said = str(statement.get("Condition"))
        return action(allowed)(statement) and ("['dev']" in said or "alias/distillery-dev" in said)

    return about


CASES = {
    "adoption takes a lease": Case(
        role("AdoptionFunctionRole"), _of_lender("bedrock:TagResource"), _adopt, "TagResource"
    ),
    "adoption looks for the model": Case(
        role("AdoptionFunctionRole"), action("bedrock:GetCustomModel"), _adopt, "GetCustomModel"
    ),
    "adoption keeps what it borrows in the ledger": Case(
        role("AdoptionFunctionRole"), action("dynamodb:PutItem"), _adopt, "GetItem operation"
    ),
    **{
        f"{ident} {does} a lease": Case(
            role(ident), _of_lender(f"bedrock:{allowed}"), step(ident), f"perform: bedrock:{allowed}"
        )
        for ident in ("CleaningFunctionRole", "EndpointSweepRole", "PromotionFunctionRole")
        for does, allowed, step in (("takes", "TagResource", _take_lease), ("ends", "UntagResource", _end_lease))
    },
    "a candidate serves a lender's model": Case(
        role("EndpointFunctionRole"), _of_lender("bedrock:CreateCustomModelDeployment"), _create, "Deployment operation"
    ),
    "a candidate uses the lender's key": Case(
        role("EndpointFunctionRole"), _of_lender("kms:Decrypt"), _create, "Deployment operation"
    ),
}
"""Each statement about the models of others that a run needs; `tests/policy/test_borrowed_models.py` attacks the
conditions."""


def test_a_model_is_lent_kept_and_given_back(deploy: Deploy, tmp_path: Path) -> None:
    dev = deploy("dev", settings=settings(tmp_path, "dev", "dev", sign=True), model_units=4)
    trained = dev.run(support())
    assert trained.outcome is Outcome.PROMOTED, trained.reason
    model = dev.promoted().current
    admits = settings(tmp_path, "dev", "qa", through=["dev"], public_keys=[pinned(dev)])
    qa = deploy("dev", settings=admits, beside=dev)

    admitted = promote(dev, trained.run.id, qa, tmp_path)
    assert (admitted["way"], admitted["first"]) == ("re-point", True)
    record = promoted_run(qa, admitted["promotion"])
    assert record.outcome is Outcome.PROMOTED, record.reason
    assert record.stages[Stage.DISTILLATION].product["model_arn"] == model == qa.promoted().current
    assert record.stages[Stage.EVALUATION].product["passed"], "the target judges by its own thresholds"
    assert qa.ask(support()[0])["identifier"] == qa.promoted().endpoint.arn != dev.promoted().endpoint.arn
    jobs = dev.client("bedrock").list_model_customization_jobs()["modelCustomizationJobSummaries"]
    assert len(jobs) == 1, "nothing was trained again"
    assert lease_tag("qa") in tags_of(dev, model)

    assert_nothing_is_left(qa, dev)
    assert "adopted" in _adopt(qa)
    assert json.loads(_step(qa, "AdoptionFunction", "lease")) == {"borrowed": True}
    assert "-candidate" in _create(qa)
    assert {case.step(qa) for case in CASES.values() if case.step not in (_adopt, _create)} == {""}
    for case in CASES.values():
        fails(qa, case)
    _its_owner_keeps_it(dev, model)
    wait_until_clean(qa, dev)
    destroy(qa)
    assert lease_tag("qa") not in tags_of(dev, model)
    said = ran(distillery(dev, "operator", "models", "prune", "--recipe", RECIPE, "--keep", "0", "--yes"))
    assert f"deleted {model}" in said
    assert dev.client("bedrock").list_custom_models()["modelSummaries"] == []


def _its_owner_keeps_it(dev: Environment, model: str) -> None:
    """The recipe is retired with its students, and the model stays: the other environment serves it."""
    said = distillery(dev, "operator", "retire", RECIPE, "--students", "--yes", *WHY)
    assert "environment qa has a lease on it until" in said.stdout + said.stderr, said
    listed = ran(distillery(dev, "operator", "models", "prune", "--recipe", RECIPE, "--keep", "0", "--json"))
    (kept,) = json.loads(listed)["recipes"][0]["models"]
    assert (kept["arn"], kept["hosted_by"]) == (model, [])
    assert "environment qa has a lease on it until" in kept["needed"]
    cleaned = distillery(dev, "cleaner", "clean", "--json")
    assert "distillery --env qa retire support --reason WHY" in cleaned.stdout
