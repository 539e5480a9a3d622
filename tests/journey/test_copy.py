"""A model is shared with another account, copied there, judged there, and not shared any more: under `launch` alone, in
whose December Bedrock shared the models of its student's base.
"""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from distillery.client.errors import FunctionRefused, NotReached
from distillery.core.model_shares import ModelShares
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN
from distillery.core.pipeline import Outcome, Stage
from distillery.core.serialization import to_wire
from tests.journey.cleanup import assert_nothing_is_left, wait_until_clean
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.lending import pinned, promote, promoted_run, settings, share, tags_of, unshare
from tests.journey.policies import action, managed, resource, role
from tests.journey.prompts import support
from tests.journey.statements import BY_URL, UNINVOKED, UNSIGNED, Case, fails
from tests.journey.tagged_resources import Role

HERE, THERE = "111111111111", "222222222222"
ADOPTION = Role("AdoptionFunctionRole")
COPY = "tried-copy"


def _share(launch: Environment) -> str:
    """Shares the model of the run, and ends that. Returns the error, if there is one."""
    (record,) = launch.runs()
    try:
        share(launch, record.run.id, THERE)
        unshare(launch, record.run.id, THERE)
    except (FunctionRefused, NotReached) as error:
        function = resource(launch, "pipeline", "SharingFunction")
        if "its log says why" not in str(error):
            return str(error)
        launch.until(lambda: launch.logged("operation", function), "line in the function's log")
        return launch.logged("operation", function)[-1]
    return ""


def _copy(live: Environment) -> str:
    """Copies the model as the role of adoption does, and deletes the copy. Returns the error, if there is one."""
    (record,) = live.runs()
    source = live.promotions.find(record.promotion).record.model_arn
    tags = {TAG_ENVIRONMENT: live.settings.environment, TAG_RECIPE: RECIPE, TAG_RUN: record.run.id}
    try:
        job = ADOPTION.client(live, "bedrock", live.home).create_model_copy_job(
            sourceModelArn=source,
            targetModelName=COPY,
            modelKmsKeyId=live.names.key_alias,
            targetModelTags=[{"key": key, "value": value} for key, value in tags.items()],
        )["jobArn"]
    except ClientError as error:
        return str(error)
    bedrock = live.client("bedrock")

    def copied() -> str:
        live.advance_hours(0.25)
        found = bedrock.get_model_copy_job(jobArn=job)
        return str(found["targetModelArn"]) if found["status"] == "Completed" else ""

    bedrock.delete_custom_model(modelIdentifier=live.until(copied, "copy"))
    return ""


def _adopt(live: Environment) -> str:
    """Asks again for the student of the run that was promoted."""
    (record,) = live.runs()
    event = {"step": "adopt", "state": {"run": to_wire(record.run)}}
    function = resource(live, "pipeline", "AdoptionFunction")
    answer = live.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    return str(answer["Payload"].read().decode())


SHARING = {
    "a sharer calls the function URL": Case(managed("Sharers"), action("lambda:InvokeFunctionUrl"), _share, UNSIGNED),
    "a sharer invokes through the URL": Case(managed("Sharers"), BY_URL, _share, UNINVOKED),
    **{
        f"sharing: {allowed}": Case(role("SharingFunctionRole"), action(allowed), _share, f"{operation} operation")
        for allowed, operation in (
            ("dynamodb:GetItem", "GetItem"),
            ("ram:GetResourceShares", "GetResourceShares"),
            ("ram:CreateResourceShare", "CreateResourceShare"),
            ("bedrock:PutResourcePolicy", "CreateResourceShare"),
            ("ram:DeleteResourceShare", "DeleteResourceShare"),  # last: it leaves a share, which the next call finds
        )
    },
}
COPYING = {
    **{
        f"adoption: {allowed}": Case(role(ADOPTION.ident), action(allowed), step, expected)
        for allowed, step, expected in (
            ("bedrock:ListModelCopyJobs", _adopt, "ListModelCopyJobs"),
            ("bedrock:GetModelCopyJob", _adopt, "GetModelCopyJob"),
            ("bedrock:CreateModelCopyJob", _copy, "perform: bedrock:CreateModelCopyJob"),
            ("bedrock:TagResource", _copy, "perform: bedrock:TagResource"),
            ("kms:CreateGrant", _copy, "perform: kms:CreateGrant"),
        )
    },
}
"""Each statement about models of other accounts that a promotion needs; `tests/policy/test_model_shares.py` attacks the
conditions."""


def test_a_model_is_copied_to_another_account(deploy: Deploy, tmp_path: Path) -> None:
    signs = settings(tmp_path, "launch", "launch", sign=True, share_with=[THERE])
    launch = deploy("launch", settings=signs, model_units=4)
    trained = launch.run(support())
    assert trained.outcome is Outcome.PROMOTED, trained.reason
    model = launch.promoted().current
    admits = {"through": ["launch"], "public_keys": [pinned(launch)], "copy_from": [HERE]}
    live = deploy("launch", settings=settings(tmp_path, "launch", "live", THERE, **admits), beside=launch)

    _nobody_else_shares(launch, model)
    told = share(launch, trained.run.id, THERE)
    assert told["model"] == model
    with pytest.raises(ClientError, match="kms:Decrypt"):  # the key admits roles of the product alone
        live.client("bedrock").create_model_copy_job(sourceModelArn=model, targetModelName="own")
    admitted = promote(launch, trained.run.id, live, tmp_path, "sharer")
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
    assert shares.all() == (), "the command has ended the share"
    share(launch, trained.run.id, THERE)
    launch.advance_hours(25)
    launch.until(lambda: shares.all() == (), "end of the share, by the guard")
    assert live.client("bedrock").list_custom_models(isOwned=False)["modelSummaries"] == []
    assert_nothing_is_left(launch)
    assert_nothing_is_left(live)
    _each_statement_is_needed(launch, live)


def _each_statement_is_needed(launch: Environment, live: Environment) -> None:
    assert _share(launch) == ""
    for case in SHARING.values():
        fails(launch, case)
    (record,) = launch.runs()
    share(launch, record.run.id, THERE)
    assert [_copy(live), "adopted" in _adopt(live)] == ["", True]
    for case in COPYING.values():
        fails(live, case)
    unshare(launch, record.run.id, THERE)
    wait_until_clean(launch)
    wait_until_clean(live)


def _nobody_else_shares(launch: Environment, model: str) -> None:
    for by in ("operator", "approver", "reader"):
        with pytest.raises(ClientError, match="AccessDenied"):
            launch.client_as(by, "ram").create_resource_share(name="own", resourceArns=[model], principals=[THERE])
