"""Who answers the held-out prompts: the teacher, the untrained student, the distilled student, the live model, and the
recipe's contenders.

The roles `teacher`, `base` and `student` are in every row of answers; `live` is present if the alias has a model, and
`contender/<catalog id>` once for each contender of the recipe.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from distillery.core import catalog, model_ids
from distillery.core.catalog import Price
from distillery.core.conversation import Prompt
from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Alias, Endpoint, Run, Student

TEACHER, BASE, STUDENT, LIVE = "teacher", "base", "student", "live"
ALWAYS = (TEACHER, BASE, STUDENT)
"""The roles that every evaluation has, and that a verdict needs."""
CONTENDER = "contender/"
"""The beginning of a contender's role."""

_CALLED = {
    TEACHER: "the teacher",
    BASE: "the untrained student",
    STUDENT: "the student",
    LIVE: "the live model",
}
UNPRICED = "the catalog has no price of {} on {}, so what it costs is unknown"
AS_BASE = "a custom model is priced as its base model on demand, which is reported, not documented"
AS_SERVED = "it was invoked as it is served: the system prompt of its route replaced each prompt's own"
HOURLY = f"{AS_BASE}; Provisioned Throughput is actually billed by the hour"


def called(role: str) -> str:
    """What people call a role within a sentence: `the untrained student`, or the id of a contender."""
    return _CALLED.get(role, role.removeprefix(CONTENDER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """A model that is asked.

    Attributes:
        model: What identifies the model: a catalog id, or the ARN of a custom model.
        called_as: The `modelId` of Converse.
        base: The catalog id of the model, or of what a custom model was made from.
        hourly: Whether it is billed by the hour.
        left_out: Indices of held-out prompts that it is not asked, because it was trained on them or on their families.
        note: What a reader has to know about it.
        system: The system prompt that it is asked with in place of each prompt's own, as its callers ask it; None for
            the prompts' own.
    """

    role: str
    model: str
    called_as: str
    base: str
    hourly: bool = False
    left_out: tuple[int, ...] = ()
    note: str = ""
    system: str | None = None

    @property
    def is_custom(self) -> bool:
        return self.model != self.base

    def asked_with(self, prompt: Prompt) -> Prompt:
        """The prompt as this model is asked it."""
        return prompt if self.system is None else replace(prompt, system=self.system)


def contestants(run: Run, student: Student, candidate: Endpoint, region: str) -> tuple[Contestant, ...]:
    """All contestants except the live model, as they are called from `region`. Raises ModelUnavailable."""
    recipe = run.recipe
    teacher = model_ids.teacher_identifier(recipe.teacher, recipe.student, region)
    return (
        Contestant(role=TEACHER, model=recipe.teacher, called_as=teacher, base=recipe.teacher),
        _foundation(BASE, recipe.student, region),
        Contestant(
            role=STUDENT,
            model=student.model_arn,
            called_as=candidate.arn,
            base=recipe.student,
            hourly=recipe.hosting is HostingMode.PROVISIONED,
        ),
        *(_foundation(CONTENDER + model, model, region) for model in recipe.contenders),
    )


def _foundation(role: str, model: str, region: str) -> Contestant:
    return Contestant(role=role, model=model, called_as=model_ids.identifier(model, region), base=model)


def live(alias: Alias, *, left_out: Iterable[int] = (), note: str = "", system: str | None = None) -> Contestant:
    """The model that the alias names, asked at its endpoint, with the system prompt that its route sends."""
    return Contestant(
        role=LIVE,
        model=alias.current,
        called_as=alias.endpoint.arn,
        base=alias.base,
        hourly=alias.endpoint.mode is HostingMode.PROVISIONED,
        left_out=tuple(sorted(left_out)),
        note=" ".join(filter(None, (note, "" if system is None else AS_SERVED))),
        system=system,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A contestant with its price.

    Attributes:
        price: None if the catalog has none; then the model's cost is unknown.
        price_note: What a reader has to know about the price besides its source.
    """

    role: str
    model: str
    price: Price | None
    price_note: str = ""
    left_out: tuple[int, ...] = ()
    note: str = ""


def priced(those: Iterable[Contestant], *, on: date) -> tuple[Priced, ...]:
    """The contestants with their prices on the day `on`."""
    return tuple(_priced(each, on) for each in those)


def _priced(one: Contestant, on: date) -> Priced:
    price = (catalog.custom_model_price(one.base, on) if one.is_custom else None) or _price(one, on)
    note = (HOURLY if one.hourly else AS_BASE) if one.is_custom else ""
    note = note if price else UNPRICED.format(_identifier(one), on)
    return Priced(role=one.role, model=one.model, price=price, price_note=note, left_out=one.left_out, note=one.note)


def _price(one: Contestant, on: date) -> Price | None:
    identifier = _identifier(one)
    profile = None if identifier == one.base else catalog.ProfileId(identifier)
    return catalog.price(one.base, profile=profile, on=on)


def _identifier(one: Contestant) -> str:
    return one.base if one.is_custom else one.called_as
