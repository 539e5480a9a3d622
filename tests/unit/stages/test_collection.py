"""Log collection: who owns the configuration, which bucket receives logs, what a query may cost, and what starts a
collection.
"""

import fnmatch
import functools
import json
from typing import Any

import pytest

from distillery.core.env_vars import Variable
from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import TODAY, synthesized
from tests.policy.templates import EnvironmentTemplates, rendered

pytestmark = pytest.mark.slow

LOGS = {"match": {"distillery:route": "teacher"}, "how": "athena", "schedule": "rate(7 days)", "days": 7}
TAUGHT = {"principals": ["assumed-role/support-app/*"]}


def settings(inference: str, **logs: Any) -> Settings:
    told = read("dev")
    taught = {"anybody_may_teach": TODAY} if logs.get("how") == "direct" else TAUGHT
    curation = {"personal_data": "report"} if logs.get("how") == "direct" else {}
    support = told["recipes"]["support"] | {"logs": LOGS | taught | logs, "curation": curation}
    owned = {"logging": {"keep_days": 7, "max_scan_gb": 50}, "inference_region": inference}
    return parse(told | owned | {"recipes": {"support": support}}, "dev")


@functools.cache
def templates(inference: str, how: str = "athena") -> EnvironmentTemplates:
    return synthesized(settings(inference, how=how))


TWO, ONE = "us-east-2", "us-east-1"


def properties(kind: str, inference: str = TWO) -> list[dict[str, Any]]:
    return [found.properties for found in templates(inference).resources(kind)]


def one(kind: str) -> dict[str, Any]:
    (found,) = properties(kind)
    return found


@pytest.mark.parametrize("inference", [ONE, TWO])
def test_settings_that_own_the_logging_have_no_finding(inference: str) -> None:
    assert list(findings(settings(inference), TODAY)) == []


@pytest.mark.parametrize("inference", [ONE, TWO])
@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds_where_calls_are_logged(rule: Rule, inference: str) -> None:
    assert [where for where, holds in rule.check(templates(inference)) if not holds] == []


def test_calls_are_logged_where_they_are_made() -> None:
    stacks = {stack.part: stack.region for stack in templates(TWO).stacks}
    assert (stacks["collection"], stacks["foundation-inference"]) == (TWO, TWO)
    assert "foundation-inference" not in {stack.part for stack in templates(ONE).stacks}


def test_bedrock_alone_may_deliver_and_only_its_logs_for_this_account_and_region() -> None:
    (admitted,) = [
        statement
        for _, statement in templates(TWO).statements("AWS::S3::BucketPolicy")
        if statement.get("Sid") == "AmazonBedrockLogsWrite"
    ]
    assert admitted["Principal"] == {"Service": "bedrock.amazonaws.com"}
    assert admitted["Action"] == "s3:PutObject"
    where = rendered(admitted["Resource"])
    assert where.endswith("/AWSLogs/<AWS::AccountId>/BedrockModelInvocationLogs/*")
    assert rendered(admitted["Condition"]["StringEquals"]["aws:SourceAccount"]) == "<AWS::AccountId>"
    source = rendered(admitted["Condition"]["ArnLike"]["aws:SourceArn"])
    assert source == "arn:<AWS::Partition>:bedrock:us-east-2:<AWS::AccountId>:*".replace("<AWS::Partition>", "aws")


def test_bedrock_may_encrypt_logs_and_not_read_them() -> None:
    keys = templates(TWO).statements("AWS::KMS::Key")
    admitted = [one for _, one in keys if one["Principal"] == {"Service": "bedrock.amazonaws.com"}]
    found = [one for one in admitted if one["Sid"] != "CustomModels"]
    assert [(one["Action"], set(one["Condition"])) for one in found] == [
        ("kms:GenerateDataKey", {"StringEquals", "ArnLike"})
    ]


