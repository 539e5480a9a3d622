"""The simulated models, inference profiles and teacher-student pairs, with their dates: US Regions, text models.

Sources: Bedrock User Guide (model cards, model-lifecycle, prequisites-model-distillation, latency-optimized-inference,
deploy-custom-model-on-demand; batch-inference-supported for Llama 3.3 in us-east-2), the December 2024 announcements,
and dated price tables (dollars per million tokens, input and output). Early copies of latency-optimized-inference list
Claude 3.5 Haiku and Llama 3.1 in us-east-2 only, later ones us-west-2 and Nova Pro too. First days of Claude and Llama
models are those of the User Guide's document history. The first days of optimized latency in other Regions, first days
of Nova models, the US end of Claude 3.5 Sonnet and the day Llama 3.1 70B became Legacy are from memory: UNVERIFIED.

Copying and sharing custom models: User Guide, copy-model-support and share-model-support, as printed in autumn 2026. A
model in neither table supports neither; Nova 2 Lite and Llama 3.3 are in none. Sharing itself is done by AWS RAM, which
a host may simulate (`ports.Shares`).
"""

from collections.abc import Mapping
from datetime import date

from bedrock_simulator.catalog import availability, models
from bedrock_simulator.catalog.models import Model, Pair, Profile

EAST1, EAST2, WEST2, WEST1 = "us-east-1", "us-east-2", "us-west-2", "us-west-1"
US = (EAST1, EAST2, WEST2)
_OPTIMIZED_WEST2, _OPTIMIZED_NOVA = date(2025, 1, 1), date(2025, 4, 1)


def _us(model_id: str, *, west1: bool = False, first: date | None = None) -> Profile:
    routes = dict.fromkeys(US, US)
    return Profile(f"us.{model_id}", {**routes, WEST1: (*US, WEST1)} if west1 else routes, first)


def _global(model_id: str) -> Profile:
    return Profile(f"global.{model_id}", {region: (region, "") for region in US})


def _one(region: str) -> frozenset[str]:
    return frozenset({region})


# fmt: off
AMAZON = (
    Model(
        "amazon.nova-pro-v1:0", "Nova Pro", "Amazon", date(2024, 12, 3), _one(EAST1),
        (_us("amazon.nova-pro-v1:0", west1=True),), ("amazon.nova-pro-v1:0:300k",), _one(EAST1),
        optimized=dict.fromkeys((EAST1, EAST2), _OPTIMIZED_NOVA), tiers=frozenset({"priority", "flex"}),
        on_demand_custom=_one(EAST1), strong=True, multi_turn=True,
        prices={"standard": ("0.80", "3.20"), "optimized": ("1.00", "4.00"),
                "priority": ("1.40", "5.60"), "flex": ("0.40", "1.60")},
    ),
    Model(
        "amazon.nova-lite-v1:0", "Nova Lite", "Amazon", date(2024, 12, 3), _one(EAST1),
        (_us("amazon.nova-lite-v1:0"),), ("amazon.nova-lite-v1:0:300k",), _one(EAST1),
        on_demand_custom=_one(EAST1), multi_turn=True,
        prices={"standard": ("0.06", "0.24")},
    ),
    Model(
        "amazon.nova-micro-v1:0", "Nova Micro", "Amazon", date(2024, 12, 3), _one(EAST1),
        (_us("amazon.nova-micro-v1:0"),), ("amazon.nova-micro-v1:0:128k",), _one(EAST1),
        on_demand_custom=_one(EAST1), multi_turn=True,
        prices={"standard": ("0.035", "0.14")},
    ),
    Model(
        "amazon.nova-premier-v1:0", "Nova Premier", "Amazon", date(2025, 4, 30),
        profiles=(_us("amazon.nova-premier-v1:0"),), legacy=date(2026, 3, 13), end=date(2026, 9, 14),
        tiers=frozenset({"priority"}), strong=True, multi_turn=True,
        prices={"standard": ("2.50", "12.50"), "priority": ("4.375", "21.875")},
    ),
    Model(
        "amazon.nova-2-lite-v1:0", "Nova 2 Lite", "Amazon", date(2025, 12, 2),
        profiles=(_us("amazon.nova-2-lite-v1:0"), _global("amazon.nova-2-lite-v1:0")),
        variants=("amazon.nova-2-lite-v1:0:256k",), customize=_one(EAST1),
        tiers=frozenset({"priority", "flex"}), on_demand_custom=_one(EAST1), strong=True, multi_turn=True,
        prices={"standard": ("0.30", "2.50")},
    ),
)

