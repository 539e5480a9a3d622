"""Quotas: only the function can update the usage table, and nobody can read it."""

import functools
from decimal import Decimal
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
from tests.policy.templates import EnvironmentTemplates

TABLE = "AWS::DynamoDB::Table"


def counting() -> Settings:
    """Returns dev with a quota."""
    return parse(read("dev") | {"quota": {"per": "day", "tokens": 1_000_000, "usd": 2.5}}, "dev")


@functools.cache
def counted() -> EnvironmentTemplates:
    """Synthesizes dev with a quota. The CDK rule packs have no finding either, or synth would raise."""
    return synthesized(counting())


def test_acknowledgements_are_narrow_reasoned_and_alive() -> None:
    """With reserved concurrency as well."""
    of = parse(read("dev") | {"quota": {"per": "day", "usd": 2.5}, "reserved_concurrency": 5}, "dev")
    acknowledgements = ledger(of)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(compliance, "acknowledge", lambda *_: None)
        found = findings_of(of)
    assert stale(acknowledgements, found) + wide(acknowledgements, found) + unreasoned(acknowledgements) == []


def test_it_is_an_environment_that_nothing_is_wrong_with() -> None:
    assert counting().quota is not None
    assert counting().quota.to_caller_quota().usd == Decimal("2.5")  # type: ignore[union-attr]  # see above
    assert [str(one) for one in findings(counting(), TODAY)] == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds(rule: Rule) -> None:
    assert [where for where, holds in rule.check(counted()) if not holds] == []


def tables(of: EnvironmentTemplates) -> list[Any]:
    return [one for one in of.resources(TABLE) if one.stack.part == "serving"]


def test_the_table_is_encrypted_and_its_items_expire() -> None:
    (table,) = tables(counted())
    assert table.properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table.properties["SSESpecification"]["SSEType"] == "KMS"
    assert table.properties["BillingMode"] == "PAY_PER_REQUEST"
    (function,) = (one for one in counted().resources("AWS::Lambda::Function") if one.stack.part == "serving")
    assert function.properties["Environment"]["Variables"]["QUOTA_TABLE"] == {"Ref": table.id}


def test_the_function_adds_to_the_table_and_does_nothing_else_with_it() -> None:
    (table,) = tables(counted())
    policies = [
        one
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for one in counted().resources(kind)
        if one.stack.part == "serving"
    ]
    statements = [each for one in policies for each in one.properties["PolicyDocument"]["Statement"]]
    on_tables = [each for each in statements if "dynamodb:" in str(each["Action"])]
    assert [(each["Action"], each["Resource"]) for each in on_tables] == [
        ("dynamodb:UpdateItem", {"Fn::GetAtt": [table.id, "Arn"]})
    ]
    keys = [each for each in statements if "dynamodb." in str(each.get("Condition")) and "kms:" in str(each["Action"])]
    assert len(keys) == 1
    assert "kms:ViaService" in str(keys[0]["Condition"])


def test_the_url_stands_at_the_alias_for_it_matters_who_asks() -> None:
    (url,) = [one for one in counted().resources("AWS::Lambda::Url") if one.stack.part == "serving"]
    assert url.properties["Qualifier"] == "url"


def test_without_a_quota_there_is_no_table_and_no_word_of_one() -> None:
    assert tables(templates("dev")) == []
    (function,) = (one for one in templates("dev").resources("AWS::Lambda::Function") if one.stack.part == "serving")
    assert "QUOTA_TABLE" not in str(function.properties["Environment"])
