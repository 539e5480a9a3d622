"""The buckets and keys that a request names: known before any work, they are refused at once when they cannot do.

A bucket must be in the Region of the job (User Guide, model-customization-prereq and invocation logging say so; the
sentence is ours). One that does not exist is found out when it is read.
"""

from bedrock_simulator import errors
from bedrock_simulator.control_plane.call import Call
from bedrock_simulator.models import storage


def check_buckets(call: Call, **uris: str | None) -> None:
    """ValidationException for the first bucket that is in another Region; names are the request's fields."""
    for field, uri in uris.items():
        bucket = storage.split(uri)[0] if uri else None
        home = call.around.objects.home(call.account, call.region, bucket) if bucket else None
        if home not in (None, call.region):
            raise errors.validation(f"The bucket {bucket} of {field} is in {home}; it must be in {call.region}.")


def key_arn(call: Call, key: str | None) -> str | None:
    """The ARN of the KMS key that a request names; ValidationException when it is not there or not enabled."""
    if key is None:
        return None
    found = call.around.keys.find(call.account, call.region, key)
    if found is None:
        raise errors.validation(f"The KMS key {key} does not exist in {call.region}, or is not enabled.")
    return found


def check_role(call: Call, source_arn: str) -> None:
    """ValidationException when Bedrock may not assume the request's role for what is to be made."""
    refused = call.around.roles.check(call.account, call.region, call.params["roleArn"], source_arn)
    if refused is not None:
        raise errors.validation(refused)
