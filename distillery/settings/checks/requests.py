"""Requests that a model of a recipe would refuse."""

from collections.abc import Iterator
from datetime import date

from distillery.core.inference import inference_config, refusals
from distillery.settings.checks.model_usage import Role, find_model, model_uses
from distillery.settings.environment import Settings
from distillery.settings.finding import ConfigFinding


def check_requests(settings: Settings, _on: date) -> Iterator[ConfigFinding]:
    """Every model that an evaluation asks takes the request: `max_answer_tokens`, with what it thinks besides."""
    for use in model_uses(settings):
        if use.role in (Role.ROUTE, Role.JUDGE) or find_model(use.model) is None:  # `life_cycle` reports unknown models
            continue
        recipe = use.where.split(".")[1]
        answer_tokens = settings.recipes[recipe].max_answer_tokens
        config = inference_config(use.model, answer_tokens)
        sent = {"max_tokens": config["maxTokens"], "temperature": config.get("temperature")}
        for refused in refusals(use.model, **sent):
            what, _, accepted = refused.partition("; it accepts ")
            yield ConfigFinding(
                where=f"recipes.{recipe}.max_answer_tokens",
                wrong=f"{answer_tokens}: {use.model!r} of {use.role} refuses {what}",
                allowed=accepted,
                fix="lower it, or choose another model",
            )
