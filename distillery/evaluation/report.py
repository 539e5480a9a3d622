"""The report of a verdict, for people: scores, bars, prices with their sources, and every prompt with three answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from distillery.core.conversation import Prompt, converse_request
from distillery.core.pipeline import Run, Verdict
from distillery.core.serialization import to_wire
from distillery.evaluation.bars import Bar
from distillery.evaluation.contenders import Contender
from distillery.evaluation.row import Row


@dataclass(frozen=True, slots=True)
class Graded:
    """One held-out prompt with the answer that is held right, three answers, and their grades by role."""

    prompt: Prompt
    right: str
    row: Row
    grades: Mapping[str, float]


def report(
    run: Run, verdict: Verdict, held: Sequence[Bar], contenders: Sequence[Contender], graded: Sequence[Graded]
) -> dict[str, Any]:
    """What `report.json` holds."""
    return {
        "run": run.id,
        "grader": run.recipe.grader.value,
        **to_wire(verdict),
        "bars": [to_wire(bar) | {"passed": bar.passed} for bar in held],
        "prices": {contender.role: _price(contender) for contender in contenders},
        "prompts": [_shown(each) for each in graded],
    }


def _price(contender: Contender) -> dict[str, str]:
    price = contender.price
    return {
        "usd_per_million_input": str(price.per_million_input),
        "usd_per_million_output": str(price.per_million_output),
        "as_of": price.as_of.isoformat(),
        "source": price.source,
        "note": contender.price_note,
    }


def _shown(each: Graded) -> dict[str, Any]:
    return {
        "index": each.row.index,
        **converse_request(each.prompt),
        "reference": each.prompt.reference,
        "answers": to_wire(each.row.answers),
        "grades": dict(each.grades),
    }
