"""Checks after every journey: only the live endpoint is billed by the hour, and no execution is waiting."""

import json
from collections.abc import Iterator
from typing import Any

from distillery.core.pipeline import Outcome
from tests.journey import iam_usage
from tests.journey.environment import Environment

MACHINE_AT_WORK = ("InProgress", "Stopping")


def assert_nothing_is_left(environment: Environment, *beside: Environment) -> None:
    """Waits until the cleanup functions have run, then fails with a list of what is left or was denied.

    beside: The other environments of its account, whose live endpoints stay.
    """
    wait_until_clean(environment, *beside)
    denied = iam_usage.denied(environment)
    assert not denied, "calls of our roles that IAM denied:\n" + "\n".join(denied)


def wait_until_clean(environment: Environment, *beside: Environment) -> None:
    """Waits until the cleanup functions have run. Fails with a list of everything that is left."""
    found: list[str] = []

    def clean() -> bool:
        found[:] = leftovers(environment, *beside)
        return not found

    try:
        environment.until(clean, "clean account")
    except AssertionError:
        raise AssertionError("left behind:\n" + "\n".join(found)) from None


def leftovers(environment: Environment, *beside: Environment) -> list[str]:
    """Yields one sentence for each leftover."""
    return [*_endpoints(environment, *beside), *_unsettled(environment), *_buried(environment)]


def _endpoints(environment: Environment, *beside: Environment) -> Iterator[str]:
    inventory = environment.inventory()
    aliases = [alias for each in (environment, *beside) for alias in each.aliases()]
    live = {alias.endpoint.arn: alias for alias in aliases}
    yield from (f"bills by the hour: {arn}" for arn in inventory["bills_by_the_hour"] if arn not in live)
    hosted = inventory["deployments"] + inventory["provisioned_throughput"]
    yield from (f"endpoint {one['name']}" for one in hosted if one["arn"] not in live)
    for arn, alias in live.items():
        if alias.current not in [one["model"] for one in hosted if one["arn"] == arn]:
            yield f"alias {alias} does not name what is served: {hosted}"
    yield from (f"job {one['name']} {one['status']}" for one in inventory["jobs"] if one["status"] in MACHINE_AT_WORK)


def _unsettled(environment: Environment) -> Iterator[str]:
    ledger = environment.ledger
    yield from (f"recipe {recipe} is held by {holder}" for recipe, holder in ledger.active().items())
    yield from (f"a token waits for job {waiting.job}" for waiting in ledger.waiting_jobs())
    runs = [one for recipe in environment.settings.recipes for one in ledger.runs(recipe)]
    yield from (f"run {one.run.id} is open" for one in runs if one.outcome is Outcome.RUNNING)
    yield from (f"execution {one['name']} runs" for one in environment.executions() if one["status"] == "RUNNING")


def _buried(environment: Environment) -> Iterator[str]:
    queues = [
        (region, url)
        for region in (environment.home, environment.inference)
        for url in _dead_letters(environment, region)
    ]
    if not queues:
        yield "no dead-letter queue was found to look into"
    for region, url in queues:
        for message in _messages(environment, region, url):
            yield f"dead letter in {url.rsplit('/', 1)[1]}: {message}"


def _dead_letters(environment: Environment, region: str) -> list[str]:
    found: list[str] = environment.client("sqs", region).list_queues(QueueNamePrefix="distillery-").get("QueueUrls", [])
    return found


def _messages(environment: Environment, region: str, url: str) -> list[Any]:
    sqs = environment.client("sqs", region)
    got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
    return [json.loads(message["Body"]) for message in got]
