"""Which model a logged `modelId` is."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from distillery.core import catalog
from distillery.core.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

APPLICATION_PROFILE = ":application-inference-profile/"
_BEDROCK_MODEL = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:(?:foundation-model|inference-profile)/)?(?P<name>[^/]+)"
)
"""Models and profiles that Bedrock names. Other resources can be called too, some under names that an account chose."""
_PROFILE_GONE = ("ResourceNotFoundException", "ValidationException")


def names_of(model: str) -> set[str]:
    """Return the model's id and the ids of Bedrock's own inference profiles for it."""
    return {model, *(profile.id for profile in catalog.model(model).profiles)}


@dataclass(slots=True)
class LoggedModels:
    """Resolves logged `modelId`s: model ids, ARNs, system-defined profiles, and ARNs of application inference profiles.

    An application profile is looked up once. If it was deleted, its model is unknown.
    """

    bedrock: "BedrockClient"
    _models: dict[str, str] = field(default_factory=dict)

    def is_bedrocks(self, logged: str, model: str) -> bool:
        """Return whether the id is the model's, without application profiles: it is not documented whether a job that
        reads logs resolves them."""
        found = _BEDROCK_MODEL.fullmatch(logged)
        return found is not None and found["name"] in names_of(model)

    def is_model(self, logged: str, model: str) -> bool:
        """Return whether the id is the model's, application profiles included."""
        if APPLICATION_PROFILE not in logged:
            return self.is_bedrocks(logged, model)
        if logged not in self._models:
            self._models[logged] = self._look_up(logged)
        return self._models[logged] in names_of(model)

    def _look_up(self, profile: str) -> str:
        try:
            found = self.bedrock.get_inference_profile(inferenceProfileIdentifier=profile)["models"]
        except ClientError as error:
            if code(error) in _PROFILE_GONE:
                return ""
            raise
        return found[0]["modelArn"].rpartition("/")[2] if found else ""
