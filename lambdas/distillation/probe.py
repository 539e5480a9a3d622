"""One short prompt to a model, so that missing access or a missing subscription shows before money is spent."""

from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code
from distillery.core.errors import ModelUnavailable

if TYPE_CHECKING:
    from mypy_boto3_bedrock_runtime import BedrockRuntimeClient

PROMPT = "Reply with OK."
ANSWER_TOKENS = 16
REFUSED = ("AccessDeniedException", "ResourceNotFoundException", "ValidationException")


def probe(runtime: "BedrockRuntimeClient", who: str, identifier: str) -> None:
    """Raises ModelUnavailable where the model will not answer; throttling passes through, to be retried."""
    try:
        runtime.converse(
            modelId=identifier,
            messages=[{"role": "user", "content": [{"text": PROMPT}]}],
            inferenceConfig={"maxTokens": ANSWER_TOKENS},
        )
    except ClientError as error:
        if code(error) in REFUSED:
            raise ModelUnavailable(
                f"the {who} {identifier} does not answer ({error}); grant access or subscribe to it "
                "(Bedrock console, Model access), or choose another"
            ) from error
        raise
