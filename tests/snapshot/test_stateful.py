"""Logical ids of stateful resources are frozen: CloudFormation replaces a resource whose id changes, and its data is
lost.
"""

import json
import os
from pathlib import Path

import pytest

from tests.policy.synthesis import ENVIRONMENTS, settings, templates
from tests.policy.templates import EnvironmentTemplates, Resource, single_stack

FILE = Path(__file__).parent / "stateful.json"
DATA = ("AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::S3::Bucket")
"""Resource types whose content cannot be recreated."""

STATEFUL = (
    *DATA,
    "AWS::Bedrock::ApplicationInferenceProfile",
    "AWS::KMS::Alias",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SSM::Parameter",
    "AWS::StepFunctions::StateMachine",
)
"""Resource types that hold data, or whose names users, callers or the account know."""

_HOW = (
    "its logical id is gone, so the next deployment deletes it, and makes another if there is a new id. Give the "
    "construct its old path back; or, if what it holds may go, take the line out of tests/snapshot/stateful.json."
)


def frozen() -> dict[str, dict[str, str]]:
    """environment → stack/logical id → type."""
    found: dict[str, dict[str, str]] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    return found


def stateful(of: EnvironmentTemplates) -> dict[str, str]:
    return {str(found): found.kind for found in of.resources(*STATEFUL)}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_holds_state_keeps_its_logical_id(environment: str) -> None:
    now, before = stateful(templates(environment)), frozen().get(environment, {})
    if os.environ.get("UPDATE") == "1":  # adds new ids; an id that is missing stays and fails
        written = frozen() | {environment: before | now}
        FILE.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        before = written[environment]
    assert [f"{ident} ({kind}): {_HOW}" for ident, kind in before.items() if now.get(ident) != kind] == []
    assert set(now) == set(before), "`UPDATE=1 make snapshot` freezes new ids"


def _unlike_its_settings(found: Resource, keep: bool) -> bool:
    wanted = "Retain" if keep else "Delete"
    return (found.definition.get("DeletionPolicy"), found.definition.get("UpdateReplacePolicy")) != (wanted, wanted)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_data_and_logs_outlive_their_stack_where_the_environment_keeps_data(environment: str) -> None:
    found = list(templates(environment).resources(*DATA, "AWS::Logs::LogGroup"))
    assert {one.kind for one in found} == {*DATA, "AWS::Logs::LogGroup"}
    keep = settings(environment).keep_data
    assert [str(one) for one in found if _unlike_its_settings(one, keep)] == []


def test_a_bucket_that_says_nothing_of_its_end_is_found() -> None:
    (bucket,) = single_stack({"B": {"Type": "AWS::S3::Bucket"}}).resources()
    assert _unlike_its_settings(bucket, keep=False)
    assert _unlike_its_settings(bucket, keep=True)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_ledger_that_is_kept_cannot_be_deleted(environment: str) -> None:
    (ledger,) = templates(environment).resources("AWS::DynamoDB::Table")
    assert ledger.properties["DeletionProtectionEnabled"] is settings(environment).keep_data


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_stacks_refuse_to_be_deleted_where_the_environment_says_so(environment: str) -> None:
    wanted = settings(environment).termination_protection
    assert [stack.part for stack in templates(environment).stacks if stack.protected != wanted] == []


def test_some_environment_protects_and_keeps_and_some_does_not() -> None:
    every = [settings(environment) for environment in ENVIRONMENTS]
    assert {one.keep_data for one in every} == {one.termination_protection for one in every} == {True, False}
