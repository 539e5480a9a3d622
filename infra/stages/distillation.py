"""distillation: trains a student on a data set. The job takes hours or days, and no function runs meanwhile."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from distillery.core.env_vars import Variable
from distillery.core.errors import JobStalled
from distillery.core.logs import LogReadMode
from distillery.core.names import DATASETS_PREFIX, JOBS_PREFIX, MADE_BY_A_RUN
from distillery.core.recipe import Recipe, tag_keys
from infra.constructs.arn import Location
from infra.constructs.data_stores import DataStores
from infra.constructs.eventbridge import on_event
from infra.constructs.function import Function
from infra.constructs.permissions import allow, bedrock, foundation_models, keys, quotas, running, storage, trust
from infra.constructs.stack_context import StackContext
from infra.constructs.state_machine import DISCARD, step, step_with_callback

LONGEST_JOB = Duration.days(8)


class DistillationStage(Construct):
    """`function` checks, starts and stops jobs; `settle` reports to the state machine how they ended."""

    def __init__(
        self,
        scope: Construct,
        ident: str,
        *,
        context: StackContext,
        stores: DataStores,
        recipes: Sequence[Recipe],
        dead_letters: sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, ident)
        self._location = Location.of(self)
        self._direct = any(recipe.logs and recipe.logs.how is LogReadMode.DIRECT for recipe in recipes)
        teachers, students = foundation_models.in_pairs(self._location)  # of runs too whose recipe has changed since
        self._teachers = sorted({recipe.teacher for recipe in recipes} | teachers)
        self._students = sorted({recipe.student for recipe in recipes} | students)
        self._tags = {*MADE_BY_A_RUN, *tag_keys(recipes)}
        self.job_role = self._job_role(context, stores)
        self.function = self._step(context, stores)
        self.settle = self._settle(context, stores, dead_letters)
        self._on_ended_job(context)

    def states(self) -> sfn.Chain:
        """Checks the models, starts the job and waits for it."""
        check = step(self, "Check models", function=self.function, action="check", result_path="$.checked")
        start = step_with_callback(
            self,
            "Distil",
            function=self.function,
            action="start",
            result_path="$.student",
            within=LONGEST_JOB,
            once_more_after=JobStalled,
        )
        return sfn.Chain.start(check).next(start)

    def cleanup(self) -> sfn.CustomState:
        """Stops the jobs that are still running."""
        return step(self, "Stop job", function=self.function, action="stop", result_path=DISCARD)

    def attach(self, machine: sfn.StateMachine) -> None:
        """Lets `settle` answer the tasks of this state machine."""
        self.settle.allow_more(running.answer_tasks(machine.state_machine_arn))

    def _job_role(self, context: StackContext, stores: DataStores) -> iam.Role:
        """The role of Bedrock during a job: it reads prompts, invokes the teacher, writes the output, and encrypts the
        model."""
        trusted = trust.service(self._location, "bedrock.amazonaws.com", "model-customization-job/*")
        role = iam.Role(self, "JobRole", assumed_by=trusted, description="Bedrock customization jobs of Distillery")
        logged = storage.read(stores.calls, "AWSLogs/") if self._direct and stores.calls is not None else ()
        allow(
            role,
            # never the held-out references beside it
            *storage.read(stores.data, f"{DATASETS_PREFIX}*/train.jsonl", JOBS_PREFIX),
            *storage.write(stores.data, JOBS_PREFIX),
            # the guide's sample for this role has no condition on profiles (UG model-customization-iam-role).
            # UNVERIFIED: whether a job's request has bedrock:InferenceProfileArn
            *foundation_models.invoke_models(self._location, self._teachers, only_through_profiles=False),
            *keys.encrypt_models(self._location, context.key),
            *logged,
        )
        return role

    def _step(self, context: StackContext, stores: DataStores) -> Function:
        models = {*self._teachers, *self._students}
        return Function(
            self,
            "Function",
            context=context,
            handler="lambdas.distillation.handler.step",
            description="Checks models and quotas, starts and stops distillation jobs",
            timeout=Duration.minutes(15),  # it asks two models, each of which may take minutes to fail
            permissions=[
                *storage.use_ledger(stores.ledger),
                foundation_models.get_models(self._location, models),
                *foundation_models.invoke_models(self._location, models),
                bedrock.list_endpoints(),
                quotas.get_quotas(self._location, self._students),
                *bedrock.customize(
                    self._location, context.names, self._students, self.job_role.role_arn, tags=self._tags
                ),
                *keys.encrypt_models(self._location, context.key),
                running.read_parameters(self._location, context.names.first_contact),
                *([bedrock.read_tags(self._location)] if context.max_model_units else []),
            ],
            environment={
                **stores.variables(Variable.LEDGER, Variable.DATA_BUCKET),
                Variable.JOB_ROLE: self.job_role.role_arn,
                Variable.MODEL_KEY: context.key.key_arn,
                **context.unit_ceiling,
                **context.commitments.variables,
            },
        )

    def _settle(self, context: StackContext, stores: DataStores, dead_letters: sqs.IQueue | None) -> Function:
        return Function(
            self,
            "Settle",
            context=context,
            handler="lambdas.distillation.handler.settle",
            description="Reports ended jobs to the runs that wait for them",
            timeout=Duration.minutes(5),
            permissions=[
                *storage.use_ledger(stores.ledger),
                bedrock.follow(self._location),
                bedrock.stop_jobs(self._location, context.names),
                *storage.notify(stores.topic, context.key),
            ],
            environment=stores.variables(Variable.LEDGER, Variable.TOPIC),
            asynchronous=True,
            dead_letters=dead_letters,
        )

    def _on_ended_job(self, context: StackContext) -> None:
        """Events are best effort (UG monitoring-eventbridge): the slow poll finds what they miss."""
        ended = events.EventPattern(
            source=["aws.bedrock"],
            detail_type=["Model Customization Job State Change"],
            detail={"jobName": [{"prefix": context.names.prefix}], "jobStatus": ["Completed", "Failed", "Stopped"]},
        )
        on_event(self, "OnEndedJob", description="A job has ended", pattern=ended, function=self.settle)
