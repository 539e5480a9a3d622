"""Each statement and condition of what admits records is needed, in an environment that keeps its data."""

import re
from datetime import timedelta

import pytest

from distillery.settings.promotion import Promotion
from tests.journey import steps
from tests.journey.conditions import ADMISSION_CASES
from tests.journey.conftest import Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.policies import action, managed, role, via
from tests.journey.statements import BY_URL, UNINVOKED, UNSIGNED, Case, fails, lets_through, log
from tests.unit.stacks.assembly import settings_of

ADMISSION, PROMOTERS = role("AdmissionFunctionRole"), managed("Promoters")
CASES = {
    "a promoter calls the function URL": Case(
        PROMOTERS, action("lambda:InvokeFunctionUrl"), steps.promote_record, UNSIGNED
    ),
    "a promoter invokes through the URL": Case(PROMOTERS, BY_URL, steps.promote_record, UNINVOKED),
    "a promoter uploads prompts": Case(
        PROMOTERS, action("s3:PutObject"), steps.upload_promoted, "perform: s3:PutObject"
    ),
    "a promoter encrypts prompts": Case(
        PROMOTERS, action("kms:GenerateDataKey"), steps.upload_promoted, "kms:GenerateDataKey"
    ),
    "the function uses the ledger": Case(
        ADMISSION, action("dynamodb:PutItem"), steps.promote_record, "calling the GetItem operation"
    ),
    "the ledger is encrypted under the key": Case(
        ADMISSION, via("dynamodb"), steps.promote_record, "calling the GetItem operation"
    ),
    "the function reads what is live": Case(
        ADMISSION, action("ssm:GetParameter"), steps.promote_record, "calling the GetParameter operation"
    ),
    "the function publishes to the topic": Case(
        ADMISSION, action("sns:Publish"), steps.promote_record, "calling the Publish operation"
    ),
    "the topic is encrypted under the key": Case(
        ADMISSION, via("sns"), steps.promote_record, "calling the Publish operation"
    ),
}


def test_each_statement_and_condition_of_the_admission_is_needed(deploy: Deploy, subtests: pytest.Subtests) -> None:
    promotion = Promotion(through=(steps.EARLIER,), public_keys=(steps.EARLIER_KEY.public.pem,))
    settings = settings_of("dev").model_copy(update={"keep_data": True, "promotion": promotion})
    environment = deploy("dev", settings=settings)
    said = "".join(step(environment) for step in {case.step for case in CASES.values()}) + log(environment)
    for name, case in CASES.items():
        with subtests.test(name):
            assert not re.search(case.expected, said), "the same result with the statement in place"
            fails(environment, case)
    for name, attacked in ADMISSION_CASES.items():
        with subtests.test(name):
            lets_through(environment, attacked)
    _an_expired_record_is_refused(environment)
    _a_promoter_gives_up_a_promotion_that_waits(environment)


def _an_expired_record_is_refused(environment: Environment) -> None:
    """Its signature is good, and nothing is admitted."""
    steps.promote_record(environment)
    admitted = [each.id for each in environment.promotions.of(RECIPE)]
    said = steps.promote_record(environment, valid=timedelta(minutes=30))
    assert "the record expired at" in said, said
    assert [each.id for each in environment.promotions.of(RECIPE)] == admitted


def _a_promoter_gives_up_a_promotion_that_waits(environment: Environment) -> None:
    """By the command that docs/promotion.md names. Nobody else may, and the next promotion can begin."""
    steps.promote_record(environment)
    waits = environment.promotions.latest(RECIPE)
    assert waits is not None
    words = ("promotions", "abandon", waits.id, "--reason", "its prompts have expired")
    denied = environment.command_as(*words, by="operator")
    assert (denied.returncode, "AccessDenied" in denied.stderr) == (7, True), denied.stderr
    said = environment.command(*words, by="promoter")
    assert f"{waits.id} abandoned" in " ".join(said.split())
    assert "given up by arn:aws:iam::111111111111:user/distillery-dev-promoter: its prompts have expired" in said
    assert environment.promotions.find(waits.id).abandoned
