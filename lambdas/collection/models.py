"""Which model a logged `modelId` is."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lambdas.collection.reasons import Reason

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

APPLICATION_PROFILE = ":application-inference-profile/"
_BEDROCK_MODEL = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:(?:foundation-model|inference-profile)/)?(?P<name>[^/]+)"
)
"""Models and profiles that Bedrock names. Other resources can be called too, some under names that an account chose."""
_GEOGRAPHY = re.compile(r"[a-z]+(?:-[a-z]+)*[.]")
"""Prefix of a system-defined profile before the id of its model: `us.`, `us-gov.`, `global.`."""
_PROFILE_GONE = ("ResourceNotFoundException", "ValidationException")


def is_name_of(name: str, model: str) -> bool:
    """Return whether a name is the model's id, or that of one of Bedrock's own inference profiles for it.

    A profile's id is the model's id after a geography, of which the catalog does not know all.
    """
    return name.endswith(model) and (name == model or _GEOGRAPHY.fullmatch(name.removesuffix(model)) is not None)


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
        return found is not None and is_name_of(found["name"], model)

    def is_model(self, logged: str, model: str) -> bool:
        """Return whether the id is the model's, application profiles included."""
        if APPLICATION_PROFILE not in logged:
            return self.is_bedrocks(logged, model)
        return is_name_of(self._model_of(logged), model)

    def reason(self, logged: str) -> Reason:
        """Return why an id is not the teacher's."""
        if APPLICATION_PROFILE in logged:
            return Reason.ANOTHER_MODEL if self._model_of(logged) else Reason.UNKNOWN_PROFILE
        return Reason.ANOTHER_MODEL if _BEDROCK_MODEL.fullmatch(logged) else Reason.UNKNOWN_MODEL

    def direct_reason(self, logged: str) -> Reason:
        """Return why an id is not the teacher's for a job that reads logs."""
        return Reason.PROFILE_DIRECT if APPLICATION_PROFILE in logged else self.reason(logged)

    def _model_of(self, profile: str) -> str:
        if profile not in self._models:
            self._models[profile] = self._look_up(profile)
        return self._models[profile]

    def _look_up(self, profile: str) -> str:
        from distillery.core.aws import ClientError, code  # boto3, which few calls need

        try:
            found = self.bedrock.get_inference_profile(inferenceProfileIdentifier=profile)["models"]
        except ClientError as error:
            if code(error) in _PROFILE_GONE:
                return ""
            raise
        return found[0]["modelArn"].rpartition("/")[2] if found else ""
