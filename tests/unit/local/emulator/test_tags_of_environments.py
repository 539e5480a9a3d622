"""IAM conditions on the tags of Bedrock resources, with the keys of the Service Authorization Reference.

`aws:ResourceTag` of customization jobs, custom models and both kinds of endpoints; `aws:RequestTag` and `aws:TagKeys`
of requests that create or tag them.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import botocore.exceptions
import pytest

from tests.unit.local.emulator.harness import EmulatorHarness, allow
from tests.unit.local.emulator.test_access import BASE, CREATE, HERE, INVOKE, NEW, QUESTION, job, refusal
from tests.unit.local.emulator.test_bedrock import TEACHER, TRUST, filled
from tests.unit.local.emulator.test_bedrock import request as over

WHOSE = "distillery:environment"
OURS: dict[str, dict[str, Any]] = {"StringEquals": {f"aws:ResourceTag/{WHOSE}": "ours"}}
MADE: dict[str, dict[str, Any]] = {
    "StringEquals": {f"aws:RequestTag/{WHOSE}": "ours"},
    "StringEqualsIfExists": {f"aws:ResourceTag/{WHOSE}": "ours"},
    "ForAllValues:StringEquals": {"aws:TagKeys": [WHOSE, "distillery:run"]},
}
ANY = f"{HERE}:*"


def tags(environment: str, **more: str) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in {WHOSE: environment, **more}.items()]


@dataclass(frozen=True, slots=True)
class EnvironmentResources:
    """The ARNs of one environment's resources."""

    job: str
    model: str
    deployment: str
    throughput: str


@pytest.fixture(scope="module")
def role(harness: EmulatorHarness) -> str:
    return harness.role("bedrock.amazonaws.com", allow("s3:*", "*"), allow(INVOKE, "*"), TEACHER, trust=TRUST)


@pytest.fixture(scope="module")
def bucket(harness: EmulatorHarness) -> str:
    return filled(harness)


@pytest.fixture(scope="module")
def both_environments(harness: EmulatorHarness, role: str, bucket: str) -> Iterator[dict[str, EnvironmentResources]]:
    made = {environment: _create_resources(harness, role, bucket, environment) for environment in ("ours", "theirs")}
    yield made
    delete = harness.client("bedrock").delete_provisioned_model_throughput
    for environment_resources in made.values():  # the account has two units
        harness.until(partial(_gone, delete, provisionedModelId=environment_resources.throughput))


def _gone(delete: Any, **named: str) -> bool:
    try:
        delete(**named)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"] == "ResourceNotFoundException"
    return False


def _create_resources(harness: EmulatorHarness, role: str, bucket: str, environment: str) -> EnvironmentResources:
    bedrock, named, own = harness.client("bedrock"), f"n-{uuid.uuid4().hex[:8]}", tags(environment)
    arn = bedrock.create_model_customization_job(**over(role, bucket) | {"jobTags": own, "customModelTags": own})[
        "jobArn"
    ]
    ended = harness.until(
        lambda: (now := bedrock.get_model_customization_job(jobIdentifier=arn)).get("outputModelArn") and now
    )
    model = ended["outputModelArn"]
    harness.until(lambda: bedrock.get_custom_model(modelIdentifier=model).get("modelStatus", "Active") == "Active")
    deployment = bedrock.create_custom_model_deployment(modelDeploymentName=named, modelArn=model, tags=own)
    throughput = bedrock.create_provisioned_model_throughput(
        provisionedModelName=named, modelId=model, modelUnits=1, tags=own
    )
    deployed = deployment["customModelDeploymentArn"]
    look = bedrock.get_custom_model_deployment
    harness.until(lambda: look(customModelDeploymentIdentifier=deployed)["status"] == "Active")
    return EnvironmentResources(arn, model, deployed, throughput["provisionedModelArn"])


