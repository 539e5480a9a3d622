"""The Lambda handler of a CloudFormation custom resource, see `distillery/core/custom_resource`.

`{"Bucket": …, "Replace": "true" | "false"}`. Create and Update take the configuration, Delete restores the previous
one.
"""

from collections.abc import Mapping
from typing import Any

from distillery.core.aws import client
from distillery.core.boundary import boundary
from distillery.core.custom_resource import respond
from distillery.core.env_vars import Variable, read
from lambdas.invocation_logging.configuration import Configuration, to_bucket
from lambdas.invocation_logging.ownership import Ownership


@boundary()
def configure(event: Mapping[str, Any], context: Any) -> None:
    """The physical id never changes, so CloudFormation deletes nothing after an update."""
    respond(event, context, _configure)


def _configure(event: Mapping[str, Any]) -> str:
    environment, properties = read(Variable.ENVIRONMENT), event["ResourceProperties"]
    ownership = Ownership(environment, Configuration(client("bedrock")), client("ssm"))
    if event["RequestType"] == "Delete":
        ownership.restore()
    else:
        wanted = to_bucket(properties["Bucket"])
        ownership.claim(wanted, stack=event["StackId"], replace=properties["Replace"] == "true")
    return f"invocation-logging-of-{environment}"