_SONNET_1 = "anthropic.claude-3-5-sonnet-20240620-v1:0"
_SONNET_2 = "anthropic.claude-3-5-sonnet-20241022-v2:0"
_HAIKU_3 = "anthropic.claude-3-haiku-20240307-v1:0"
_HAIKU_35 = "anthropic.claude-3-5-haiku-20241022-v1:0"
_HAIKU_45 = "anthropic.claude-haiku-4-5-20251001-v1:0"
_HAIKU_55 = "anthropic.claude-haiku-5-5"
_SONNET_END = date(2026, 3, 1)

ANTHROPIC = (
    Model(
        _HAIKU_3, "Claude 3 Haiku", "Anthropic", date(2024, 3, 13), frozenset({EAST1, WEST2}),
        (Profile(f"us.{_HAIKU_3}", {EAST1: (EAST1, WEST2), EAST2: US, WEST2: (EAST1, WEST2)}),),
        (f"{_HAIKU_3}:200k",), _one(WEST2), date(2026, 3, 10), date(2026, 9, 10),
        prices={"standard": ("0.25", "1.25")},
    ),
    Model(
        _SONNET_1, "Claude 3.5 Sonnet", "Anthropic", date(2024, 6, 20), frozenset({EAST1, WEST2}),
        (_us(_SONNET_1),), legacy=date(2025, 8, 25), end=_SONNET_END, strong=True,
        prices={"standard": ("3", "15")},
    ),
    Model(
        _SONNET_2, "Claude 3.5 Sonnet v2", "Anthropic", date(2024, 10, 22), _one(WEST2), (_us(_SONNET_2),),
        legacy=date(2025, 8, 25), end=_SONNET_END, strong=True, prices={"standard": ("3", "15")},
    ),
    Model(
        _HAIKU_35, "Claude 3.5 Haiku", "Anthropic", date(2024, 11, 4), _one(WEST2), (_us(_HAIKU_35),),
        legacy=date(2025, 12, 19), end=date(2026, 6, 19), strong=True,
        optimized={EAST2: availability.OPTIMIZED, WEST2: _OPTIMIZED_WEST2},
        prices={"standard": ("0.80", "4"), "optimized": ("1", "5")},
    ),
    Model(
        _HAIKU_45, "Claude Haiku 4.5", "Anthropic", date(2025, 10, 15),
        profiles=(_us(_HAIKU_45), _global(_HAIKU_45)), strong=True,
        prices={"standard": ("1.10", "5.50"), "global": ("1", "5")},
    ),
    Model(
        _HAIKU_55, "Claude Haiku 5.5", "Anthropic", date(2026, 10, 7),
        profiles=(_us(_HAIKU_55), _global(_HAIKU_55)), strong=True, returns_reasoning=True,
        prices={"standard": ("0.11", "0.55"), "global": ("0.10", "0.50")},
    ),
)

_L405, _L70 = "meta.llama3-1-405b-instruct-v1:0", "meta.llama3-1-70b-instruct-v1:0"
_L8, _L3370 = "meta.llama3-1-8b-instruct-v1:0", "meta.llama3-3-70b-instruct-v1:0"
_L1, _L3 = "meta.llama3-2-1b-instruct-v1:0", "meta.llama3-2-3b-instruct-v1:0"
_LLAMA_31, _LLAMA_32, _LLAMA_33 = date(2024, 7, 23), date(2024, 9, 25), date(2024, 12, 19)
_OLD_LEGACY, _OLD_END = date(2026, 1, 7), date(2026, 7, 7)
_NEXT_END = date(2027, 3, 30)

META = (
    Model(
        _L405, "Llama 3.1 405B", "Meta", _LLAMA_31, _one(WEST2), (Profile(f"us.{_L405}", {EAST2: US}),),
        legacy=_OLD_LEGACY,
        end=_OLD_END, optimized={EAST2: availability.OPTIMIZED}, strong=True,
    ),
    Model(
        _L70, "Llama 3.1 70B", "Meta", _LLAMA_31, _one(WEST2), (_us(_L70),), (f"{_L70}:128k",),
        _one(WEST2), date(2026, 9, 30), _NEXT_END, strong=True,
        optimized={EAST2: availability.OPTIMIZED, WEST2: _OPTIMIZED_WEST2},
        prices={"standard": ("0.72", "0.72"), "optimized": ("0.90", "0.90")},
    ),
    Model(
        _L3370, "Llama 3.3 70B", "Meta", _LLAMA_33, _one(EAST2), (_us(_L3370),),
        variants=(f"{_L3370}:128k",), customize=_one(WEST2), end=_NEXT_END, on_demand_custom=_one(WEST2),
        strong=True, prices={"standard": ("0.72", "0.72")},
    ),
    Model(
        _L8, "Llama 3.1 8B", "Meta", _LLAMA_31, _one(WEST2), (_us(_L8),), (f"{_L8}:128k",),
        _one(WEST2), end=_NEXT_END, prices={"standard": ("0.22", "0.22")},
    ),
    Model(
        _L1, "Llama 3.2 1B", "Meta", _LLAMA_32, profiles=(_us(_L1),), variants=(f"{_L1}:128k",),
        customize=_one(WEST2), legacy=_OLD_LEGACY, end=_OLD_END, 
    ),
    Model(
        _L3, "Llama 3.2 3B", "Meta", _LLAMA_32, profiles=(_us(_L3),), variants=(f"{_L3}:128k",),
        customize=_one(WEST2), legacy=_OLD_LEGACY, end=_OLD_END, 
    ),
)

