"""How long objects stay in the buckets: all versions expire, except golden sets and data sets in use."""

from collections import defaultdict
from typing import Any

import pytest

from distillery.core.env_vars import Variable
from distillery.settings import load
from tests.unit.stacks.assembly import DAYS, Json, resources, synthesized, templates

pytestmark = pytest.mark.slow
DAYS_OF = {"dev": 90, "launch": 90, "staging": 365, "prod": 365}


def _rules(template: Json, name: str) -> dict[str, Json]:
    """Returns prefix → rule of the bucket."""
    (bucket,) = [one for ident, one in resources(template, "AWS::S3::Bucket").items() if ident.startswith(name)]
    found = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in found} == {"Enabled"}
    assert len({rule.get("Prefix") for rule in found}) == len(found)
    return {rule.get("Prefix", ""): rule for rule in found}


def test_retention_is_set_by_the_environment_or_derived_from_keep_data() -> None:
    assert {name: load(name, on=DAYS[name]).data_days for name in DAYS} == DAYS_OF


@pytest.mark.parametrize("environment", DAYS)
@pytest.mark.parametrize(
    ("bucket", "folders"),
    [("Prompts", ("prompts/", "uploads/", "collected/")), ("Data", ("evaluations/", "jobs/", "reports/"))],
)
def test_copies_end_after_the_environments_days_and_their_old_versions_a_day_later(
    environment: str, bucket: str, folders: tuple[str, ...]
) -> None:
    rules = _rules(templates(environment)["foundation"], bucket)
    for folder in folders:
        assert rules[folder]["ExpirationInDays"] == DAYS_OF[environment]
        assert rules[folder]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


@pytest.mark.parametrize(
    ("bucket", "folder"),
    [("Prompts", "golden/"), ("Data", "golden/"), ("Data", "datasets/"), ("Data", "system-prompts/")],
)
def test_golden_sets_and_what_may_be_in_use_expire_in_their_old_versions_only(bucket: str, folder: str) -> None:
    rule = _rules(templates("prod")["foundation"], bucket)[folder]
    assert "ExpirationInDays" not in rule
    assert (rule["ExpiredObjectDeleteMarker"], rule["NoncurrentVersionExpiration"]) == (True, {"NoncurrentDays": 30})


@pytest.mark.parametrize("bucket", ["Prompts", "Data"])
def test_incomplete_multipart_uploads_are_aborted_under_every_prefix(bucket: str) -> None:
    rule = _rules(templates("prod")["foundation"], bucket)[""]
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert "ExpirationInDays" not in rule, "it would expire golden sets too"


@pytest.mark.parametrize("environment", DAYS)
def test_no_two_rules_with_the_same_action_overlap(environment: str) -> None:
    """S3 would refuse the bucket. The local account does not check this."""
    for part, template in templates(environment).items():
        for ident, bucket in resources(template, "AWS::S3::Bucket").items():
            by_action = defaultdict[str, list[str]](list)
            for rule in bucket["LifecycleConfiguration"]["Rules"]:
                for action in rule.keys() - {"Prefix", "Status", "Id"}:
                    expires = action in ("ExpirationInDays", "ExpiredObjectDeleteMarker")
                    by_action["Expiration" if expires else action].append(rule.get("Prefix", ""))
            for action, prefixes in by_action.items():
                clash = [(a, b) for a in prefixes for b in prefixes if a != b and a.startswith(b)]
                assert (clash, len(set(prefixes))) == ([], len(prefixes)), (part, ident, action)


def test_the_expiry_function_has_the_same_days_and_deletes_only_what_may_be_in_use() -> None:
    foundation = load("prod", on=DAYS["prod"]).model_copy(update={"data_days": 30})
    made = synthesized(foundation)
    functions = resources(made["pipeline"], "AWS::Lambda::Function")
    (function,) = [one for one in functions.values() if one["Handler"] == "lambdas.expiry.handler.expire"]
    assert function["Environment"]["Variables"][Variable.DATA_DAYS] == "30"
    assert _rules(made["foundation"], "Data")["evaluations/"]["ExpirationInDays"] == 30
    (policy,) = [
        one for name, one in resources(made["pipeline"], "AWS::IAM::Policy").items() if name.startswith("Expiry")
    ]
    deleting = [one for one in policy["PolicyDocument"]["Statement"] if "s3:DeleteObjectVersion" in one["Action"]]
    (resources_of,) = [one["Resource"] for one in deleting]
    assert [_ends(one) for one in resources_of] == ["/datasets/*", "/system-prompts/*"]
    (rule,) = [
        one for name, one in resources(made["pipeline"], "AWS::Events::Rule").items() if name.startswith("ExpiryDaily")
    ]
    assert rule["ScheduleExpression"] == "rate(1 day)"


def _ends(resource: Any) -> str:
    return str(resource["Fn::Join"][1][-1])
