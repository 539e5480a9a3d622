"""Data access logging, if enabled: the trail's name and key cannot be used by another trail."""

import functools
from typing import Any

import pytest

from distillery.settings import Settings
from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from infra.constructs import compliance
from tests.policy.acknowledgements import findings as findings_of
from tests.policy.acknowledgements import ledger, stale, unreasoned, wide
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import TODAY, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, Json, Resource, as_list, condition, rendered

TRAIL = "AWS::CloudTrail::Trail"
SERVICE = {"Service": "cloudtrail.amazonaws.com"}
VARIANTS: dict[str, dict[str, Any]] = {
    "dev": {},
    "dev that owns its logs": {"logging": {"keep_days": 30}},
    "dev in one Region, with its logs": {
        "home_region": "us-east-1",
        "inference_region": "us-east-1",
        "logging": {"keep_days": 30},
    },
    "dev that keeps its data": {"keep_data": True, "account": "111111111111"},
}


def recording(variant: str) -> Settings:
    return parse(read("dev") | VARIANTS[variant] | {"trail": {"keep_days": 365}}, "dev")


@functools.cache
def recorded(variant: str) -> EnvironmentTemplates:
    """Synthesizes the variant. The CDK rule packs have no finding either, or synth would raise."""
    return synthesized(recording(variant))


def trails(variant: str) -> dict[str, Resource]:
    return {one.stack.region: one for one in recorded(variant).resources(TRAIL)}


def selected(trail: Resource) -> list[dict[str, tuple[str, ...]]]:
    """Field → values of each selector: equals or starts with."""
    return [
        {
            field["Field"]: tuple(map(rendered, field.get("Equals", field.get("StartsWith"))))
            for field in one["FieldSelectors"]
        }
        for one in trail.properties["AdvancedEventSelectors"]
    ]


def files(variant: str, trail: Resource) -> Resource:
    """Returns the bucket that receives the trail's files."""
    found = recorded(variant).find(trail.stack, trail.properties["S3BucketName"])
    assert found is not None
    assert found.kind == "AWS::S3::Bucket"
    return found


def admitting(of: EnvironmentTemplates) -> list[tuple[Resource, Json]]:
    return [(holder, one) for holder, one in of.statements() if one.get("Principal") == SERVICE]


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_an_environment_that_nothing_is_wrong_with(variant: str) -> None:
    assert [str(one) for one in findings(recording(variant), TODAY)] == []


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds(rule: Rule, variant: str) -> None:
    assert [where for where, holds in rule.check(recorded(variant)) if not holds] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_acknowledgements_are_narrow_reasoned_and_alive(variant: str) -> None:
    acknowledgements = ledger(recording(variant))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compliance, "acknowledge", lambda *_: None)
        found = findings_of(recording(variant))
    assert stale(acknowledgements, found) + wide(acknowledgements, found) + unreasoned(acknowledgements) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_region_has_a_trail_that_takes_data_events_and_signs_its_files(variant: str) -> None:
    of = recording(variant)
    assert trails(variant).keys() == {of.home_region, of.inference_region}
    for trail in trails(variant).values():
        said = trail.properties
        assert (said["IsLogging"], said["EnableLogFileValidation"]) == (True, True)
        assert (said["IsMultiRegionTrail"], said["IncludeGlobalServiceEvents"]) == (False, False)
        assert {one["eventCategory"] for one in selected(trail)} == {("Data",)}, (
            "management events would be billed twice"
        )
        assert "EventSelectors" not in said
        fields = {frozenset(one) for one in selected(trail)}
        assert fields == {frozenset({"eventCategory", "resources.type", "resources.ARN"})}, "reads and writes"


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_records_the_objects_of_every_bucket_but_its_own_and_of_the_access_logs(variant: str) -> None:
    for trail in trails(variant).values():
        stack = trail.stack
        logged = {
            str(one)
            for one in recorded(variant).resources("AWS::S3::Bucket")
            if "LoggingConfiguration" in one.properties
        } - {str(files(variant, trail))}
        wanted = {f"<{ident.partition('/')[2]}.Arn>/" for ident in logged if ident.startswith(f"{stack.part}/")}
        chosen = [one["resources.ARN"] for one in selected(trail) if one["resources.type"] == ("AWS::S3::Object",)]
        assert {arn for arns in chosen for arn in arns} == wanted
        assert all(chosen), "CloudTrail refuses an empty list"


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_records_the_calls_of_this_environments_functions_in_its_region(variant: str) -> None:
    for region, trail in trails(variant).items():
        (arns,) = [
            one["resources.ARN"] for one in selected(trail) if one["resources.type"] == ("AWS::Lambda::Function",)
        ]
        assert arns == (f"arn:aws:lambda:{region}:{trail.stack.owner}:function:distillery-dev-",)


