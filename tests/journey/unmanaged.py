"""What a template does not contain, made by root for a recipe: models, an endpoint in either hosting mode, a job, an
alias, a lease and the parameters that the product writes.
"""

import json
from dataclasses import replace

from distillery.core.hosting_mode import HostingMode
from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE
from distillery.core.pipeline import Endpoint
from distillery.core.serialization import to_wire
from tests.assemblies import assembly_of
from tests.fakes.pipeline import alias
from tests.journey.environment import Environment
from tests.journey.tagged_resources import Tags, distillation, job_role, put_training_file


def tags_of(environment: Environment, recipe: str) -> Tags:
    pairs = {TAG_ENVIRONMENT: environment.names.environment, TAG_RECIPE: recipe}
    return [{"key": key, "value": value} for key, value in pairs.items() if value]


class Unmanaged:
    """Makes it. Each name begins with the environment's, as the product's do."""

    def __init__(self, environment: Environment) -> None:
        self.environment, self._bedrock = environment, environment.client("bedrock")
        self._role, self._made = job_role(environment), 0
        put_training_file(environment)

    def start_job(self, recipe: str) -> str:
        """The name of a job in progress; of no recipe's without one."""
        self._made += 1
        name = f"{self.environment.names.prefix}{recipe or 'nobody'}-left-{self._made}"
        asked = distillation(self.environment, name, tags_of(self.environment, recipe), role=self._role)
        self._bedrock.create_model_customization_job(**asked)
        return name

    def model(self, recipe: str) -> str:
        """The ARN of a model that a job made."""
        job = self.start_job(recipe)

        def made() -> str:
            self.environment.advance_hours(0.25)
            return str(self._bedrock.get_model_customization_job(jobIdentifier=job).get("outputModelArn", ""))

        return self.environment.until(made, "model")

    def serve(self, recipe: str, mode: HostingMode, model: str) -> Endpoint:
        """A live endpoint that has come into service, and the alias that names it."""
        name, given = f"{self.environment.names.prefix}{recipe}-live", tags_of(self.environment, recipe)
        make = self._provision if mode is HostingMode.PROVISIONED else self._deploy
        arn = make(name, model, given)
        endpoint = Endpoint(arn=arn, name=name, mode=mode)
        value = json.dumps(to_wire(replace(alias(recipe), endpoint=endpoint, current=model, previous=None)))
        parameter = self.environment.names.alias(recipe)
        self.environment.client("ssm").put_parameter(Name=parameter, Value=value, Type="String")
        return endpoint

    def _deploy(self, name: str, model: str, given: Tags) -> str:
        made = self._bedrock.create_custom_model_deployment(modelDeploymentName=name, modelArn=model, tags=given)
        return str(made["customModelDeploymentArn"])

    def _provision(self, name: str, model: str, given: Tags) -> str:
        made = self._bedrock.create_provisioned_model_throughput(
            provisionedModelName=name, modelId=model, modelUnits=1, tags=given
        )
        return str(made["provisionedModelArn"])

    def write_parameters(self) -> None:
        """What functions, a probe and `make deploy` write, in the Regions where they do."""
        names, environment = self.environment.names, self.environment
        for region, name in (
            *((environment.home, name) for name in names.written),
            (environment.inference, names.probed("fast").replace("*", "profile")),
        ):
            environment.client("ssm", region).put_parameter(Name=name, Value="{}", Type="String", Overwrite=True)

    def lease(self, run: str) -> None:
        """One that names nothing any more."""
        self.environment.ledger.leases.take(run, owner=run, purpose="evaluation")


def retained(environment: Environment) -> set[str]:
    """Physical names of what the templates keep when their stacks go. Read it before."""
    found = set()
    for stack in assembly_of(environment.settings).stacks:
        kept = {ident for ident, each in stack.template["Resources"].items() if each.get("DeletionPolicy") == "Retain"}
        cfn = environment.client("cloudformation", stack.region)
        rows = cfn.describe_stack_resources(StackName=stack.name)["StackResources"]
        found |= {str(row["PhysicalResourceId"]) for row in rows if row["LogicalResourceId"] in kept}
    return found
