"""The parts of `report.json` that say where a student comes from and how it was judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LossPoint:
    """The loss at one step of training, as the job reports it."""

    step: int
    training: float | None = None
    validation: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The customization job's own output.

    Attributes:
        accepted: Prompts that the job trained on; None if it does not say.
        rejected: Prompts that the job left out.
        reasons: Why, with the number of prompts.
        loss: The curve, in the order of the steps.
    """

    accepted: int | None = None
    rejected: int | None = None
    reasons: Mapping[str, int] = field(default_factory=dict)
    loss: tuple[LossPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What the student was made of. An empty value is unknown."""

    recipe: str = ""
    attempt: int | None = None
    teacher: str = ""
    student: str = ""
    dataset_uri: str = ""
    heldout_uri: str = ""
    dataset_digest: str = ""
    prompts: int | None = None
    job_arn: str = ""
    model_arn: str = ""
    incumbent: str = ""
    uploaded_by: tuple[str, ...] = ()
    approved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraderUsed:
    """A grader of the recipe with its options, as JSON text."""

    kind: str
    measure: str
    weight: Decimal = Decimal(1)
    options: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How the verdict was reached.

    Attributes:
        digest: The digest of graders and bars, which is fixed before the first answer.
        resamples: The number of bootstrap resamples; None without a bootstrap.
        versions: The versions of the software that computed, by name.
        notes: What else a reader must know, in sentences.
    """

    graders: tuple[GraderUsed, ...] = ()
    digest: str = ""
    seed: int | None = None
    resamples: int | None = None
    families: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How often candidates were judged on this held-out set, this verdict included.

    Attributes:
        warning: What many looks mean for this verdict; empty if they are few.
    """

    total: int
    candidates: int
    warning: str = ""


MANY = 5
"""Candidates from which the report warns: if none is good enough, one of five passes with up to 1 − 0.95⁵ = 23 %."""


def count_looks(models: Sequence[str]) -> Looks:
    """The looks at a held-out set, by the model of each."""
    candidates = len(set(models))
    if candidates < MANY:
        return Looks(total=len(models), candidates=candidates)
    error = 1 - 0.95**candidates
    return Looks(
        total=len(models),
        candidates=candidates,
        warning=f"{candidates} candidates were judged on these held-out prompts. If none of them is good enough, one "
        f"passes by chance with up to {error:.0%}; upload prompts that no candidate was judged on.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedBy:
    """A person's decision to promote."""

    by: str
    reason: str
    on: str
