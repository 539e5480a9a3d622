"""Scores from outside: the team's functions and judges score the answers before the verdict. It is part of the
evaluation, and exists only where a recipe has such a grader."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.golden import golden_folders
from distillery.core.judging import GraderKind
from distillery.core.names import DATASETS_PREFIX, EVALUATIONS_PREFIX, MADE_BY_A_RUN
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Location
from infra.constructs.chunk_map import each_chunk
from infra.constructs.data_stores import DataStores
from infra.constructs.function import Function
from infra.constructs.permissions import Permission, allow, bedrock, keys, running, storage, trust
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step

SCORES = "Scores"
"""The label of the executions that have chunks scored."""
CHUNKS_AT_A_TIME = 2
"""Each chunk has up to eight calls of a team's function at the same time."""
LOOK_EVERY = Duration.minutes(2)
SCORED = f"{EVALUATIONS_PREFIX}*/scores/*"
JUDGING = f"{EVALUATIONS_PREFIX}*/judging/*"
"""What a judge's job may read and write: the answers of its own round, and never the held-out prompts' file."""


class Scoring(Construct):
    """A function that calls the team's functions, and that starts and follows the jobs of judges."""

    def __init__(
        self, scope: Construct, ident: str, *, context: StackContext, stores: DataStores, recipes: Sequence[Recipe]
    ) -> None:
        super().__init__(scope, ident)
        self._location = Location.of(self)
        self._functions = options(recipes, GraderKind.FUNCTION, "arn")
        self._judges = options(recipes, GraderKind.JUDGE, "model")
        judging, environment = self._judging(context, stores, recipes) if self._judges else ((), {})
        self.function = Function(
            self,
            "Function",
            context=context,
            handler="lambdas.evaluation.scoring.step",
            description="Has functions and judges score the answers",
            timeout=Duration.minutes(15),
            permissions=[
                *storage.read(stores.data, DATASETS_PREFIX, EVALUATIONS_PREFIX),
                *storage.write(stores.data, SCORED, JUDGING),
                *storage.read_if_any(stores.prompts, *golden_folders(recipes)),
                *([running.invoke(*self._functions)] if self._functions else []),
                *judging,
            ],
            environment={**stores.variables(Variable.DATA_BUCKET), **environment},
        )

    @property
    def calls_functions(self) -> bool:
        """Whether a recipe has answers scored by a team's function."""
        return bool(self._functions)

    def states(self, keeper: Function) -> sfn.Chain:
        """Plans, then scores by functions, then waits for judges. A recipe without either passes through.

        `keeper` stores why a chunk failed.
        """
        plan = step(self, "Plan scores", function=self.function, action="plan", result_path="$.scoring")
        last: sfn.Chain = sfn.Chain.start(plan)
        if self._functions:
            last = last.next(self._by_functions(keeper))
        return last.next(self._by_judges()) if self._judges else last

    def cleanup(self) -> sfn.CustomState | None:
        """Stops the jobs of judges that still run; None where there are none."""
        if not self._judges:
            return None
        return step(self, "Stop judges", function=self.function, action="stop", result_path=DISCARD)

    def _by_functions(self, keeper: Function) -> sfn.DistributedMap:
        score = step(
            self,
            "Score",
            function=self.function,
            action="score",
            result_path="$.scored",
            payload={f"{name}.$": f"$.{name}" for name in ("state", "chunk", "scored")},
        )
        return each_chunk(
            self,
            "For each chunk to score",
            label=SCORES,
            chunks="$.scoring.chunks",
            at_a_time=CHUNKS_AT_A_TIME,
            work=score,
            progress="scored",
            first={"left": 1, "pause": 0, "rounds": 0},
            keeper=keeper,
        )

    def _by_judges(self) -> sfn.Chain:
        """A round is polled every two minutes: Bedrock sends no event about evaluation jobs."""
        begin = sfn.Pass(
            self, "Begin round", result=sfn.Result.from_object({"pending": 1, "rounds": 0}), result_path="$.judged"
        )
        follow = step(
            self,
            "Follow judges",
            function=self.function,
            action="follow",
            result_path="$.judged",
            payload={"judged.$": "$.judged"},
        )
        wait = sfn.Wait(self, "Wait for judges", time=sfn.WaitTime.duration(LOOK_EVERY))
        judged = sfn.Pass(self, "Answers scored")
        pending = sfn.Choice(self, "Judges pending?").when(
            sfn.Condition.number_greater_than("$.judged.pending", 0), wait.next(follow)
        )
        needed = sfn.Choice(self, "Judges needed?").when(
            sfn.Condition.number_greater_than("$.scoring.judges", 0), begin.next(follow)
        )
        follow.next(pending.otherwise(judged))
        needed.otherwise(judged)
        return sfn.Chain.custom(needed, [judged], judged)

    def _judging(
        self, context: StackContext, stores: DataStores, recipes: Sequence[Recipe]
    ) -> tuple[tuple[Permission, ...], dict[Variable, str]]:
        """What the function needs to start and follow jobs."""
        role = self._job_role(stores)
        permissions = (
            *bedrock.evaluate(
                self._location,
                context.names,
                role.role_arn,
                tags={*MADE_BY_A_RUN, *tag_keys(recipes)},
            ),
            keys.encrypt_answers(self._location, context.key),
        )
        return permissions, {Variable.JOB_ROLE: role.role_arn, Variable.MODEL_KEY: context.key.key_arn}

    def _job_role(self, stores: DataStores) -> iam.Role:
        """The role of Bedrock during a judge's job (UG judge-service-roles)."""
        trusted = trust.service(self._location, "bedrock.amazonaws.com", "evaluation-job/*")
        role = iam.Role(self, "JobRole", assumed_by=trusted, description="Bedrock evaluation jobs of Distillery")
        allow(
            role,
            *storage.read(stores.data, JUDGING),
            *storage.write(stores.data, JUDGING),
            *storage.locate(stores.data),
            *bedrock.judge(self._location, self._judges),
        )
        return role


def options(recipes: Sequence[Recipe], kind: GraderKind, name: str) -> list[str]:
    """The values of one option of all graders of a kind."""
    specs = (spec for recipe in recipes for spec in recipe.grader_specs if spec.kind is kind)
    return sorted({str(spec.options[name]) for spec in specs})


def needs_scoring(recipes: Sequence[Recipe]) -> bool:
    """Whether a recipe has graders whose scores come from outside."""
    return any(spec.kind.is_external for recipe in recipes for spec in recipe.grader_specs)
