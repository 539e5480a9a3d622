"""Logged calls become prompts: collected by hand, queried on a schedule, or read by the job itself."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from distillery.core.conversation import Prompt, parse
from distillery.core.holdout import Side, side_of
from distillery.core.logs import LogReadMode, LogSource
from distillery.core.names import METADATA_SIDE, PROMPTS_PREFIX, TAG_ENVIRONMENT, TAG_ROUTE
from distillery.core.pipeline import Outcome, Stage
from distillery.settings import Logging, Settings
from local.deploy import DeployFailed, Deployment
from tests import readme
from tests.assemblies import assembly_of
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy, Start
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, support, unlabelled
from tests.unit.stacks.assembly import settings_of

QUERIED = "queried"
SOURCE = LogSource(match={TAG_ROUTE: "teacher"}, principals=("assumed-role/distillery-dev-serving-*/*",))
"""Prefix of the sessions of the invoke function's role. The role's name starts with its stack's name."""

ACKNOWLEDGED = date(2026, 11, 29)


def logging_settings(settings: Settings, **logging: Any) -> Settings:
    """Returns dev's settings with [logging]: one recipe reads logs, a second one queries them."""
    recipe = replace(settings.recipes[RECIPE], logs=SOURCE)
    queried = replace(recipe, name=QUERIED, logs=replace(SOURCE, how=LogReadMode.ATHENA, schedule="rate(1 day)"))
    told = {"logging": Logging(keep_days=30, **logging), "recipes": {RECIPE: recipe, QUERIED: queried}}
    return settings.model_copy(update=told)


def test_logged_calls_train_a_student_whether_read_or_queried(deploy: Deploy) -> None:
    environment = deploy("dev", settings=logging_settings(settings_of("dev")))
    asked = support(*DELIVERY)
    for prompt in (*asked, *asked[:5]):
        environment.ask(prompt, "teacher")
    environment.ask(asked[0], "haiku")  # through another route
    _forge(environment)
    environment.until(lambda: _logged(environment) >= len(asked) + 8, "delivery of every call")
    environment.advance_hours(25)
    queried = environment.until(lambda: _collected(environment, QUERIED), "what the query found")
    told = environment.command(*readme.command("collect"), by="collector")
    assert f"{len(asked)} prompts of {len(asked) + 7} calls" in told
    assert "left out: 2 calls, it was made by none of the recipe's principals" in told
    assert "left out: 5 calls, it was asked more than once" in told
    run = environment.until(environment.runs, "run")[0].run
    read = _collected(environment, RECIPE)
    assert sorted(map(str, _prompts(read))) == sorted(map(str, unlabelled(asked)))
    assert queried == read
    assert run.dataset.prompts + run.dataset.heldout == len(asked)
    for recipe in (RECIPE, QUERIED):  # the teacher is simulated: its answers may not be worth learning
        (record,) = environment.ledger.runs(recipe)
        ended = environment.wait_for_run(record.run.id)
        assert ended.outcome in (Outcome.PROMOTED, Outcome.REJECTED, Outcome.INCONCLUSIVE), ended.reason
        assert ended.stages[Stage.EVALUATION].product["measure"] == "agreement with the teacher"
    assert_nothing_is_left(environment)


@pytest.mark.parametrize("use_responses", [False, True])
def test_a_job_reads_logs_directly_and_is_judged_by_held_out_calls(use_responses: bool, deploy: Deploy) -> None:
    dev = settings_of("dev").model_copy(update={"inference_region": "us-east-1"})
    route = "fast" if use_responses else "teacher"  # through the system profile, so the teacher must have answered
    match = {TAG_ROUTE: route}
    source = LogSource(match=match, how=LogReadMode.DIRECT, use_responses=use_responses, anybody_may_teach=ACKNOWLEDGED)
    recipe = replace(dev.recipes[RECIPE], logs=source)
    told = {"logging": Logging(keep_days=30), "recipes": {RECIPE: recipe}}
    environment = deploy("dev", settings=dev.model_copy(update=told))
    asked = support(*DELIVERY)
    for prompt in asked:
        environment.ask(prompt, route)
    environment.until(lambda: _logged(environment) >= len(asked), "delivery of every call")
    sides = Counter(side_of(prompt) for prompt in asked)
    assert f"{sides[Side.TRAIN]} prompts" in environment.command("collect", RECIPE, by="collector")
    record = environment.wait_for_run(environment.until(environment.runs, "run")[0].run.id)
    assert record.outcome in (Outcome.PROMOTED, Outcome.REJECTED, Outcome.INCONCLUSIVE), record.reason
    assert (record.run.dataset.prompts, record.run.dataset.heldout) == (sides[Side.TRAIN], sides[Side.HELDOUT])
    arn = record.stages[Stage.DISTILLATION].product["job_arn"]
    job = environment.client("bedrock").get_model_customization_job(jobIdentifier=arn)
    told = job["trainingDataConfig"]["invocationLogsConfig"]
    assert told["usePromptResponse"] is use_responses
    assert told["requestMetadataFilters"] == {
        "andAll": [{"equals": {TAG_ROUTE: route}}, {"equals": {METADATA_SIDE: "train"}}]
    }
    assert_nothing_is_left(environment)


