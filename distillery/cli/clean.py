"""`distillery clean`: everything of an environment that Bedrock holds and no template does, listed, deleted, and proven
to be gone.

Runs are stopped and recipes retired by the functions of those verbs, which record who asked and why; one function
lists and deletes the rest. Each round begins with what is there, so a command that was interrupted is repeated.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import typer

from distillery.cli.deletion_documents import CleanOutput, LeftoverOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.invocation import pasteable
from distillery.cli.outputs import document
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, echo_error, write_json
from distillery.core import clock
from distillery.core.errors import BadRequest, NothingToStop, RunActive
from distillery.core.serialization import from_wire

POLL_SECONDS = 15
"""Between two rounds: a deletion takes minutes."""
RUN, ALIAS = "run", "alias"
"""Kinds of `LeftoverOutput` that have verbs of their own."""
LATER = (NothingToStop.__name__, RunActive.__name__)
"""Refusals that only time ends: a run that is going live, or something else that has a recipe."""


def clean(
    context: typer.Context,
    retire: Annotated[
        bool,
        typer.Option(
            "--retire",
            help="Also retire every recipe: delete what serves, and what leases and open decisions keep. Needs "
            "--reason.",
        ),
    ] = False,
    reason: Annotated[
        str,
        typer.Option(help="Why; to retire recipes and to stop runs. The ledger keeps it for ever.", show_default=False),
    ] = "",
    minutes: Annotated[int, typer.Option(min=1, help="How long to wait for AWS to delete everything.")] = 60,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON. Deletes nothing without --yes.")] = False,
) -> None:
    """Delete everything of the environment that Bedrock holds and no stack deletes, and prove that nothing is left.

    It shows what that is with what each bills, asks, follows until done, and looks again. What serves or has a
    commitment stays. The exit code is 0 if nothing is left, 4 if something stays, and 7 if AWS needs longer.
    """
    on = target(context)
    if retire and not reason.strip():
        raise BadRequest(f"--retire needs a reason, which the ledger keeps: {_again(on, retire=True)}")
    cleanup = Cleanup(on, retire=retire, reason=reason, is_quiet=as_json)
    listed = cleanup.look()
    if not as_json:
        _show(listed, on.environment)
    left, asked = listed, any(not each.kept for each in listed) and (yes or not as_json)
    if asked:
        cleanup.check_reason(listed)
        if not yes:
            confirm("Delete what does not stay? Nothing restores it")
        left = cleanup.follow(listed, clock.now() + timedelta(minutes=minutes))
    if as_json:
        told = CleanOutput(environment=on.environment, listed=listed, deleted=cleanup.deleted, left=left, done=not left)
        write_json(document("clean", told))
    else:
        _end(left, _again(on, retire=retire), on.environment)
    if left:
        raise typer.Exit(_code(left, asked=asked))


def _code(left: Sequence[LeftoverOutput], *, asked: bool) -> ExitCode:
    if all(each.kept for each in left):
        return ExitCode.REFUSED
    return ExitCode.AWS_ERROR if asked else ExitCode.FINDINGS


def _again(on: Target, *, retire: bool) -> str:
    return on.command("clean", *(["--retire"] if retire else []), "--reason", "WHY")


@dataclass
class Cleanup:
    """Empties an environment in rounds.

    Attributes:
        deleted: Names of what was deleted, in order.
        versions: Of the aliases that the person saw, by recipe: a retirement of another is refused.
    """

    on: Target
    retire: bool
    reason: str
    is_quiet: bool
    deleted: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=dict)

    def look(self) -> list[LeftoverOutput]:
        """What is left, in the order of deletion."""
        found = self._ask(delete=False)
        for each in found:
            if each.kind == ALIAS and not each.kept:
                self._version(str(each.recipe))
        return found

    def check_reason(self, listed: Sequence[LeftoverOutput]) -> None:
        """Raises BadRequest where a run is to be stopped without a reason."""
        runs = [each.name for each in listed if each.kind == RUN and each.command and not each.kept]
        if runs and not self.reason.strip():
            again = _again(self.on, retire=self.retire)
            raise BadRequest(f"{', '.join(runs)} would be stopped, and the ledger keeps a reason for that: {again}")

    def follow(self, listed: Sequence[LeftoverOutput], until: datetime) -> list[LeftoverOutput]:
        """Deletes until all that is left stays, or the time is over. Returns what is left."""
        left = [*listed]
        try:
            while True:
                for each in left:
                    self._stop_or_retire(each)
                left = self._ask(delete=True)
                if all(each.kept for each in left) or clock.now() >= until:
                    return left
                time.sleep(min(self.on.poll_interval, POLL_SECONDS))
        except KeyboardInterrupt:
            again = _again(self.on, retire=self.retire)
            echo_error("\nwhat was deleted stays deleted; continue with: {}", again)
            raise

    def _stop_or_retire(self, each: LeftoverOutput) -> None:
        if each.kept:
            return
        if each.kind == RUN and each.command:
            self._decide("stop", {"run": each.name, "reason": self.reason})
        elif each.kind == ALIAS:
            recipe = str(each.recipe)
            asked = {"recipe": recipe, "version": self._version(recipe), "reason": self.reason, "students": True}
            if answer := self._decide("retirement", asked):
                self._note([each.name, *answer["endpoints"], *answer["models"]])

    def _version(self, recipe: str) -> int:
        if recipe not in self.versions:
            alias = self.on.account.alias(recipe)
            self.versions[recipe] = int(alias["version"]) if alias else 0
        return self.versions[recipe]

    def _decide(self, decision: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer; empty where only a later round can have one."""
        from distillery.client import FunctionRefused  # boto3, which the list of verbs does not need

        try:
            return self.on.account.decide(decision, asked)
        except FunctionRefused as refused:
            if refused.name not in LATER:
                raise
            return {}

    def _ask(self, *, delete: bool) -> list[LeftoverOutput]:
        answer = self.on.account.decide("clean", {"delete": delete, "retire": self.retire})
        self._note(answer["deleted"])
        return [from_wire(LeftoverOutput, each) for each in answer["left"]]

    def _note(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in self.deleted:
                self.deleted.append(name)
                if not self.is_quiet:
                    echo("deleted {}", name)


def _show(listed: Sequence[LeftoverOutput], environment: str) -> None:
    """Everything that is there, with the sums of what is known."""
    for each in listed:
        echo("[bold]{}[/bold] {}  {}", each.kind, each.name, each.costs)
        if each.arn != each.name:
            echo("  [dim]{}[/dim]", each.arn)
        if each.kept:
            echo("  [yellow]stays[/yellow]: {}", each.kept)
    hourly = sum((each.usd_per_hour or Decimal(0) for each in listed), Decimal(0))
    monthly = sum((each.usd_per_month or Decimal(0) for each in listed), Decimal(0))
    if listed:
        unknown = sum(each.usd_per_month is None for each in listed)
        more = f", and {unknown} more at a price that is not known" if unknown else ""
        echo("{} bills ${} an hour, ${} a month{}", environment, f"{hourly:,.2f}", f"{monthly:,.2f}", more)


def _end(left: Sequence[LeftoverOutput], again: str, environment: str) -> None:
    if not left:
        echo("[green]nothing of {} is left[/green]", environment)
    for each in left:
        why = each.kept or "AWS has not deleted it yet"
        remedy = (
            pasteable(each.command) if each.command and each.kept else again if not each.kept else "wait until then"
        )
        echo("[red]left[/red] {} ({}): {}: {}", each.arn, each.costs, why, remedy)
