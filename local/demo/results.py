"""The end of the demo: an answer of the live alias, a comparison of the three models, and the next commands."""

import json
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from distillery.cli.ask import answer_of
from distillery.cli.target import Target
from distillery.cli.terminal import WordTable, append_row, echo, multiline, show, styled
from distillery.core import catalog
from distillery.core.hosting_mode import HostingMode
from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome, Score, Stage, Verdict
from distillery.core.recipe import Recipe
from distillery.core.serialization import from_wire

STAND_IN = styled("[dim](stand-in)[/dim]")
PER = 1000  # prompts that the cost in the table is for


def show_results(on: Target, recipe: str, run: str) -> None:
    """Prints the live answer (if the run was promoted), the table, and the next commands."""
    record = on.ledger.run(run)
    evaluation = record.stages.get(Stage.EVALUATION)
    if evaluation is None or not evaluation.ended:
        return
    verdict = from_wire(Verdict, evaluation.product)
    report = json.loads(on.account.read(verdict.report_uri))
    held_out = _interesting(report["prompts"])
    if record.outcome is Outcome.PROMOTED:
        _live_answer(on, recipe, held_out)
    _table(verdict, record)
    _next(on, recipe, run, _question(held_out), record.outcome)


def _interesting(prompts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns the first prompt on which teacher and untrained student disagree, or else the first prompt."""
    differ = (each for each in prompts if each["answers"]["teacher"]["text"] != each["answers"]["base"]["text"])
    return next(differ, prompts[0])


def _question(held_out: Mapping[str, Any]) -> str:
    return str(held_out["messages"][-1]["content"][0]["text"])


def _live_answer(on: Target, recipe: str, held_out: Mapping[str, Any]) -> None:
    """Calls the alias; teacher and untrained student answered the same prompt in the evaluation."""
    system = held_out["system"][0]["text"] if "system" in held_out else None
    live = answer_of(on, f"distilled/{recipe}", _question(held_out), system)
    others = held_out["answers"]
    echo("\n[bold]A prompt that was not in the training set[/bold]")
    echo("  {}", _question(held_out))
    answers = WordTable.grid(padding=(0, 2))
    append_row(answers, "  the live alias", multiline(live["text"], "green"), STAND_IN)
    append_row(answers, "  the teacher", multiline(others["teacher"]["text"]), STAND_IN)
    append_row(answers, "  the untrained student", multiline(others["base"]["text"]), STAND_IN)
    if held_out["reference"] is not None:
        append_row(answers, styled("  [dim]the reference[/dim]"), multiline(held_out["reference"], "dim"), "")
    show(answers)


def _table(verdict: Verdict, record: RunRecord) -> None:
    prompts, recipe = record.run.dataset.heldout, record.run.recipe
    echo("\n[bold]{} held-out prompts[/bold]; every answer is a stand-in's", prompts)
    table = WordTable("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model", overflow="fold")
    for column in (
        verdict.measure.replace(" with ", " with\n"),
        "median latency\n(modelled)",
        f"{PER:,} prompts\n(modelled)",
    ):
        table.add_column(column, justify="right")
    for who, model, score in (
        ("teacher", recipe.teacher, verdict.teacher),
        ("untrained", recipe.student, verdict.base),
        ("student", f"{recipe.student}, distilled", verdict.student),
        *([("live model", "the one before", verdict.live)] if verdict.live else ()),
        *(("contender", model, score) for model, score in verdict.contenders.items()),
    ):
        style = "bold" if who == "student" else None
        hourly = who == "student" and recipe.hosting is HostingMode.PROVISIONED
        cost = _hourly_cost(recipe) if hourly else _cost(score, prompts)
        figures = f"{score.value:.1%}", f"{score.latency_ms} ms", cost
        append_row(table, who, model, *figures, style=style)
    show(table)
    if verdict.sentence:
        echo("[bold]{}.[/bold]", verdict.sentence)
    dates = [price.as_of for model in (recipe.teacher, recipe.student) if (price := catalog.price(model))]
    if dates:
        echo("[dim]Modelled on published latencies and on prices as of {}.[/dim]", min(dates))
    if recipe.hosting is HostingMode.PROVISIONED:
        echo("[dim]The price of an hour is the recipe's own setting, unit_price_usd_per_hour.[/dim]")


def _cost(score: Score, prompts: int) -> str:
    return "unknown" if score.usd is None else f"${score.usd * PER / Decimal(max(1, prompts)):.4f}"


def _quoted(text: str) -> str:
    """Quotes a text for a shell, in double quotes if possible, since sentences often contain apostrophes."""
    return shlex.quote(text) if set(text) & set('"$`\\!') else f'"{text}"'


def _hourly_cost(recipe: Recipe) -> str:
    """Returns the cost of an hour: Provisioned Throughput bills by unit and hour, not by request."""
    return f"${recipe.model_units * (recipe.unit_price_usd_per_hour or Decimal(0)):.2f} an hour"


def _next(on: Target, recipe: str, run: str, question: str, outcome: Outcome) -> None:
    command = f".venv/bin/distillery --local --env {on.account.environment}"
    lines = [
        ("every run and what is live", f"{command} status"),
        ("every answer, grade and interval, as a page", f"{command} report {run} --open"),
    ]
    if outcome is not Outcome.PROMOTED:
        lines.append(("the bars, and what follows from a verdict", f"environments/{on.account.environment}.toml"))
    if outcome in (Outcome.REJECTED, Outcome.INCONCLUSIVE, Outcome.AWAITING_ACCEPTANCE):
        lines.append(("make its student live all the same", f"{command} accept {run} --reason WHY"))
    if on.account.alias(recipe):
        lines.append(("ask the live alias yourself", f"{command} ask {recipe} {_quoted(question)}"))
    lines.append(("the pipeline, stage by stage", "docs/pipeline.md"))
    lines.append(("what this local account does not prove", "docs/local-account.md"))
    echo("\n[bold]Where to look next[/bold]")
    for what, line in lines:
        echo("  {} [cyan]{}[/cyan]", f"{what:<45}", line)
    echo("\nThe local account keeps running. Stop it and discard its data with: [bold]make down[/bold]")
