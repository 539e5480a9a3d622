"""Looks up models, pairs and profiles. It never guesses: where no source gives a fact, the answer is None or False."""

from collections.abc import Iterable
from datetime import date

from distillery.core.catalog.data import PROVIDERS, all_pairs, models_of
from distillery.core.catalog.life import LifeState
from distillery.core.catalog.types import CustomizeId, HostId, InvokeId, Latency, Model, Pair, Profile


class UnknownModel(KeyError):
    """The catalog has no model with that id. The message gives the id, similar ones, and where to add a model."""

    def __init__(self, ident: str, known: Iterable[str]) -> None:
        super().__init__(ident)
        self.ident = ident
        self.known = tuple(known)

    def __reduce__(self) -> tuple[type, tuple[str, tuple[str, ...]], dict[str, object]]:
        return type(self), (self.ident, self.known), self.__dict__

    def __str__(self) -> str:
        from difflib import get_close_matches  # slow to import, and only an error needs it

        similar = get_close_matches(self.ident, self.known, n=3, cutoff=0.4) or sorted(self.known)
        return (
            f"the catalog has no model {self.ident!r}; similar ids: {', '.join(similar)}. Use one of these, or add the "
            "model to distillery/core/catalog"
        )


def models() -> tuple[Model, ...]:
    """Every model of the catalog, the ended ones included."""
    return tuple(known for provider in PROVIDERS for known in models_of(provider).values())


def model(ident: str) -> Model:
    """The model that `ident` invokes on demand. Raises `UnknownModel`."""
    if (found := _find(ident)) is None:
        raise UnknownModel(ident, (known.id for known in models()))
    return found


def _find(ident: str) -> Model | None:
    provider = ident.partition(".")[0]
    return models_of(provider).get(InvokeId(ident)) if provider in PROVIDERS else None


def base_of(ident: CustomizeId | HostId) -> Model:
    """The model that `ident` customizes, or that a custom-model ARN names as its base. Raises `UnknownModel`."""
    found = {purpose: known for known in models() for purpose in (known.customize, known.host) if purpose}
    try:
        return found[ident]
    except KeyError:
        raise UnknownModel(ident, found) from None


def student_context(student: str) -> int | None:
    """The longest prompt-answer pair, in tokens, that the student is trained on; None where no source gives it."""
    found = _find(student)
    return found.training_context_tokens if found else None


def pair(teacher: str, student: str) -> Pair | None:
    """The pair of these two, offered today or not; None if Bedrock has never distilled one into the other."""
    return next((known for known in all_pairs() if (known.teacher, known.student) == (teacher, student)), None)


def pairs(region: str | None = None, on: date | None = None) -> tuple[Pair, ...]:
    """The pairs of the catalog.

    Args:
        region: Only the pairs that are offered in this Region.
        on: Only the pairs that a new job may use on this day.
    """
    return tuple(
        known
        for known in all_pairs()
        if (region is None or region in known.regions) and (on is None or _is_available(known, on))
    )


def _is_available(known: Pair, on: date) -> bool:
    # UG model-lifecycle-legacy: a Legacy teacher still answers, a Legacy student takes no new job.
    (region, *_) = known.regions
    teacher, student = model(known.teacher).life, model(known.student).life
    return (
        known.is_available(on)
        and teacher.state(on, region) in (LifeState.ACTIVE, LifeState.LEGACY)
        and student.state(on, region) is LifeState.ACTIVE
    )


def profile_for(ident: str, region: str) -> Profile | None:
    """The inference profile to call the model with from `region`, or None.

    A geographic profile is preferred to a global one: it keeps the data in its geography, and its destinations
    never change (UG inference-profiles-support), so a policy that lists them stays correct.
    """
    callable_here = [known for known in model(ident).profiles if region in known.destinations]
    return min(callable_here, key=lambda known: known.geography == "global", default=None)


def latency_offered(ident: str, latency: Latency, region: str, on: date) -> bool:
    """Whether callers in `region` can use the model with this latency mode on the day `on`."""
    found = model(ident)
    alive = found.life.state(on, region) in (LifeState.ACTIVE, LifeState.LEGACY)
    if latency is Latency.STANDARD:
        return alive and (region in found.in_region or profile_for(ident, region) is not None)
    first = found.latency.get(latency, {}).get(region)
    return alive and first is not None and first <= on
