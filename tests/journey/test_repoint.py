"""A disposable environment uses the model of another one in its account, under a lease that ends with it."""

import json

from distillery.core.model_leases import lease_tag
from distillery.core.pipeline import Outcome, Stage
from distillery.settings.reading import parse, read
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.lending import pinned, promote, promoted_run, tags_of
from tests.journey.prompts import support
from tests.journey.test_zero_residue import destroy, distillery, ran

WHY = ("--reason", "the team moved on")


def test_a_model_is_lent_kept_and_given_back(deploy: Deploy) -> None:
    dev = deploy("dev", settings=parse(read("dev") | {"promotion": {"sign": True}}, "dev"), model_units=4)
    trained = dev.run(support())
    assert trained.outcome is Outcome.PROMOTED, trained.reason
    model = dev.promoted().current
    admits = {"through": ["dev"], "public_keys": [pinned(dev)]}
    qa = deploy("dev", settings=parse(read("dev") | {"promotion": admits}, "qa"), beside=dev)

    admitted = promote(dev, trained.run.id, qa)
    assert (admitted["way"], admitted["first"]) == ("re-point", True)
    record = promoted_run(qa, admitted["promotion"])
    assert record.outcome is Outcome.PROMOTED, record.reason
    assert record.stages[Stage.DISTILLATION].product["model_arn"] == model == qa.promoted().current
    assert record.stages[Stage.EVALUATION].product["passed"], "the target judges by its own thresholds"
    assert qa.ask(support()[0])["identifier"] == qa.promoted().endpoint.arn != dev.promoted().endpoint.arn
    jobs = dev.client("bedrock").list_model_customization_jobs()["modelCustomizationJobSummaries"]
    assert len(jobs) == 1, "nothing was trained again"
    assert lease_tag("qa") in tags_of(dev, model)

    _its_owner_keeps_it(dev, model)
    assert_nothing_is_left(qa, dev)
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
