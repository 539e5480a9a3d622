"""Builds the stacks of one environment: `cdk synth -c env=dev`. No resources stand here.

`-c env=` names a file in environments/; `-c date=` is the day of deployment, on which the settings must hold. The day
decides whether synth refuses, and nothing in a template.
"""

import gc
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from infra.ahead import import_ahead

if __name__ == "__main__":
    gc.disable()  # a synth ends before its garbage matters, and looking for it in the CDK's modules takes a tenth of it
    import_ahead()

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from distillery.core import clock
from distillery.core.escaping import lines, one_line
from distillery.core.names import FOUNDATION
from distillery.settings import ConfigError, Settings, load, warnings
from stacks.foundation import Foundation, HomeFoundation
from stacks.pipeline import Pipeline
from stacks.serving import ServingStack
from stacks.telemetry import HomeTelemetry, Telemetry

if TYPE_CHECKING:
    from stacks.collection import CollectionStack

ENVIRONMENTS = Path(__file__).parent / "environments"
_CREDENTIALS = "CDK_DEFAULT_ACCOUNT"
"""Where the CDK's command line says whose account its credentials are of, when it runs this app."""


def build(app: App, settings: Settings) -> App:
    """The stacks of an environment and the rules they keep, not yet synthesized."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))
    home = HomeFoundation(app, FOUNDATION, settings=settings, region=settings.home_region)
    there = _foundation_of_inference(app, settings, home)
    pipeline = Pipeline(app, "pipeline", settings=settings, foundation=home)
    serving = ServingStack(app, "serving", settings=settings, foundation=there)
    collection = _collection(app, settings, there)
    _telemetry(app, settings, home, there, pipeline, [serving, *collection])
    pipeline.add_stack_dependency(home, "the stages keep their things there")
    serving.add_stack_dependency(there, "the function's log group needs the key")
    return app


def _foundation_of_inference(app: App, settings: Settings, home: HomeFoundation) -> Foundation:
    """The home Region's own where routes are called there too."""
    if settings.inference_region == settings.home_region:
        return home
    return Foundation(app, "foundation-inference", settings=settings, region=settings.inference_region)


def _collection(app: App, settings: Settings, there: Foundation) -> "list[CollectionStack]":
    """One where the environment owns the invocation logs, else none."""
    if settings.logging is None:
        return []
    from stacks.collection import CollectionStack  # the CDK's modules of Athena and Glue take their time

    stack = CollectionStack(app, "collection", settings=settings, logging=settings.logging, foundation=there)
    stack.add_stack_dependency(there, "calls are logged to a bucket there")
    return [stack]


def _telemetry(
    app: App,
    settings: Settings,
    home: HomeFoundation,
    there: Foundation,
    pipeline: Pipeline,
    inference: "Sequence[ServingStack | CollectionStack]",
) -> None:
    functions = {name: function for stack in inference for name, function in stack.watched.items()}
    at_home = dict(pipeline.watched) | home.watched | (functions if there is home else {})
    telemetry = HomeTelemetry(
        app, "telemetry", settings=settings, foundation=home, pipeline=pipeline, functions=at_home
    )
    telemetry.add_stack_dependency(pipeline, "it watches the state machine")
    watches_inference: Telemetry = telemetry
    if there is not home:
        watches_inference = Telemetry(
            app, "telemetry-inference", settings=settings, foundation=there, functions=functions
        )
    watches_inference.watch_routes()
    for stack in inference:
        watches_inference.add_stack_dependency(stack, "it watches its functions")


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        raise ValueError(f"date is {said!r}; a day as YYYY-MM-DD is allowed: -c date=2026-11-23") from error


def main() -> int:
    """What `cdk` runs. Settings that cannot be deployed are told in full, and nothing is written."""
    app = App(analytics_reporting=False, auto_synth=False)
    environment, day = app.node.try_get_context("env") or "dev", app.node.try_get_context("date")
    try:
        on = _day(day) if day else clock.now().date()
        settings = load(environment, on=on, folder=ENVIRONMENTS, credentials=os.environ.get(_CREDENTIALS))
    except (ConfigError, ValueError) as error:
        print(lines(error), file=sys.stderr)  # noqa: T201 # the command line's own output
        return 1
    for warning in warnings(settings, on):
        print(f"warning: {one_line(warning)}", file=sys.stderr)  # noqa: T201 # the command line's own output
    build(app, settings).synth()
    return 0


if __name__ == "__main__":
    status = main()
    gc.freeze()  # the interpreter would look once more at its end
    sys.exit(status)