def test_logged_calls_go_after_their_days() -> None:
    (rule,) = [
        rule
        for bucket in properties("AWS::S3::Bucket")
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if rule.get("ExpirationInDays") == 7
    ]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_partitions_are_projected_from_the_folders_of_the_hours() -> None:
    table = one("AWS::Glue::Table")["TableInput"]
    told = {name: rendered(value) for name, value in table["Parameters"].items()}
    assert told.pop("storage.location.template").endswith("/BedrockModelInvocationLogs/us-east-2/${datehour}/")
    assert told == {
        "projection.enabled": "true",
        "projection.datehour.type": "date",
        "projection.datehour.format": "yyyy/MM/dd/HH",
        "projection.datehour.range": "NOW-8DAYS,NOW",
        "projection.datehour.interval": "1",
        "projection.datehour.interval.unit": "HOURS",
    }
    assert table["PartitionKeys"] == [{"Name": "datehour", "Type": "string"}]


def test_a_query_is_bounded_encrypted_and_writes_where_the_workgroup_says() -> None:
    said = one("AWS::Athena::WorkGroup")["WorkGroupConfiguration"]
    assert said["EnforceWorkGroupConfiguration"] is True
    assert said["BytesScannedCutoffPerQuery"] == 50 * 10**9
    assert said["EngineVersion"] == {"SelectedEngineVersion": "Athena engine version 3"}
    results = said["ResultConfiguration"]
    assert results["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"
    assert rendered(results["OutputLocation"]).endswith("/queries/")
    assert rendered(results["ExpectedBucketOwner"]) == "<AWS::AccountId>"


def test_the_collect_function_is_told_what_it_reads() -> None:
    (function,) = [f for f in properties("AWS::Lambda::Function") if f["Handler"].startswith("lambdas.collection.")]
    told = {name: rendered(value) for name, value in function["Environment"]["Variables"].items()}
    assert set(told) == {Variable.ENVIRONMENT, Variable.HOME_REGION, Variable.LOGS, Variable.TOPIC}
    assert told[Variable.LOGS].endswith("/AWSLogs/<AWS::AccountId>/BedrockModelInvocationLogs/us-east-2/")
    assert len(function["Layers"]) == 2  # the recipes as well


def test_prompts_cross_to_the_home_region_by_name_and_alias() -> None:
    (put,) = [
        statement
        for holder, statement in templates(TWO).statements("AWS::IAM::Policy")
        if holder.stack.part == "collection" and "aws:ResourceAccount" in json.dumps(statement)
    ]
    assert put["Action"] == "s3:PutObject"
    assert {rendered(one) for one in put["Resource"]} == {
        "arn:aws:s3:::distillery-dev-foundatio*/prompts/*",
        "arn:aws:s3:::distillery-dev-foundatio*/collected/*",
    }
    (used,) = [
        statement
        for holder, statement in templates(TWO).statements("AWS::IAM::Policy")
        if holder.stack.part == "collection" and "kms:ResourceAliases" in json.dumps(statement)
    ]
    assert used["Condition"]["ForAnyValue:StringEquals"] == {"kms:ResourceAliases": "alias/distillery-dev"}
    assert used["Condition"]["StringEquals"] == {"kms:ViaService": ["s3.us-east-1.amazonaws.com"]}


def test_a_schedule_asks_for_its_recipe_under_a_role_that_may_do_no_more() -> None:
    schedule = one("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "rate(7 days)"
    assert json.loads(schedule["Target"]["Input"]) == {"recipe": "support"}
    assert "DeadLetterConfig" in schedule["Target"]
    (role,) = [p for p in properties("AWS::IAM::Policy") if "SchedulesRole" in json.dumps(p["Roles"])]
    allowed = [statement["Action"] for statement in role["PolicyDocument"]["Statement"]]
    assert allowed == ["lambda:InvokeFunction", "sqs:SendMessage", ["kms:Decrypt", "kms:GenerateDataKey"]]


def test_ended_queries_of_this_workgroup_are_taken_up_and_looked_for() -> None:
    rules = [rule for stack in templates(TWO).stacks if stack.part == "collection" for rule in _rules(stack.resources)]
    (on_event,) = [rule for rule in rules if "EventPattern" in rule]
    assert on_event["EventPattern"] == {
        "source": ["aws.athena"],
        "detail-type": ["Athena Query State Change"],
        "detail": {"workgroupName": ["distillery-dev-logs"], "currentState": ["SUCCEEDED", "FAILED", "CANCELLED"]},
    }
    assert [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule] == ["rate(6 hours)"]


def _rules(resources: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Events::Rule"]


def test_nothing_polls_where_no_recipe_queries() -> None:
    (stack,) = [stack for stack in templates(TWO, "read").stacks if stack.part == "collection"]
    assert _rules(stack.resources) == []


def test_a_job_may_read_logged_calls_only_where_a_recipe_gives_it_logs() -> None:
    assert _reads_of_jobs(templates(ONE, "direct")) == {"datasets/*/train.jsonl", "jobs/*", "AWSLogs/*"}
    assert _reads_of_jobs(templates(ONE)) == {"datasets/*/train.jsonl", "jobs/*"}
    assert [
        f"{rule.sentence}: {where}"
        for rule in RULES
        for where, holds in rule.check(templates(ONE, "direct"))
        if not holds
    ] == []


def _reads_of_jobs(of: EnvironmentTemplates) -> set[str]:
    """Returns the folders whose objects the customization job's role may read."""
    return {
        rendered(resource).partition("/")[2]
        for holder, statement in of.statements("AWS::IAM::Policy")
        if "DistillationJobRole" in holder.id and "s3:GetObject" in str(statement["Action"])
        for resource in (statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]])
    }


@pytest.mark.parametrize(("inference", "how"), [(ONE, "direct"), (ONE, "athena"), (TWO, "read")])
def test_the_collect_function_alone_may_write_where_logs_are_collected(inference: str, how: str) -> None:
    writers = {
        holder.id.partition("ServiceRole")[0].partition("DefaultPolicy")[0]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::S3::BucketPolicy")
        for holder, statement in templates(inference, how).statements(kind)
        if statement["Effect"] == "Allow" and _puts(statement) and any(map(_reaches_collected, _resources(statement)))
    }
    assert len(writers) == 1, writers
    assert writers.pop().startswith("CollectionFunction")


def _puts(statement: dict[str, Any]) -> bool:
    """Whether a statement allows writing an object, by any action that does so."""
    actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
    return any(
        action in ("*", "s3:*") or action.startswith(("s3:Put", "s3:Replicate", "s3:Restore")) for action in actions
    )


def _resources(statement: dict[str, Any]) -> list[str]:
    resources = statement["Resource"]
    return [rendered(one) for one in (resources if isinstance(resources, list) else [resources])]


def _reaches_collected(resource: str) -> bool:
    """Whether a resource may be in the prompts bucket: a bucket name that is a token may stand for it."""
    key = resource.partition("/")[2]
    return resource == "*" or fnmatch.fnmatchcase("collected/support/0a1b/logs.json", key)


def test_the_dataset_functions_log_settings_override_collected_files() -> None:
    (function,) = [
        found.properties
        for found in templates(ONE, "direct").resources("AWS::Lambda::Function")
        if found.properties["Handler"].startswith("lambdas.dataset.handler.")
    ]
    told = {name: rendered(value) for name, value in function["Environment"]["Variables"].items()}
    assert told[Variable.LOGS].endswith("/AWSLogs/<AWS::AccountId>/BedrockModelInvocationLogs/us-east-1/")
    assert told[Variable.LOGS].startswith("s3://")
    (rule,) = [
        found.properties["EventPattern"]["detail"]
        for found in templates(ONE, "direct").resources("AWS::Events::Rule")
        if found.id.startswith("DatasetOnUpload")
    ]
    assert told[Variable.PROMPTS_BUCKET] == rendered(rule["bucket"]["name"][0])
