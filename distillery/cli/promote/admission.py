"""Asks the admission function of the target, which alone decides, and once for a record."""

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass

from distillery.cli.target import Target
from distillery.core.promotions import VERB, AdmissionAnswer, AdmissionRequest, Way
from distillery.core.serialization import from_wire, to_wire
from distillery.records.refusal import Refusal

PAUSES = (1, 2, 4, 8, 15, 15, 15)
"""Seconds between two looks for the run that the prompts begin: about a minute in all. The dataset stage reads small
files within seconds; for the largest it takes minutes, and `distillery promotions` shows the run then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A record that is to be admitted by the target `there`. `reason`: why, which its ledger keeps; `way`: the one that
    was confirmed, which a new promotion takes or is refused."""

    there: Target
    record: bytes
    reason: str
    way: Way | None = None

    def request(self, promotion: str) -> AdmissionAnswer:
        """Has the target consume the record, or says how far `promotion` is that has consumed it.

        An interrupted call is resumed: a promotion of this record that still waits for its prompts is continued, also
        without its id. By its id, the target admits it again if its run has ended without a student.

        Raises:
            FunctionRefused: The target refuses.
        """
        from distillery.client import FunctionRefused

        try:
            return self._ask(promotion, again=bool(promotion))
        except FunctionRefused as refused:
            earlier = refused.details.get("promotion", "")
            if promotion or refused.details.get("reason") != Refusal.REPLAYED or not earlier:
                raise
            answer = self._ask(earlier)
            if not answer.awaits_prompts:
                raise
            return answer

    def look(self, promotion: str) -> AdmissionAnswer:
        """How far the promotion is. Changes nothing."""
        return self._ask(promotion)

    def run_after(self, before: AdmissionAnswer) -> str:
        """The run that the prompts have begun, after that of `before`; empty if it has not begun after a minute."""
        for _ in _pauses():
            run = self.look(before.promotion).run
            if run != before.run:
                return run
        return ""

    def _ask(self, promotion: str, *, again: bool = False) -> AdmissionAnswer:
        encoded = base64.b64encode(self.record).decode()
        request = AdmissionRequest(record=encoded, promotion=promotion, reason=self.reason, way=self.way, again=again)
        return from_wire(AdmissionAnswer, self.there.account.decide(VERB, to_wire(request)))


def _pauses() -> Iterator[None]:
    for seconds in PAUSES:
        time.sleep(seconds)
        yield
