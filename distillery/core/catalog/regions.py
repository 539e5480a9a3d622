"""Groups of Regions that the data tables share, and how a profile routes among them."""

from collections.abc import Mapping

from distillery.core.catalog.types import ANYWHERE, Regions

US_EAST_1 = frozenset({"us-east-1"})
US_WEST_2 = frozenset({"us-west-2"})

US = ("us-east-1", "us-east-2", "us-west-2")
"""The three Regions every ``us.`` profile of a text model in the catalog routes to."""

COMMERCIAL = frozenset(
    {
        *US,
        *("us-west-1", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"),
        *("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
        *("eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1", "af-south-1"),
        *("ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
        *("ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4"),
        *("ap-southeast-5", "ap-southeast-6", "ap-southeast-7"),
    }
)
"""The Regions that call the ``global.`` profiles of Claude Haiku 4.5 and 5.5. Source: their model cards."""


def within_us(*sources: str) -> Mapping[str, tuple[str, ...]]:
    """A ``us.`` profile: every source routes to the three of `US`, and to itself if it is another Region."""
    return {source: tuple(sorted({*US, source})) for source in (*US, *sources)}


def within(core: tuple[str, ...], *others: str) -> Mapping[str, tuple[str, ...]]:
    """A geographic profile: `core` routes to `core`; each of `others` routes to `core` and to itself."""
    return {source: tuple(sorted({*core, source})) for source in (*core, *others)}


def worldwide(sources: Regions) -> Mapping[str, tuple[str, ...]]:
    """A ``global.`` profile: the request may be served in any commercial Region, so IAM names none."""
    return {source: (source, ANYWHERE) for source in sorted(sources)}
