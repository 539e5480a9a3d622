"""What is left of an environment in its account after its stacks were destroyed: nothing but keys that wait for their
deletion. The bootstrap is not of the environment: neither the CDK's own stack nor the policies of `make bootstrap`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.journey.environment import Environment
from tests.journey.residue import ENDED, JOBS

OURS = "distillery"
OF_THE_BOOTSTRAP = ("distillery-bootstrap", "cdk-distillery-")


class Listing(NamedTuple):
    """A call that lists resources: the key of their list, and of a name; empty where each is a name.

    every: whether each is the environment's, because no name says whose it is.
    """

    service: str
    operation: str
    key: str
    name: str
    given: Mapping[str, str] = {}
    every: bool = False


LISTINGS = (
    Listing("cloudformation", "describe_stacks", "Stacks", "StackName"),
    Listing("s3", "list_buckets", "Buckets", "Name"),
    Listing("ssm", "describe_parameters", "Parameters", "Name"),
    Listing("sns", "list_topics", "Topics", "TopicArn"),
    Listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    Listing("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    Listing("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    Listing("cloudtrail", "describe_trails", "trailList", "Name"),
    Listing("events", "list_rules", "Rules", "Name"),
    Listing("stepfunctions", "list_state_machines", "stateMachines", "name", every=True),
    Listing("dynamodb", "list_tables", "TableNames", ""),
    Listing("lambda", "list_functions", "Functions", "FunctionName"),
    Listing("lambda", "list_layers", "Layers", "LayerName"),
    Listing("sqs", "list_queues", "QueueUrls", ""),
    Listing("iam", "list_roles", "Roles", "RoleName"),
    Listing("iam", "list_policies", "Policies", "PolicyName", {"Scope": "Local"}),
    Listing("kms", "list_aliases", "Aliases", "AliasName"),
    Listing("glue", "get_databases", "DatabaseList", "Name"),
    Listing("athena", "list_work_groups", "WorkGroups", "Name"),
    Listing("budgets", "describe_budgets", "Budgets", "BudgetName"),
)


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
    for listing in LISTINGS:
        given = {"AccountId": environment.account.account} if listing.service == "budgets" else listing.given
        answer = getattr(environment.client(listing.service, region), listing.operation)(**given)
        for row in answer.get(listing.key, []):
            found = str(row[listing.name] if listing.name else row)
            ours = listing.every or (OURS in found and not found.startswith(OF_THE_BOOTSTRAP))
            if ours and (listing.service != "cloudformation" or row["StackStatus"] != "DELETE_COMPLETE"):
                yield f"{region}: {listing.service} {found}"
    yield from (f"{region}: key {key}" for key in _keys(environment.client("kms", region)))


def _keys(kms: Any) -> Iterator[str]:
    for key in kms.list_keys()["Keys"]:
        found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if found.get("KeyManager") == "CUSTOMER" and found["KeyState"] != "PendingDeletion":
            yield f"{key['KeyId']} ({found.get('Description', '')}, {found['KeyState']})"
