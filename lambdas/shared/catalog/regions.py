"""Groups of Regions that the data tables share, and how a profile routes among them."""

from collections.abc import Mapping

from lambdas.shared.catalog.types import ANYWHERE, Regions

US_EAST_1 = frozenset({"us-east-1"})
US_WEST_2 = frozenset({"us-west-2"})

US = ("us-east-1", "us-east-2", "us-west-2")
"""The three Regions every ``us.`` profile of a text model in the catalog routes to."""


def within_us(*sources: str) -> Mapping[str, tuple[str, ...]]:
    """A ``us.`` profile: every source routes to the three of `US`, and to itself when it is another Region."""
    return {source: tuple(sorted({*US, source})) for source in (*US, *sources)}


def within(core: tuple[str, ...], *others: str) -> Mapping[str, tuple[str, ...]]:
    """A geographic profile: sources in `core` route to `core`; each of `others` routes to `core` and to itself."""
    return {source: tuple(sorted({*core, source})) for source in (*core, *others)}


def worldwide(sources: Regions) -> Mapping[str, tuple[str, ...]]:
    """A ``global.`` profile: the request may be served in any commercial Region, so IAM names none."""
    return {source: (source, ANYWHERE) for source in sorted(sources)}
