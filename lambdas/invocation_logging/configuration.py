"""The configuration: one per account and Region, overwritten by every Put (UG model-invocation-logging)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from distillery.core.aws import ClientError, code

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

Logging = Mapping[str, Any]
_MODALITIES = ("text", "image", "embedding", "video", "audio")


def to_bucket(bucket: str) -> Logging:
    """Text only, to a bucket without a prefix: `AWSLogs/<account>/BedrockModelInvocationLogs/<Region>/…`."""
    delivered = {f"{modality}DataDeliveryEnabled": modality == "text" for modality in _MODALITIES}
    return {"s3Config": {"bucketName": bucket, "keyPrefix": ""}, **delivered}


def bucket_of(logging: Logging) -> str | None:
    name = (logging.get("s3Config") or {}).get("bucketName")
    return str(name) if name else None


def describe(logging: Logging) -> str:
    """The destinations of a configuration, for people."""
    group = (logging.get("cloudWatchConfig") or {}).get("logGroupName")
    places = [f"bucket {bucket_of(logging)}"] if bucket_of(logging) else []
    return " and ".join([*places, *([f"log group {group}"] if group else [])]) or "nowhere"


class Configuration:
    def __init__(self, bedrock: "BedrockClient") -> None:
        self._bedrock = bedrock
        self.region = bedrock.meta.region_name

    def read(self) -> Logging | None:
        """The configuration; None where nothing is logged."""
        try:
            answer = self._bedrock.get_model_invocation_logging_configuration()
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        return dict(answer["loggingConfig"]) if answer.get("loggingConfig") else None

    def write(self, logging: Logging) -> None:
        """Writes the configuration. The service checks the destination first (ValidationException)."""
        self._bedrock.put_model_invocation_logging_configuration(loggingConfig=logging)  # type: ignore[arg-type] # as read: the stubs' type has no room for fields to come

    def delete(self) -> None:
        self._bedrock.delete_model_invocation_logging_configuration()
