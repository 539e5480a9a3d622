"""The actions of each role and kind of person on their own resources, and attempts on resources of others."""

import functools
from collections.abc import Callable
from typing import Any

from distillery.core.names import COLLECTED_PREFIX
from tests.journey.environment import RECIPE, Environment
from tests.journey.route_callers import QUESTION, Team
from tests.journey.tagged_resources import OURS, PREFIX, THEIRS, Estate, Role, estate, said, tags

Deed = Callable[[Estate, Any], object]
Named = Callable[[Environment], str]
Step = Callable[[Environment], str]
ROUTE = f"distilled/{RECIPE}"


def by(role: Role, service: str, deed: Deed, region: str = "home") -> Step:
    """The role does it in the home or the `inference` Region; what AWS says to that, nothing where it is done."""

    def step(environment: Environment) -> str:
        return said(deed, estate(environment), role.client(environment, service, getattr(environment, region)))

    return step


def delete(whose: str) -> Deed:
    """An endpoint."""

    def deed(made: Estate, bedrock: Any) -> None:
        with made.deployment(whose) as arn:
            bedrock.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)

    return deed


def host(model: str, says: str, *more: str) -> Deed:
    """A model of this environment becomes an endpoint with that one's tag, and these."""

    def deed(made: Estate, bedrock: Any) -> None:
        asked = {"modelDeploymentName": made.name(), "modelArn": made.models[model], "tags": tags(says, *more)}
        made.delete(bedrock.create_custom_model_deployment(**asked)["customModelDeploymentArn"])

    return deed


def mark(whose: str, says: str, *more: str) -> Deed:
    """An endpoint of this environment gets that one's tag, and these."""

    def deed(made: Estate, bedrock: Any) -> None:
        with made.deployment(whose) as arn:
            bedrock.tag_resource(resourceARN=arn, tags=tags(says, *more))

    return deed


def mark_job(whose: str, says: str, *more: str) -> Deed:
    def deed(made: Estate, bedrock: Any) -> None:
        with made.running(whose) as arn:
            bedrock.tag_resource(resourceARN=arn, tags=tags(says, *more))

    return deed


def repoint(whose: str) -> Deed:
    """Another model is put behind an endpoint."""

    def deed(made: Estate, bedrock: Any) -> None:
        asked = {"customModelDeploymentIdentifier": made.live(whose, ROUTE), "modelArn": made.models[OURS]}
        bedrock.update_custom_model_deployment(**asked)

    return deed


def train(says: str, *more: str) -> Deed:
    """A job with an environment's tag, and these."""

    def deed(made: Estate, bedrock: Any) -> None:
        made.stop(bedrock.create_model_customization_job(**made.job(tags(says, *more)))["jobArn"])

    return deed


def train_further(made: Estate, bedrock: Any) -> None:
    """The other environment's model is the base of a job."""
    base = made.models[THEIRS]
    made.stop(bedrock.create_model_customization_job(**made.job(tags(OURS), baseModelIdentifier=base))["jobArn"])


def stop(whose: str) -> Deed:
    def deed(made: Estate, bedrock: Any) -> None:
        with made.running(whose) as arn:
            bedrock.stop_model_customization_job(jobIdentifier=arn)

    return deed


def ask(whose: str, route: str = ROUTE) -> Deed:
    """The endpoint that is this environment's and route's."""
    return lambda made, runtime: runtime.converse(modelId=made.live(whose, route), messages=QUESTION)


def ask_past_the_profile(made: Estate, runtime: Any) -> None:
    """A teacher in another Region, directly: it is allowed there through its profile alone."""
    runtime.converse(modelId="amazon.nova-pro-v1:0", messages=QUESTION)


def grant(made: Estate, kms: Any) -> None:
    """The key is given on to somebody, and for no resource of AWS's."""
    kms.create_grant(KeyId=made.key, GranteePrincipal=made.job_role, Operations=["Decrypt"])


def unseal(made: Estate, kms: Any) -> None:
    """With the key itself, through no service."""
    kms.decrypt(KeyId=made.key, CiphertextBlob=made.sealed)


def unseal_anothers(made: Estate, kms: Any) -> None:
    """The same with a key that is not the environment's."""
    root = made.environment.client("kms")
    key = root.create_key()["KeyMetadata"]["Arn"]
    kms.decrypt(KeyId=key, CiphertextBlob=root.encrypt(KeyId=key, Plaintext=b"a prompt")["CiphertextBlob"])


def by_team(deed: Deed) -> Step:
    """The team of the route to the recipe's student asks."""
    return lambda environment: said(
        deed, estate(environment), _team(environment).client("bedrock-runtime", environment.home)
    )


@functools.cache
def _team(environment: Environment) -> Team:
    return Team(environment, ROUTE)


def invoke(kind: str, named: Named, region: str = "home") -> Step:
    """A person invokes a function directly; what IAM says to that, nothing where the function answers."""

    def step(environment: Environment) -> str:
        client, name = environment.acting(kind, "lambda", getattr(environment, region)), named(environment)
        return said(lambda: client.invoke(FunctionName=name, Payload=b"{}"))

    return step


def collect(made: Estate, s3: Any) -> None:
    """Prompts of logged calls are put where the collector alone may put any."""
    s3.put_object(Bucket=made.prompts, Key=f"{COLLECTED_PREFIX}{made.name()}", Body=b"{}")


def collect_elsewhere(made: Estate, s3: Any) -> None:
    """The same in a bucket whose name begins as the environment's, under another key."""
    with made.alike() as bucket:
        s3.put_object(Bucket=bucket, Key=f"{COLLECTED_PREFIX}{made.name()}", Body=b"{}")


def note(made: Estate, dynamodb: Any) -> None:
    """Who uploaded something is written down."""
    keys = {name: {"S": f"{PREFIX}{name}"} for name in ("pk", "sk")}
    dynamodb.put_item(TableName=str(made.environment.where["ledger"]), Item=keys)


def end(made: Estate, s3: Any) -> None:
    """A version of a data set is deleted for good."""
    s3.delete_object(**made.object())
