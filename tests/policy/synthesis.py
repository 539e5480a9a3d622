"""Environments synthesized with all rules enabled."""

import functools
from pathlib import Path

from distillery.settings import Settings
from tests.assemblies import assembly_of
from tests.policy.templates import EnvironmentTemplates, Stack
from tests.unit.stacks.assembly import DAYS, settings_of

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = DAYS
TODAY = DAYS["dev"]


@functools.cache
def settings(environment: str) -> Settings:
    return settings_of(environment)


@functools.cache
def templates(environment: str) -> EnvironmentTemplates:
    """Returns the templates of an environment."""
    return synthesized(settings(environment))


def synthesized(of: Settings) -> EnvironmentTemplates:
    """Raises if a rule has a finding that is not acknowledged."""
    return EnvironmentTemplates(
        tuple(
            Stack(
                name=stack.name,
                part=stack.name.removeprefix(f"distillery-{of.environment}-"),
                region=stack.region,
                account=stack.account,
                template=stack.template,
                protected=stack.protected,
            )
            for stack in assembly_of(of).stacks
        )
    )
