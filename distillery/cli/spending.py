"""What a recipe may spend in this month, and who holds how much of it."""

from collections.abc import Sequence
from decimal import Decimal

from distillery.cli.target import Target
from distillery.core import clock
from distillery.core.ledger.records import RunRecord
from distillery.core.pipeline import Outcome


def spending(on: Target, recipe: str, runs: Sequence[RunRecord]) -> str:
    """`2026-11 (UTC): $19.40 of $125 reserved, by runs on the road $9.70, by runs that ended $9.70; …`."""
    month, cap = on.ledger.month(recipe, clock.stamp()), on.cap_usd(recipe)
    going = {record.run.id for record in runs if record.outcome is Outcome.RUNNING}
    on_the_road = sum((usd for run, usd in month.runs.items() if run in going), Decimal(0))
    of = "" if cap is None else f" of ${cap}"
    return (
        f"{month.name} (UTC): ${month.reserved:.2f}{of} reserved, ${on_the_road:.2f} by runs on the road, "
        f"${month.reserved - on_the_road:.2f} spent at most by runs that ended; a new month on {month.resets}"
    )
