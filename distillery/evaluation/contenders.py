"""The three models that answer the held-out prompts: the teacher, the untrained student and the distilled student."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from distillery.core import catalog, model_ids
from distillery.core.catalog import HostingMode, Price
from distillery.core.errors import EvaluationFailed
from distillery.core.pipeline import Endpoint, Run, Student

TEACHER, BASE, STUDENT = "teacher", "base", "student"
CONTENDERS = (TEACHER, BASE, STUDENT)
AS_BASE = "a custom model is priced as its base model on demand, which is reported, not documented"
HOURLY = f"{AS_BASE}; Provisioned Throughput is really billed by the hour"
STANDARD = "standard"


def model_ids_of(run: Run, candidate: Endpoint, region: str) -> dict[str, str]:
    """The `modelId` of Converse for each contender in `region`. Raises ModelUnavailable."""
    recipe = run.recipe
    return {
        TEACHER: model_ids.teacher_identifier(recipe.teacher, recipe.student, region),
        BASE: model_ids.identifier(recipe.student, region),
        STUDENT: candidate.arn,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A contender with its price.

    Attributes:
        model: The name that people know the model by.
        price_note: What a reader has to know about the price besides its source.
    """

    role: str
    model: str
    price: Price
    price_note: str = ""


def contenders(run: Run, student: Student, *, region: str, on: date) -> tuple[Contender, ...]:
    """The contenders with their prices on the day `on`. Raises EvaluationFailed where the catalog has no price."""
    recipe = run.recipe
    teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, region)
    hourly = recipe.hosting is HostingMode.PROVISIONED
    own = catalog.custom_model_price(recipe.student, on) or _price(recipe.student, recipe.student, on)
    return (
        Contender(role=TEACHER, model=recipe.teacher, price=_price(recipe.teacher, teacher, on)),
        Contender(
            role=BASE,
            model=recipe.student,
            price=_price(recipe.student, model_ids.identifier(recipe.student, region), on),
        ),
        Contender(role=STUDENT, model=student.model_arn, price=own, price_note=HOURLY if hourly else AS_BASE),
    )


def _price(model: str, identifier: str, on: date) -> Price:
    profile = None if identifier == model else catalog.ProfileId(identifier)
    if price := catalog.price(model, profile=profile, on=on):
        return price
    raise EvaluationFailed(
        f"the catalog has no price of {identifier} on {on}; add it with its date and source in distillery/core/catalog"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What one model answered to one prompt.

    Attributes:
        latency_ms: Milliseconds to the last token, as the service reports them.
        latency: The latency mode in which the request was served.
    """

    text: str
    stop_reason: str
    input_tokens: int
    output_tokens: int
    latency_ms: int
    latency: str = STANDARD


def parse_answer(response: Mapping[str, Any]) -> ModelAnswer:
    """The parts of a Converse response that an evaluation keeps.

    Text blocks are selected by type, because reasoning blocks may come first. `performanceConfig` may be missing, or
    be `standard` after a silent fallback (UG latency-optimized-inference).
    """
    blocks = response["output"]["message"]["content"]
    return ModelAnswer(
        text="".join(block["text"] for block in blocks if "text" in block),
        stop_reason=response["stopReason"],
        input_tokens=response["usage"]["inputTokens"],
        output_tokens=response["usage"]["outputTokens"],
        latency_ms=response["metrics"]["latencyMs"],
        latency=response.get("performanceConfig", {}).get("latency", STANDARD),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswers:
    """The answers to one held-out prompt, by contender. `index` is the prompt's line in the held-out file."""

    index: int
    answers: Mapping[str, ModelAnswer]
