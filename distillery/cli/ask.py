"""`distillery ask`: sends a prompt to a route, and prints what was served."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from distillery.cli.outputs import document
from distillery.cli.route_maps import route_name
from distillery.cli.target import Target, target
from distillery.cli.terminal import Text, echo, echo_text, styled, write_json

STAND_IN = "[dim](a stand-in model of the local account, no model of Bedrock)[/dim]"

SEVERAL = (
    "The student was trained with several system prompts, and none was sent: send the right one with --system, or the "
    "answer may be of no use."
)


def ask(
    context: typer.Context,
    route: Annotated[str, typer.Argument(help="A route, such as `fast`; a recipe's name means its distilled student.")],
    prompt: Annotated[str, typer.Argument(help="The prompt.")],
    system: Annotated[
        str | None,
        typer.Option(
            help="The system prompt. Default: the one that the student was trained with, if its prompts share one.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a route. Print the answer, the mode that was requested and served, the model and the latency."""
    on = target(context)
    answer = answer_of(on, route_name(on, route), prompt, system)
    if as_json:
        write_json(document("ask", answer))
        return
    echo_text(answer["text"])
    echo("[dim]{}[/dim]", _how(answer))
    if answer.get("system") == "several":
        echo("[yellow]{}[/yellow]", SEVERAL)
    if on.local:
        echo(STAND_IN)


def _how(answer: Mapping[str, Any]) -> Text:
    """Returns model, mode, step, latency and cost of the answer."""
    served, requested = _mode(answer["served"]), _mode(answer["requested"])
    downgraded = styled("{} requested, [yellow]{} served[/yellow]", requested, served)
    parts = [
        styled("{} in {}", answer["identifier"], answer["region"]),
        styled("{}", served) if served == requested else downgraded,
        *_fallback(answer),
        *([styled("system prompt of the student")] if answer.get("system") == "student" else []),
        styled("{} ms", answer["latency_ms"]),
    ]
    if answer.get("cost_usd") is not None:
        parts.append(styled("${}", answer["cost_usd"]))
    return styled(" · ").join(parts)


def _mode(mode: Mapping[str, str]) -> str:
    tier = mode.get("tier", "default")
    return f"{mode['latency']} latency" + ("" if tier == "default" else f", {tier} tier")


def _fallback(answer: Mapping[str, Any]) -> Iterator[Text]:
    """Yields the step that answered, unless it was the first, and the errors of earlier attempts."""
    failed = [str(attempt["error"]) for attempt in answer.get("attempts", ()) if attempt["error"]]
    why = f" after {', '.join(dict.fromkeys(failed))}" if failed else ""
    if answer.get("step"):
        yield styled("[yellow]step {}{}[/yellow]", answer["step"] + 1, why)
    elif failed:
        yield styled("[yellow]tried {} times{}[/yellow]", len(failed) + 1, why)


def answer_of(on: Target, route: str, prompt: str, system: str | None) -> dict[str, Any]:
    """Returns the response of the invoke function."""
    payload = {"route": route, "prompt": prompt} | ({"system": system} if system else {})
    region = str(on.account.pipeline["inference_region"])
    return dict(on.account.invoke(str(on.account.serving["function"]), payload, region=region))
