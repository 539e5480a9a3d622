"""A recipe's canary in progress, and how earlier ones ended, for `distillery status`."""

from collections.abc import Iterator

from distillery.cli.invocation import pasteable
from distillery.cli.target import Target
from distillery.cli.terminal import Text, styled
from distillery.core.ledger.canaries import CanaryRecord


def canary_lines(on: Target, record: CanaryRecord) -> Iterator[Text]:
    """What it is, until when, what was measured, and how it ended."""
    if record.closed:
        yield styled("  {}  [bold]{}[/bold] of run {}", record.holder, record.outcome, record.run)
        yield styled("    {}", pasteable(record.reason))
        return
    until = f"takes calls until {record.end}" if record.end else "its endpoint is being created"
    yield styled("  {}  [cyan]canary[/cyan] of run {}: {}", record.holder, record.run, until)
    if record.judgement:
        yield styled("    {}", record.judgement.sentence)
        for each in record.judgement.criteria:
            yield styled("    [dim]{}[/dim]", each.text)
    if record.stopped_by:
        yield styled("    stopped by {}: {}", record.stopped_by, record.stopped_why)
    else:
        yield styled("    to end it now: {}", on.command("stop", record.run, "--reason", "WHY"))
