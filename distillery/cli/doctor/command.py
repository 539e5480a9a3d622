"""`distillery doctor`: examines the account before the first deployment, and the environment at any time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from distillery.cli.doctor import contact
from distillery.cli.doctor.contact import ask_all, keep
from distillery.cli.doctor.findings import DoctorFinding, DoctorSeverity
from distillery.cli.doctor_documents import DoctorOutput
from distillery.cli.exit_codes import ExitCode
from distillery.cli.invocation import pasteable
from distillery.cli.outputs import document
from distillery.cli.target import target
from distillery.cli.terminal import Text, echo, echo_text, styled, write_json
from distillery.core.serialization import to_wire

if TYPE_CHECKING:
    from distillery.cli.doctor.contact import Asked
    from distillery.cli.doctor.examined import Examined

MARKS = {
    DoctorSeverity.BLOCKS: "[red]blocks   [/red] [bold]{}[/bold]: {}",
    DoctorSeverity.WARNS: "[yellow]warns    [/yellow] [bold]{}[/bold]: {}",
    DoctorSeverity.UNCHECKED: "[cyan]unchecked[/cyan] [bold]{}[/bold]: {}",
    DoctorSeverity.INFO: "[green]ok       [/green] [bold]{}[/bold]: {}",
}


def _dollars(text: str | Decimal) -> Decimal:
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal("NaN")
    if not (usd.is_finite() and usd >= 0):
        raise typer.BadParameter(f"{text!r} is no amount; write US dollars, such as 0.05")
    return usd


def doctor(
    context: typer.Context,
    ask_aws: Annotated[
        bool,
        typer.Option("--ask-aws", help="Also ask what AWS's documents leave open, and record the answers. Free."),
    ] = False,
    spend: Annotated[
        Decimal | None,
        typer.Option(
            help="With --ask-aws, which it implies: ask the questions that cost up to so many US dollars, too.",
            show_default=False,
            parser=_dollars,
            metavar="USD",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Examine the account, before the first deployment and at any time, and say how to mend what is wrong.

    Nothing is changed, but for the record of --ask-aws. Exit code 1: something blocks a deployment or a run. What AWS
    does not let you see is reported as unchecked, and is no error.
    """
    from distillery.cli.doctor.checks import findings
    from distillery.cli.doctor.examined import examine

    examined = examine(target(context))
    found, asked = [], []

    def tell(finding: DoctorFinding) -> None:
        found.append(finding)
        if not as_json:
            for line in _lines(finding):
                echo("{}", line)

    for finding in findings(examined):
        tell(finding)
    if ask_aws or spend is not None:
        asked = list(ask_all(examined, spend or Decimal(0)))
        for each in (*map(contact.finding, asked), keep(examined, asked)):
            tell(replace(each, check=contact.CHECK))
    good = not any(is_bad(finding, strict=strict) for finding in found)
    if as_json:
        write_json(document("doctor", _output(examined, found, asked, good=good)))
    else:
        echo("{}", _sum(found))
        if asked:
            echo("please send this to the maintainers; it names no account:")
            echo_text(contact.report(asked))
    if not good:
        raise typer.Exit(ExitCode.FINDINGS)


def _output(
    examined: "Examined", found: Sequence[DoctorFinding], asked: "Sequence[Asked]", *, good: bool
) -> DoctorOutput:
    return DoctorOutput(
        environment=examined.on.environment,
        account=examined.account_id,
        caller=examined.caller,
        home_region=examined.home,
        inference_region=examined.inference,
        good=good,
        findings=to_wire(list(found)),
        answers=[
            {
                "question": each.question.id,
                "answer": each.answer.answer if each.answer else None,
                "undecided": each.undecided,
            }
            for each in asked
        ],
        report=contact.report(asked) if asked else None,
    )


def is_bad(finding: DoctorFinding, *, strict: bool) -> bool:
    return finding.severity is DoctorSeverity.BLOCKS or (strict and finding.severity is DoctorSeverity.WARNS)


def _lines(finding: DoctorFinding) -> Iterator[Text]:
    yield styled(MARKS[finding.severity], finding.check, pasteable(finding.what))
    if finding.why:
        yield styled("          [dim]why: {}[/dim]", finding.why)
    if finding.fix:
        yield styled("          fix: {}", pasteable(finding.fix))
    if finding.paste:
        yield styled("          send: {}", finding.paste)


def _sum(found: Sequence[DoctorFinding]) -> Text:
    count = {severity: sum(each.severity is severity for each in found) for severity in DoctorSeverity}
    return styled(
        "{} block a deployment or a run, {} warn, {} could not be checked",
        count[DoctorSeverity.BLOCKS],
        count[DoctorSeverity.WARNS],
        count[DoctorSeverity.UNCHECKED],
    )