def changes(of: EnvironmentResources, model: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Each change of what is there: the call and its parameters; `model` is put behind the endpoints."""
    return {
        "StopModelCustomizationJob": ("stop_model_customization_job", {"jobIdentifier": of.job}),
        "UpdateCustomModelDeployment": (
            "update_custom_model_deployment",
            {"customModelDeploymentIdentifier": of.deployment, "modelArn": model},
        ),
        "UpdateProvisionedModelThroughput": (
            "update_provisioned_model_throughput",
            {"provisionedModelId": of.throughput, "desiredModelId": model},
        ),
        "DeleteProvisionedModelThroughput": (
            "delete_provisioned_model_throughput",
            {"provisionedModelId": of.throughput},
        ),
        "DeleteCustomModelDeployment": (
            "delete_custom_model_deployment",
            {"customModelDeploymentIdentifier": of.deployment},
        ),
        "DeleteCustomModel": ("delete_custom_model", {"modelIdentifier": of.model}),
    }


ACTIONS = list(changes(EnvironmentResources("", "", "", ""), ""))


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_another_environments_is_not_changed(
    harness: EmulatorHarness, both_environments: dict[str, EnvironmentResources], action: str
) -> None:
    bedrock = harness.acting("bedrock", allow(f"bedrock:{action}", ANY, **OURS))
    theirs, ours = both_environments["theirs"], both_environments["ours"]
    call, asked = changes(theirs, ours.model)[action]
    assert f"bedrock:{action} on resource: {HERE}" in refusal(getattr(bedrock, call), **asked)


@pytest.mark.parametrize("action", ["UpdateCustomModelDeployment", "UpdateProvisionedModelThroughput"])
def test_no_model_of_another_environment_is_put_behind_an_endpoint_of_ours(
    harness: EmulatorHarness, both_environments: dict[str, EnvironmentResources], action: str
) -> None:
    bedrock = harness.acting("bedrock", allow(f"bedrock:{action}", ANY, **OURS))
    call, asked = changes(both_environments["ours"], both_environments["theirs"].model)[action]
    assert f"bedrock:{action} on resource: {both_environments['theirs'].model}" in refusal(
        getattr(bedrock, call), **asked
    )


@pytest.mark.parametrize("action", ["DeleteCustomModelDeployment", "DeleteProvisionedModelThroughput"])
def test_what_is_not_there_bears_no_tags(harness: EmulatorHarness, action: str) -> None:
    bedrock = harness.acting("bedrock", allow(f"bedrock:{action}", ANY, **OURS))
    call, asked = changes(EnvironmentResources("", "", "gone", "gone"), "")[action]
    assert f"bedrock:{action}" in refusal(getattr(bedrock, call), **asked)


@pytest.mark.parametrize("kind", ["deployment", "throughput"])
def test_endpoints_answer_their_own_environment_alone(
    harness: EmulatorHarness, both_environments: dict[str, EnvironmentResources], kind: str
) -> None:
    runtime = harness.acting("bedrock-runtime", allow(INVOKE, ANY, **OURS))
    theirs = getattr(both_environments["theirs"], kind)
    assert f"{INVOKE} on resource: {theirs}" in refusal(runtime.converse, modelId=theirs, **QUESTION)


@pytest.mark.parametrize(
    ("create", "name", "of", "made"),
    [
        ("create_custom_model_deployment", "modelDeploymentName", "modelArn", "custom-model-deployment"),
        ("create_provisioned_model_throughput", "provisionedModelName", "modelId", "provisioned-model"),
    ],
)
def test_an_endpoint_is_made_with_our_tag_alone_and_of_our_model_alone(
    harness: EmulatorHarness,
    both_environments: dict[str, EnvironmentResources],
    create: str,
    name: str,
    of: str,
    made: str,
) -> None:
    action = "bedrock:" + "".join(word.capitalize() for word in create.split("_"))
    over_ours = {**MADE, "StringEquals": MADE["StringEquals"] | OURS["StringEquals"]}
    del over_ours["StringEqualsIfExists"]
    bedrock = harness.acting(
        "bedrock",
        allow(action, f"{HERE}:custom-model/*", **over_ours),
        allow("bedrock:TagResource", f"{HERE}:{made}/*", **MADE),
    )
    ours, theirs = both_environments["ours"].model, both_environments["theirs"].model
    for model, given, refused in (
        (theirs, tags("ours"), f"{action} on resource: {theirs}"),
        (ours, tags("theirs"), f"{action} on resource: {ours}"),
        (ours, tags("ours", team="red"), f"{action} on resource: {ours}"),
        (ours, [], f"{action} on resource: {ours}"),
        (ours, tags("ours"), ""),
    ):
        more = {"modelUnits": 1} if made == "provisioned-model" else {}
        asked = {name: f"e-{uuid.uuid4().hex[:8]}", of: model, "tags": given, **more}
        said = refusal(getattr(bedrock, create), **asked)
        assert (refused in said) if refused else said == ""


def test_a_job_and_its_model_are_made_with_our_tag_alone(harness: EmulatorHarness, role: str) -> None:
    bedrock = harness.acting(
        "bedrock",
        allow(CREATE, BASE, *NEW, **MADE),
        allow("bedrock:TagResource", *NEW, **MADE),
        allow("iam:PassRole", role),
    )
    for of_job, of_model, refused in (
        (tags("theirs"), tags("theirs"), CREATE),
        (tags("theirs"), tags("ours"), f"TagResource on resource: {HERE}:model-customization-job/"),
        (tags("ours"), tags("theirs"), CREATE),
        (tags("ours"), tags("ours", team="red"), CREATE),
        ([], [], CREATE),
        (tags("ours"), tags("ours"), ""),
    ):
        said = refusal(
            bedrock.create_model_customization_job, **job(role) | {"jobTags": of_job, "customModelTags": of_model}
        )
        assert (refused in said) if refused else said == "", (of_job, of_model)


def test_each_of_a_jobs_tags_is_asked_for_where_it_is_set(harness: EmulatorHarness, role: str) -> None:
    """On the job what is the job's, on the model what is the model's."""
    asked = job(role) | {"jobTags": tags("ours"), "customModelTags": tags("theirs")}
    others = allow(CREATE, "*"), allow("iam:PassRole", role)
    bedrock = harness.acting("bedrock", *others, allow("bedrock:TagResource", *NEW, **MADE))
    said = refusal(bedrock.create_model_customization_job, **asked)
    assert f"bedrock:TagResource on resource: {HERE}:custom-model/" in said


@pytest.mark.parametrize("kind", ["job", "model", "deployment", "throughput"])
def test_nothing_of_another_environment_is_moved_into_ours(
    harness: EmulatorHarness, both_environments: dict[str, EnvironmentResources], kind: str
) -> None:
    bedrock = harness.acting("bedrock", allow("bedrock:TagResource", ANY, **MADE))
    theirs, ours = (getattr(both_environments[whose], kind) for whose in ("theirs", "ours"))
    moved = refusal(bedrock.tag_resource, resourceARN=theirs, tags=tags("ours"))
    assert f"bedrock:TagResource on resource: {theirs}" in moved
    assert refusal(bedrock.tag_resource, resourceARN=ours, tags=tags("ours")) == ""
    assert "bedrock:TagResource" in refusal(bedrock.tag_resource, resourceARN=ours, tags=tags("theirs"))
    assert "bedrock:TagResource" in refusal(bedrock.tag_resource, resourceARN=ours, tags=tags("ours", team="red"))


def test_what_bears_no_environments_tag_can_be_claimed(harness: EmulatorHarness) -> None:
    """AWS asks the same at the making of a thing and for one that is there without a tag: docs/threat-model.md."""
    made = harness.client("bedrock").create_inference_profile(
        inferenceProfileName=f"p-{uuid.uuid4().hex[:8]}",
        modelSource={"copyFrom": f"{HERE}:inference-profile/us.amazon.nova-pro-v1:0"},
    )
    bedrock = harness.acting("bedrock", allow("bedrock:TagResource", ANY, **MADE))
    assert refusal(bedrock.tag_resource, resourceARN=made["inferenceProfileArn"], tags=tags("ours")) == ""


@pytest.mark.parametrize("action", ACTIONS)
def test_what_is_ours_is_changed(
    harness: EmulatorHarness, both_environments: dict[str, EnvironmentResources], action: str
) -> None:
    """IAM lets it through, whatever the service says then. The last test: it takes away what the others look at."""
    bedrock = harness.acting("bedrock", allow(f"bedrock:{action}", ANY, **OURS))
    call, asked = changes(both_environments["ours"], both_environments["ours"].model)[action]
    assert refusal(getattr(bedrock, call), **asked) == ""
