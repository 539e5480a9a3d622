"""evaluation: teacher, untrained student and candidate answer the held-out prompts, and a verdict compares them."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.names import DATASETS_PREFIX, EVALUATIONS_PREFIX
from distillery.core.recipe import Recipe
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import bedrock, keys, storage
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step

CHUNKS_AT_A_TIME = 4


class EvaluationStage(Construct):
    """One function for the plan, the answers and the verdict."""

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, stores: DataStores, recipes: Sequence[Recipe]
    ) -> None:
        super().__init__(scope, ident)
        location = Location.of(self)
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.evaluation.handler.step",
            description="Has the models answer held-out prompts, grades the answers and gives the verdict",
            timeout=Duration.minutes(15),
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.read(stores.data, DATASETS_PREFIX, EVALUATIONS_PREFIX),
                *storage.write(stores.data, EVALUATIONS_PREFIX),
                *bedrock.invoke_models(
                    location, {model for recipe in recipes for model in (recipe.teacher, recipe.student)}
                ),
                bedrock.invoke_students(location, context.names),
                keys.use_models(location, context.key),
            ],
            environment={Variable.LEDGER: stores.ledger.table_name, Variable.DATA_BUCKET: stores.data.bucket_name},
        )

    def states(self) -> sfn.Chain:
        """Plans chunks, answers them in parallel, and judges the answers."""
        plan = step(self, "Plan chunks", function=self.function, action="plan", result_path="$.chunks")
        judge = step(self, "Judge", function=self.function, action="judge", result_path="$.verdict")
        return sfn.Chain.start(plan).next(self._answers()).next(judge)

    def _answers(self) -> sfn.Map:
        """One invocation for each chunk; a retry resumes where the last one stopped."""
        chunks = sfn.Map(
            self,
            "For each chunk",
            items_path="$.chunks",
            max_concurrency=CHUNKS_AT_A_TIME,
            item_selector={"state": sfn.JsonPath.entire_payload, "chunk": sfn.JsonPath.string_at("$$.Map.Item.Value")},
            result_path=DISCARD,
        )
        answer = step(
            self,
            "Answer",
            function=self.function,
            action="answer",
            result_path=DISCARD,
            payload={"state": sfn.JsonPath.object_at("$.state"), "chunk": sfn.JsonPath.object_at("$.chunk")},
        )
        return chunks.item_processor(answer)
