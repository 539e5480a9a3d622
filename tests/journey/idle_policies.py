"""Cloud Custodian's published policies for idle and orphaned Bedrock resources, as checks over the product's inventory.

Each names the policy that it follows and how it differs. Two differences hold for all: an age of 14 days is none here,
because a journey takes days at most, and what the product keeps on purpose is not idle: the live endpoint of an alias,
and the student of a run in the ledger, which a person may still accept, evaluate again or return to.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from distillery.core.inventory import HostedModel, Inventory
from distillery.core.ledger.items import RunRecord, model_of
from distillery.core.pipeline import Alias

ACTIVE, IN_SERVICE = "Active", "InService"


class Kept(NamedTuple):
    """What the product keeps on purpose, by ARN."""

    endpoints: Collection[str]
    models: Collection[str]


@dataclass(frozen=True, slots=True)
class IdlePolicy:
    """name: that of the published policy. find: the ARNs of what it would report."""

    name: str
    find: Callable[[Inventory, Kept], Iterator[str]]


def models_of(runs: Iterable[RunRecord]) -> set[str]:
    """The students that the ledger names."""
    return {model for run in runs if (model := model_of(run))}


def findings(held: Inventory, *, kept_models: Collection[str], live: Iterable[Alias]) -> list[str]:
    """One sentence for each resource that a policy reports."""
    aliases = list(live)
    named = {model for alias in aliases for model in (alias.current, alias.previous) if model}
    kept = Kept({alias.endpoint.arn for alias in aliases}, named | set(kept_models))
    return [f"{policy.name}: {arn}" for policy in POLICIES for arn in policy.find(held, kept)]


def _orphaned_models(held: Inventory, kept: Kept) -> Iterator[str]:
    """Cloud Custodian's pull request 10943 and issue 10843: an `Active` model with neither an `Active` deployment nor a
    throughput `InService`. Adapted: a student that the ledger or an alias names is kept."""
    for model in held.models:
        serving = [host for host in held.hosts_of(model.arn) if host.status in (ACTIVE, IN_SERVICE)]
        if model.status == ACTIVE and not serving and model.arn not in kept.models:
            yield model.arn


def _unused_throughput(held: Inventory, kept: Kept) -> Iterator[str]:
    """Issue 10842: throughput whose sum of `Invocations` is 0. Adapted: a journey's account has no metric of Bedrock's,
    and nothing but the endpoint of an alias is invoked once its run has ended; so the others are idle."""
    yield from (host.arn for host in held.endpoints if _is_throughput(host) and host.arn not in kept.endpoints)


def _unused_deployments(held: Inventory, kept: Kept) -> Iterator[str]:
    """Issue 11110: a deployment without token usage, likewise."""
    yield from (host.arn for host in held.endpoints if not _is_throughput(host) and host.arn not in kept.endpoints)


def _ownerless_jobs(held: Inventory, _kept: Kept) -> Iterator[str]:
    """The documented policy of `aws.bedrock-customization-job`: a job in progress without its owner's tag is stopped.
    The owner's tag is that of the run."""
    yield from (job.arn for job in held.jobs if not job.run)


def _is_throughput(host: HostedModel) -> bool:
    return bool(host.units)


POLICIES = (
    IdlePolicy("bedrock-orphaned-custom-models", _orphaned_models),
    IdlePolicy("bedrock-provisioned-throughput-zero-usage", _unused_throughput),
    IdlePolicy("bedrock-custom-model-deployment-zero-usage", _unused_deployments),
    IdlePolicy("bedrock-customization-jobs-without-owner", _ownerless_jobs),
)
