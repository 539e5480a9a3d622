"""The lock of one write of an alias: reading the parameter, changing it, and writing it.

SSM has no conditional write, and what changes an alias does not always have the recipe's lock: a change by business
hours and a canary take none, because a run may have it for days. Without this lock, one of two writers would restore
what the other has just replaced.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import uuid4

from distillery.core import clock
from distillery.core.errors import EndpointChanging
from distillery.core.ledger.table import Table

PARTITION = "alias-write"
LENGTH = timedelta(minutes=16)
"""After which a lock is taken over: its invocation was killed, because none takes longer."""


class AliasWrites:
    """The locks of all aliases."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @contextmanager
    def of(self, recipe: str, writer: str) -> Iterator[None]:
        """Locks the alias for one invocation.

        A step may be repeated while its first invocation still runs, so `writer` alone does not identify the holder.
        The lock of an invocation that was killed lasts until its end.

        Raises:
            EndpointChanging: Another invocation has it, for moments; the step is retried.
        """
        writer = f"{writer} {uuid4()}"
        until = (clock.now() + LENGTH).isoformat(timespec="seconds")
        item = {"pk": PARTITION, "sk": recipe, "writer": writer, "until": until}
        if not self._table.put_new(item) and not self._take_over(recipe, writer, until):
            raise EndpointChanging(f"the alias of recipe {recipe!r} is being written by another step; this is retried")
        try:
            yield
        finally:
            self._table.delete(PARTITION, recipe, attribute="writer", equal=writer)

    def _take_over(self, recipe: str, writer: str, until: str) -> bool:
        """Takes the lock of an invocation that was killed; False where it still runs, or somebody else was faster. The
        lock is the writer's own where the response to its first request was lost."""
        held = self._table.get(PARTITION, recipe)
        if held is None:
            return False
        if held["writer"] != writer and datetime.fromisoformat(held["until"]) > clock.now():
            return False
        given = {"held": held["writer"], "since": held["until"]}
        wanted = {"writer": writer, "until": until}
        return self._table.set(PARTITION, recipe, wanted, only_if="#writer = :held AND #until = :since", given=given)
