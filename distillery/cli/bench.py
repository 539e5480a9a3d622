"""`distillery bench`: how fast routes answer, against their own model at standard latency and against each other."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from distillery.cli.published import choose, named, resolved
from distillery.cli.target import Target, target
from distillery.cli.terminal import complain, confirm, document, draw, errors, say
from distillery.core import clock
from distillery.core.errors import BadRequest

if TYPE_CHECKING:
    from distillery.cli.benchmark.prompts import Prompt
    from distillery.cli.benchmark.run import Plan, Result
    from distillery.cli.benchmark.variant import Arm
    from distillery.client.single_step import SingleStep

VERSION = 1
MAX_TOKENS = 256


def _usd(text: str) -> Decimal:
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or usd <= 0:
        raise typer.BadParameter(f"{text!r} is no sum of US dollars above 0")
    return usd


def bench(
    context: typer.Context,
    routes: Annotated[
        list[str],
        typer.Argument(help="ROUTE, by its first step and at standard latency; or ROUTE:STEP (number, mode or tier)."),
    ],
    requests: Annotated[int, typer.Option(help="Of each arm, after the warm-up.", min=2, max=10_000)] = 30,
    warm_up: Annotated[int, typer.Option(help="Rounds that are not counted.", min=0, max=100)] = 2,
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="Your own: conversations (.jsonl), or one a line.", exists=True, dir_okay=False, show_default=False
        ),
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Of one answer.", min=1)] = MAX_TOKENS,
    max_usd: Annotated[Decimal, typer.Option(parser=_usd, metavar="USD", help="Never spend more.")] = Decimal(1),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before money is spent.")] = False,
    as_json: Annotated[Path | None, typer.Option("--json", help="Write all of it here.", show_default=False)] = None,
    chart: Annotated[Path | None, typer.Option(help="Draw it here: .png or .svg.", show_default=False)] = None,
) -> None:
    """Measure time to first token, tokens a second and the whole answer, and what was really served."""
    if chart:
        from distillery.cli.benchmark.chart import check

        check(chart)
    on = target(context)
    plan = _plan(on, routes, _asked(prompts, warm_up + requests), warm_up, max_tokens)
    _agree(on, plan, max_usd, yes=yes)
    result = _measure(on, plan, max_usd)
    _tell(on, plan, result, as_json, chart)


def _asked(file: Path | None, rounds: int) -> "list[Prompt]":
    from distillery.cli.benchmark import prompts

    source = prompts.of(file) if file else prompts.own()
    return [next(source) for _ in range(rounds)]


def _plan(on: Target, asked: list[str], prompts: "list[Prompt]", warm_up: int, max_tokens: int) -> "Plan":
    from distillery.cli.benchmark.run import Plan
    from distillery.client.single_step import SingleStep

    direct = SingleStep(on.account)
    return Plan(
        arms=_arms(on, direct, asked),
        prompts=prompts,
        warm_up=warm_up,
        max_tokens=max_tokens,
        client=direct.runtime,
        now=perf_counter,
    )


def _arms(on: Target, direct: "SingleStep", asked: list[str]) -> "list[Arm]":
    from distillery.cli.benchmark.variant import arms

    chosen = []
    for one in asked:
        name, colon, step = one.partition(":")
        route = named(on, name)
        chosen.append((route, choose(route, step) if colon else None))
    return arms(chosen, lambda route, index: resolved(direct, route, index))


def _agree(on: Target, plan: "Plan", cap: Decimal, *, yes: bool) -> None:
    """Says what it may cost. Raises BadRequest above the cap, Abort where a person does not want it."""
    from distillery.cli.benchmark.budget import estimate

    at_most = estimate(plan.arms, plan.prompts, plan.max_tokens)
    many = len(plan.arms) * len(plan.prompts)
    if on.local:
        say("{} requests to the local account, which cost nothing", many)
        return
    if at_most > cap:
        raise BadRequest(
            f"{many} requests may cost ${at_most:.2f}, above the cap of ${cap}; ask for fewer --requests or "
            f"--max-tokens, or allow it with --max-usd {at_most:.2f}"
        )
    unknown = [arm.name for arm in plan.arms if arm.step.prices is None]
    beside = f", beside {', '.join(unknown)}, whose price the map does not know" if unknown else ""
    say("{} requests, at most ${}{}", many, f"{at_most:.4f}", beside)
    if not yes:
        confirm("Send them?")


def _measure(on: Target, plan: "Plan", cap: Decimal) -> "Result":
    from dataclasses import replace

    from distillery.cli.benchmark.budget import Purse
    from distillery.cli.benchmark.run import run

    with _time(on) as scale, _bar(len(plan.arms) * len(plan.prompts)) as tell:
        return run(replace(plan, scale=scale), Purse(Decimal("Infinity") if on.local else cap), tell)


@contextlib.contextmanager
def _time(on: Target) -> Iterator[float]:
    """How much of an answer's time passes while it is measured."""
    if not on.local:
        yield 1.0
        return
    from distillery.cli.benchmark.simulated import felt
    from distillery.cli.local_account import LocalAccount

    account = LocalAccount.find()
    with felt(account.endpoint, headers=account.admin_headers) as scale:
        yield scale


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Any]:
    columns = (TextColumn("measuring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def _tell(on: Target, plan: "Plan", result: "Result", as_json: Path | None, chart: Path | None) -> None:
    """The table, and the files that were asked for. Exit code 1 where an arm has no answer."""
    from distillery.cli.benchmark import report
    from distillery.cli.benchmark.table import picture

    for name, why in result.out.items():
        complain("{} was not measured: {}", name, why)
    if result.stopped:
        complain("the run ended early: {}", result.stopped)
    told = report.report(plan.arms, result)
    if told is None:
        raise BadRequest("nothing was measured")
    draw(picture(told))
    head = {"version": VERSION, "environment": on.account.environment, "measured": clock.stamp()}
    if as_json:
        document(head | report.document(told), as_json)
    if chart:
        from distillery.cli.benchmark.chart import draw as paint

        paint(told, chart, f"Routes of environment {on.account.environment}")
    if result.out:
        raise typer.Exit(1)
