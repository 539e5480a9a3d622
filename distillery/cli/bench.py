"""`distillery bench`: measures how fast routes answer, compared with their model at standard latency and each other."""

import contextlib
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from distillery.cli.outputs import document
from distillery.cli.route_maps import find_route, resolve, step_index
from distillery.cli.target import Target, target
from distillery.cli.terminal import confirm, echo, echo_error, errors, show, write_json
from distillery.core import clock
from distillery.core.errors import BadRequest, DistilleryError

if TYPE_CHECKING:
    from distillery.cli.benchmark.measurement import BenchmarkResult, Plan
    from distillery.cli.benchmark.prompts import BenchmarkPrompt
    from distillery.cli.benchmark.variant import Variant
    from distillery.client.single_step import SingleStep

VERSION = 1
STANDARD_OUTPUT = Path("-")
MAX_TOKENS = 256


def _usd(text: str) -> Decimal:
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or usd <= 0:
        raise typer.BadParameter(f"{text!r} is not an amount of US dollars above 0")
    return usd


def bench(
    context: typer.Context,
    routes: Annotated[
        list[str],
        typer.Argument(
            help="ROUTE: its first step, and its model at standard latency; or ROUTE:STEP (number, mode or tier)."
        ),
    ],
    requests: Annotated[int, typer.Option(help="Requests to each variant after the warm-up.", min=2, max=10_000)] = 30,
    warm_up: Annotated[int, typer.Option(help="Number of first rounds that are not counted.", min=0, max=100)] = 2,
    prompts: Annotated[
        Path | None,
        typer.Option(
            help="A file of prompts: conversations (.jsonl), or one prompt per line.",
            exists=True,
            dir_okay=False,
            show_default=False,
        ),
    ] = None,
    max_tokens: Annotated[int, typer.Option(help="Most output tokens of an answer.", min=1)] = MAX_TOKENS,
    max_usd: Annotated[Decimal, typer.Option(parser=_usd, metavar="USD", help="The most to spend.")] = Decimal(1),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation before money is spent.")] = False,
    as_json: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Write all figures and samples to this file; - prints them as JSON.", show_default=False
        ),
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(help="Write a chart to this file: .png or .svg.", show_default=False)
    ] = None,
) -> None:
    """Measure time to first token, tokens per second and total time, and the mode that was served."""
    if chart:
        from distillery.cli.benchmark.output import check_chart

        check_chart(chart)
    on = target(context)
    plan = _plan(on, routes, _prompts(prompts, warm_up + requests), warm_up, max_tokens)
    _confirm(on, plan, max_usd, yes=yes, quiet=as_json == STANDARD_OUTPUT)
    result = _measure(on, plan, max_usd)
    _output(on, plan, result, as_json, chart)


def _prompts(file: Path | None, rounds: int) -> "list[BenchmarkPrompt]":
    from distillery.cli.benchmark import prompts

    source = prompts.from_file(file) if file else prompts.generated()
    return [next(source) for _ in range(rounds)]


def _plan(on: Target, asked: list[str], prompts: "list[BenchmarkPrompt]", warm_up: int, max_tokens: int) -> "Plan":
    from distillery.cli.benchmark.measurement import Plan
    from distillery.client.single_step import SingleStep

    direct = SingleStep(on.account)
    return Plan(
        variants=_variants(on, direct, asked),
        prompts=prompts,
        warm_up=warm_up,
        max_tokens=max_tokens,
        client=direct.runtime,
        now=perf_counter,
    )


def _variants(on: Target, direct: "SingleStep", asked: list[str]) -> "list[Variant]":
    from distillery.cli.benchmark.variant import variants

    chosen = []
    for one in asked:
        name, colon, step = one.partition(":")
        route = find_route(on, name)
        chosen.append((route, step_index(route, step) if colon else None))
    return variants(chosen, lambda route, index: resolve(direct, route, index))


def _confirm(on: Target, plan: "Plan", cap: Decimal, *, yes: bool, quiet: bool) -> None:
    """Prints what the benchmark can cost. Raises BadRequest above the cap, and Abort without confirmation."""
    from distillery.cli.benchmark.measurement import max_total_usd

    at_most = max_total_usd(plan.variants, plan.prompts, plan.max_tokens)
    count = len(plan.variants) * len(plan.prompts)
    if quiet and not (yes or on.local):
        raise BadRequest("--json - asks nothing; confirm with --yes")
    if on.local:
        if not quiet:
            echo("{} requests to the local account, free of charge", count)
        return
    if at_most > cap:
        raise BadRequest(
            f"{count} requests may cost ${at_most:.2f}, above the cap of ${cap}; ask for fewer --requests or "
            f"--max-tokens, or allow it with --max-usd {at_most:.2f}"
        )
    unknown = [one.name for one in plan.variants if one.step.prices is None]
    without = f", without {', '.join(unknown)}, whose price is unknown" if unknown else ""
    if not quiet:
        echo("{} requests, at most ${}{}", count, f"{at_most:.4f}", without)
    if not yes:
        confirm("Send them?")


def _measure(on: Target, plan: "Plan", cap: Decimal) -> "BenchmarkResult":
    from dataclasses import replace

    from distillery.cli.benchmark.measurement import Budget, run

    with _latency_scale(on) as scale, _bar(len(plan.variants) * len(plan.prompts)) as on_request:
        return run(replace(plan, scale=scale), Budget(Decimal("Infinity") if on.local else cap), on_request)


@contextlib.contextmanager
def _latency_scale(on: Target) -> Iterator[float]:
    """Yields the share of the modelled latency that the local account waits; 1 on AWS."""
    if not on.local:
        yield 1.0
        return
    from distillery.cli.local_account import PublishedAccount, modelled_latency

    account = PublishedAccount.find()
    with modelled_latency(account.endpoint, headers=account.admin_headers) as scale:
        yield scale


@contextlib.contextmanager
def _bar(total: int) -> Iterator[Any]:
    columns = (TextColumn("measuring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


def _output(on: Target, plan: "Plan", result: "BenchmarkResult", as_json: Path | None, chart: Path | None) -> None:
    """Prints the table and writes the files. Exits with 1 if a variant could not be measured."""
    from distillery.cli.benchmark.output import draw_chart, table
    from distillery.cli.benchmark.report import as_document, build_report

    for name, why in result.unreachable.items():
        echo_error("{} was not measured: {}", name, why)
    if result.stopped:
        echo_error("the run ended early: {}", result.stopped)
    report = build_report(plan.variants, result)
    if report is None:
        raise DistilleryError("nothing was measured")
    printed = as_json == STANDARD_OUTPUT
    if not printed:
        show(table(report))
    head = {"version": VERSION, "environment": on.account.environment, "measured": clock.stamp()}
    if as_json:
        write_json(document("bench", head | as_document(report)), None if printed else as_json)
    if chart:
        draw_chart(report, chart, f"Routes of environment {on.account.environment}")
    if result.unreachable:
        raise typer.Exit(1)
