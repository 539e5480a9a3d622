"""Models of another environment, which the account uses under a lease or copies, and what must hold of them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

from bedrock_simulator.state import SimulatorState
from distillery.core.ledger.borrowed_models import BorrowedModels
from distillery.core.ledger.items import RunRecord
from distillery.core.ledger.items import model_of as student_of
from distillery.core.model_leases import lease_tag
from distillery.core.names import TAG_ENVIRONMENT
from distillery.core.pipeline import Outcome
from distillery.core.promotions import Way
from simulator_support.fakes import TODAY, World, distilled
from tests.faults.cloud import Cloud
from tests.faults.invariants import NAMES, alias_of
from tests.faults.prompts import prompts
from tests.faults.saved import copied

LENDER = "qa"
"""The environment before."""
ELSEWHERE, HERE = "us-west-2", "us-east-1"
"""The Region of a model that is copied, and the account's own."""
NAME = f"{LENDER}-support-1"


@cache
def _lent(way: Way) -> tuple[str, SimulatorState]:
    """The ARN of the lender's model, and the simulator's state with it."""
    world = World(TODAY - timedelta(days=1))
    tags: Any = [{"key": TAG_ENVIRONMENT, "value": LENDER}]
    world.objects.objects["train-bucket", "train.jsonl"] = prompts()
    model = distilled(world, NAME, customModelName=NAME, customModelTags=tags)
    if way is Way.COPY:  # one that it has copied itself: Nova models are distilled in one Region
        there = world.client(region=ELSEWHERE)
        job = there.create_model_copy_job(sourceModelArn=model, targetModelName=NAME, targetModelTags=tags)["jobArn"]
        world.pass_time(60, step=20)
        model = there.get_model_copy_job(jobArn=job)["targetModelArn"]
    return model, world.bedrock.snapshot(copied)


def model_of(way: Way) -> str:
    """The lender's model that a student is promoted with that way."""
    return _lent(way)[0]


def lend(cloud: Cloud, way: Way) -> None:
    """Gives the account's simulator the lender's model."""
    cloud.world.bedrock.restore(copied(_lent(way)[1]))


def borrowed_otherwise(cloud: Cloud, model: str, runs: Sequence[RunRecord]) -> Iterator[str]:
    """The lease of a model lasts exactly as long as something here needs it, and nothing was trained."""
    yield from _trained(cloud)
    alias = alias_of(cloud)
    needed = (alias is not None and alias.current == model) or any(
        student_of(each) == model and each.outcome is Outcome.AWAITING_ACCEPTANCE for each in runs
    )
    tags = cloud.world.client("bedrock", HERE).list_tags_for_resource(resourceARN=model)["tags"]
    until = next((tag["value"] for tag in tags if tag["key"] == lease_tag(NAMES.environment)), "")
    kept = [(each.arn, each.until) for each in BorrowedModels(cloud.table).all()]
    if kept != ([(model, until)] if needed else []):
        yield f"the ledger has the leases {kept}, and {model} is tagged until {until or 'never'}; needed: {needed}"
    if bool(until) is not needed:
        yield f"the lease of {model} lasts until {until or 'never'}; needed: {needed}"
    if alias and alias.current not in (model, None):
        yield f"the alias serves {alias.current}, not the model that was evaluated before"


def copied_otherwise(cloud: Cloud, model: str, runs: Sequence[RunRecord]) -> Iterator[str]:
    """Each run has copied the model once at most, nothing was trained, and only a copy is served."""
    yield from _trained(cloud)
    bedrock, copies = cloud.world.client("bedrock", HERE), dict[str, str]()
    for job in bedrock.list_model_copy_jobs(sourceModelArnEquals=model)["modelCopyJobSummaries"]:
        if job["targetModelName"] in copies:
            yield f"{job['targetModelName']} was copied twice"
        copies[job["targetModelName"]] = job["targetModelArn"]
    if strangers := copies.keys() - {NAMES.job(each.run.id) for each in runs}:
        yield f"{strangers} are copies of no run"
    alias = alias_of(cloud)
    if alias and copies.get(NAMES.job(alias.run)) != alias.current:
        yield f"the alias serves {alias.current}, not the copy of its run"


def _trained(cloud: Cloud) -> Iterator[str]:
    jobs = cloud.world.bedrock.inventory("111111111111")["jobs"]
    yield from (f"job {job['name']} trains what was to be adopted" for job in jobs if job["name"] != NAME)
