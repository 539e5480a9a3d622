"""What is known about a promotion before it starts: whether the record is admitted, and the ways with their costs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.cli.invocation import command
from distillery.cli.promote_documents import PromoteOutput, WayOutput
from distillery.cli.record_documents import RefusalOutput
from distillery.cli.target import Target
from distillery.core import clock
from distillery.core.errors import BadRequest, ModelUnavailable, RecordRefused

if TYPE_CHECKING:
    from distillery.cli.promote.costs import PromotionCosts
    from distillery.cli.promote.destination import Destination
    from distillery.core.estimate import DatasetSize
    from distillery.core.recipe import Recipe
    from distillery.records.verification import Verified


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionPlan:
    """What was found.

    Attributes:
        output: The document of the verb.
        received: The bytes of the record.
        verified: The record; None where no trusted key signed it.
        there: The target; None where the record was not verified.
        no_prompts: Why the prompts cannot be copied; empty where they can.
    """

    output: PromoteOutput
    received: bytes
    verified: "Verified | None" = None
    there: "Destination | None" = None
    no_prompts: str = ""


def plan(on: Target, run: str, to: str, profile: str | None, overruled: str = "") -> PromotionPlan:
    """Everything that is known about the promotion. The record is verified before anything else of it is used.

    Args:
        on: The source.
        run: A run, or the address of its record.
        to: The target.
        profile: The profile of the AWS configuration that reaches the target, if another one than the current.
        overruled: Why a student that the source has rolled back is promoted; empty where it is not.
    """
    from distillery.cli.promote.destination import destination
    from distillery.cli.promote.evidence import fetch, record_uri
    from distillery.cli.verify import admitting, public_keys
    from distillery.records.verification import verify
    from distillery.settings.reading import parse, read

    uri = record_uri(on, run)
    received = fetch(on, uri)
    keys = public_keys(admitting(to).public_keys)
    try:
        verified = verify(received, keys)
    except RecordRefused as error:
        refused = [RefusalOutput(reason=error.reason, sentence=str(error))]
        output = PromoteOutput(
            run=run, environment=on.environment, to=to, record_uri=uri, admitted=False, refusals=refused, unchecked=[]
        )
        return PromotionPlan(output=output, received=received)
    there = destination(on, parse(read(to), to), verified, profile)
    size, no_prompts = _size(on, verified)
    output = _output(on, run, uri, verified, there, size, no_prompts, profile, overruled)
    return PromotionPlan(output=output, received=received, verified=verified, there=there, no_prompts=no_prompts)


def _size(on: Target, verified: "Verified") -> tuple["DatasetSize | None", str]:
    """The size of the data set, or why it is not known."""
    from distillery.cli.promote.evidence import dataset_size

    try:
        return dataset_size(on, verified.statement), ""
    except BadRequest as error:
        return None, str(error)


def _output(
    on: Target,
    run: str,
    uri: str,
    verified: "Verified",
    there: "Destination",
    size: "DatasetSize | None",
    no_prompts: str,
    profile: str | None,
    overruled: str,
) -> PromoteOutput:
    from distillery.cli.promote.standing import objections
    from distillery.records.refusal import Refusal

    record, now = verified.statement.record, clock.now()
    refused, unchecked = objections(on, record)
    refusals = [one for one in refused if not (overruled and one.reason == Refusal.ROLLED_BACK)]
    refusals += there.refusals(verified, "" if run == uri else run, now)
    recipe = there.recipe(record.recipe)
    costs, no_prices = _costs(size, no_prompts, there, recipe)
    ways = _ways(verified, there, recipe, costs)
    chosen = next((one for one in ways if one.possible), None)
    if ways and chosen is None:
        said = f"no way leads to a student in {there.environment}: {'; '.join(one.reason for one in ways)}"
        refusals.append(RefusalOutput(reason=Refusal.NO_WAY, sentence=said))
    chosen_profile = ("--to-profile", profile) if profile else ()
    although = ("--allow-rolled-back", "--reason", overruled) if overruled else ()
    words = ("promote", run, "--to", there.environment, *chosen_profile, *although)
    starts = command(*words, environment=on.environment, region=on.region, local=on.local)
    return PromoteOutput(
        run=record.run,
        environment=record.environment,
        to=there.environment,
        record_uri=uri,
        admitted=not refusals,
        refusals=refusals,
        unchecked=[*unchecked, *there.unchecked()],
        key_id=verified.key_id,
        digest=verified.digest,
        way=chosen.way if chosen and not refusals else None,
        ways=ways,
        hosting=costs.hosting if costs else [],
        prices_as_of=costs.prices_as_of.isoformat() if costs else None,
        no_prices=no_prices,
        next=starts if not refusals else None,
        window=there.window(now),
    )


def _costs(
    size: "DatasetSize | None", no_prompts: str, there: "Destination", recipe: "Recipe | None"
) -> tuple["PromotionCosts | None", str]:
    """The costs, or why they are unknown."""
    from distillery.cli.promote.costs import promotion_costs

    if recipe is None:
        return None, f"{there.environment} has no such recipe"
    if size is None:
        return None, no_prompts
    try:
        return promotion_costs(recipe, size, region=there.settings.home_region, on=clock.now().date()), ""
    except (BadRequest, ModelUnavailable) as error:
        return None, str(error)


def _ways(
    verified: "Verified",
    there: "Destination",
    recipe: "Recipe | None",
    costs: "PromotionCosts | None",
) -> list[WayOutput]:
    from distillery.cli.promote.destination import source_place
    from distillery.records.ways import ways

    if recipe is None:
        return []
    made = []
    for one in ways(recipe, source_place(verified.statement.record), there.place, clock.now().date()):
        cost = costs.ways[one.way] if costs and one.possible else None
        made.append(
            WayOutput(
                way=one.way,
                possible=one.possible,
                reason=one.reason,
                costs=cost.costs if cost else [],
                total_usd=cost.total_usd if cost else None,
                at_most_usd=cost.at_most_usd if cost else None,
                over_budget=cost.over_budget if cost else "",
            )
        )
    return made
