"""A run has exactly one job, however often it is requested."""

import re
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from distillery.core import limits, names
from distillery.core.aws import ClientError
from distillery.core.ledger.ledger import Ledger
from distillery.core.logs import InvocationLogs
from lambdas.distillation.job import CustomizationJobs, JobSettings
from tests.fakes.pipeline import open_run, recipe
from tests.fakes.table import MemoryTable
from tests.unit.distillation.fakes import MADE, FakeBedrock, job

PLACE = JobSettings(
    environment="dev",
    data_bucket="data",
    job_role="arn:aws:iam::111111111111:role/job",
    model_key="arn:aws:kms:us-east-1:111111111111:key/1",
)
RUN = open_run(Ledger(MemoryTable()), recipe(tags={"team": "support"}))
NAME = f"dev-{RUN.id}"
TAGS = [
    {"key": "team", "value": "support"},
    {"key": "distillery:environment", "value": "dev"},
    {"key": "distillery:recipe", "value": "support"},
    {"key": "distillery:run", "value": RUN.id},
]
REQUEST = {
    "jobName": NAME,
    "customModelName": NAME,
    "roleArn": PLACE.job_role,
    "clientRequestToken": names.token(RUN.id, "job"),
    "baseModelIdentifier": "amazon.nova-micro-v1:0:128k",
    "customizationType": "DISTILLATION",
    "customModelKmsKeyId": PLACE.model_key,
    "trainingDataConfig": {"s3Uri": "s3://data/train.jsonl"},
    "outputDataConfig": {"s3Uri": f"s3://data/jobs/{RUN.id}/"},
    "customizationConfig": {
        "distillationConfig": {
            "teacherModelConfig": {
                "teacherModelIdentifier": "amazon.nova-pro-v1:0",
                "maxResponseLengthForInference": 64,
            }
        }
    },
    "jobTags": TAGS,
    "customModelTags": TAGS,
}


def test_the_request_is_exactly_the_apis() -> None:
    client = boto3.client("bedrock", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stub:
        stub.add_client_error("get_model_customization_job", "ResourceNotFoundException")
        stub.add_response("create_model_customization_job", {"jobArn": MADE.job_arn}, REQUEST)
        assert CustomizationJobs(client).ensure(RUN, PLACE) == MADE.job_arn
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        (limits.JOB_NAME, REQUEST["jobName"]),
        (limits.MODEL_NAME, REQUEST["customModelName"]),
        (limits.TOKEN, REQUEST["clientRequestToken"]),
        (limits.S3_URI, REQUEST["outputDataConfig"]["s3Uri"]),  # type: ignore[index]  # a literal of mixed values
        *((limits.TAG, text) for tag in TAGS for text in tag.values()),
    ],
)
def test_what_boto3_does_not_check_fits_the_services_patterns(pattern: re.Pattern[str], value: str) -> None:
    assert pattern.fullmatch(value)


@pytest.mark.parametrize("use_responses", [True, False])
def test_a_job_reads_logs_where_the_data_set_is_of_them(use_responses: bool) -> None:
    match = {"distillery:route": "teacher", "distillery:side": "train"}
    logs = InvocationLogs(uri="s3://calls/AWSLogs/1/", match=match, use_responses=use_responses)
    run = replace(RUN, dataset=replace(RUN.dataset, uri="", logs=logs))
    client = boto3.client("bedrock", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    pairs = [{"equals": {key: value}} for key, value in match.items()]
    told = {
        "usePromptResponse": use_responses,
        "invocationLogSource": {"s3Uri": "s3://calls/AWSLogs/1/"},
        "requestMetadataFilters": {"andAll": pairs},
    }
    with Stubber(client) as stub:
        stub.add_client_error("get_model_customization_job", "ResourceNotFoundException")
        wanted = REQUEST | {"trainingDataConfig": {"invocationLogsConfig": told}}
        stub.add_response("create_model_customization_job", {"jobArn": MADE.job_arn}, wanted)
        assert CustomizationJobs(client).ensure(run, PLACE) == MADE.job_arn
        stub.assert_no_pending_responses()


def test_a_job_that_exists_is_not_created_again() -> None:
    bedrock: Any = FakeBedrock(jobs={NAME: job("Completed")})
    assert CustomizationJobs(bedrock).ensure(RUN, PLACE) == MADE.job_arn
    assert bedrock.created == []


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "ValidationException"])
def test_a_name_that_no_job_has_is_created_however_the_service_says_so(code: str) -> None:
    bedrock: Any = FakeBedrock(refuse={"get_model_customization_job": code})
    assert CustomizationJobs(bedrock).ensure(RUN, PLACE) == MADE.job_arn
    assert len(bedrock.created) == 1


def test_a_code_that_first_contact_recorded_means_that_there_is_no_job_either() -> None:
    bedrock: Any = FakeBedrock(refuse={"get_model_customization_job": "NoSuchJobException"})
    with pytest.raises(ClientError, match="NoSuchJobException"):
        CustomizationJobs(bedrock).ensure(RUN, PLACE)
    with pytest.raises(ClientError, match="NoSuchJobException"):
        CustomizationJobs(bedrock, lambda: "ResourceNotFoundException").ensure(RUN, PLACE)
    assert CustomizationJobs(bedrock, lambda: "NoSuchJobException").ensure(RUN, PLACE) == MADE.job_arn


def test_a_name_that_is_taken_meanwhile_means_that_an_earlier_request_got_through() -> None:
    bedrock: Any = FakeBedrock(lose_create=True)
    assert CustomizationJobs(bedrock).ensure(RUN, PLACE) == MADE.job_arn


@pytest.mark.parametrize("code", ["ServiceQuotaExceededException", "ThrottlingException", "ConflictException"])
def test_other_refusals_keep_their_names_for_the_state_machine(code: str) -> None:
    bedrock: Any = FakeBedrock(refuse={"create_model_customization_job": code})
    with pytest.raises(ClientError, match=code):
        CustomizationJobs(bedrock).ensure(RUN, PLACE)


@pytest.mark.parametrize(
    ("jobs", "refuse", "stopped", "asked"),
    [
        ({}, {}, False, []),
        ({NAME: job("InProgress")}, {}, True, [NAME]),
        ({NAME: job("InProgress")}, {"stop_model_customization_job": "ConflictException"}, True, []),
        ({NAME: job("Stopping")}, {}, False, []),
        ({NAME: job("Completed")}, {}, False, []),
        ({NAME: job("Failed")}, {}, False, []),
    ],
)
def test_only_a_job_at_work_is_stopped(jobs: Any, refuse: Any, stopped: bool, asked: list[str]) -> None:
    bedrock: Any = FakeBedrock(jobs={name: dict(each) for name, each in jobs.items()}, refuse=refuse)
    assert CustomizationJobs(bedrock).stop(NAME) is stopped
    assert bedrock.stopped == asked