@pytest.mark.parametrize("variant", VARIANTS)
def test_cloudtrail_is_admitted_for_these_trails_alone_and_to_what_it_does(variant: str) -> None:
    """The conditions name the trail, so another trail in the account can neither write there nor use our key."""
    found = admitting(recorded(variant))
    assert len(found) == 4 * len(trails(variant))
    for holder, statement in found:
        region, owner = holder.stack.region, holder.stack.owner
        name = trails(variant)[region].properties["TrailName"]
        trail = f"arn:aws:cloudtrail:{region}:{owner}:trail/{name}"
        (action,) = as_list(statement["Action"])
        assert [rendered(one) for one in condition(statement, "aws:SourceArn", "ArnEquals")] == [trail]
        context = condition(statement, "kms:EncryptionContext:aws:cloudtrail:arn", "StringEquals")
        assert [rendered(one) for one in context] == ([trail] if action == "kms:GenerateDataKey" else [])
        acl = condition(statement, "s3:x-amz-acl", "StringEquals")
        assert acl == (["bucket-owner-full-control"] if action == "s3:PutObject" else [])
    actions = {action for _, statement in found for action in as_list(statement["Action"])}
    assert actions == {"s3:GetBucketAcl", "s3:PutObject", "kms:GenerateDataKey", "kms:DescribeKey"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_its_files_are_encrypted_with_the_environments_key_and_end(variant: str) -> None:
    of = recorded(variant)
    for trail in trails(variant).values():
        bucket, key = files(variant, trail), of.find(trail.stack, trail.properties["KMSKeyId"])
        (encryption,) = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert str(key) == str(of.find(bucket.stack, encryption["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]))
        assert encryption["BucketKeyEnabled"] is False, "CloudTrail would need permission to decrypt"
        days = [rule.get("ExpirationInDays") for rule in bucket.properties["LifecycleConfiguration"]["Rules"]]
        assert days == [None, 365]
        (written,) = [
            one
            for holder, one in admitting(of)
            if holder.stack == bucket.stack and as_list(one["Action"]) == ["s3:PutObject"]
        ]
        assert rendered(written["Resource"]) == f"<{bucket.id}.Arn>/AWSLogs/{bucket.stack.owner}/*"


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_policy_of_people_or_functions_reads_or_writes_the_record(variant: str) -> None:
    of = recorded(variant)
    buckets = {str(files(variant, trail)) for trail in trails(variant).values()}
    reaching = {
        (action, holder.id.startswith("Emptying"))
        for holder, statement in of.statements("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for one in as_list(statement["Resource"])
        if str(of.find(holder.stack, one)) in buckets
        for action in as_list(statement["Action"])
    }
    assert all(emptying for _, emptying in reaching)
    assert not {action for action, _ in reaching} & {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"}


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_trail_ends_before_its_bucket_is_emptied_and_begins_when_it_may_write(variant: str) -> None:
    keep = recording(variant).keep_data
    for trail in trails(variant).values():
        first, bucket = trail.definition["DependsOn"], files(variant, trail)
        kinds = {ident: trail.stack.resources[ident] for ident in first}
        emptied = [one["Properties"]["Bucket"] for one in kinds.values() if one["Type"] == "Custom::EmptiedBucket"]
        policies = [one["Properties"]["Bucket"] for one in kinds.values() if one["Type"] == "AWS::S3::BucketPolicy"]
        assert {"Ref": bucket.id} in policies
        assert ({"Ref": bucket.id} in emptied) is not keep
        assert bucket.definition["DeletionPolicy"] == ("Retain" if keep else "Delete")


@pytest.mark.parametrize("environment", ["dev", "staging", "prod", "launch"])
def test_without_the_table_there_is_no_trail_and_nothing_that_admits_one(environment: str) -> None:
    assert list(templates(environment).resources(TRAIL)) == []
    assert admitting(templates(environment)) == []
