"""What a team's function is sent for each answer, and what it returns. The shape is the same for every recipe.

    {"version": 1, "recipe": "support",
     "prompt": {"system": "Answer in one sentence.", "messages": [{"role": "user", "content": "How long …?"}]},
     "reference": "38 days", "answer": "It takes 38 days."}
    → {"score": 0.5, "reason": "the sentence has no source", "parts": {"days": 1, "source": 0}}

`system` and `reference` are null where there is none. The score is from 0 to 1; `reason` and `parts` may be left out.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from distillery.core.conversation import Prompt
from distillery.core.escaping import one_line
from distillery.evaluation.graders.grade import Grade
from distillery.evaluation.graders.json_text import UnreadableJson, read_json

VERSION = 1
LARGEST_RESPONSE = 16 * 1024
"""Bytes."""
LONGEST_REASON = 1_000
MOST_PARTS = 100
_KEYS = {"score", "reason", "parts"}


class BadResponse(ValueError):
    """The function returned something other than a score. The message continues a sentence: "the function …"."""


def request(recipe: str, prompt: Prompt, answer: str) -> bytes:
    """The event that the function receives."""
    event = {
        "version": VERSION,
        "recipe": recipe,
        "prompt": {
            "system": prompt.system,
            "messages": [{"role": role, "content": text} for role, text in prompt.messages],
        },
        "reference": prompt.reference,
        "answer": answer,
    }
    return json.dumps(event, ensure_ascii=False).encode()


def response(body: bytes, *, binary: bool = False) -> Grade:
    """The grade that the function returned.

    Args:
        binary: Whether only 0 and 1 are scores.

    Raises:
        BadResponse: It is not of the documented shape.
    """
    if len(body) > LARGEST_RESPONSE:
        raise BadResponse(f"returned more than {LARGEST_RESPONSE} bytes")
    try:
        found = read_json(body.decode())
    except UnicodeDecodeError:
        raise BadResponse("returned text that is not UTF-8") from None
    except UnreadableJson as error:
        raise BadResponse(f"returned what {error}") from None
    if not isinstance(found, dict) or "score" not in found:
        raise BadResponse("returned no object with a score")
    if unknown := found.keys() - _KEYS:
        raise BadResponse(f"returned the unknown key {one_line(min(unknown), 80)!r}; known are {sorted(_KEYS)}")
    score = _number(found["score"], "the score")
    if binary and score not in (0, 1):
        raise BadResponse(f"returned the score {found['score']}, and with binary = true it is 0 or 1")
    return Grade(score=score, reason=_reason(found.get("reason")), parts=_parts(found.get("parts")))


def _number(value: Any, what: str) -> Fraction:
    if not isinstance(value, Decimal) or not 0 <= value <= 1:
        raise BadResponse(f"returned {what} {one_line(value, 80)!r}, which is not a number from 0 to 1")
    return Fraction(value)


def _reason(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadResponse("returned a reason that is no text")
    return one_line(value, LONGEST_REASON)


def _parts(value: Any) -> Mapping[str, Fraction]:
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > MOST_PARTS:
        raise BadResponse(f"returned parts that are no object of at most {MOST_PARTS} scores")
    return {one_line(name, 80): _number(score, f"for the part {one_line(name, 80)!r}") for name, score in value.items()}
