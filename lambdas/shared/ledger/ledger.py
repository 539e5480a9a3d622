"""Who is on the road, what came out, and the lock that keeps one active run per recipe.

    pk                 sk                     what
    recipe#<recipe>    run#<run id>           a run's lineage: stages with start, end and product, and its outcome
    recipe#<recipe>    attempt#<digests>      the newest attempt at these prompts with this recipe
    active             <recipe>               the lock: the run that the recipe has on the road
    recipe#<recipe>    <holder>               a roll-back: who asked for it, from and to which model, and its outcome
    uploads#<run id>   <digest>               an object that the run was made of
    object#<uri>       <version>              who uploaded it, as S3 tells it
    waiting            <job name>             the task token of a run that waits for a customization job

Every write is conditional, so that an event delivered twice, or a retry after half a success, changes nothing.
"""

import json
from typing import Any

from lambdas.shared import clock, names
from lambdas.shared.errors import BadRequest, RunActive
from lambdas.shared.escaping import one_line, quoted
from lambdas.shared.ledger.keys import AWAITING, attempts_key, busy, id_of, lock_item, run_item, run_key
from lambdas.shared.ledger.records import RunRecord, Waiting, run_record
from lambdas.shared.ledger.table import NEW, Table
from lambdas.shared.recipe import Recipe
from lambdas.shared.road import Dataset, Outcome, Run, Stage
from lambdas.shared.wire import to_wire


class Ledger:
    """The table's only reader and writer."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, recipe: Recipe, dataset: Dataset, *, again: bool, awaiting: bool = False) -> RunRecord:
        """The run of these prompts: the last attempt's, or a new one where that ended without a student or
        `again` is said. Raises RunActive where the recipe has another run on the road.

        With `awaiting` it waits for an approval and takes no recipe; one that waits is opened anew where its estimate
        or its recipe has changed, and begins where it need not wait any more.
        """
        last = self._last_attempt(recipe, dataset)
        if last is not None and (last.outcome is Outcome.RUNNING or (last.has_student and not again)):
            return last
        waits = last is not None and last.outcome is Outcome.AWAITING
        attempt = (last.run.attempt + (not waits)) if last else 1
        run = Run(id=id_of(recipe, dataset, attempt), recipe=recipe, dataset=dataset, attempt=attempt)
        if waits and awaiting and last is not None and last.run == run:
            return last
        if not self._claim(run, last, awaiting=awaiting) and not awaiting:
            holder = self.active().get(recipe.name, "another that has just begun")
            if holder != run.id:  # our own id: the same event twice, and the other delivery was faster
                raise RunActive(busy(recipe.name, holder))
        return self.run(run.id)

    def _last_attempt(self, recipe: Recipe, dataset: Dataset) -> RunRecord | None:
        item = self._table.get(*attempts_key(recipe, dataset))
        return self.run(id_of(recipe, dataset, int(item["attempt"]))) if item else None

    def _claim(self, run: Run, last: RunRecord | None, *, awaiting: bool) -> bool:
        """Lock, run and attempt number in one transaction: a crash leaves all of them or none."""
        opened, (pk, sk) = clock.stamp(), attempts_key(run.recipe, run.dataset)
        waits = last is not None and last.run.id == run.id
        unchanged = (NEW, {}) if last is None else ("attempt = :last", {":last": str(last.run.attempt)})
        record = run_item(run, Outcome.AWAITING if awaiting else Outcome.RUNNING, opened=opened)
        same = AWAITING if waits else (NEW, {})
        counter = {"pk": pk, "sk": sk, "attempt": str(run.attempt)}
        puts = [(record, *same), (counter, *unchanged)]
        if not awaiting:
            puts.append((lock_item(run.recipe.name, run.id, opened=opened), NEW, {}))
        return self._table.put_all(*puts)

    def run(self, run_id: str) -> RunRecord:
        """Raises BadRequest for a run that is not in the ledger."""
        item = self._table.get(*run_key(run_id))
        if item is None:
            raise BadRequest(f"there is no run {quoted(run_id)} in the ledger; `distillery status` lists the runs")
        return run_record(item)

    def runs(self, recipe: str) -> list[RunRecord]:
        """All runs of a recipe, the newest first."""
        found = [run_record(item) for item in self._table.query(f"recipe#{recipe}", "run#")]
        return sorted(found, key=lambda record: record.opened, reverse=True)

    def begin(self, run_id: str, stage: Stage) -> None:
        """The stage has started; a second call changes nothing."""
        self._set_once(run_id, f"{stage}_started", clock.stamp())

    def end(self, run_id: str, stage: Stage, product: Any) -> None:
        """The stage has given its product to the next; a second call changes nothing."""
        self._set_once(run_id, f"{stage}_product", json.dumps(to_wire(product)))
        self._set_once(run_id, f"{stage}_ended", clock.stamp())

    def _set_once(self, run_id: str, attribute: str, value: str) -> None:
        self._table.set(*run_key(run_id), {attribute: value}, only_if=f"attribute_not_exists(#{attribute})", given={})

    def close(
        self, run_id: str, outcome: Outcome, reason: str = "", *, was: Outcome = Outcome.RUNNING, by: str | None = None
    ) -> bool:
        """Records how the run ended, and who ended it if somebody did, and gives the recipe free. False where it was
        closed before."""
        closing = {"outcome": outcome.value, "reason": one_line(reason), "closed": clock.stamp()}
        closing |= {"closed_by": by} if by else {}
        first = self._table.set(*run_key(run_id), closing, only_if="#outcome = :outcome", given={"outcome": was})
        self.unlock(names.recipe_of(run_id), run_id)
        return first

    def lock(self, recipe: str, holder: str) -> None:
        """Keeps a recipe for something that is not a run, such as a roll-back. Raises RunActive."""
        if not self._table.put_new(lock_item(recipe, holder, opened=clock.stamp())):
            raise RunActive(busy(recipe, self.active().get(recipe, "another that has just ended")))

    def unlock(self, recipe: str, holder: str) -> None:
        """Gives the recipe free if `holder` has it."""
        self._table.delete("active", recipe, attribute="run", equal=holder)

    def active(self) -> dict[str, str]:
        """Who is on the road: recipe → run id."""
        return {item["sk"]: item["run"] for item in self._table.query("active")}

    def wait(self, waiting: Waiting) -> None:
        """Keeps a task token; a retried task brings a new one, which takes the old one's place."""
        self._table.put({"pk": "waiting", "sk": waiting.job, "token": waiting.token, "run": waiting.run})

    def waiting(self) -> list[Waiting]:
        """Every run that waits for a customization job."""
        return [Waiting(job=i["sk"], token=i["token"], run=i["run"]) for i in self._table.query("waiting")]

    def settled(self, waiting: Waiting) -> None:
        """The token was answered. A newer token of the same job stays."""
        self._table.delete("waiting", waiting.job, attribute="token", equal=waiting.token)
