"""The CDK app: builds the stacks of one environment, as in `cdk synth -c env=dev`.

`-c env=` names a file in environments/. `-c date=` is the day of deployment, for which the settings must be valid; it
changes nothing in a template. `-c environments=` names another folder. Instead of the environment, `-c deployers=true`
builds the roles of the workflows that deploy it, `-c bootstrap=true` the policies with which its account is
bootstrapped, and `-c pipelines=true` a pipeline that deploys all environments.
"""

import gc
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    gc.disable()  # a synth ends before its garbage matters; with collection on, it takes 1.1 times as long
    from infra.template_validation import load_template_validation

    TEMPLATE_VALIDATION = load_template_validation()  # first, because it imports what follows meanwhile

from aws_cdk import App, CloudFormationValidatePlugin, Validations
from cdk_nag import AwsSolutionsChecks, NIST80053R5Checks

from distillery.core import clock
from distillery.core.escaping import lines, one_line
from distillery.core.names import FOUNDATION
from distillery.settings import ConfigError, Settings, load, warnings
from distillery.settings.deployment import GitHubDeployment
from infra.deployment.bootstrap import BOUNDARY
from stacks.base import EnvironmentStack
from stacks.foundation import Foundation, HomeFoundation
from stacks.pipeline import Pipeline
from stacks.serving import ServingStack
from stacks.teardown import Teardown
from stacks.telemetry import HomeTelemetry, Telemetry

if TYPE_CHECKING:
    from stacks.collection import CollectionStack

ENVIRONMENTS = Path(__file__).parent / "environments"
_CREDENTIALS = "CDK_DEFAULT_ACCOUNT"
"""The variable in which the CDK's command line passes the account of its credentials."""
_NO_REPOSITORY = (
    "environments/{}.toml has no table [deployment]; -c deployers=true needs the repository whose workflows deploy: "
    "write repository, repository_id and owner_id there"
)

_NO_BOUNDARY = (
    "environments/{}.toml: permissions_boundary is {!r}; after this bootstrap, CloudFormation creates roles with the "
    f"boundary {BOUNDARY!r} alone: write permissions_boundary = {BOUNDARY!r} there, before the first table"
)

PROMOTED = ("dev", "staging", "prod")
"""The environments that a commit goes through, in this order."""
_NO_PIPELINE = (
    "environments/{}.toml has no connection or no deploy_role in its table [deployment]; -c pipelines=true needs both "
    "in each environment: docs/promotion-infrastructure.md"
)


def _add_rules(app: App) -> None:
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), NIST80053R5Checks(app))


def build(app: App, settings: Settings) -> App:
    """Adds the stacks of an environment and the compliance rules to the app, without synthesizing it."""
    _add_rules(app)
    home = HomeFoundation(app, FOUNDATION, settings=settings, region=settings.home_region)
    there = _foundation_of_inference(app, settings, home)
    pipeline = Pipeline(app, "pipeline", settings=settings, foundation=home)
    serving = ServingStack(app, "serving", settings=settings, foundation=there)
    collection = _collection(app, settings, there)
    _telemetry(app, settings, home, there, pipeline, [serving, *collection])
    pipeline.add_stack_dependency(home, "the stages use its buckets and its table")
    serving.add_stack_dependency(there, "the function's log group needs the key")
    _teardown(app, settings, home, pipeline)
    return app


def build_deployers(app: App, settings: Settings, deployment: GitHubDeployment) -> App:
    """Adds the stack of the workflows' roles and the compliance rules to the app, without synthesizing it."""
    from stacks.deployers import Deployers

    _add_rules(app)
    Deployers(app, "deployers", settings=settings, deployment=deployment)
    return app


def build_bootstrap(app: App, settings: Settings) -> App:
    """Adds the stack of the bootstrap's policies and the compliance rules to the app, without synthesizing it."""
    from stacks.bootstrap import BootstrapPolicies

    _add_rules(app)
    BootstrapPolicies(app, settings=settings)
    return app


