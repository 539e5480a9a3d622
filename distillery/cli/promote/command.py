"""`distillery promote`: shows what the promotion of a run to another environment would do."""

from typing import TYPE_CHECKING, Annotated

import typer

from distillery.cli.exit_codes import ExitCode
from distillery.cli.invocation import command
from distillery.cli.outputs import document
from distillery.cli.promote_documents import PromoteOutput, WayOutput
from distillery.cli.record_documents import RefusalOutput
from distillery.cli.target import Target, target
from distillery.cli.terminal import echo, write_json
from distillery.core import clock
from distillery.core.errors import BadRequest, ModelUnavailable, RecordRefused
from distillery.core.names import recipe_of

if TYPE_CHECKING:
    from distillery.cli.promote.costs import PromotionCosts
    from distillery.cli.promote.destination import Destination
    from distillery.core.recipe import Recipe
    from distillery.records.verification import Verified


def promote(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="A run whose student went live, or the s3:// address of its record.")],
    to: Annotated[str, typer.Option("--to", help="The environment to promote to, by the name of its settings file.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and show everything, and start nothing. Required for now.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Verify the signed record of a run for another environment, and show how its student would get there.

    Three ways exist: the target uses the source's model, copies it, or trains its own on the same prompts. Each is
    shown with its cost, or with the reason why it is not possible. Nothing is written or started.
    """
    on = target(context)
    if to == on.environment:
        raise BadRequest(f"--to is {to!r}, the environment of the run itself; name the next one, or pass another --env")
    if not dry_run:
        by_hand = command("run", recipe_of(run), "FILE", environment=to, local=on.local)
        raise BadRequest(
            f"starting the run in {to} is not available yet; only --dry-run is allowed, which checks and shows "
            f"everything: add it, and then upload the same prompts there with: {by_hand}"
        )
    made = _examined(on, run, to)
    if as_json:
        write_json(document("promote", made))
    else:
        _show(made)
    if not made.admitted:
        raise typer.Exit(ExitCode.REFUSED)


def _examined(on: Target, run: str, to: str) -> PromoteOutput:
    """Everything that is known about the promotion. The record is verified before anything else of it is used."""
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
        return PromoteOutput(
            run=run, environment=on.environment, to=to, record_uri=uri, admitted=False, refusals=refused, unchecked=[]
        )
    there = destination(on, parse(read(to), to), verified.statement.record)
    return _planned(on, run, uri, verified, there)


def _planned(on: Target, run: str, uri: str, verified: "Verified", there: "Destination") -> PromoteOutput:
    record, now = verified.statement.record, clock.now()
    refusals = there.refusals(verified, "" if run == uri else run, now)
    recipe = there.recipe(record.recipe)
    costs, no_prices = _costs(on, verified, there, recipe)
    ways = _ways(verified, there, recipe, costs)
    chosen = next((one for one in ways if one.possible), None)
    if ways and chosen is None:
        from distillery.records.refusal import Refusal

        said = f"no way leads to a student in {there.environment}: {'; '.join(one.reason for one in ways)}"
        refusals.append(RefusalOutput(reason=Refusal.NO_WAY, sentence=said))
    region = there.settings.home_region if there.settings.home_region != record.region else None
    by_hand = command("run", record.recipe, "FILE", environment=there.environment, region=region, local=on.local)
    return PromoteOutput(
        run=record.run,
        environment=record.environment,
        to=there.environment,
        record_uri=uri,
        admitted=not refusals,
        refusals=refusals,
        unchecked=there.unchecked(),
        key_id=verified.key_id,
        digest=verified.digest,
        way=chosen.way if chosen and not refusals else None,
        ways=ways,
        hosting=costs.hosting if costs else [],
        prices_as_of=costs.prices_as_of.isoformat() if costs else None,
        no_prices=no_prices,
        next=by_hand if not refusals else None,
    )


def _costs(
    on: Target, verified: "Verified", there: "Destination", recipe: "Recipe | None"
) -> tuple["PromotionCosts | None", str]:
    """The costs, or why they are unknown."""
    from distillery.cli.promote.costs import promotion_costs
    from distillery.cli.promote.evidence import dataset_size

    if recipe is None:
        return None, f"{there.environment} has no such recipe"
    try:
        size = dataset_size(on, verified.statement)
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


def _show(made: PromoteOutput) -> None:
    echo("run [bold]{}[/bold] of {}, to {}", made.run, made.environment, made.to)
    if made.digest:
        echo("record {}, signed by key {}", made.digest, made.key_id)
    for one in made.ways:
        _show_way(one, chosen=one.way == made.way)
    for cost in made.hosting:
        echo("  {}  then: {} [dim]({})[/dim]", _usd(cost.usd), cost.what, cost.basis)
    if made.prices_as_of:
        echo("prices as of {} and later", made.prices_as_of)
    elif made.ways:
        echo("[yellow]the costs are unknown[/yellow]: {}", made.no_prices)
    for refusal in made.refusals:
        echo("[red]refused[/red] ({}): {}", refusal.reason, refusal.sentence)
    for refusal in made.unchecked:
        echo("[yellow]unchecked[/yellow] ({}): {}", refusal.reason, refusal.sentence)
    if made.admitted:
        echo("[green]nothing that is known here speaks against it[/green]; nothing was started")
        echo("promote does not start it yet; until then, train there again, on the same prompts: {}", made.next)


def _show_way(one: WayOutput, *, chosen: bool) -> None:
    echo("[bold]{}[/bold]{}: {}", one.way, " (would be taken)" if chosen else "", one.reason)
    for cost in one.costs:
        echo("  {}  {} [dim]({})[/dim]", _usd(cost.usd), cost.what, cost.basis)
    if one.total_usd is not None:
        echo("  {}  in all, {} at most", _usd(one.total_usd), _usd(one.at_most_usd).strip())
    if one.over_budget:
        echo("  [yellow]over budget[/yellow]: {}", one.over_budget)


def _usd(usd: object) -> str:
    return f"{'unknown' if usd is None else f'${usd}':>10}"
