"""What a journey may not leave in its account, whatever it was about: what bills beside the live endpoint of an alias,
and what Cloud Custodian's published policies call idle or orphaned.

The check reads the account as its owner does, through the simulator's admin API, so that a resource without a name or
tag of ours counts too.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from distillery.core.aliases import Aliases
from distillery.core.inventory import Inventory, take_inventory
from distillery.core.names import Names
from distillery.core.pipeline import Alias
from local.account import LocalAccount
from tests import waiting
from tests.journey import idle_policies
from tests.journey.environment import Environment, account_inventory

JOBS = ("jobs", "evaluation_jobs", "copy_jobs", "batch_jobs")
ENDED = frozenset({"Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"})
Rows = Mapping[str, Any]


def assert_nothing_bills(account: LocalAccount, environments: Iterable[Environment]) -> None:
    """Waits until the cleanup functions have run, then fails with a list of everything that goes on billing in the
    accounts of these environments."""
    found: list[str] = []
    known = list(environments)
    accounts = {each.account.account: each.account for each in known} | {account.account: account}

    def clean() -> bool:
        inventories = {number: account_inventory(one) for number, one in accounts.items()}
        found[:] = [
            finding
            for number, held in inventories.items()
            for finding in _findings(held, [each for each in known if each.account.account == number])
        ]
        if any(_works(job) for held in inventories.values() for job in _jobs(held)):
            waiting.admin(account, "PUT", "clock", {"advance": 900})
        return not found

    try:
        waiting.until(account, clean, "account in which nothing bills but live endpoints")
    except AssertionError:
        raise AssertionError("the journey left behind:\n" + "\n".join(found)) from None


def _findings(inventory: Rows, known: Iterable[Environment]) -> list[str]:
    """What is wrong in one account, with the environments that are deployed there."""
    states = [state_of(environment) for environment in known]
    aliases = [alias for found, _, _ in states for alias in found]
    judged = [
        finding for _, held, kept in states for finding in idle_policies.findings(held, kept_models=kept, live=aliases)
    ]
    seen = {each.arn for _, held, _ in states for each in (*held.endpoints, *held.models)}
    return [*bills(inventory, aliases), *unowned(inventory, seen), *judged]


def bills(inventory: Rows, aliases: Iterable[Alias]) -> Iterator[str]:
    """One sentence for everything that bills, or will bill on, beside the live endpoints."""
    live = {alias.endpoint.arn for alias in aliases}
    for one in (*inventory["provisioned_throughput"], *inventory["deployments"]):
        if one["arn"] not in live:
            yield f"endpoint {one['name']} ({one['status']}) in {one['region']}, which no alias names: {one['arn']}"
    yield from (f"job {one['name']} ({one['status']}) in {one['region']}" for one in _jobs(inventory) if _works(one))


def unowned(inventory: Rows, seen: set[str]) -> Iterator[str]:
    """One sentence for every endpoint and custom model that no environment's own inventory has: nobody cleans it up."""
    for kind in ("provisioned_throughput", "deployments", "custom_models"):
        for one in inventory[kind]:
            if one["arn"] not in seen:
                yield f"{kind} {one['name']} in {one['region']}, which the inventory of no environment has"


def state_of(environment: Environment) -> tuple[list[Alias], Inventory, set[str]]:
    """The aliases, what the product's own inventory has, and the models of the ledger. The ledger and the aliases are
    gone where the environment was destroyed; its resources in Bedrock are not, unless something deleted them."""
    names, ssm = Names(environment.settings.environment), environment.client("ssm")
    found = [Aliases(ssm).read(names.alias(recipe)) for recipe in environment.settings.recipes]
    aliases = [alias for alias in found if alias]
    held = take_inventory(names, environment.client("bedrock"))
    if not held.models:
        return aliases, held, set()
    runs = [run for recipe in environment.settings.recipes for run in environment.ledger.runs(recipe)]
    return aliases, held, idle_policies.models_of(runs)


def _jobs(inventory: Rows) -> list[dict[str, Any]]:
    return [job for kind in JOBS for job in inventory[kind]]


def _works(job: Rows) -> bool:
    return job["status"] not in ENDED
