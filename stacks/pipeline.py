"""pipeline: the stages and the state machine that joins them, in the home Region."""

from aws_cdk import CfnOutput, Duration
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.config import Settings
from infra.parts.function import Function
from infra.parts.machine import Machine
from infra.parts.people import operator_policy
from infra.parts.rule import every
from infra.parts.stores import Stores
from infra.stages.dataset import Dataset
from infra.stages.distillation import Distillation
from infra.stages.endpoint import Endpoint
from infra.stages.evaluation import Evaluation
from infra.stages.promotion import Promotion
from stacks.base import EnvironmentStack
from stacks.foundation import HomeFoundation
from stacks.road import Stages, road

LONGEST_RUN = Duration.days(10)
SLOW_POLL = Duration.minutes(15)


class Pipeline(EnvironmentStack):
    """From an object under `prompts/` to an alias."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, foundation: HomeFoundation) -> None:
        super().__init__(scope, part, settings=settings, region=settings.home_region, description="the road")
        key, recipes = foundation.key(self), list(settings.recipes.values())
        ground, stores = self.ground(key), foundation.stores(self, key)
        self.dataset = Dataset(self, "Dataset", ground=ground, stores=stores, recipes=settings.recipes)
        stages = Stages(
            distillation=Distillation(self, "Distillation", ground=ground, stores=stores, recipes=recipes),
            endpoint=Endpoint(self, "Endpoint", ground=ground, stores=stores),
            evaluation=Evaluation(self, "Evaluation", ground=ground, stores=stores, recipes=recipes),
            promotion=Promotion(self, "Promotion", ground=ground, stores=stores),
        )
        self.machine = Machine(
            self,
            "StateMachine",
            ground=ground,
            states=road(self, stages),
            functions=[
                stage.function for stage in (stages.distillation, stages.endpoint, stages.evaluation, stages.promotion)
            ],
            within=LONGEST_RUN,
        ).machine
        for attached in (self.dataset, stages.distillation, stages.endpoint, stages.promotion):
            attached.attach(self.machine)
        self.settle, self.sweep = stages.distillation.settle, stages.endpoint.sweep
        every(
            self,
            "SlowPoll",
            description="Events are best effort: what they missed is found here",
            rate=SLOW_POLL,
            says={"poll": True},
            functions=[self.settle, self.sweep],
        )
        self.rollback = stages.promotion.rollback
        self._publish(stores)

    @property
    def watched(self) -> dict[str, Function]:
        """Functions whose errors nobody would see otherwise: those of the steps show as failed runs."""
        return {"Dataset": self.dataset.function, "Settle": self.settle, "Sweep": self.sweep}

    def _publish(self, stores: Stores) -> None:
        """Where things are, for the command line; and the permissions of the people who use it."""
        where = {
            "prompts_bucket": stores.prompts.bucket_name,
            "data_bucket": stores.data.bucket_name,
            "ledger": stores.ledger.table_name,
            "state_machine": self.machine.state_machine_arn,
            "functions": {
                "dataset": self.dataset.function.function.function_name,
                "rollback": self.rollback.function.function_name,
            },
            "home_region": self.settings.home_region,
            "inference_region": self.settings.inference_region,
            "recipes": sorted(self.settings.recipes),
        }
        ssm.StringParameter(
            self,
            "Where",
            parameter_name=self.names.pipeline,
            description="Where things are, for the command line",
            string_value=self.to_json_string(where),
        )
        policy = operator_policy(
            self,
            "Operators",
            names=self.names,
            stores=stores,
            machine=self.machine,
            functions=[self.dataset.function, self.rollback],
        )
        CfnOutput(self, "StateMachineArn", value=self.machine.state_machine_arn)
        CfnOutput(self, "OperatorPolicyArn", value=policy.managed_policy_arn)
