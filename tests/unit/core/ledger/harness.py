"""A ledger whose table fails as DynamoDB may, and which checks the month after every write."""

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.month import Month
from distillery.core.ledger.table import Item
from distillery.core.pipeline import Dataset, Outcome, Run
from distillery.core.recipe import Recipe
from tests.fakes.errors import service_error
from tests.fakes.pipeline import dataset, recipe
from tests.fakes.table import MemoryTable

CAP = Decimal("40.00")
WORST = Decimal("9.70")  # of `dataset()`: four fit into the cap, five do not
NOVEMBER = "2026-11-23T12:00:00+00:00"


class FlakyTable(MemoryTable):
    """Throttles a share of all writes, and loses the response of a share. cap: of every month."""

    def __init__(self, *, seed: int = 0, throttled: float = 0, lost: float = 0, cap: Decimal = CAP) -> None:
        super().__init__()
        self._dice, self._cap = random.Random(seed), cap
        self.throttled, self.lost = throttled, lost
        self.lose_next = False
        self.meanwhile: list[Callable[[], object]] = []  # called just after a month was read, the last first

    def get(self, pk: str, sk: str) -> Item | None:
        found = super().get(pk, sk)
        if sk.startswith("month#") and self.meanwhile:
            self.meanwhile.pop()()
        return found

    def put(self, item: Item) -> None:
        super().put(item)
        if item["sk"].startswith("month#"):
            held = Month.of(self, item["pk"].removeprefix("recipe#"), item["sk"].removeprefix("month#"))
            assert held.reserved <= self._cap, f"{held.reserved} of {self._cap} are reserved"
            assert str(held.reserved) == item["reserved"]

    def put_all(self, *puts: Any) -> bool:
        return bool(self._through(lambda: super(FlakyTable, self).put_all(*puts)))

    def set(self, pk: str, sk: str, values: Mapping[str, str], *, only_if: str, given: Mapping[str, str]) -> bool:
        return bool(self._through(lambda: super(FlakyTable, self).set(pk, sk, values, only_if=only_if, given=given)))

    def delete(self, pk: str, sk: str, *, attribute: str, equal: str) -> bool:
        return bool(self._through(lambda: super(FlakyTable, self).delete(pk, sk, attribute=attribute, equal=equal)))

    def _through(self, write: Any) -> object:
        with self._alone:
            throttled, lost = self._dice.random() < self.throttled, self._dice.random() < self.lost
        if throttled:
            raise service_error("ProvisionedThroughputExceededException")
        answer = write()
        if lost or self.lose_next:
            self.lose_next = False
            raise TimeoutError("the answer is lost")
        return answer


class LedgerHarness:
    """Counts payments independently of the ledger: each run pays for its job once."""

    def __init__(self, table: MemoryTable | None = None, of: Recipe | None = None) -> None:
        self.table = table or FlakyTable()
        self.ledger = Ledger(self.table)
        self.recipe = of or recipe(monthly_budget_usd=CAP)
        self.usd = WORST
        self.paid: dict[str, Decimal] = {}
        self._counting = threading.Lock()

    def open(self, digest: str = "aa", *, again: bool = False) -> Run:
        return self.ledger.open(self.recipe, self.data(digest), again=again).run

    def data(self, digest: str = "aa") -> Dataset:
        return replace(dataset(digest), at_most_usd=self.usd)

    def pay(self, run: Run) -> None:
        self.ledger.count_job_request(run.id)
        with self._counting:
            self.paid[run.id] = run.dataset.at_most_usd

    def end(self, run: Run) -> None:
        self.ledger.close(run.id, Outcome.FAILED)

    def month(self, stamp: str = NOVEMBER) -> Month:
        return self.ledger.month(self.recipe.name, stamp)
