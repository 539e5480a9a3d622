"""Promotions from other environments, where the settings admit any: one function consumes records, and who may ask."""

import functools
import json
from typing import Any

import pytest

from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.bench.idle import idle_cost
from tests.fakes.records import Signer
from tests.policy import sizes
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import TODAY, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, Json, Resource, as_list, rendered

WINDOW = {"opens": "09:00", "closes": "16:00", "timezone": "Europe/Berlin"}
ADMITTING = {"through": ["dev"], "public_keys": [Signer().public.pem], "window": WINDOW}
ROLE = "AdmissionFunctionRole"


def settings() -> Any:
    return parse(read("staging") | {"promotion": ADMITTING, "account": "111111111111"}, "staging")


@functools.cache
def admitting() -> EnvironmentTemplates:
    """Synthesizes staging with the settings. The CDK rule packs have no finding either, or synth would raise."""
    return synthesized(settings())


def functions(handler: str, of: EnvironmentTemplates | None = None) -> list[Resource]:
    found = (of or admitting()).resources("AWS::Lambda::Function")
    return [one for one in found if one.properties["Handler"] == handler]


def allowed(holder: str) -> list[Json]:
    return [
        statement
        for policy in admitting().resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        if policy.id.startswith(holder)
        for statement in policy.properties["PolicyDocument"]["Statement"]
    ]


def actions(holder: str) -> set[str]:
    return {action for statement in allowed(holder) for action in as_list(statement["Action"])}


def test_it_is_an_environment_that_nothing_is_wrong_with() -> None:
    assert [str(one) for one in findings(settings(), TODAY)] == []


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds(rule: Rule) -> None:
    assert [where for where, holds in rule.check(admitting()) if not holds] == []


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_without_the_setting_nothing_admits(environment: str) -> None:
    of = templates(environment)
    assert functions("lambdas.admission.handler.admit", of) == []
    assert "Promoters" not in json.dumps([one.id for one in of.resources("AWS::IAM::ManagedPolicy")])
    assert "PROMOTION_WINDOW" not in json.dumps([one.properties for one in of.resources("AWS::Lambda::Function")])


def test_the_function_reads_and_puts_items_and_touches_nothing_else() -> None:
    """It cannot delete an item, start an execution, read a text, or call Bedrock."""
    assert actions(ROLE) == {
        *("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
        *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
        *("kms:ReEncryptFrom", "kms:ReEncryptTo"),
        *("logs:CreateLogStream", "logs:PutLogEvents"),
        "sns:Publish",
        "ssm:GetParameter",
    }


def test_the_function_reads_and_puts_items_of_recipes_records_and_promotions_alone() -> None:
    """Not the locks of recipes, the leases, or who uploaded what."""
    of_ledger = [one for one in allowed(ROLE) if "dynamodb:PutItem" in as_list(one["Action"])]
    partitions = [one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for one in of_ledger]
    assert partitions == [["recipe#*", "record#*", "source-run#*", "promotion"]]


def test_the_function_is_called_by_its_url_alone_and_the_command_finds_it() -> None:
    (function,) = functions("lambdas.admission.handler.admit")
    urls = [one for one in admitting().resources("AWS::Lambda::Url") if function.id in json.dumps(one.properties)]
    assert [one.properties["AuthType"] for one in urls] == ["AWS_IAM"]
    (where,) = [
        json.dumps(one.properties["Value"])
        for one in admitting().resources("AWS::SSM::Parameter")
        if "/pipeline" in json.dumps(one.properties["Name"])
    ]
    assert '\\"promote\\":' in where.replace("\\\\", "\\")


def layers_of(function: Resource) -> list[str]:
    """What its layers say that they are."""
    found = [admitting().find(function.stack, one) for one in function.properties.get("Layers", ())]
    return [one.properties["Description"] for one in found if one is not None]


def test_only_the_function_has_the_package_that_verifies_and_the_keys_that_the_settings_pin() -> None:
    for told in ("Packages of requirements/records.txt", "The records that this environment admits"):
        having = [
            one.properties["Handler"]
            for one in admitting().resources("AWS::Lambda::Function")
            if told in layers_of(one)
        ]
        assert having == ["lambdas.admission.handler.admit"]


def test_promoters_upload_the_prompts_of_promotions_and_no_others() -> None:
    (every, own) = [one for one in allowed("Promoters") if "s3:PutObject" in one["Action"]]
    for statement, folder in ((every, "*"), (own, "${aws:PrincipalTag/distillery:recipe}")):
        keys = {rendered(one).partition("/")[2] for one in as_list(statement["Resource"])}
        assert keys == {
            f"prompts/{folder}/promotion-*/{name}" for name in ("train.jsonl", "heldout.jsonl", "promotion.json")
        }
    assert {one for one in actions("Promoters") if one.startswith("s3:")} == {
        *("s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject")
    }
    read_objects = [json.dumps(one["Resource"]) for one in allowed("Promoters") if "s3:GetObject" in one["Action"]]
    assert all("report.json" in one and "/reports/" in one for one in read_objects)
    assert not {one for one in actions("Promoters") if one.startswith(("states:", "bedrock:", "dynamodb:Put"))}


def test_promoters_may_not_invoke_the_function_directly() -> None:
    invoked = [one for one in allowed("Promoters") if "lambda:InvokeFunction" in as_list(one["Action"])]
    assert invoked
    assert all(one["Condition"]["Bool"] == {"lambda:InvokedViaFunctionUrl": "true"} for one in invoked)


def test_nobody_else_may_call_the_function() -> None:
    (function,) = functions("lambdas.admission.handler.admit")
    callers = {
        policy.id
        for policy in admitting().resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if function.id in json.dumps(statement["Resource"])
        if any(action.startswith("lambda:Invoke") for action in as_list(statement["Action"]))
    }
    assert {one[:9] for one in callers} == {"Promoters"}


def test_the_window_reaches_what_makes_students_live_and_what_accepts_them() -> None:
    for handler in ("lambdas.promotion.handler.step", "lambdas.promotion.handler.accept"):
        (function,) = functions(handler)
        window = json.loads(function.properties["Environment"]["Variables"]["PROMOTION_WINDOW"])
        assert window["timezone"] == "Europe/Berlin"
    (rollback,) = functions("lambdas.promotion.handler.rollback")
    assert "PROMOTION_WINDOW" not in rollback.properties["Environment"]["Variables"]


def test_it_costs_nothing_while_idle() -> None:
    plain, admits = (
        sum(idle_cost({one.name: one.template for one in of.stacks}, rotations=0).values())
        for of in (templates("staging"), admitting())
    )
    assert admits == pytest.approx(plain)


def test_policies_stay_below_the_limits() -> None:
    for lengths, limit in (
        (sizes.of_roles(admitting()), sizes.ROLE_MAX),
        (sizes.of_managed_policies(admitting()), sizes.MANAGED_MAX),
        (sizes.of_parameters(admitting()), sizes.PARAMETER_MAX),
    ):
        assert sizes.over(lengths, limit) == []
