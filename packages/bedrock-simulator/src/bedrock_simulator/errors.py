"""The errors Bedrock answers with (codes and HTTP status from botocore's model), and the one that is ours.

ServiceError          what a caller sees: an HTTP status, `x-amzn-ErrorType`, a sentence
ContractError         a bug of the simulator: its own answer does not fit the service model
"""


class ServiceError(Exception):
    """An answer other than success."""

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


class ContractError(AssertionError):
    """The simulator's answer breaks the shape that botocore documents for it."""


def validation(message: str) -> ServiceError:
    """The request cannot be accepted as it is."""
    return ServiceError("ValidationException", 400, message)


def not_found(message: str) -> ServiceError:
    """The thing named in the request is not there."""
    return ServiceError("ResourceNotFoundException", 404, message)


def denied(message: str) -> ServiceError:
    """The caller may not use what the request names."""
    return ServiceError("AccessDeniedException", 403, message)


def conflict(message: str) -> ServiceError:
    """The request contradicts something that exists."""
    return ServiceError("ConflictException", 400, message)


def quota(message: str) -> ServiceError:
    """The account may not have more of it."""
    return ServiceError("ServiceQuotaExceededException", 400, message)


def too_many_tags(message: str) -> ServiceError:
    """A resource holds at most 200 tags."""
    return ServiceError("TooManyTagsException", 400, message)


def not_ready(message: str) -> ServiceError:
    """The endpoint exists but does not serve yet; the SDKs retry it (429)."""
    return ServiceError("ModelNotReadyException", 429, message)


def throttled(message: str) -> ServiceError:
    """A quota that fills up again by itself is used up; the SDKs retry it (429)."""
    return ServiceError("ThrottlingException", 429, message)


def unknown_operation(message: str) -> ServiceError:
    """The service has no such operation (on that date, or here)."""
    return ServiceError("UnknownOperationException", 404, message)


class ModelValidationError(ServiceError):
    """What the model itself refuses, not the service in front of it: a stream has begun by then, and ends with it."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", 400, message)

    def told(self) -> "ModelValidationError":
        """As Converse and ConverseStream pass it on."""
        return ModelValidationError(f"The model returned the following errors: {self.message}")
