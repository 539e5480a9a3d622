"""What is left of an environment in its account after its stacks were destroyed: nothing but keys that wait for their
deletion. The CDK's own bootstrap stack is not of the environment.
"""

from collections.abc import Iterator
from typing import Any

from tests.journey.environment import Environment
from tests.journey.residue import ENDED, JOBS

OURS = "distillery"


def remains(environment: Environment) -> list[str]:
    """One sentence for each thing that is left, in Bedrock and in the other services of both Regions."""
    regions = dict.fromkeys((environment.home, environment.inference))
    return [*_of_bedrock(environment.inventory()), *(each for region in regions for each in _of(environment, region))]


def _of_bedrock(inventory: dict[str, Any]) -> Iterator[str]:
    """Jobs cannot be deleted: those that have ended stay listed, and bill nothing."""
    for kind, rows in inventory.items():
        if isinstance(rows, list) and kind != "bills_by_the_hour":
            yield from (f"{kind} {row['name']}" for row in rows if kind not in JOBS or row["status"] not in ENDED)


def _of(environment: Environment, region: str) -> Iterator[str]:
    for service, operation, key, name in (
        ("ssm", "describe_parameters", "Parameters", "Name"),
        ("sns", "list_topics", "Topics", "TopicArn"),
        ("logs", "describe_log_groups", "logGroups", "logGroupName"),
        ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        ("events", "list_rules", "Rules", "Name"),
        ("stepfunctions", "list_state_machines", "stateMachines", "name"),
        ("dynamodb", "list_tables", "TableNames", ""),
        ("lambda", "list_functions", "Functions", "FunctionName"),
        ("sqs", "list_queues", "QueueUrls", ""),
        ("iam", "list_roles", "Roles", "RoleName"),
    ):
        answer = getattr(environment.client(service, region), operation)()
        for row in answer.get(key, []):
            found = str(row[name] if name else row)
            if OURS in found:
                yield f"{region}: {service} {found}"
    yield from (f"{region}: key {key}" for key in _keys(environment.client("kms", region)))


def _keys(kms: Any) -> Iterator[str]:
    for key in kms.list_keys()["Keys"]:
        found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if found.get("KeyManager") == "CUSTOMER" and found["KeyState"] != "PendingDeletion":
            yield f"{key['KeyId']} ({found.get('Description', '')}, {found['KeyState']})"
