"""Gives a run the student of another environment, where its promotion goes by a way that trains none.

The ledger alone decides: whoever may start executions cannot choose a model.
"""

from dataclasses import dataclass
from enum import StrEnum

from distillery.core.admitted_ways import AdmittedWays
from distillery.core.borrowing import Borrowing
from distillery.core.ledger.borrowed_models import is_borrowed
from distillery.core.ledger.items import model_of
from distillery.core.ledger.ledger import Ledger
from distillery.core.ledger.promotions import Promotions
from distillery.core.ledger.stops import check_wanted
from distillery.core.ledger.student_promotion import StudentPromotion
from distillery.core.pipeline import Run, Stage, Student
from distillery.core.promotions import Way
from lambdas.adoption.copies import ModelCopies


class AdoptionStatus(StrEnum):
    """Where the student comes from. The state machine compares these values."""

    TRAIN = "train"
    """The run trains one."""
    PENDING = "pending"
    """It is being copied."""
    ADOPTED = "adopted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionResult:
    """The result of a step. `student`: where the run has adopted one."""

    status: AdoptionStatus
    student: Student | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseResult:
    """The result of a step. `borrowed`: whether the student is another environment's, and now under a lease."""

    borrowed: bool


@dataclass(frozen=True, slots=True)
class Adopter:
    ledger: Ledger
    promotions: Promotions
    borrowing: Borrowing
    copies: ModelCopies
    ways: AdmittedWays

    def adopt(self, run: Run) -> AdoptionResult:
        """The run's student, if it comes from elsewhere. Repeated until it is there.

        Raises:
            BadRequest: The settings no longer admit the way of the run's promotion.
            JobFailed: The model cannot be copied.
            ModelUnavailable: The model is gone.
            RunStopped: A person has stopped the run.
        """
        record = self.ledger.run(run.id)
        promotion = self.promotions.find(record.promotion) if record.promotion else None
        if promotion is None or promotion.way is Way.REDISTIL:
            return AdoptionResult(status=AdoptionStatus.TRAIN)
        check_wanted(record)
        self.ways.check(promotion)
        self.ledger.begin(run.id, Stage.DISTILLATION)
        copied = promotion.way is Way.COPY
        student = self.copies.copy(run, promotion.record.model_arn) if copied else self._borrowed(promotion, run)
        if student is None:
            return AdoptionResult(status=AdoptionStatus.PENDING)
        self.ledger.end(run.id, Stage.DISTILLATION, student)
        return AdoptionResult(status=AdoptionStatus.ADOPTED, student=student)

    def lease(self, run: Run) -> LeaseResult:
        """Takes or renews the lease of a run whose student is another environment's model. Where the run failed before,
        its lease has ended.

        Raises:
            ModelUnavailable: The model is gone.
        """
        record = self.ledger.run(run.id)
        borrowed = is_borrowed(record)
        if borrowed:
            self.borrowing.borrow(model_of(record) or "", run.id)
        return LeaseResult(borrowed=borrowed)

    def _borrowed(self, promotion: StudentPromotion, run: Run) -> Student:
        """The model itself, under a lease."""
        self.borrowing.borrow(promotion.record.model_arn, run.id)
        return Student(model_arn=promotion.record.model_arn, job_arn=promotion.record.job_arn, borrowed=True)
