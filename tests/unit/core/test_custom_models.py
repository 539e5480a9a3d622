"""Whether a custom model exists: only the service's "not found" means that it does not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core.custom_models import model_exists, model_state
from tests.fakes.errors import service_error


class FakeModels:
    """One model with this answer."""

    def __init__(self, answer: dict[str, str] | str) -> None:
        self.answer = answer

    def get_custom_model(self, *, modelIdentifier: str) -> dict[str, str]:  # noqa: N803 the API's name
        if isinstance(self.answer, str):
            raise service_error(self.answer)
        return {"modelArn": modelIdentifier, **self.answer}


@pytest.mark.parametrize(
    ("answer", "state", "exists"),
    [
        ({"modelStatus": "Active"}, "Active", True),
        ({}, "Active", True),
        ({"modelStatus": "Creating"}, "Creating", True),
        ({"modelStatus": "Failed"}, "Failed", True),
        ("ResourceNotFoundException", "deleted", False),
    ],
)
def test_a_model_is_in_a_state_or_deleted(answer: Any, state: str, exists: bool) -> None:
    bedrock: Any = FakeModels(answer)
    assert (model_state(bedrock, "arn:model"), model_exists(bedrock, "arn:model")) == (state, exists)


def test_a_refusal_says_nothing_about_the_model() -> None:
    bedrock: Any = FakeModels("AccessDeniedException")
    with pytest.raises(ClientError):
        model_exists(bedrock, "arn:model")
