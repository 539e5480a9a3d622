"""The history of a recipe's alias: what each version made live. Promotion keeps it as it writes the alias.

What was promoted before versions were kept is known from the runs that the ledger has, and from the alias itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from distillery.core.ledger.items import RunRecord, model_of, partition
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Stage
from distillery.core.serialization import from_wire, to_wire

PREFIX = "alias#"
"""What the sort keys of the versions begin with. Six digits follow, so that they sort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveVersion:
    """A version of an alias.

    Attributes:
        model: ARN of the model that it made live.
        run: The run that made the model; empty where it is not known.
        base: Catalog key of the model's base; empty where it is not known.
        since: When it was written, ISO 8601; empty where it is not known.
        by: The run, or the holder of the roll-back or acceptance, that wrote it; empty where it is not known.
    """

    version: int
    model: str
    run: str = ""
    base: str = ""
    since: str = ""
    by: str = ""


class AliasHistory:
    """The versions of all aliases. Each write may be repeated."""

    def __init__(self, table: Table) -> None:
        self._table, self._ledger = table, Ledger(table)

    def keep(self, alias: Alias, *, by: str) -> None:
        """Keeps a version that was written. A second call changes nothing."""
        key = f"{PREFIX}{alias.version:06}"
        self._table.put_new(
            {"pk": partition(alias.recipe), "sk": key, "alias": json.dumps(to_wire(alias)), "moved_by": by}
        )

    def record_live(self, alias: Alias, *, by: str) -> None:
        """Keeps a version that went live, and ends the promotion of the run that made its model. A second call changes
        nothing."""
        self.keep(alias, by=by)
        self._ledger.end(alias.run, Stage.PROMOTION, alias)

    def stored(self, recipe: str) -> list[LiveVersion]:
        """The versions that were kept, the newest first; also of a recipe that has no alias any more."""
        items = self._table.query(partition(recipe), PREFIX)
        found = [_version(from_wire(Alias, json.loads(item["alias"])), item["moved_by"]) for item in items]
        return found[::-1]

    def of(self, recipe: str, alias: Alias | None) -> list[LiveVersion]:
        """All versions that are known, the newest first.

        Args:
            recipe: The recipe.
            alias: Its alias now; None where there is none.
        """
        return merged(self.stored(recipe), self._ledger.runs(recipe), alias)


def merged(stored: Sequence[LiveVersion], runs: Sequence[RunRecord], alias: Alias | None) -> list[LiveVersion]:
    """The versions that were kept, and those that runs and the alias tell of, the newest first."""
    made = {model: record for record in runs if (model := model_of(record))}
    found: dict[int, LiveVersion] = {}
    if alias:
        found[alias.version] = _version(alias, "")
        if alias.previous and alias.version > 1:
            record = made.get(alias.previous)
            run, base = (record.run.id, record.run.recipe.student) if record else ("", "")
            found[alias.version - 1] = LiveVersion(version=alias.version - 1, model=alias.previous, run=run, base=base)
    for record in runs:
        if (stage := record.stages.get(Stage.PROMOTION)) and stage.product:
            promoted = from_wire(Alias, stage.product)
            found[promoted.version] = _version(promoted, record.run.id)
    found |= {each.version: each for each in stored}
    return [found[version] for version in sorted(found, reverse=True)]


def live_and_previous(versions: Sequence[LiveVersion], alias: Alias) -> list[LiveVersion]:
    """Of the versions, the newest first: the live one, and the latest before it that had the alias's previous model."""
    live = [each for each in versions if each.version == alias.version]
    before = [each for each in versions if each.version < alias.version and each.model == alias.previous]
    return [*live, *before[:1]]


def _version(alias: Alias, by: str) -> LiveVersion:
    return LiveVersion(
        version=alias.version, model=alias.current, run=alias.run, base=alias.base, since=alias.changed, by=by
    )
