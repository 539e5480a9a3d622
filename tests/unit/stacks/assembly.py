"""The templates of an environment, synthesized once per process with all rules enabled."""

import functools
import json
import tempfile
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from aws_cdk import App

from app import build
from distillery.settings import Settings, load
from tests.policy.templates import statements_of

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


def app_of(settings: Settings) -> App:
    """Returns the app before synthesis."""
    outdir = tempfile.mkdtemp(prefix="distillery-")
    return build(App(analytics_reporting=False, auto_synth=False, outdir=outdir, context=dict(context())), settings)


def synthesized(settings: Settings) -> dict[str, Json]:
    """Returns templates by stack name, without the environment's prefix. Raises if a rule has a finding."""
    prefix = f"distillery-{settings.environment}-"
    return {stack.stack_name.removeprefix(prefix): stack.template for stack in app_of(settings).synth().stacks}


@functools.cache
def templates(environment: str) -> dict[str, Json]:
    return synthesized(load(environment, on=DAYS[environment]))


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
