"""evaluation: several models answer the held-out prompts, and a verdict compares them."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.golden import golden_folders
from distillery.core.names import DATASETS_PREFIX, EVALUATIONS_PREFIX, JOBS_PREFIX, SYSTEM_PROMPTS_PREFIX
from distillery.core.recipe import Recipe
from distillery.evaluation.pace import CHUNKS_AT_A_TIME
from infra.constructs.arn import Location
from infra.constructs.chunk_map import each_chunk
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function, iam_url
from infra.constructs.layers import packages_layer
from infra.constructs.permissions import bedrock, borrowed_models, foundation_models, keys, quotas, running, storage
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step
from infra.packing import Packages
from infra.stages.scoring import SCORES, Scoring, needs_scoring

REPORTS, PAGES = f"{EVALUATIONS_PREFIX}*/report*.json", f"{EVALUATIONS_PREFIX}*/report*.html"
"""What the verdict and its page are written to: whoever judges cannot write answers."""
ANSWERS = "Answers"
"""The label of the executions that answer chunks."""
ONE_CPU_MB = 1769
"""Memory at which a function has one vCPU. Source: Lambda developer guide, configuration-memory."""
NEAR_DUPLICATES_MB = 1024
"""Memory to compare prompts with what the live model was trained on, at their maximum length."""


class EvaluationStage(Construct):
    """A function asks the models, one grades their answers and gives the verdict, and one writes its report.

    `request`, at `request_url`, has a run evaluated again. `settings` is the layer with the recipes and their deciders.
    """

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        recipes: Sequence[Recipe],
        settings: lambda_.ILayerVersion,
    ) -> None:
        super().__init__(scope, ident)
        location, packages = Location.of(self), packages_layer(self, "GradingPackages", Packages.GRADING)
        golden = storage.read_if_any(stores.prompts, *golden_folders(recipes))
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.evaluation.handler.step",
            description="Has the models answer held-out prompts",
            timeout=Duration.minutes(15),
            memory_mb=NEAR_DUPLICATES_MB,
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.read(stores.data, DATASETS_PREFIX, EVALUATIONS_PREFIX, SYSTEM_PROMPTS_PREFIX),
                *storage.write(stores.data, EVALUATIONS_PREFIX),
                *golden,
                *foundation_models.invoke_models(location, _models(location, recipes)),
                bedrock.invoke_students(location, context.names),
                quotas.list_quotas(),
                running.read_parameters(location, context.names.alias("*")),
                keys.use_models(location, context.key),
                *borrowed_models.use(location, context.lenders),
            ],
            environment=stores.variables(Variable.LEDGER, Variable.DATA_BUCKET),
            layers=[packages],  # near duplicates; and executions that began before 0.3.0 judge here
        )
        self.grading = Function(
            self,
            "Grading",
            context=context,
            handler="lambdas.evaluation.grading.step",
            description="Grades the answers and gives the verdict",
            timeout=Duration.minutes(15),
            memory_mb=ONE_CPU_MB,
            permissions=[
                *storage.use_ledger(stores.ledger),
                *storage.read(stores.data, DATASETS_PREFIX, EVALUATIONS_PREFIX, JOBS_PREFIX),
                *storage.write(stores.data, REPORTS),
                *golden,
            ],
            environment=stores.variables(Variable.LEDGER, Variable.DATA_BUCKET),
            layers=[packages],
        )
        self.reporting = Function(
            self,
            "Reporting",
            context=context,
            handler="lambdas.evaluation.reporting.step",
            description="Writes the report of a verdict as a page",
            timeout=Duration.minutes(5),
            memory_mb=ONE_CPU_MB,
            permissions=[
                *storage.read(stores.data, REPORTS),
                *storage.write(stores.data, PAGES),
            ],
            environment=stores.variables(Variable.DATA_BUCKET),
            layers=[packages_layer(self, "ReportingPackages", Packages.REPORTING)],
        )
        self.scoring = (
            Scoring(self, "Scoring", context=context, stores=stores, recipes=recipes)
            if needs_scoring(recipes)
            else None
        )

        self.request = Function(
            self,
            "Request",
            context=context,
            handler="lambdas.evaluation.request.evaluate",
            description="Has runs evaluated again that have ended",
            timeout=Duration.minutes(1),
            permissions=[*storage.use_ledger(stores.ledger), storage.list_objects(stores.data), *golden],
            environment={
                **stores.variables(Variable.LEDGER, Variable.DATA_BUCKET),
                **(stores.variables(Variable.PROMPTS_BUCKET) if golden else {}),
            },
            layers=[settings, *([packages_layer(self, "ExamPackages", Packages.DATASET)] if golden else [])],
        )
        self.request_url = iam_url(self.request)

    def attach(self, machine: sfn.StateMachine) -> None:
        """Lets `request` start executions of this state machine."""
        self.request.add_environment({Variable.STATE_MACHINE: machine.state_machine_arn})
        self.request.allow_more(running.start(machine.state_machine_arn))

    @property
    def labels(self) -> list[str]:
        """The labels of its Maps, see `running.run_chunks`."""
        return [ANSWERS, *([SCORES] if self.scoring and self.scoring.calls_functions else [])]

    @property
    def functions(self) -> list[Function]:
        """The functions of its states."""
        return [self.function, self.grading, self.reporting, *([self.scoring.function] if self.scoring else [])]

    def missing_state(self) -> sfn.Chain:
        """Looks for answers that are missing: without one of the student's, an evaluation needs no endpoint."""
        return sfn.Chain.start(
            step(self, "Look for answers", function=self.function, action="missing", result_path="$.missing")
        )

    def answer_states(self) -> sfn.Chain:
        """Plans chunks, and answers them in parallel."""
        plan = step(self, "Plan chunks", function=self.function, action="plan", result_path="$.chunks")
        return sfn.Chain.start(plan).next(self._answers())

    def judge_states(self) -> sfn.Chain:
        """Has judges and functions score the answers where a recipe has some, gives the verdict, and writes the report.

        The verdict stands without its page: `report.json` is written before.
        """
        judge = step(self, "Judge", function=self.grading, action="judge", result_path="$.verdict")
        report = step(self, "Write report", function=self.reporting, action="report", result_path=DISCARD)
        given = sfn.Pass(self, "Verdict given")
        report.add_catch(given, errors=["States.ALL"], result_path=DISCARD)
        judged = judge.next(report).next(given)
        return self.scoring.states(self.function).next(judged) if self.scoring else judged

    def cleanup(self) -> sfn.CustomState | None:
        """Stops the jobs of judges; None where no recipe has a judge."""
        return self.scoring.cleanup() if self.scoring else None

    def _answers(self) -> sfn.DistributedMap:
        """Each chunk is asked in invocations with pauses between them, as far as the account's quotas require it. What
        an invocation has not asked, or what was throttled, is left to the next."""
        answer = step(
            self,
            "Answer",
            function=self.function,
            action="answer",
            result_path="$.answered",
            payload={f"{name}.$": f"$.{name}" for name in ("state", "chunk", "answered")},
        )
        return each_chunk(
            self,
            "For each chunk",
            label=ANSWERS,
            chunks="$.chunks",
            at_a_time=CHUNKS_AT_A_TIME,
            work=answer,
            progress="answered",
            first={"left": 1, "pause": sfn.JsonPath.number_at("$$.Map.Item.Value.pause"), "rounds": 0},
            keeper=self.function,
        )


def _models(location: Location, recipes: Sequence[Recipe]) -> set[str]:
    """The models of these recipes, and of runs whose recipe has changed since, but for the contenders of those."""
    named = {model for recipe in recipes for model in (recipe.teacher, recipe.student, *recipe.contenders)}
    return named.union(*foundation_models.in_pairs(location))
