"""`distillery doctor`: examines the account before the first deployment, and the environment at any time."""

from collections.abc import Iterator, Sequence
from typing import Annotated

import typer

from distillery.cli.doctor.findings import Finding, Severity
from distillery.cli.doctor_documents import DoctorOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.invocation import pasteable
from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import Text, echo, styled, write_json
from distillery.core.serialization import to_wire

MARKS = {
    Severity.BLOCKS: "[red]blocks   [/red] [bold]{}[/bold]: {}",
    Severity.WARNS: "[yellow]warns    [/yellow] [bold]{}[/bold]: {}",
    Severity.UNCHECKED: "[cyan]unchecked[/cyan] [bold]{}[/bold]: {}",
    Severity.INFO: "[green]ok       [/green] [bold]{}[/bold]: {}",
}


def doctor(
    context: typer.Context,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Examine the account, before the first deployment and at any time, and say how to mend what is wrong.

    Nothing is changed. Exit code 1: something blocks a deployment or a run. What AWS does not let you see is
    reported as unchecked, and is no error.
    """
    from distillery.cli.doctor.checks import findings
    from distillery.cli.doctor.examined import examine

    examined = examine(target(context))
    found = []
    for finding in findings(examined):
        found.append(finding)
        if not as_json:
            for line in _lines(finding):
                echo("{}", line)
    good = not any(is_bad(finding, strict=strict) for finding in found)
    if as_json:
        output = DoctorOutput(
            environment=examined.on.environment,
            account=examined.account_id,
            caller=examined.caller,
            home_region=examined.home,
            inference_region=examined.inference,
            good=good,
            findings=to_wire(found),
        )
        write_json(document("doctor", output))
    else:
        echo("{}", _sum(found))
    if not good:
        raise typer.Exit(ExitCode.FINDINGS)


def is_bad(finding: Finding, *, strict: bool) -> bool:
    return finding.severity is Severity.BLOCKS or (strict and finding.severity is Severity.WARNS)


def _lines(finding: Finding) -> Iterator[Text]:
    yield styled(MARKS[finding.severity], finding.check, pasteable(finding.what))
    if finding.why:
        yield styled("          [dim]why: {}[/dim]", finding.why)
    if finding.fix:
        yield styled("          fix: {}", pasteable(finding.fix))
    if finding.paste:
        yield styled("          send: {}", finding.paste)


def _sum(found: Sequence[Finding]) -> Text:
    count = {severity: sum(each.severity is severity for each in found) for severity in Severity}
    return styled(
        "{} block a deployment or a run, {} warn, {} could not be checked",
        count[Severity.BLOCKS],
        count[Severity.WARNS],
        count[Severity.UNCHECKED],
    )
