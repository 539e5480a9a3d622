"""Which way leads from one environment to another, by the catalog, and why the others do not."""

from dataclasses import replace
from datetime import date

import pytest

from distillery.core.hosting_mode import HostingMode
from distillery.core.promotions import Way
from distillery.core.recipe import Recipe
from distillery.records.ways import Place, ways
from tests.fakes.pipeline import recipe

TODAY, LAUNCH = date(2026, 11, 23), date(2024, 12, 4)
DEV = Place(environment="dev", account="1" * 12, region="us-east-1", keeps_data=False)
STAGING = Place(environment="staging", account="2" * 12, region="us-east-1", keeps_data=True, copy_from=("1" * 12,))
BRANCH = replace(DEV, environment="branch", copy_from=("1" * 12,))
HAIKU = Recipe(
    name="support",
    teacher="anthropic.claude-3-5-sonnet-20241022-v2:0",
    student="anthropic.claude-3-haiku-20240307-v1:0",
    hosting=HostingMode.PROVISIONED,
)
WEST = replace(DEV, region="us-west-2")
EAST_2 = replace(STAGING, region="us-east-2")


@pytest.mark.parametrize(
    ("of", "source", "target", "on", "possible"),
    [
        (recipe(), DEV, STAGING, TODAY, [Way.REDISTIL]),
        (recipe(), DEV, BRANCH, TODAY, [Way.REPOINT, Way.REDISTIL]),
        (recipe(), DEV, replace(BRANCH, keeps_data=True), TODAY, [Way.REDISTIL]),
        (recipe(), replace(DEV, keeps_data=None), BRANCH, TODAY, [Way.REDISTIL]),
        (recipe(), DEV, replace(BRANCH, account=None), TODAY, [Way.REDISTIL]),
        (recipe(), replace(DEV, region="us-east-2"), BRANCH, TODAY, [Way.COPY, Way.REDISTIL]),
        (recipe(), DEV, replace(BRANCH, region="us-east-2"), TODAY, []),
        (recipe(hosting=HostingMode.PROVISIONED), DEV, STAGING, TODAY, [Way.REDISTIL]),
        (HAIKU, WEST, replace(STAGING, region="us-west-2"), LAUNCH, [Way.COPY, Way.REDISTIL]),
        (HAIKU, WEST, replace(STAGING, region="us-west-2", copy_from=("3" * 12,)), LAUNCH, [Way.REDISTIL]),
        (HAIKU, WEST, EAST_2, LAUNCH, []),
        (HAIKU, WEST, replace(STAGING, region="us-west-2"), TODAY, []),
        (replace(HAIKU, hosting=HostingMode.ON_DEMAND), WEST, replace(STAGING, region="us-west-2"), LAUNCH, []),
    ],
)
def test_the_catalog_and_the_places_decide_the_way(
    of: Recipe, source: Place, target: Place, on: date, possible: list[Way]
) -> None:
    found = ways(of, source, target, on)
    assert [one.way for one in found] == list(Way)
    assert [one.way for one in found if one.possible] == possible


@pytest.mark.parametrize(
    ("source", "target", "way", "said"),
    [
        (DEV, STAGING, Way.REPOINT, "dev is in 111111111111, us-east-1, and staging is in 222222222222"),
        (DEV, STAGING, Way.COPY, "Bedrock does not share custom models of Amazon Nova Micro between accounts"),
        (DEV, STAGING, Way.REDISTIL, "staging trains its own student"),
        (DEV, BRANCH, Way.REPOINT, "dev and branch are disposable and in one account and Region"),
        (DEV, BRANCH, Way.COPY, "in the account and Region of branch already"),
        (DEV, replace(BRANCH, keeps_data=True), Way.REPOINT, "branch keeps its data"),
        (replace(DEV, keeps_data=None), BRANCH, Way.REPOINT, "dev does not say in its record"),
        (DEV, replace(BRANCH, account=None), Way.REPOINT, "the settings of branch name no account"),
        (DEV, replace(BRANCH, account=None), Way.COPY, "the settings of branch name no account"),
        (DEV, replace(BRANCH, region="us-east-2"), Way.REPOINT, "an endpoint serves models of its own Region"),
        (
            DEV,
            replace(BRANCH, region="us-east-2"),
            Way.COPY,
            "on-demand deployment of Amazon Nova Micro is offered only",
        ),
        (DEV, replace(BRANCH, region="us-west-1"), Way.COPY, "to ap-northeast-1"),
        (DEV, replace(BRANCH, region="us-west-1"), Way.REDISTIL, "Bedrock does not distil amazon.nova-pro-v1:0"),
    ],
)
def test_each_way_says_why(source: Place, target: Place, way: Way, said: str) -> None:
    (found,) = [one for one in ways(recipe(), source, target, TODAY) if one.way is way]
    assert said in found.reason
