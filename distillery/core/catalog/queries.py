"""Questions to the catalog. Nothing here guesses: what no source says is answered with None, or with no."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from distillery.core.catalog import amazon, amazon_later, anthropic, meta
from distillery.core.catalog.life import LifeState
from distillery.core.catalog.pairs import PAIRS
from distillery.core.catalog.types import CustomizeId, HostId, InvokeId, Latency, Model, Pair, Profile

MODELS: Mapping[InvokeId, Model] = MappingProxyType(
    {
        model.id: model
        for model in (
            amazon.NOVA_PRO,
            amazon.NOVA_LITE,
            amazon.NOVA_MICRO,
            amazon_later.NOVA_PREMIER,
            amazon_later.NOVA_2_LITE,
            anthropic.SONNET_3_5,
            anthropic.SONNET_3_5_V2,
            anthropic.HAIKU_3,
            anthropic.HAIKU_3_5,
            anthropic.HAIKU_4_5,
            anthropic.HAIKU_5_5,
            meta.LLAMA_3_1_8B,
            meta.LLAMA_3_1_70B,
            meta.LLAMA_3_1_405B,
            meta.LLAMA_3_2_1B,
            meta.LLAMA_3_2_3B,
            meta.LLAMA_3_3_70B,
        )
    }
)


class UnknownModel(KeyError):
    """The catalog has no model of that id. The message names the id, near ones, and where to add it."""

    def __init__(self, ident: str, known: Iterable[str]) -> None:
        super().__init__(ident)
        self.ident = ident
        self.known = tuple(known)

    def __str__(self) -> str:
        from difflib import get_close_matches  # an error's price, not every cold start's

        near = get_close_matches(self.ident, self.known, n=3, cutoff=0.4) or sorted(self.known)
        return (
            f"the catalog knows no model {self.ident!r}; near it: {', '.join(near)}. Use one of these ids, or add "
            "the model in distillery/core/catalog"
        )


def models() -> tuple[Model, ...]:
    """Every model of the catalog, the ended ones included."""
    return tuple(MODELS.values())


def model(ident: str) -> Model:
    """The model that `ident` invokes on demand. Raises `UnknownModel`."""
    try:
        return MODELS[InvokeId(ident)]
    except KeyError:
        raise UnknownModel(ident, MODELS) from None


def base_of(ident: CustomizeId | HostId) -> Model:
    """The model that `ident` customizes, or that a custom-model ARN names as its base. Raises `UnknownModel`."""
    found: dict[str, Model] = {}
    for known in MODELS.values():
        found |= {purpose: known for purpose in (known.customize, known.host) if purpose}
    try:
        return found[ident]
    except KeyError:
        raise UnknownModel(ident, found) from None


def pair(teacher: str, student: str) -> Pair | None:
    """The pair of these two, on offer or not; None if Bedrock has never distilled one into the other."""
    return next((known for known in PAIRS if (known.teacher, known.student) == (teacher, student)), None)


def pairs(region: str | None = None, on: date | None = None) -> tuple[Pair, ...]:
    """The pairs of the catalog: with `region` those offered there, with `on` those a new job may use then."""
    return tuple(
        known for known in PAIRS if (region is None or region in known.regions) and (on is None or _distils(known, on))
    )


def _distils(known: Pair, on: date) -> bool:
    # UG model-lifecycle-legacy: a Legacy teacher still answers, a Legacy student takes no new job.
    (region, *_) = known.regions
    teacher, student = MODELS[known.teacher].life, MODELS[known.student].life
    return (
        known.on_offer(on)
        and teacher.state(on, region) in (LifeState.ACTIVE, LifeState.LEGACY)
        and student.state(on, region) is LifeState.ACTIVE
    )


def profile_for(ident: str, region: str) -> Profile | None:
    """The profile to call the model with from `region`: a geographic one before a global one, None without any.

    Geographic first: it keeps the data in its geography, and its destinations never change
    (UG inference-profiles-support), so that a policy made from them stays right.
    """
    callable_here = [known for known in model(ident).profiles if region in known.destinations]
    return min(callable_here, key=lambda known: known.geography == "global", default=None)


def latency_offered(ident: str, latency: Latency, region: str, on: date) -> bool:
    """Whether the model is served with `latency` to callers in `region` on that day, while it lives."""
    found = model(ident)
    alive = found.life.state(on, region) in (LifeState.ACTIVE, LifeState.LEGACY)
    if latency is Latency.STANDARD:
        return alive and (region in found.in_region or profile_for(ident, region) is not None)
    first = found.latency.get(latency, {}).get(region)
    return alive and first is not None and first <= on
