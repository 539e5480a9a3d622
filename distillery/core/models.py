"""Custom models that an environment stores: what needs each, and which may be deleted. A model is deleted here only.

A model stays if an alias names it as current or previous, an endpoint serves it, another environment has a lease on it,
its run waits for a person or is active, an unexpired lease keeps its candidate, its recipe is locked, or it is one of
its recipe's newest.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from distillery.core import clock, names
from distillery.core.aws import ClientError, code
from distillery.core.custom_models import CREATING
from distillery.core.inventory import CustomModel, Inventory
from distillery.core.ledger.items import OPEN_OUTCOMES, WAITING_OUTCOMES, RunRecord, model_of
from distillery.core.ledger.leases import Lease
from distillery.core.model_leases import lease_on
from distillery.core.pipeline import Alias, Stage

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

KEEP = 3
"""How many of a recipe's newest models are kept unless somebody says otherwise."""
CURRENT, PREVIOUS = "current", "previous"
BUSY = ("ConflictException", "ValidationException")
"""Refusals to delete a model that something has begun to use meanwhile. Which of the two is not documented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredModel:
    """A model of the environment.

    Attributes:
        run, recipe: What made it; empty where neither tags nor the ledger say it.
        outcome: How its run ended; empty if the ledger has no such run.
        verdict: `passed`, `failed` or `inconclusive`; empty without a verdict.
        created: ISO 8601.
        named: `current` or `previous`, if an alias names it.
        hosted_by: The names of the endpoints that serve it.
        needed: Why it stays; empty if it may be deleted.
    """

    arn: str
    name: str
    run: str
    recipe: str
    outcome: str
    verdict: str
    created: str
    status: str
    named: str
    hosted_by: tuple[str, ...]
    needed: str

    def age_days(self, now: datetime) -> int:
        return (now - datetime.fromisoformat(self.created)).days


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUses:
    """What may need models.

    Attributes:
        aliases: The aliases that exist, by recipe.
        records: The runs of the inventory's recipes.
        active: The holders of the recipe locks, by recipe.
        leases: Every lease, expired ones too.
    """

    aliases: Mapping[str, Alias]
    records: Sequence[RunRecord]
    active: Mapping[str, str]
    leases: Sequence[Lease]


def stored_models(inventory: Inventory, uses: ModelUses, *, keep: int = KEEP) -> tuple[StoredModel, ...]:
    """Every model of the environment, the newest first, with what needs it.

    Args:
        inventory: What Bedrock holds.
        uses: What may need models.
        keep: How many of each recipe's newest models stay.
    """
    makers = {made: record for record in uses.records if (made := model_of(record))}
    by_id = {record.run.id: record for record in uses.records}
    found = []
    ranks: dict[str, int] = defaultdict(int)
    for model in sorted(inventory.models, key=lambda each: (each.created, each.arn), reverse=True):
        record = makers.get(model.arn) or by_id.get(model.run)
        recipe = record.run.recipe.name if record else recipe_of(model)
        ranks[recipe] += 1
        newest = ranks[recipe] <= keep
        found.append(_stored(model, record, recipe, inventory, uses, newest=newest))
    return tuple(found)


def recipe_of(model: CustomModel) -> str:
    """The recipe that a model's tags name; empty without them."""
    return model.recipe or (names.recipe_of(model.run) if model.run else "")


def _stored(
    model: CustomModel, record: RunRecord | None, recipe: str, inventory: Inventory, uses: ModelUses, *, newest: bool
) -> StoredModel:
    run = record.run.id if record else model.run
    hosts = tuple(each.name for each in inventory.hosts_of(model.arn))
    named = _named(model.arn, uses.aliases.values())
    needed = _needed(model, record, named, hosts) or _held(run, recipe, uses)
    return StoredModel(
        arn=model.arn,
        name=model.name,
        run=run,
        recipe=recipe,
        outcome=record.outcome.value if record else "",
        verdict=_verdict(record),
        created=model.created.isoformat(timespec="seconds"),
        status=model.status,
        named=named,
        hosted_by=hosts,
        needed=needed or (f"one of the newest of {recipe or 'no recipe'}" if newest else ""),
    )


def _named(arn: str, aliases: Iterable[Alias]) -> str:
    known = list(aliases)
    if any(alias.current == arn for alias in known):
        return CURRENT
    return PREVIOUS if any(alias.previous == arn for alias in known) else ""


def _needed(model: CustomModel, record: RunRecord | None, named: str, hosts: tuple[str, ...]) -> str:
    if named:
        return f"an alias names it as {named}"
    if hosts:
        return f"{hosts[0]} serves it"
    if lease := lease_on(model.tags, clock.now()):
        return lease.sentence
    if model.status == CREATING:
        return "a job still makes it"
    if record and record.outcome in (*OPEN_OUTCOMES, *WAITING_OUTCOMES):
        return f"its run is {record.outcome}"
    return "its student is going live" if record and record.promoting else ""


def _held(run: str, recipe: str, uses: ModelUses) -> str:
    if run and any(lease.run == run and not lease.has_expired for lease in uses.leases):
        return "a lease keeps its candidate"
    return f"{uses.active[recipe]} has its recipe" if recipe in uses.active else ""


def _verdict(record: RunRecord | None) -> str:
    stage = record.stages.get(Stage.EVALUATION) if record else None
    product = stage.product if stage else {}
    if not product:
        return ""
    return str(product.get("outcome") or ("passed" if product.get("passed") else "failed"))


def delete_model(bedrock: "BedrockClient", arn: str) -> str:
    """Deletes a model, also one that does not exist any more. Returns why it stays, or an empty string.

    The tags are read once more: another environment may have taken a lease since the models were listed.
    """
    try:
        answer = bedrock.list_tags_for_resource(resourceARN=arn)
        if lease := lease_on({tag["key"]: tag["value"] for tag in answer.get("tags", [])}, clock.now()):
            return lease.sentence
        bedrock.delete_custom_model(modelIdentifier=arn)
    except ClientError as error:
        if code(error) in BUSY:
            return f"Bedrock refuses: {code(error)}; something uses it"
        if code(error) != "ResourceNotFoundException":
            raise
    return ""
