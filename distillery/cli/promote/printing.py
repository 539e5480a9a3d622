"""How `distillery promote` prints what was found, for people."""

from distillery.cli.promote_documents import PromoteOutput, WayOutput
from distillery.cli.terminal import echo


def show(made: PromoteOutput) -> None:
    """Prints the ways with their costs, and every reason not to promote."""
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
    if made.window:
        echo("the window is closed ({}); a student that passes waits until it opens", made.window)
    if made.admitted:
        echo("[green]no reason against the promotion is known here[/green]")


def _show_way(one: WayOutput, *, chosen: bool) -> None:
    echo("[bold]{}[/bold]{}: {}", one.way, " (this way is taken)" if chosen else "", one.reason)
    for cost in one.costs:
        echo("  {}  {} [dim]({})[/dim]", _usd(cost.usd), cost.what, cost.basis)
    if one.total_usd is not None:
        echo("  {}  in all, {} at most", _usd(one.total_usd), _usd(one.at_most_usd).strip())
    if one.over_budget:
        echo("  [yellow]over budget[/yellow]: {}", one.over_budget)


def _usd(usd: object) -> str:
    return f"{'unknown' if usd is None else f'${usd}':>10}"
