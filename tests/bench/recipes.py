"""The resources that a recipe adds to an environment. Fifty recipes synthesize with all rules enabled."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table

from distillery.settings import Settings, load
from tests.assemblies import assembly_of
from tests.bench.bar import Bar

COUNTS = (1, 10, 50)
ON = date(2026, 11, 23)
PER_RECIPE = (
    "AWS::SSM::Parameter",
    "AWS::Bedrock::ApplicationInferenceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::Budgets::Budget",
)
"""What a recipe may add: its route's parameter, profile and policy, and its budget."""

MOST_RESOURCES = 500
MOST_BYTES = 1_000_000
"""Of one template (CloudFormation guide, cloudformation-limits)."""

Templates = Mapping[str, Mapping[str, Any]]


def bench(console: Console) -> list[Bar]:
    found = {count: templates(with_recipes(load("dev", on=ON), count)) for count in COUNTS}
    fewest, most = found[COUNTS[0]], found[COUNTS[-1]]
    table = Table("stack", *[f"{count} recipes" for count in COUNTS], title="Resources by stack")
    for stack in fewest:
        table.add_row(stack, *[str(len(found[count][stack]["Resources"])) for count in COUNTS])
    console.print(table)
    grown = grown_elsewhere(fewest, most)
    size, resources = largest(most)
    floor = f"dev with {COUNTS[0]} recipe"
    return [
        Bar(
            what=f"resources beside the recipes' own, {COUNTS[-1]} recipes",
            measured=grown,
            limit=0,
            floor=floor,
            unit="",
        ),
        Bar(what="resources of the fullest stack", measured=resources, limit=MOST_RESOURCES, floor="quota", unit=""),
        Bar(what="largest template", measured=size / 1000, limit=MOST_BYTES / 1000, floor="quota", unit="kB"),
    ]


def with_recipes(settings: Settings, count: int) -> Settings:
    """The settings with their one recipe and its route `count` times over."""
    (recipe,) = settings.recipes.values()
    route = settings.routes[f"distilled/{recipe.name}"]
    names = [f"{recipe.name}-{number}" for number in range(count)]
    routes = {name: each for name, each in settings.routes.items() if not each.recipe}
    routes |= {each.name: each for each in (type(route).to_recipe(name) for name in names)}
    return settings.model_copy(
        update={"recipes": {name: replace(recipe, name=name) for name in names}, "routes": routes}
    )


def templates(settings: Settings) -> Templates:
    """Returns templates by stack. Raises if a rule has a finding."""
    return {stack.name: stack.template for stack in assembly_of(settings).stacks}


def grown_elsewhere(fewest: Templates, most: Templates) -> int:
    """Returns how many resources were added, except those that each recipe may add."""
    return _others(most) - _others(fewest)


def largest(most: Templates) -> tuple[int, int]:
    """Returns the bytes of the largest template, and the resources of the one with the most."""
    return max(len(json.dumps(each)) for each in most.values()), max(len(each["Resources"]) for each in most.values())


def _others(found: Templates) -> int:
    return sum(each["Type"] not in PER_RECIPE for template in found.values() for each in template["Resources"].values())
