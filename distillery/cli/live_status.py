"""What a recipe serves, for `distillery status`: its alias, the versions that matter, and the system prompt."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distillery.cli.permissions import is_denied
from distillery.cli.rollback_verb import version_lines
from distillery.cli.target import Target
from distillery.cli.terminal import Text, styled
from distillery.core.ledger.history import LiveVersion, live_and_previous, merged
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Alias
from distillery.core.serialization import from_wire

FROM_LOGS = "because its job read the logs itself; callers must send theirs"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveStatus:
    """The alias; None where nothing is live, or where the caller may not read it. `versions`: the live one, and the one
    that a rollback returns to."""

    readable: bool
    alias: Mapping[str, Any] | None = None
    versions: Sequence[LiveVersion] = ()


def live_status(on: Target, recipe: str, runs: Sequence[RunRecord]) -> LiveStatus:
    """Reads the alias and its versions. Approvers may read only runs and their reports."""
    from distillery.client import AWS_ERRORS

    try:
        found = on.account.alias(recipe)
    except AWS_ERRORS as error:
        if not is_denied(error):
            raise
        return LiveStatus(readable=False)
    if not found:
        return LiveStatus(readable=True)
    alias = from_wire(Alias, found)
    versions = merged(on.history.stored(recipe), runs, alias)
    return LiveStatus(readable=True, alias=found, versions=live_and_previous(versions, alias))


def heading(live: LiveStatus) -> Text:
    """What is live, beside the recipe's name."""
    if not live.readable:
        return styled("[dim]you may not read its alias[/dim]")
    if live.alias is None:
        return styled("no live alias yet")
    if paused := live.alias.get("paused"):
        version, since, until = live.alias["version"], paused["since"], paused["until"]
        return styled("alias version {}: [yellow]paused[/yellow] since {}, serves again at {}", version, since, until)
    return styled("alias version {}: {}", live.alias["version"], live.alias["endpoint"]["arn"])


def details(live: LiveStatus, runs: Sequence[RunRecord]) -> Iterator[Text]:
    """Yields the versions, and the system prompt of the live student."""
    if live.alias is None:
        return
    yield from version_lines(live.versions, *(each.version for each in live.versions))
    if prompt := _system_prompt(live.alias, runs):
        yield styled("  [dim]{}[/dim]", prompt)


def _system_prompt(alias: Mapping[str, Any], runs: Sequence[RunRecord]) -> Text | None:
    """What the live student was trained with as system prompt; None for what older versions promoted."""
    match alias.get("system"):
        case {"use": "shared", "uri": str(uri), "bytes": int(size)}:
            return styled("system prompt: {} ({} bytes), which the route sends", uri, f"{size:,}")
        case {"use": "several"}:
            return styled("[yellow]system prompt: several, callers must send theirs[/yellow]")
        case {"use": "none"}:
            return styled("system prompt: none")
    if any(record.run.id == alias["run"] and record.run.dataset.logs for record in runs):
        return styled("[yellow]system prompt: unknown, {}[/yellow]", FROM_LOGS)
    return None
