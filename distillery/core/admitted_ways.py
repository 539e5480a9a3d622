"""The ways of a promotion that train no student, as the settings of this environment admit them at present.

A promotion keeps the way that it was admitted by, and the settings may change before its run has a student.
"""

import json
import os
from dataclasses import dataclass
from typing import Self

from distillery.core.env_vars import Variable
from distillery.core.errors import BadRequest
from distillery.core.ledger.student_promotion import StudentPromotion
from distillery.core.promotions import Way
from distillery.core.serialization import from_wire, to_wire


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedWays:
    """What the settings admit. `lenders`: the environments whose models this one may use, where it keeps no data;
    `copy_from`: the accounts whose models it may copy."""

    lenders: tuple[str, ...] = ()
    copy_from: tuple[str, ...] = ()

    @classmethod
    def of_function(cls) -> Self:
        """What the function's environment variable says; nothing without it."""
        return from_wire(cls, json.loads(os.environ.get(Variable.ADMITTED_WAYS) or "{}"))

    @property
    def variables(self) -> dict[Variable, str]:
        """The environment variable of a function; none where the settings admit nothing."""
        said = json.dumps(to_wire(self), sort_keys=True)
        return {Variable.ADMITTED_WAYS: said} if self.lenders or self.copy_from else {}

    def check(self, promotion: StudentPromotion) -> None:
        """Raises BadRequest where they do not admit the promotion's way any more."""
        record = promotion.record
        admitted = {
            Way.REPOINT: record.environment in self.lenders,
            Way.COPY: record.account in self.copy_from,
            Way.REDISTIL: True,
        }
        if not admitted[promotion.way]:
            raise no_longer_admitted(promotion)


def no_longer_admitted(promotion: StudentPromotion) -> BadRequest:
    """The refusal of a promotion by a way that trains no student."""
    return BadRequest(
        f"promotion {promotion.id} was admitted by the way {promotion.way}, which trains no student, and the settings "
        "of this environment no longer allow it; restore keep_data, and through and copy_from in [promotion], then "
        "start another attempt; or abandon the promotion and promote another run"
    )
