"""Which model a logged `modelId` stands for: an id, an ARN, a system profile, or an application profile's ARN."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from distillery.core import catalog
from distillery.core.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

APPLICATION = ":application-inference-profile/"
_BEDROCKS = re.compile(
    r"(?:arn:aws[a-z-]*:bedrock:[a-z0-9-]*:[0-9]*:(?:foundation-model|inference-profile)/)?(?P<name>[^/]+)"
)
"""What Bedrock itself names. Other things may be called too, and some bear a name that somebody of the account gave."""
_GONE = ("ResourceNotFoundException", "ValidationException")


def names_of(model: str) -> set[str]:
    """How the model may be named, by itself or through Bedrock's own profiles."""
    return {model, *(profile.id for profile in catalog.model(model).profiles)}


@dataclass(slots=True)
class Models:
    """Application profiles are looked up once each; of one that is gone nobody knows the model any more."""

    bedrock: "BedrockClient"
    _known: dict[str, str] = field(default_factory=dict)

    def is_surely(self, logged: str, model: str) -> bool:
        """Without application profiles: no source tells whether a job takes those for the model behind them."""
        found = _BEDROCKS.fullmatch(logged)
        return found is not None and found["name"] in names_of(model)

    def is_model(self, logged: str, model: str) -> bool:
        if APPLICATION not in logged:
            return self.is_surely(logged, model)
        if logged not in self._known:
            self._known[logged] = self._look_up(logged)
        return self._known[logged] in names_of(model)

    def _look_up(self, profile: str) -> str:
        try:
            found = self.bedrock.get_inference_profile(inferenceProfileIdentifier=profile)["models"]
        except ClientError as error:
            if code(error) in _GONE:
                return ""
            raise
        return found[0]["modelArn"].rpartition("/")[2] if found else ""
