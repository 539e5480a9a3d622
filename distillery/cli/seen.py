"""The runs of several recipes, of which whoever asks may see some alone: a tag holds people to a recipe."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from distillery.cli.permissions import refused
from distillery.core.ledger.records import RunRecord

if TYPE_CHECKING:
    from distillery.cli.target import Target


def runs_of(on: "Target", recipes: Iterable[str]) -> dict[str, list[RunRecord] | Exception]:
    """By recipe; what AWS said in place of those that this person may not read. Raises it where these are all."""
    found = {recipe: _runs(on, recipe) for recipe in recipes}
    refusals = [runs for runs in found.values() if isinstance(runs, Exception)]
    if refusals and len(refusals) == len(found):
        raise refusals[0]
    return found


def _runs(on: "Target", recipe: str) -> list[RunRecord] | Exception:
    from distillery.client import AWS_ERRORS  # boto3

    try:
        return on.ledger.runs(recipe)
    except AWS_ERRORS as error:
        if not refused(error):
            raise
        return error
