"""`distillery ask`: one prompt to a route, and the truth about what answered."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from distillery.cli.published import known
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, quote, say, told

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
    quote(answer["text"])
    say("[dim]{}[/dim]", _how(answer))
    if on.local:
        say(STAND_IN)


def _how(answer: Mapping[str, Any]) -> Text:
    """What answered, in which mode, by which step, how long it took and what it cost."""
    served, requested = _mode(answer["served"]), _mode(answer["requested"])
    lowered = told("{} requested, [yellow]{} served[/yellow]", requested, served)
    parts = [
        told("{} in {}", answer["identifier"], answer["region"]),
        told("{}", served) if served == requested else lowered,
        *_fallback(answer),
        told("{} ms", answer["latency_ms"]),
    ]
    if answer.get("cost_usd") is not None:
        parts.append(told("${}", answer["cost_usd"]))
    return told(" · ").join(parts)


def _mode(mode: Mapping[str, str]) -> str:
    tier = mode.get("tier", "default")
    return f"{mode['latency']} latency" + ("" if tier == "default" else f", {tier} tier")


def _fallback(answer: Mapping[str, Any]) -> Iterator[Text]:
    """Which step answered if it was not the first, and what the tries before it came to."""
    failed = [str(attempt["error"]) for attempt in answer.get("attempts", ()) if attempt["error"]]
    why = f" after {', '.join(dict.fromkeys(failed))}" if failed else ""
    if answer.get("step"):
        yield told("[yellow]step {}{}[/yellow]", answer["step"] + 1, why)
    elif failed:
        yield told("[yellow]tried {} times{}[/yellow]", len(failed) + 1, why)


def answer_of(on: Target, route: str, prompt: str, system: str | None) -> dict[str, Any]:
    """The invoke function's whole answer."""
    payload = {"route": route, "prompt": prompt} | ({"system": system} if system else {})
    region = str(on.account.pipeline["inference_region"])
    return dict(on.account.invoke(str(on.account.serving["function"]), payload, region=region))