def build_delivery(app: App, everything: Mapping[str, Settings]) -> App:
    """Adds the pipeline of AWS CodePipeline and the compliance rules to the app, without synthesizing it.

    Raises ValueError if an environment's table [deployment] has no pipeline, or another than the others.
    """
    from stacks.delivery import DeliveryPipeline  # the CDK's module of pipelines is slow to import

    deployments = {}
    for name, settings in everything.items():
        deployment = settings.deployment
        if deployment is None or not deployment.connection or not deployment.deploy_role:
            raise ValueError(_NO_PIPELINE.format(name))
        deployments[name] = deployment
    if len({(one.connection, one.repository, one.branch) for one in deployments.values()}) > 1:
        raise ValueError("the environments name different connections, repositories or branches; a pipeline has one")
    _add_rules(app)
    DeliveryPipeline(app, deployments=deployments, settings=next(iter(everything.values())))
    return app


def _teardown(app: App, settings: Settings, home: HomeFoundation, pipeline: Pipeline) -> None:
    """The stack that is deleted first, because it depends on every other."""
    others = [child for child in app.node.children if isinstance(child, EnvironmentStack)]
    teardown = Teardown(app, "teardown", settings=settings, foundation=home, pipeline=pipeline)
    for stack in others:
        teardown.add_stack_dependency(stack, "nothing is deleted before the guard agrees")


def _foundation_of_inference(app: App, settings: Settings, home: HomeFoundation) -> Foundation:
    """The foundation of the inference Region, which may be that of the home Region."""
    if settings.inference_region == settings.home_region:
        return home
    return Foundation(app, "foundation-inference", settings=settings, region=settings.inference_region)


def _collection(app: App, settings: Settings, there: Foundation) -> "list[CollectionStack]":
    """The collection stack, if the environment owns the invocation logs."""
    if settings.logging is None:
        return []
    from stacks.collection import CollectionStack  # the CDK's Athena and Glue modules are slow to import

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


def _main_of_delivery(app: App) -> int:
    from distillery.settings.reading import parse, read

    try:
        build_delivery(app, {name: parse(read(name), name) for name in PROMOTED}).synth()
    except (ConfigError, ValueError) as error:
        print(lines(error), file=sys.stderr)  # noqa: T201 # the command line's own output
        return 1
    return 0


def main(template_validation: CloudFormationValidatePlugin | None = None) -> int:
    """Runs when `cdk` runs the app. Prints every finding about invalid settings, and writes nothing then."""
    # Nothing reads tree.json but the explorer of an editor, and writing it takes a thirtieth of a synth.
    app = App(analytics_reporting=False, auto_synth=False, tree_metadata=False)
    if template_validation:  # instead of the CDK's own instance
        Validations.of(app).add_plugins(template_validation)
    if app.node.try_get_context("pipelines"):
        return _main_of_delivery(app)
    environment, day = app.node.try_get_context("env") or "dev", app.node.try_get_context("date")
    folder = Path(app.node.try_get_context("environments") or ENVIRONMENTS)
    try:
        on = _day(day) if day else clock.now().date()
        settings = load(environment, on=on, folder=folder, credentials=os.environ.get(_CREDENTIALS))
    except (ConfigError, ValueError) as error:
        print(lines(error), file=sys.stderr)  # noqa: T201 # the command line's own output
        return 1
    for warning in warnings(settings, on):
        print(f"warning: {one_line(warning)}", file=sys.stderr)  # noqa: T201 # the command line's own output
    if app.node.try_get_context("bootstrap"):
        if settings.permissions_boundary != BOUNDARY:
            print(_NO_BOUNDARY.format(environment, settings.permissions_boundary), file=sys.stderr)  # noqa: T201 # the command line's own output
            return 1
        build_bootstrap(app, settings).synth()
        return 0
    if app.node.try_get_context("deployers"):
        if settings.deployment is None:
            print(_NO_REPOSITORY.format(environment), file=sys.stderr)  # noqa: T201 # the command line's own output
            return 1
        build_deployers(app, settings, settings.deployment).synth()
        return 0
    build(app, settings).synth()
    return 0


if __name__ == "__main__":
    status = main(TEMPLATE_VALIDATION)
    gc.freeze()  # the interpreter would look once more at its end
    sys.exit(status)
