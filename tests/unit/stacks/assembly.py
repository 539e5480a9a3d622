"""The templates of an environment, synthesized with all rules enabled."""

import functools
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distillery.settings import Settings, load
from tests.assemblies import assembly_of
from tests.policy.templates import statements_of

if TYPE_CHECKING:
    from aws_cdk import App

ROOT = Path(__file__).parents[3]
DAYS = {
    "dev": date(2026, 11, 23),
    "staging": date(2026, 11, 23),
    "prod": date(2026, 11, 23),
    "launch": date(2024, 12, 4),
}

Json = dict[str, Any]


@functools.cache
def context() -> Mapping[str, Any]:
    found: Json = json.loads((ROOT / "cdk.json").read_text())["context"]
    return found


def settings_of(environment: str) -> Settings:
    """Returns the environment's settings as of the day on which it is tested."""
    return load(environment, on=DAYS[environment])


def app_of(settings: Settings, outdir: Path | None = None) -> "App":
    """Returns the app before synthesis. `outdir` is by default a temporary folder."""
    from aws_cdk import App  # starts Node, which reading a stored assembly does not need

    from app import build

    out = str(outdir) if outdir else tempfile.mkdtemp(prefix="distillery-")
    return build(App(analytics_reporting=False, auto_synth=False, outdir=out, context=dict(context())), settings)


def synthesized(settings: Settings) -> dict[str, Json]:
    """Returns templates by stack name, without the environment's prefix. Raises if a rule has a finding."""
    prefix = f"distillery-{settings.environment}-"
    return {stack.name.removeprefix(prefix): stack.template for stack in assembly_of(settings).stacks}


@functools.cache
def templates(environment: str) -> dict[str, Json]:
    return synthesized(settings_of(environment))


def resources(template: Json, kind: str) -> dict[str, Json]:
    """Returns properties by logical id."""
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def statements(template: Json) -> Iterator[tuple[str, Json]]:
    """Yields every policy statement in a template, with the logical id of its resource."""
    for name, resource in template["Resources"].items():
        for statement in statements_of(resource):
            yield name, statement
