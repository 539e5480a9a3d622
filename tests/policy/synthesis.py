"""Environments synthesized with all rules enabled, once per process."""

import functools
from pathlib import Path

from aws_cdk.cx_api import CloudAssembly

from distillery.settings import Settings, load
from tests.policy.templates import EnvironmentTemplates, Stack
from tests.unit.stacks.assembly import DAYS, app_of

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = DAYS
TODAY = DAYS["dev"]


@functools.cache
def settings(environment: str) -> Settings:
    return load(environment, on=ENVIRONMENTS[environment])


@functools.cache
def templates(environment: str) -> EnvironmentTemplates:
    """Returns the templates of an environment."""
    return synthesized(settings(environment))


def synthesized(of: Settings) -> EnvironmentTemplates:
    """Raises if a rule has a finding that is not acknowledged."""
    return _house(app_of(of).synth(), of.environment)


def _house(assembly: CloudAssembly, environment: str) -> EnvironmentTemplates:
    return EnvironmentTemplates(
        tuple(
            Stack(
                name=stack.stack_name,
                part=stack.stack_name.removeprefix(f"distillery-{environment}-"),
                region=stack.environment.region,
                account=stack.environment.account,
                template=stack.template,
                protected=bool(stack.termination_protection),
            )
            for stack in assembly.stacks
        )
    )
