"""The id with which a model is called."""

import pytest

from distillery.core.errors import ModelUnavailable
from distillery.core.model_ids import identifier, teacher_identifier

PRO, MICRO = "amazon.nova-pro-v1:0", "amazon.nova-micro-v1:0"
LLAMA_70, LLAMA_8 = "meta.llama3-3-70b-instruct-v1:0", "meta.llama3-1-8b-instruct-v1:0"


@pytest.mark.parametrize(
    ("model", "region", "expected"),
    [
        (PRO, "us-east-1", PRO),
        (PRO, "us-east-2", f"us.{PRO}"),
        ("anthropic.claude-haiku-5-5", "us-east-2", "us.anthropic.claude-haiku-5-5"),
    ],
)
def test_a_model_is_called_bare_where_it_is_served_and_through_a_profile_elsewhere(
    model: str, region: str, expected: str
) -> None:
    assert identifier(model, region) == expected


@pytest.mark.parametrize(
    ("teacher", "student", "region", "expected"),
    [
        (PRO, MICRO, "us-east-1", PRO),
        (LLAMA_70, LLAMA_8, "us-west-2", f"us.{LLAMA_70}"),
        (
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
            "anthropic.claude-3-haiku-20240307-v1:0",
            "us-west-2",
            "anthropic.claude-3-5-sonnet-20241022-v2:0",
        ),
    ],
)
def test_a_teacher_is_named_as_its_pair_wants(teacher: str, student: str, region: str, expected: str) -> None:
    assert teacher_identifier(teacher, student, region) == expected


@pytest.mark.parametrize(
    ("teacher", "student", "region", "reason"),
    [
        (PRO, MICRO, "us-west-2", "in ['us-east-1'] only"),
        (PRO, LLAMA_8, "us-east-1", "nowhere"),
    ],
)
def test_a_pair_that_is_not_offered_is_refused_with_where_it_is(
    teacher: str, student: str, region: str, reason: str
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        teacher_identifier(teacher, student, region)
    assert reason in str(caught.value)


def test_a_model_that_a_region_does_not_reach_is_refused() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be called from ap-south-2"):
        identifier(MICRO, "ap-south-2")
