"""What Provisioned Throughput can be bought for, where, and since when (User Guide, prov-thru-supported).

A base model is bought by its contextual variant, a custom model by its own name. Dates are those of the document
history; where it has none, a model is for sale from its own first day (INFERENCE).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

_EAST, _WEST = frozenset({"us-east-1"}), frozenset({"us-west-2"})
_BOTH = _EAST | _WEST


@dataclass(frozen=True, slots=True)
class Capacity:
    """One variant for sale; `quota` is the code of its limit of units for one provisioned model, where it is known."""

    regions: frozenset[str]
    quota: str | None = None
    first: date = date.min


_SHORT = date(2025, 4, 2)  # "in addition to 24k context windows for Amazon Nova Lite, Micro and Pro"
_SONNET = date(2024, 9, 23)
_LLAMA_32 = date(2025, 3, 13)
_SONNETS = ("anthropic.claude-3-5-sonnet-20240620-v1:0", "anthropic.claude-3-5-sonnet-20241022-v2:0")

FOR_SALE: Mapping[str, Capacity] = {
    "amazon.nova-2-lite-v1:0:256k": Capacity(_EAST, "L-07D3BCF0"),
    "amazon.nova-lite-v1:0:24k": Capacity(_EAST, first=_SHORT),
    "amazon.nova-lite-v1:0:300k": Capacity(_EAST, "L-127FC9D0"),
    "amazon.nova-micro-v1:0:24k": Capacity(_EAST, first=_SHORT),
    "amazon.nova-micro-v1:0:128k": Capacity(_EAST, "L-AC096F71"),
    "amazon.nova-pro-v1:0:24k": Capacity(_EAST, first=_SHORT),
    "amazon.nova-pro-v1:0:300k": Capacity(_EAST, "L-E48B7984"),
    "anthropic.claude-3-haiku-20240307-v1:0:48k": Capacity(_BOTH, "L-3BE61D60"),
    "anthropic.claude-3-haiku-20240307-v1:0:200k": Capacity(_BOTH, "L-EF415EF6"),
    **{f"{name}:{size}": Capacity(_WEST, first=_SONNET) for name in _SONNETS for size in ("18k", "51k", "200k")},
    "meta.llama3-1-8b-instruct-v1:0:128k": Capacity(_WEST, "L-3632DE15"),
    "meta.llama3-1-70b-instruct-v1:0:128k": Capacity(_WEST, "L-DD7903AD"),
    "meta.llama3-2-1b-instruct-v1:0:128k": Capacity(_WEST, "L-B547321D", _LLAMA_32),
    "meta.llama3-2-3b-instruct-v1:0:128k": Capacity(_WEST, "L-12E68701", _LLAMA_32),
}


def sold(variant: str, region: str, today: date) -> bool:
    """Whether units for the variant can be bought in the Region on that day, its life cycle apart."""
    capacity = FOR_SALE.get(variant)
    return capacity is not None and region in capacity.regions and capacity.first <= today
