"""Creates ClientErrors as services return them."""

from distillery.core.aws import ClientError


def service_error(code: str, operation: str = "AnOperation", message: str = "as the test wants") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
