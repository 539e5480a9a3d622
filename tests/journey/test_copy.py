"""A model is shared with another account, copied there, judged there, and not shared any more: under `launch` alone, in
whose December Bedrock shared the models of its student's base.
"""

import pytest
from botocore.exceptions import ClientError

from distillery.core.model_shares import ModelShares
from distillery.core.names import TAG_ENVIRONMENT
from distillery.core.pipeline import Outcome, Stage
from distillery.settings.reading import parse, read
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.lending import pinned, promote, promoted_run, share, tags_of, unshare
from tests.journey.prompts import support

HERE, THERE = "111111111111", "222222222222"


def test_a_model_is_copied_to_another_account(deploy: Deploy) -> None:
    signs = {"sign": True, "share_with": [THERE]}
    launch = deploy("launch", settings=parse(read("launch") | {"promotion": signs}, "launch"), model_units=4)
    trained = launch.run(support())
    assert trained.outcome is Outcome.PROMOTED, trained.reason
    model = launch.promoted().current
    admits = {"through": ["launch"], "public_keys": [pinned(launch)], "copy_from": [HERE]}
    live = deploy(
        "launch", settings=parse(read("launch") | {"account": THERE, "promotion": admits}, "live"), beside=launch
    )

    _nobody_else_shares(launch, model)
    told = share(launch, trained.run.id, THERE)
    assert told["model"] == model
    with pytest.raises(ClientError, match="kms:Decrypt"):  # the key admits roles of the product alone
        live.client("bedrock").create_model_copy_job(sourceModelArn=model, targetModelName="own")
    admitted = promote(launch, trained.run.id, live)
    assert (admitted["way"], admitted["first"]) == ("copy", True)
    record = promoted_run(live, admitted["promotion"])
    assert record.outcome is Outcome.PROMOTED, record.reason
    copied = record.stages[Stage.DISTILLATION].product["model_arn"]
    assert copied == live.promoted().current
    assert copied.split(":")[4] == THERE
    assert tags_of(live, copied)[TAG_ENVIRONMENT] == "live"
    assert live.client("bedrock").list_model_customization_jobs()["modelCustomizationJobSummaries"] == []
    assert live.ask(support()[0])["text"] in {prompt.reference for prompt in support()}

    shares = ModelShares(launch.names, launch.client("ram"))
    assert [each.run for each in shares.all()] == [trained.run.id]
    unshare(launch, trained.run.id, THERE)
    assert shares.all() == ()
    share(launch, trained.run.id, THERE)
    launch.advance_hours(25)
    launch.until(lambda: shares.all() == (), "end of the share, by the guard")
    assert live.client("bedrock").list_custom_models(isOwned=False)["modelSummaries"] == []
    assert_nothing_is_left(launch)
    assert_nothing_is_left(live)


def _nobody_else_shares(launch: Environment, model: str) -> None:
    for by in ("operator", "approver", "reader"):
        with pytest.raises(ClientError, match="AccessDenied"):
            launch.client_as(by, "ram").create_resource_share(name="own", resourceArns=[model], principals=[THERE])
