"""`distillery ask`: one prompt to a route, and the truth about what answered."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.console import Console

from distillery.command.published import known
from distillery.command.target import Target, target

console = Console(highlight=False)
STAND_IN = "[dim](a stand-in model of the local account, no model of Bedrock)[/dim]"


def ask(
    context: typer.Context,
    route: Annotated[str, typer.Argument(help="A route, such as `fast`; a recipe's name means its distilled student.")],
    prompt: Annotated[str, typer.Argument(help="What to ask.")],
    system: Annotated[
        str | None, typer.Option(help="The system prompt that the student was trained with.", show_default=False)
    ] = None,
) -> None:
    """Ask a route; says what was requested, what was served, by which model, and how long it took."""
    on = target(context)
    answer = answer_of(on, known(on, route), prompt, system)
    console.print(str(answer["text"]), markup=False, soft_wrap=True)
    console.print(f"[dim]{_how(answer)}[/dim]", soft_wrap=True)
    if on.local:
        console.print(STAND_IN)


def _how(answer: Mapping[str, Any]) -> str:
    """What answered, in which mode, by which step, how long it took and what it cost."""
    served, requested = _mode(answer["served"]), _mode(answer["requested"])
    mode = served if served == requested else f"{requested} requested, [yellow]{served} served[/yellow]"
    parts = [f"{answer['identifier']} in {answer['region']}", mode, *_fallback(answer), f"{answer['latency_ms']} ms"]
    if answer.get("cost_usd") is not None:
        parts.append(f"${answer['cost_usd']}")
    return " · ".join(parts)


def _mode(mode: Mapping[str, str]) -> str:
    tier = mode.get("tier", "default")
    return f"{mode['latency']} latency" + ("" if tier == "default" else f", {tier} tier")


def _fallback(answer: Mapping[str, Any]) -> Iterator[str]:
    """Which step answered if it was not the first, and what the tries before it came to."""
    failed = [str(attempt["error"]) for attempt in answer.get("attempts", ()) if attempt["error"]]
    why = f" after {', '.join(dict.fromkeys(failed))}" if failed else ""
    if answer.get("step"):
        yield f"[yellow]step {answer['step'] + 1}{why}[/yellow]"
    elif failed:
        yield f"[yellow]tried {len(failed) + 1} times{why}[/yellow]"


def answer_of(on: Target, route: str, prompt: str, system: str | None) -> dict[str, Any]:
    """The invoke function's whole answer."""
    payload = {"route": route, "prompt": prompt} | ({"system": system} if system else {})
    region = str(on.account.pipeline["inference_region"])
    return dict(on.account.invoke(str(on.account.serving["function"]), payload, region=region))
