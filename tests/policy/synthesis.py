"""Environments synthesized with every rule on, once per process."""

import functools
import json
import tempfile
from datetime import date
from pathlib import Path

from aws_cdk import App
from aws_cdk.cx_api import CloudAssembly

from app import build
from infra.config import Settings, load
from tests.policy.house import House, Stack

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 23)
ENVIRONMENTS = {"dev": TODAY, "staging": TODAY, "prod": TODAY, "launch": date(2024, 12, 4)}
"""Each with a day on which it may be deployed."""


@functools.cache
def settings(environment: str) -> Settings:
    return load(environment, on=ENVIRONMENTS[environment])


@functools.cache
def house(environment: str) -> House:
    """The templates of an environment."""
    return synthesized(settings(environment))


def synthesized(of: Settings) -> House:
    """Raises where a rule finds something that is not acknowledged."""
    return _house(app_of(of).synth(), of.environment)


def app_of(of: Settings) -> App:
    """The app, not yet synthesized."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    outdir = tempfile.mkdtemp(prefix="distillery-")
    return build(App(analytics_reporting=False, auto_synth=False, outdir=outdir, context=context), of)


def _house(assembly: CloudAssembly, environment: str) -> House:
    return House(
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
