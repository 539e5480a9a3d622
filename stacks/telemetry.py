"""telemetry: the alarms of each Region; in the home Region also the dashboard and budgets."""

from collections.abc import Mapping

from aws_cdk import aws_sqs as sqs
from constructs import Construct

from distillery.settings import Settings
from infra.constructs.alarms import (
    watch_environment,
    watch_function,
    watch_machine,
    watch_prompts,
    watch_queue,
    watch_routes,
)
from infra.constructs.dashboard import dashboard, drift_graph, hourly_table, model_graphs, route_graphs
from infra.constructs.function import Function
from infra.constructs.monthly_budget import environment_budget, monthly_budgets
from stacks.base import EnvironmentStack
from stacks.foundation import Foundation
from stacks.pipeline import Pipeline


class Telemetry(EnvironmentStack):
    """The alarms of one Region's functions, which notify that Region's topic."""

    def __init__(
        self,
        scope: Construct,
        part: str,
        *,
        settings: Settings,
        foundation: Foundation,
        functions: Mapping[str, Function],
    ) -> None:
        super().__init__(scope, part, settings=settings, region=foundation.region, description="alarms")
        self.topic = foundation.topic(self)
        queues = list[sqs.IQueue]()
        for name, function in functions.items():
            # No alarm for an error that a retry fixes: an event that fails for good goes to the dead-letter queue.
            if function.dead_letters in queues:
                continue  # functions that share a queue share its alarm
            if function.dead_letters:
                queues.append(function.dead_letters)
                watch_queue(self, name, function.dead_letters, self.topic)
            else:
                watch_function(self, name, function, self.topic)

    def watch_routes(self) -> None:
        """The alarms about routes, in the Region where they are called."""
        watch_routes(self, self.names, self.topic)
        watch_prompts(self, self.names, self.topic)


class HomeTelemetry(Telemetry):
    """The home Region's: also the state machine, the dashboard, and the budgets, which are global."""

    def __init__(
        self,
        scope: Construct,
        part: str,
        *,
        settings: Settings,
        foundation: Foundation,
        pipeline: Pipeline,
        functions: Mapping[str, Function],
    ) -> None:
        super().__init__(scope, part, settings=settings, foundation=foundation, functions=functions)
        watch_machine(self, pipeline.machine, self.topic)
        watch_environment(self, self.names, self.topic)
        routes = route_graphs(self.names, settings.inference_region)
        dashboard(
            self,
            "Dashboard",
            machine=pipeline.machine,
            functions=functions,
            hourly=hourly_table(pipeline.guard),
            models=model_graphs(self.names),
            drift=drift_graph(self.names),
            routes=routes,
        )
        monthly_budgets(self, self.names, settings.recipes.values(), self.topic)
        environment_budget(self, self.names, settings.recipes.values(), self.topic)
