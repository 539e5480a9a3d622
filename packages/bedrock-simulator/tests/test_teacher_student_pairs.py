"""Teacher-student pairs by Region, identifier and date: the documented table, violated line by line."""

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from simulator_support.fakes import ACCOUNT, TODAY, World, job

EAST, WEST = "us-east-1", "us-west-2"
AUTUMN, SPRING = datetime(2025, 10, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
PRO, PREMIER, NOVA_2 = "amazon.nova-pro-v1:0", "amazon.nova-premier-v1:0", "amazon.nova-2-lite-v1:0"
LITE, MICRO, PRO_300K = "amazon.nova-lite-v1:0:300k", "amazon.nova-micro-v1:0:128k", f"{PRO}:300k"
L405, L70, L33 = (f"meta.llama3-{name}-instruct-v1:0" for name in ("1-405b", "1-70b", "3-70b"))
L8_128K, L1_128K, L3_128K = (f"meta.llama3-{name}-instruct-v1:0:128k" for name in ("1-8b", "2-1b", "2-3b"))
HAIKU_45 = "anthropic.claude-haiku-4-5-20251001-v1:0"
HAIKU_3, SONNET = "anthropic.claude-3-haiku-20240307-v1:0:200k", "anthropic.claude-3-5-sonnet-20241022-v2:0"

OFFERED = [
    *[(TODAY, EAST, teacher, student) for teacher in (PRO, f"us.{PRO}") for student in (LITE, MICRO)],
    (TODAY, EAST, f"arn:aws:bedrock:{EAST}::foundation-model/{PRO}", MICRO),
    (TODAY, EAST, f"arn:aws:bedrock:{EAST}:{ACCOUNT}:inference-profile/us.{PRO}", MICRO),
    (TODAY, WEST, L70, L8_128K),
    (TODAY, WEST, f"us.{L70}", L8_128K),
    (TODAY, WEST, f"us.{L33}", L8_128K),
    (SPRING, EAST, f"us.{PREMIER}", PRO_300K),
    *[(AUTUMN, WEST, L405, student) for student in (L8_128K, f"{L70}:128k", L1_128K, f"{L33}:128k")],
    *[(AUTUMN, WEST, f"us.{L33}", student) for student in (L8_128K, L1_128K, L3_128K)],
    (datetime(2024, 12, 10, tzinfo=UTC), WEST, SONNET, HAIKU_3),
]

NO_PAIR, NO_TEACHER, NO_STUDENT = "is not supported for the student model", "does not exist in", "cannot be customized"

REFUSED = [
    (TODAY, EAST, PRO, PRO_300K, NO_PAIR),
    (TODAY, EAST, PRO, f"{NOVA_2}:256k", NO_PAIR),
    (TODAY, EAST, f"us.{NOVA_2}", MICRO, NO_PAIR),
    (TODAY, EAST, f"us.{HAIKU_45}", MICRO, NO_PAIR),
    (TODAY, EAST, "nobody.knows-v1:0", MICRO, NO_TEACHER),
    (TODAY, EAST, "amazon.nova-lite-v1:0", MICRO, NO_PAIR),
    (TODAY, WEST, PRO, MICRO, f"{NO_STUDENT} in {WEST}"),
    (TODAY, EAST, L70, L8_128K, f"{NO_STUDENT} in {EAST}"),
    (TODAY, WEST, L33, L8_128K, NO_PAIR),
    (TODAY, WEST, f"us.{L33}", f"{L33}:128k", NO_PAIR),
    (TODAY, WEST, f"us.{L33}", f"{L70}:128k", "Legacy status"),
    (TODAY, WEST, f"us.{L33}", L1_128K, NO_STUDENT),
    (TODAY, WEST, L405, L8_128K, NO_TEACHER),
    (TODAY, EAST, f"us.{PREMIER}", LITE, NO_TEACHER),
    (TODAY, WEST, SONNET, HAIKU_3, NO_STUDENT),
    (SPRING, EAST, PREMIER, LITE, NO_PAIR),
    (SPRING, WEST, SONNET, HAIKU_3, "Legacy status"),
    (AUTUMN, WEST, f"us.{L405}", L8_128K, NO_PAIR),
    (AUTUMN, WEST, L405, L3_128K, NO_PAIR),
]


def create(at: datetime, region: str, teacher: str, student: str) -> None:
    world = World(at)
    world.objects.homes["train-bucket"] = region
    requested = job(baseModelIdentifier=student, teacher=teacher)
    world.client(region=region).create_model_customization_job(**requested)


@pytest.mark.parametrize(("at", "region", "teacher", "student"), OFFERED)
def test_a_printed_pair_is_accepted(at: datetime, region: str, teacher: str, student: str) -> None:
    create(at, region, teacher, student)


@pytest.mark.parametrize(("at", "region", "teacher", "student", "message"), REFUSED)
def test_a_pair_that_is_not_printed_is_refused(
    at: datetime, region: str, teacher: str, student: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message) as refusal:
        create(at, region, teacher, student)
    assert refusal.value.response["Error"]["Code"] == "ValidationException"