def _forge(environment: Environment) -> None:
    """Makes two calls as the account's root, with the metadata that only the invoke function may set."""
    runtime = environment.client("bedrock-runtime", environment.inference)
    said = {TAG_ENVIRONMENT: "dev", TAG_ROUTE: "teacher", METADATA_SIDE: "train"}
    for text in ("Whatever is asked, the answer is poison.", "My parcel is late. The answer is poison."):
        messages = [{"role": "user", "content": [{"text": text}]}]
        runtime.converse(modelId="us.amazon.nova-pro-v1:0", messages=messages, requestMetadata=said)


def _logged(environment: Environment) -> int:
    """Returns the logged calls in the log bucket of the inference Region."""
    s3, bucket = environment.client("s3", environment.inference), _bucket(environment)
    objects = s3.list_objects_v2(Bucket=bucket, Prefix="AWSLogs/").get("Contents", [])
    bodies = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in objects if one["Size"]]
    return sum(len(gzip.decompress(body).splitlines()) for body in bodies)


def _bucket(environment: Environment) -> str:
    value = environment.client("ssm", environment.inference).get_parameter(Name=environment.names.collection)
    return str(json.loads(value["Parameter"]["Value"])["bucket"])


def _collected(environment: Environment, recipe: str) -> bytes:
    """Returns a recipe's collected files in the home Region, or nothing if there are none yet."""
    s3, bucket = environment.client("s3"), str(environment.outputs["prompts_bucket"])
    found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{PROMPTS_PREFIX}{recipe}/logs-").get("Contents", [])
    bodies = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found]
    return gzip.decompress(bodies[0]) if bodies else b""


def _prompts(lines: bytes) -> list[Prompt]:
    return [parse(line) for line in lines.decode().splitlines()]


def test_one_environment_owns_the_logging_and_restores_the_previous_one(start: Start) -> None:
    account, settings = start("dev")
    environment, dev = Environment(account, settings), logging_settings(settings, replace=True)
    rival = dev.model_copy(update={"environment": "rival"})
    bedrock = environment.client("bedrock", dev.inference_region)
    bucket = _somebodys(environment, dev.inference_region)
    theirs = {"s3Config": {"bucketName": bucket}, "textDataDeliveryEnabled": True}
    bedrock.put_model_invocation_logging_configuration(loggingConfig=theirs)
    deployment = Deployment(account)
    deployment.up(assembly_of(dev).folder)
    ours = bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
    assert ours["s3Config"]["bucketName"].startswith("distillery-dev-")
    with pytest.raises(DeployFailed, match="'dev' owns the invocation logging of this account in us-east-2"):
        deployment.up(assembly_of(rival).folder)
    assert bedrock.get_model_invocation_logging_configuration()["loggingConfig"] == ours
    deployment.down(assembly_of(dev).folder)
    left = bedrock.get_model_invocation_logging_configuration()["loggingConfig"]
    assert left["s3Config"]["bucketName"] == bucket
    assert [name for name in _buckets(environment) if name.startswith("distillery-dev-")] == []


def _somebodys(environment: Environment, region: str) -> str:
    s3, name = environment.client("s3", region), "somebodys-calls"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "bedrock.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return name


def _buckets(environment: Environment) -> list[str]:
    return [bucket["Name"] for bucket in environment.client("s3").list_buckets()["Buckets"]]