# fmt: on
MODELS: dict[str, Model] = {model.id: model for model in (*AMAZON, *ANTHROPIC, *META)}
CUSTOMIZABLE: dict[str, Model] = {variant: model for model in MODELS.values() for variant in model.variants}
VARIANTS: dict[str, Model] = {
    **CUSTOMIZABLE,
    **{variant: MODELS[variant.rpartition(":")[0]] for variant in models.PROVISIONED_CAPACITY},
}
PROFILES: dict[str, tuple[Profile, Model]] = {
    profile.id: (profile, model) for model in MODELS.values() for profile in model.profiles
}


def _pairs(
    teacher: str, students: tuple[str, ...], region: str, how: str, first: date, *, last: date | None = None
) -> list[Pair]:
    begins = max(first, MODELS[teacher].first)
    bare, profile = how in ("on-demand", "both"), how in ("profile", "both")
    return [Pair(teacher, student, region, begins, bare, profile, last) for student in students]


_NOVA_STUDENTS = AMAZON[1].variants + AMAZON[2].variants
_LLAMA_32_SMALL = (f"{_L1}:128k", f"{_L3}:128k")
_PREVIEW, _GA = availability.DISTILLATION, availability.DISTILLATION_GA

# Which pairs came with the preview of December 2024 and which with general availability is from memory: UNVERIFIED.
PAIRS: tuple[Pair, ...] = (
    *_pairs("amazon.nova-pro-v1:0", _NOVA_STUDENTS, EAST1, "both", _PREVIEW),
    *_pairs("amazon.nova-premier-v1:0", (*_NOVA_STUDENTS, *AMAZON[0].variants), EAST1, "profile", _GA),
    *_pairs(_L405, (f"{_L8}:128k", f"{_L70}:128k"), WEST2, "on-demand", _PREVIEW),
    *_pairs(_L405, (f"{_L1}:128k", f"{_L3370}:128k"), WEST2, "on-demand", _GA),
    *_pairs(_L70, (f"{_L8}:128k",), WEST2, "both", _PREVIEW),
    *_pairs(_L70, _LLAMA_32_SMALL, WEST2, "both", _GA),
    *_pairs(_L3370, (f"{_L8}:128k", *_LLAMA_32_SMALL), WEST2, "profile", _GA),
    *_pairs(_SONNET_1, (f"{_HAIKU_3}:200k",), WEST2, "both", _PREVIEW, last=_SONNET_END),
    *_pairs(_SONNET_2, (f"{_HAIKU_3}:200k",), WEST2, "both", _PREVIEW, last=_SONNET_END),
)


def model_of(identifier: str) -> Model | None:
    """Returns the model of a foundation-model ID, of one of its variants, or of an ARN of either."""
    name = identifier.rsplit("foundation-model/", 1)[-1]
    return MODELS.get(name) or VARIANTS.get(name)


_NOVA = frozenset(
    {
        *("ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1"),
        *("eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3", "us-east-1", "us-east-2"),
        *("us-gov-west-1", "us-west-2"),
    }
)
_US = frozenset({"us-east-1", "us-east-2", "us-west-2"})
_HAIKU = frozenset({"ap-south-1", "ap-southeast-2", "eu-west-1", "eu-west-2", "us-east-1", "us-west-2"})
_HAIKU_ID = "anthropic.claude-3-haiku-20240307-v1:0"

COPIED_TO: Mapping[str, frozenset[str]] = {
    "amazon.nova-lite-v1:0": _NOVA,
    "amazon.nova-micro-v1:0": _NOVA,
    "amazon.nova-pro-v1:0": _NOVA,
    _HAIKU_ID: _HAIKU,
    "meta.llama3-1-8b-instruct-v1:0": _US,
    "meta.llama3-1-70b-instruct-v1:0": _US,
    "meta.llama3-2-1b-instruct-v1:0": _US | {"eu-central-1", "eu-west-1", "eu-west-3"},
    "meta.llama3-2-3b-instruct-v1:0": _US,
}
SHARED_FROM: Mapping[str, frozenset[str]] = {_HAIKU_ID: _HAIKU}
