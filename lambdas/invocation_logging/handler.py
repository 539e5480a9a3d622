"""The door: a custom resource of CloudFormation, see `lambdas/shared/custom_resource`.

`{"Bucket": …, "Replace": "true" | "false"}`. Create and Update take the configuration, Delete gives it back.
"""

from collections.abc import Mapping
from typing import Any

from lambdas.invocation_logging.configuration import Configuration, to_bucket
from lambdas.invocation_logging.ownership import Ownership
from lambdas.shared.aws import client
from lambdas.shared.boundary import boundary
from lambdas.shared.custom_resource import carry_out
from lambdas.shared.variables import Variable, read


@boundary()
def own(event: Mapping[str, Any], context: Any) -> None:
    """The physical id never changes, so that an update is never followed by a deletion."""
    carry_out(event, context, _own)


def _own(event: Mapping[str, Any]) -> str:
    environment, properties = read(Variable.ENVIRONMENT), event["ResourceProperties"]
    ownership = Ownership(environment, Configuration(client("bedrock")), client("ssm"))
    if event["RequestType"] == "Delete":
        ownership.give_back()
    else:
        wanted = to_bucket(properties["Bucket"])
        ownership.take(wanted, stack=event["StackId"], replace=properties["Replace"] == "true")
    return f"invocation-logging-of-{environment}"
