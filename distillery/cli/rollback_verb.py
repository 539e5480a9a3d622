"""`distillery rollback`: returns a recipe to an earlier model, and shows which models it had."""

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from distillery.cli.documents import RollbackOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.invocation import pasteable
from distillery.cli.outputs import document
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, echo, echo_error, styled, write_json
from distillery.core.errors import BadRequest
from distillery.core.ledger.history import LiveVersion
from distillery.core.ledger.rollbacks import RollbackRecord
from distillery.core.pipeline import Alias, Outcome
from distillery.core.serialization import from_wire, to_wire

POLL_SECONDS = 5
"""A rollback takes minutes, unlike a run."""
LISTED = "listed"
"""The outcome of a document that lists versions and starts nothing."""


def rollback(
    context: typer.Context,
    recipe: Annotated[str, typer.Argument(help="The recipe whose live endpoint returns to an earlier model.")],
    to: Annotated[
        int | None,
        typer.Option(
            "--to",
            help="The version of the alias to return to, as --list shows it. Default: the one before; after a "
            "rollback there is no default, so that a second one does not undo the first.",
            show_default=False,
            min=1,
        ),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; required. The ledger keeps it for ever.", show_default=False)] = "",
    show: Annotated[bool, typer.Option("--list", help="Show the versions of the alias, and start nothing.")] = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not follow the rollback until it ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Return a recipe's live endpoint to an earlier model. The current model serves until the change is complete.

    The system prompt of the model returns with it.
    """
    on = target(context)
    if not (reason.strip() or show):
        example = on.command("rollback", recipe, *(["--to", str(to)] if to else []), "--reason", "WHY")
        raise BadRequest(f"the rollback has no reason; the ledger keeps one for each: {example}")
    if show and to:
        raise BadRequest(f"--list shows all versions and takes no --to ({to}): leave one of them out")
    alias = on.account.alias(recipe)
    versions = on.history.of(recipe, from_wire(Alias, alias) if alias else None) if show else []
    if not alias and not versions:  # a recipe that the settings no longer have may still be live
        on.require_recipe(recipe)
    version = int(alias["version"]) if alias else 0  # 0: the function answers that nothing was promoted
    if show:
        _list(on, recipe, version, versions, as_json=as_json)
        return
    if (canary := on.canaries.open_of(recipe)) and not as_json:
        alone = on.command("stop", canary.run, "--reason", "WHY")
        echo("this also ends the canary of run {}; to end that alone: {}", canary.run, alone)
    asked = {"recipe": recipe, "version": version, "reason": reason, **({"to": to} if to else {})}
    answer = on.account.decide("rollback", asked)
    holder = str(answer.get("holder") or "")
    if not as_json:
        echo("rolling {} back to {} ({})", recipe, answer["to"], holder)
    record = None if no_wait or not holder else _follow(on, recipe, holder)
    if as_json:
        write_json(document("rollback", _output(recipe, version, answer, record)))
    elif record is None:
        echo("follow it with: {}", on.command("status", recipe))
    else:
        echo("{}", _ending(record))
    if record and record.outcome is not Outcome.ROLLED_BACK:
        raise typer.Exit(ExitCode.FAILED_RUN)


def _follow(on: Target, recipe: str, holder: str) -> RollbackRecord | None:
    """Waits until the rollback has ended; None where the ledger does not have it."""
    try:
        while (record := on.rollbacks.find(recipe, holder)) and record.outcome is Outcome.RUNNING:
            time.sleep(min(on.poll_interval, POLL_SECONDS))
    except KeyboardInterrupt:
        echo_error("\nthe rollback continues; see how it ended with: {}", on.command("status", recipe))
        raise
    return record


def _ending(record: RollbackRecord) -> Text:
    if record.outcome is Outcome.ROLLED_BACK:
        return styled("[green]{}[/green]: {}", record.outcome, record.reason)
    return styled("[red]{}[/red]: {}; the live model stays", record.outcome, pasteable(record.reason))


def _output(recipe: str, version: int, answer: object, record: RollbackRecord | None) -> RollbackOutput:
    assert isinstance(answer, dict)
    return RollbackOutput(
        recipe=recipe,
        to=str(answer["to"]),
        from_version=version,
        holder=answer.get("holder"),
        to_version=answer.get("to_version"),
        outcome=record.outcome.value if record else Outcome.RUNNING.value,
        ending=record.reason if record else "",
    )


def _list(on: Target, recipe: str, version: int, versions: list[LiveVersion], *, as_json: bool) -> None:
    if as_json:
        listed = RollbackOutput(
            recipe=recipe, to="", from_version=version, holder=None, outcome=LISTED, versions=to_wire(versions)
        )
        write_json(document("rollback", listed))
        return
    if not versions:
        echo("recipe {} has had no live model; promote a student first: {}", recipe, on.command("status", recipe))
    for line in version_lines(versions, version):
        echo("{}", line)


def version_lines(versions: Sequence[LiveVersion], current: int, previous: int = 0) -> list[Text]:
    """A line for each version: when it was written, its run and its model."""
    marks = {previous: styled(" [yellow](previous)[/yellow]"), current: styled(" [green](live)[/green]")}
    return [
        styled(
            "  version {}{}  {}  {}  {}",
            each.version,
            marks.get(each.version, ""),
            each.since[:16].replace("T", " ") or "time unknown",
            each.run or "run unknown",
            each.model,
        )
        for each in versions
    ]
