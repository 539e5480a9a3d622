"""Signed records, if enabled: one function signs, nobody else, and only when a student goes live."""

import functools
import json
from typing import Any

import pytest

from distillery.settings.checks import findings
from distillery.settings.reading import parse, read
from tests.bench import prices
from tests.bench.idle import idle_cost
from tests.policy import sizes
from tests.policy.rules import RULES, Rule
from tests.policy.synthesis import TODAY, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, Json, Resource, as_list

VARIANTS: dict[str, dict[str, Any]] = {
    "dev": {},
    "dev that keeps its data": {"keep_data": True, "account": "111111111111"},
}
SIGNER = "PromotionSigningFunctionRole"


def settings(variant: str) -> Any:
    return parse(read("dev") | VARIANTS[variant] | {"promotion": {"sign": True, "valid_days": 14}}, "dev")


@functools.cache
def signing(variant: str = "dev") -> EnvironmentTemplates:
    """Synthesizes the variant. The CDK rule packs have no finding either, or synth would raise."""
    return synthesized(settings(variant))


def key(variant: str = "dev") -> Resource:
    (found,) = [one for one in signing(variant).resources("AWS::KMS::Key") if "KeySpec" in one.properties]
    return found


def allowing(action: str) -> list[tuple[str, Json]]:
    return [
        (policy.id, statement)
        for policy in signing().resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if action in as_list(statement["Action"])
    ]


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_is_an_environment_that_nothing_is_wrong_with(variant: str) -> None:
    assert [str(one) for one in findings(settings(variant), TODAY)] == []


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.sentence) for rule in RULES])
def test_every_rule_holds(variant: str, rule: Rule) -> None:
    assert [where for where, holds in rule.check(signing(variant)) if not holds] == []


def test_without_the_setting_nothing_signs() -> None:
    assert [one for one in templates("dev").resources("AWS::KMS::Key") if "KeySpec" in one.properties] == []
    assert "kms:Sign" not in json.dumps([one.properties for one in templates("dev").resources("AWS::IAM::Policy")])


def test_only_the_signing_functions_role_may_sign_and_only_digests_by_one_algorithm() -> None:
    ((holder, statement),) = allowing("kms:Sign")
    assert holder.startswith(SIGNER)
    assert statement["Condition"] == {
        "StringEquals": {"kms:MessageType": "DIGEST", "kms:SigningAlgorithm": "ECDSA_SHA_256"}
    }
    assert statement["Resource"] == {"Fn::GetAtt": [key().id, "Arn"]}


def test_the_keys_own_policy_denies_signing_to_everybody_else() -> None:
    _, deny = key().properties["KeyPolicy"]["Statement"]
    assert (deny["Effect"], deny["Principal"]) == ("Deny", {"AWS": "*"})
    assert {"kms:Sign", "kms:CreateGrant"} <= set(deny["Action"]), "a grant could let others sign"
    (signer,) = deny["Condition"]["ArnNotEquals"].values()
    assert signer["Fn::GetAtt"][0].startswith(SIGNER)


def test_readers_and_the_signer_read_the_public_half() -> None:
    assert {holder[: len("DataReaders")] for holder, _ in allowing("kms:GetPublicKey")} == {"DataReaders", SIGNER[:11]}


def test_the_signer_writes_records_and_nothing_else() -> None:
    written = [json.dumps(one["Resource"]) for holder, one in allowing("s3:PutObject") if holder.startswith(SIGNER)]
    assert len(written) == 1
    assert "/pending-records/*" in written[0]
    assert not [one for holder, one in allowing("dynamodb:PutItem") if holder.startswith(SIGNER)]
    assert not [one for holder, one in allowing("dynamodb:UpdateItem") if holder.startswith(SIGNER)]


@pytest.mark.parametrize(("variant", "kept"), [("dev", "Delete"), ("dev that keeps its data", "Retain")])
def test_the_key_outlives_the_stack_where_data_is_kept(variant: str, kept: str) -> None:
    found = key(variant)
    assert found.stack.template["Resources"][found.id]["DeletionPolicy"] == kept
    assert (found.properties["KeySpec"], found.properties["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")


def test_it_costs_a_dollar_a_month_in_every_year() -> None:
    """KMS does not rotate asymmetric keys, so the price does not grow."""
    for rotations in (0, prices.PAID_ROTATIONS):
        plain, with_key = (
            sum(idle_cost({one.name: one.template for one in of.stacks}, rotations=rotations).values())
            for of in (templates("dev"), signing())
        )
        assert with_key - plain == pytest.approx(1.0)


def test_policies_stay_below_the_limits() -> None:
    for lengths, limit in (
        (sizes.of_roles(signing()), sizes.ROLE_MAX),
        (sizes.of_managed_policies(signing()), sizes.MANAGED_MAX),
        (sizes.of_parameters(signing()), sizes.PARAMETER_MAX),
    ):
        assert sizes.over(lengths, limit) == []


def test_a_record_is_signed_before_a_student_goes_live_and_not_for_a_rollback() -> None:
    texts = [json.dumps(one.properties) for one in signing().resources("AWS::StepFunctions::StateMachine")]
    (text,) = [one for one in texts if "Goes live?" in one]
    for before, after in (("Sign record", "Promote"), ("Sign accepted record", "Put forward")):
        assert f'\\"{before}\\":{{\\"Next\\":\\"{after}\\"' in text
    assert text.count('\\"step\\":\\"sign\\"') == 2
