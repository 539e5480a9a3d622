"""What bills now, for `distillery status`: gathered from Bedrock and the ledger, and printed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from distillery.cli.permissions import is_denied
from distillery.cli.run_documents import BilledEndpointOutput, BilledModelOutput, BillingOutput, RunningJobOutput
from distillery.cli.target import Target
from distillery.cli.terminal import Text, styled
from distillery.core import catalog
from distillery.core.billing import BilledEndpoint, Billing, bill
from distillery.core.claims import ClaimKind, Claims
from distillery.core.inventory import Inventory, take_inventory
from distillery.core.ledger.items import RunRecord
from distillery.core.names import Names

Runs = Mapping[str, "list[RunRecord] | Exception"]


def billing_of(on: Target, runs: Runs, recipe: str | None) -> Billing | None:
    """What bills now, of one recipe or of all; None where the caller may not list it.

    `runs` are those that the caller has read. Those of recipes that the settings have lost are read here.
    """
    from distillery.client import AWS_ERRORS

    try:
        held = take_inventory(Names(on.account.environment), on.account.aws_client("bedrock"))
    except AWS_ERRORS as error:
        if not is_denied(error):
            raise
        return None
    if recipe is not None:
        held = _of_recipe(held, recipe)
    lost = {each.recipe for each in held.endpoints} - {"", *runs}
    known = [*runs.values(), *(on.runs_or_refusal(each) for each in sorted(lost))]
    records = [record for found in known if not isinstance(found, Exception) for record in found]
    return bill(held, records, _claims(on, held))


def _of_recipe(held: Inventory, recipe: str) -> Inventory:
    return replace(
        held,
        endpoints=tuple(each for each in held.endpoints if each.recipe == recipe),
        models=tuple(each for each in held.models if each.recipe == recipe),
        jobs=tuple(each for each in held.jobs if each.recipe == recipe),
    )


def _claims(on: Target, held: Inventory) -> Claims | None:
    """What keeps the endpoints; None where the caller may not read all of it."""
    from distillery.client import AWS_ERRORS

    try:
        active, leases = on.ledger.active(), on.ledger.leases.all()
        aliases = {recipe: on.account.alias(recipe) for recipe in {each.recipe for each in held.endpoints} - {""}}
    except AWS_ERRORS as error:
        if not is_denied(error):
            raise
        return None
    live = {
        recipe: str(alias["endpoint"]["arn"]) for recipe, alias in aliases.items() if alias and not alias.get("paused")
    }
    return Claims(active=active, leases=leases, live_arn=live.get)


def billing_output(billing: Billing) -> BillingOutput:
    return BillingOutput(
        usd_per_hour=billing.usd_per_hour,
        usd_per_month=billing.usd_per_month,
        unpriced=len(billing.unpriced),
        storage_usd_per_month=billing.storage_usd_per_month,
        storage_as_of=billing.storage_as_of.isoformat(),
        endpoints=[_endpoint_output(each) for each in billing.endpoints],
        models=[BilledModelOutput(arn=each.arn, name=each.name, run=each.run or None) for each in billing.models],
        jobs=[
            RunningJobOutput(arn=each.arn, name=each.name, kind=each.kind.value, run=each.run or None)
            for each in billing.jobs
        ],
    )


def _endpoint_output(each: BilledEndpoint) -> BilledEndpointOutput:
    claim = each.claim
    return BilledEndpointOutput(
        arn=each.endpoint.arn,
        name=each.endpoint.name,
        hosting=each.endpoint.mode.value,
        status=each.endpoint.status,
        model_units=each.endpoint.units,
        recipe=each.endpoint.recipe or None,
        run=each.run or None,
        kept_by=claim.kind.value if claim else None,
        owner=claim.owner if claim else None,
        purpose=claim.purpose or None if claim else None,
        until=claim.until or None if claim else None,
        orphan=each.is_orphan,
        usd_per_hour=each.usd_per_hour,
        usd_per_month=each.usd_per_month,
    )


def billing_lines(billing: Billing) -> Iterator[Text]:
    """Yields the lines; none where nothing bills."""
    if not (billing.endpoints or billing.models or billing.jobs):
        return
    yield styled(
        "[bold]bills now[/bold]  ${} an hour, ${} a month of 730 h{}",
        f"{billing.usd_per_hour:,.2f}",
        f"{billing.usd_per_month:,.2f}",
        f", without {len(billing.unpriced)} whose price is unknown" if billing.unpriced else "",
    )
    for each in billing.endpoints:
        yield from _endpoint_lines(each)
    yield from _other_lines(billing)


def _endpoint_lines(each: BilledEndpoint) -> Iterator[Text]:
    of = f"recipe {each.endpoint.recipe or 'unknown'}, {f'run {each.run}' if each.run else 'no run in the ledger'}"
    yield styled("  {}  {}  {}", each.endpoint.name, of, _price(each))
    if each.is_orphan:
        yield styled("    [red]orphan: nothing names it any more, and the guard deletes it[/red]")
    elif each.claim and each.claim.kind is ClaimKind.LEASE:
        yield styled("    [dim]lease of {}, {}, until {}[/dim]", each.claim.owner, each.claim.purpose, each.claim.until)
    elif each.claim:
        kept = "the alias names it" if each.claim.kind is ClaimKind.ALIAS else f"{each.claim.owner} is active"
        yield styled("    [dim]{}[/dim]", kept)


def _price(each: BilledEndpoint) -> str:
    if not each.is_hourly:
        return "on demand: bills by the token"
    units = f"{each.endpoint.units} model unit{'s' if each.endpoint.units != 1 else ''}"
    if each.usd_per_hour is None or each.usd_per_month is None:
        return f"{units}: bills by the hour, price unknown: no run has unit_price_usd_per_hour"
    return f"{units}: ${each.usd_per_hour:,.2f} an hour, ${each.usd_per_month:,.2f} a month"


def _other_lines(billing: Billing) -> Iterator[Text]:
    if models := len(billing.models):
        what = "1 model" if models == 1 else f"{models} models"
        source = catalog.storage_price()
        yield styled(
            "  [dim]storage of {}: ${} a month ({}: {})[/dim]",
            what,
            f"{billing.storage_usd_per_month:,.2f}",
            str(source.as_of),
            source.source,
        )
    for job in billing.jobs:
        yield styled("  [dim]{} job in progress: {}[/dim]", job.kind, job.name)
