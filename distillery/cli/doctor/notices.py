"""Checks of what tells people: subscriptions of the topic, budgets, cost-allocation tags, and who logs prompts."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from distillery.cli.doctor.examined import Examined
from distillery.cli.doctor.findings import DoctorFinding, blocks, info, warns
from distillery.core.aws import ClientError, code
from distillery.core.names import LOGGING_OWNER, TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN

TOPIC = "AWS::SNS::Topic"
PENDING = "PendingConfirmation"
BILLING_REGION = "us-east-1"
"""Budgets and Cost Explorer have one endpoint (General Reference)."""
OWN_TAGS = (TAG_ENVIRONMENT, TAG_RECIPE, TAG_RUN)


def subscriptions(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether the addresses under `notify` have confirmed, in every topic of the environment."""
    wanted = examined.settings.notify if examined.settings else ()
    if examined.settings and not wanted:
        fix = f'write notify = ["YOU@EXAMPLE.COM"] into environments/{examined.on.environment}.toml, deploy'
        yield warns("no address is notified", "nobody hears of a failed run or of an alarm", fix)
    for region, stack in examined.deployed():
        for resource in examined.resources(region, stack["StackName"]):
            if resource["ResourceType"] == TOPIC:
                arn = str(resource["PhysicalResourceId"])
                pages = examined.client("sns", region).get_paginator("list_subscriptions_by_topic")
                found = [each for page in pages.paginate(TopicArn=arn) for each in page["Subscriptions"]]
                yield from _unconfirmed(arn, region, wanted, found)


def _unconfirmed(
    arn: str, region: str, wanted: Sequence[str], found: Sequence[Mapping[str, Any]]
) -> Iterator[DoctorFinding]:
    confirmed = {str(each["Endpoint"]).lower() for each in found if each["SubscriptionArn"] != PENDING}
    known = {str(each["Endpoint"]).lower() for each in found}
    again = f"aws sns subscribe --region {region} --topic-arn {arn} --protocol email --notification-endpoint"
    pending = sorted(known - confirmed) + [each for each in wanted if each.lower() not in known]
    for address in pending:
        yield warns(
            f"{address} has not confirmed its subscription to {arn}",
            "it is not notified of failed runs and alarms",
            f"follow the link in the message of AWS Notifications; to have it sent again: {again} {address}",
        )
    if found and not pending:
        yield info(f"{len(found)} subscriptions to {arn} are confirmed")


def budgets(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether the budgets of the environment and its recipes exist, once they are deployed."""
    pages = examined.client("budgets", BILLING_REGION).get_paginator("describe_budgets")
    found = {
        budget["BudgetName"]
        for page in pages.paginate(AccountId=examined.account_id)
        for budget in page.get("Budgets", [])
    }
    wanted = [examined.names.environment_budget, *map(examined.names.month_budget, _recipes(examined))]
    missing = [name for name in wanted if name not in found] if _is_watched(examined) else []
    for name in missing:
        fix = f"node_modules/.bin/cdk deploy --all -c env={examined.on.environment}"
        yield warns(
            f"there is no AWS Budget {name}", "nobody is notified when a month's actual cost nears its cap", fix
        )
    if not found and not missing:
        yield warns(
            "the account has no AWS Budget",
            "before the first deployment, nothing tells anybody what the account costs",
            "the deployment creates one for each recipe; for the whole account: AWS Budgets, Create budget",
        )
    elif not missing:
        yield info(f"the account has {len(found)} budgets")


def _recipes(examined: Examined) -> Iterable[str]:
    return examined.settings.recipes if examined.settings else ()


def _is_watched(examined: Examined) -> bool:
    """Whether the stack with the budgets is deployed."""
    return any(stack["StackName"] == examined.names.stack("telemetry") for _, stack in examined.deployed())


def cost_tags(examined: Examined) -> Iterator[DoctorFinding]:
    """Whether the tags by which cost is reported are active. A tag is known a day after its first use."""
    keys = [*OWN_TAGS, *(examined.settings.cost_tags if examined.settings else ())]
    explorer = examined.client("ce", BILLING_REGION)
    found: dict[str, str] = {}
    answer = explorer.list_cost_allocation_tags(TagKeys=keys)
    found |= {each["TagKey"]: each["Status"] for each in answer.get("CostAllocationTags", [])}
    inactive = [key for key in keys if found.get(key, "Active") != "Active"]
    unknown = [key for key in keys if key not in found]
    if inactive:
        status = " ".join(f"TagKey={key},Status=Active" for key in inactive)
        yield warns(
            f"these cost-allocation tags are inactive: {', '.join(inactive)}",
            "budgets of recipes count nothing, and cost reports cannot be split",
            f"aws ce update-cost-allocation-tags-status --cost-allocation-tags-status {status} (in the payer account)",
        )
    if unknown:
        yield warns(
            f"billing does not know these tags yet: {', '.join(unknown)}",
            "budgets of recipes count nothing until they are active; billing lists a tag a day after its first use",
            "repeat a day after the first deployment, then activate them",
        )
    if not inactive and not unknown:
        yield info(f"{len(keys)} cost-allocation tags are active")


def logging(examined: Examined) -> Iterator[DoctorFinding]:
    """Who configures invocation logging of the inference Region. An account has one configuration in each Region."""
    region, wanted = examined.inference, examined.settings.logging if examined.settings else None
    bedrock = examined.client("bedrock", region)
    configured = bedrock.get_model_invocation_logging_configuration().get("loggingConfig")
    owner = _owner(examined, region)
    if wanted is None:
        if configured:
            whose = f"environment {owner} of Distillery" if owner else "somebody else"
            yield info(f"{whose} logs the text of every model call in {region}, those of this environment too")
        else:
            yield info(f"nobody has configured invocation logging in {region}")
        return
    if owner == examined.on.environment:
        yield info(f"environment {owner} owns the invocation logging of {region}")
        if not configured:
            fix = f"node_modules/.bin/cdk deploy {examined.names.stack('collection')} -c env={owner}"
            yield warns(
                f"its configuration in {region} was deleted", "no call is logged, nothing can be collected", fix
            )
    elif owner:
        yield blocks(
            f"environment {owner} owns the invocation logging of {region}",
            "the collection stack cannot be created: an account has one configuration in each Region",
            "remove [logging] from one of the two environments",
        )
    elif configured:
        yield from _foreign(region, configured, replace=wanted.replace)
    else:
        yield info(f"nobody has configured invocation logging in {region}")


def _foreign(region: str, configured: Mapping[str, Any], *, replace: bool) -> Iterator[DoctorFinding]:
    delete = f"aws bedrock delete-model-invocation-logging-configuration --region {region}"
    if "cloudWatchConfig" in configured:
        why = "the collection stack cannot be created: a log group cannot be restored later"
        yield blocks(f"invocation logging in {region} delivers to a log group of somebody else's", why, delete)
    elif not replace:
        yield blocks(
            f"invocation logging in {region} is configured by somebody else",
            "the collection stack cannot be created",
            f"set replace = true under [logging], which restores it later; or {delete}",
        )
    else:
        yield info(f"invocation logging in {region} is somebody else's, and is restored when the stacks are deleted")


def _owner(examined: Examined, region: str) -> str | None:
    try:
        found = examined.client("ssm", region).get_parameter(Name=LOGGING_OWNER)
    except ClientError as error:
        if code(error) == "ParameterNotFound":
            return None
        raise
    return str(json.loads(found["Parameter"]["Value"])["environment"])
