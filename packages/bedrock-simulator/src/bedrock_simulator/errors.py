"""The errors that Bedrock returns, with codes and HTTP status from botocore's model, and one for the simulator's bugs.

ServiceError          what a caller sees: an HTTP status, `x-amzn-ErrorType`, a message
ContractError         a bug of the simulator: its response does not fit the service model
"""

DEFAULT_MESSAGES = {
    "AccessDeniedException": "You don't have access to the model with the specified model ID.",
    "InternalServerException": "An internal server error occurred. Retry your request.",
    "ModelErrorException": "The request failed due to an error while processing the model.",
    "ModelNotReadyException": "The model specified in the request is not ready to serve inference requests.",
    "ModelStreamErrorException": "An error occurred while streaming the response. Retry your request.",
    "ModelTimeoutException": "The request took too long to process. Processing time exceeded the model timeout length.",
    "ServiceUnavailableException": "The service isn't currently available. Try again later.",
    "ThrottlingException": "Too many requests, please wait before trying again.",
}
"""Messages of injected errors without a message of their own: as in the API reference, or as observed."""


class ServiceError(Exception):
    """An error response."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


class ContractError(AssertionError):
    """The simulator's response breaks the shape that botocore documents for it."""


def validation(message: str) -> ServiceError:
    """The request is not valid."""
    return ServiceError("ValidationException", 400, message)


def not_found(message: str) -> ServiceError:
    """The resource that the request names does not exist."""
    return ServiceError("ResourceNotFoundException", 404, message)


def denied(message: str) -> ServiceError:
    """The caller may not use what the request names."""
    return ServiceError("AccessDeniedException", 403, message)


def conflict(message: str) -> ServiceError:
    """The request conflicts with an existing resource."""
    return ServiceError("ConflictException", 400, message)


def quota(message: str) -> ServiceError:
    """The account's quota is reached."""
    return ServiceError("ServiceQuotaExceededException", 400, message)


def too_many_tags(message: str) -> ServiceError:
    """A resource has too many tags."""
    return ServiceError("TooManyTagsException", 400, message)


def not_ready(message: str) -> ServiceError:
    """The endpoint exists but does not serve yet; SDKs retry it (429)."""
    return ServiceError("ModelNotReadyException", 429, message)


def throttled(message: str) -> ServiceError:
    """A quota that refills over time is used up; SDKs retry it (429)."""
    return ServiceError("ThrottlingException", 429, message)


def unknown_operation(message: str) -> ServiceError:
    """The service has no such operation, on that date or in this simulator."""
    return ServiceError("UnknownOperationException", 404, message)


class ModelValidationError(ServiceError):
    """A request that the model itself rejects, after the service accepted it. In a stream it arrives as an event."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", 400, message)

    def wrapped(self) -> "ModelValidationError":
        """The error as Converse and ConverseStream return it."""
        return ModelValidationError(f"The model returned the following errors: {self.message}")
