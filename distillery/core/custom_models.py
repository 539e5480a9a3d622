"""Whether a custom model exists, and in what state it is.

The roles that ask have no condition on tags: IAM refuses a request about a model that does not exist and so has none.
"""

from typing import TYPE_CHECKING

from distillery.core.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

ACTIVE, CREATING, FAILED = "Active", "Creating", "Failed"
"""ModelStatus (GetCustomModel)."""
DELETED = "deleted"
"""The state of a model that does not exist, or not any more."""


def model_status(bedrock: "BedrockClient", model_arn: str) -> str:
    """The model's status; Active where the service returns none. Raises ClientError where there is no such model."""
    return bedrock.get_custom_model(modelIdentifier=model_arn).get("modelStatus", ACTIVE)


def model_state(bedrock: "BedrockClient", model_arn: str) -> str:
    """The model's status, or `deleted`."""
    try:
        return model_status(bedrock, model_arn)
    except ClientError as error:
        if code(error) == "ResourceNotFoundException":
            return DELETED
        raise


def model_exists(bedrock: "BedrockClient", model_arn: str) -> bool:
    """Whether there is such a model, in any state."""
    return model_state(bedrock, model_arn) != DELETED
