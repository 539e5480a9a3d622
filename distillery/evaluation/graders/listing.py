"""Lists in answers: items of text, and numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from distillery.core.escaping import quoted
from distillery.evaluation.graders.agreement import Agreement
from distillery.evaluation.graders.grade import RIGHT, WRONG, Grade
from distillery.evaluation.graders.quantity import Quantity
from distillery.evaluation.graders.text import normalised


def grade_text(text: str, reference: str, separator: str) -> Grade:
    """Exact but for letter case, spaces and edges; the items of a list in any order."""
    needed = Counter(_plain(item) for item in items(reference, separator))
    given = Counter(_plain(item) for item in items(text, separator))
    if given == needed:
        return Grade(score=RIGHT)
    missing, extra = list((needed - given).elements()), list((given - needed).elements())
    reason = f"the answer lacks {quoted(missing[0])}" if missing else f"the answer adds {quoted(extra[0])}"
    return Grade(score=WRONG, reason=reason)


def items(text: str, separator: str) -> list[str]:
    """The items of a list, or the text."""
    items = text.split(separator) if separator else [text]
    return [item for item in items if _plain(item)] or [text]


def _plain(item: str) -> str:
    return normalised(item).strip(" .\"'“”*-•")


def scaled(found: Sequence[Quantity]) -> tuple[Quantity, ...]:
    """The quantities of a list. A scale that only its last one has is the scale of all: `19; 41 thousand`."""
    if len(found) < 2 or found[-1].scale is None or any(each.scale is not None or each.year for each in found[:-1]):
        return tuple(found)
    return tuple(replace(each, scale=found[-1].scale, percent=found[-1].percent) for each in found)


def matched(
    found: Sequence[Quantity], needed: Sequence[Quantity], agreement: Agreement
) -> list[tuple[Quantity, Quantity]]:
    """Pairs of equals first, whatever their order."""
    left, pairs, open_ = list(found), [], []
    for due in needed:
        same = next((each for each in left if agreement.holds(each, due)), None)
        if same is None:
            open_.append(due)
        else:
            left.remove(same)
            pairs.append((same, due))
    return pairs + list(zip(left, open_, strict=True))


def written(found: Sequence[Quantity], text: str) -> str:
    """The quantities as the text has them, for a reason."""
    return ", ".join(quoted(text[each.begin : each.end]) for each in found[:5])
