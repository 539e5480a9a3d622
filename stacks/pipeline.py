"""pipeline: the stages and their state machine, in the home Region."""

from collections.abc import Sequence

from aws_cdk import CfnOutput, Duration
from constructs import Construct

from distillery.core.decisions import all_name_deciders
from distillery.core.promotions import SHARE, VERB
from distillery.core.serialization import to_wire
from distillery.settings import LONGEST_RUN_DAYS, Settings, named_models
from infra.constructs.admission import AdmissionFunction, promoter_policy
from infra.constructs.data_stores import DataStores
from infra.constructs.deletion import Deletion
from infra.constructs.drift import DriftWatchFunction
from infra.constructs.eventbridge import on_schedule
from infra.constructs.function import Function
from infra.constructs.managed_policies import (
    approver_policy,
    billing_policy,
    cleaner_policy,
    eraser_policy,
    examiner_policy,
    operator_policy,
    reader_policy,
)
from infra.constructs.model_dates import ModelWatchFunction
from infra.constructs.on_call import on_call_policy
from infra.constructs.operations import Operations
from infra.constructs.sharing import Sharing
from infra.constructs.ssm_outputs import publish
from infra.constructs.state_machine import Machine
from infra.constructs.teardown import Cleaning, RecipeGuard
from infra.stages.dataset import DatasetStage, Expiry
from infra.stages.promotion import PromotionStage
from stacks.base import EnvironmentStack
from stacks.foundation import HomeFoundation
from stacks.state_machine import Stages, definition

LONGEST_RUN = Duration.days(LONGEST_RUN_DAYS)
SLOW_POLL = Duration.minutes(15)


class Pipeline(EnvironmentStack):
    """The pipeline from an object under `prompts/` to an alias."""

    def __init__(self, scope: Construct, part: str, *, settings: Settings, foundation: HomeFoundation) -> None:
        super().__init__(scope, part, settings=settings, region=settings.home_region, description="the pipeline")
        key, recipes = foundation.key(self), list(settings.recipes.values())
        context, stores = self.context_for(key), foundation.stores(self, key)
        dataset = DatasetStage(self, "Dataset", context=context, stores=stores, recipes=settings.recipes)
        letters = dataset.function.dead_letters
        assert letters is not None
        promotion = settings.promotion
        stages = Stages.create(
            self,
            context=context,
            stores=stores,
            recipes=recipes,
            settings=dataset.recipes,
            dead_letters=letters,
            record_days=promotion.valid_days if promotion and promotion.sign else None,
            window=promotion.window if promotion else None,
            inference_region=settings.inference_region,
        )
        states, functions = definition(self, stages), stages.functions
        self.machine = Machine(
            self,
            "StateMachine",
            context=context,
            states=states,
            functions=functions,
            labels=stages.evaluation.labels,
            within=LONGEST_RUN,
        ).machine
        dataset.attach(self.machine)
        stages.attach(self.machine)
        settle, sweep = stages.distillation.settle, stages.endpoint.sweep
        missed = "Polls for what missed events would have reported: delivery is best effort"
        on_schedule(
            self, "SlowPoll", description=missed, rate=SLOW_POLL, payload={"poll": True}, functions=[settle, sweep]
        )
        Expiry(self, "Expiry", context=context, stores=stores, days=settings.data_days, dead_letters=letters)
        ModelWatchFunction(
            self,
            "ModelDates",
            context=context,
            stores=stores,
            models=named_models(settings),
            dead_letters=letters,
        )
        DriftWatchFunction(
            self,
            "Drift",
            context=context,
            stores=stores,
            inference_region=settings.inference_region,
            dead_letters=letters,
        )
        deletion = Deletion(self, "Deletion", context=context, stores=stores, settings=dataset.recipes)
        operations = Operations(
            self,
            "Operations",
            context=context,
            stores=stores,
            machine=self.machine,
            settings=dataset.recipes,
            has_judges=any(recipe.judges for recipe in recipes),
        )
        RecipeGuard(
            self,
            "Recipes",
            context=context,
            ledger=stores.ledger,
            machine=self.machine.state_machine_arn,
            recipes=settings.recipes,
            inference_region=settings.inference_region,
        )
        cleaning = Cleaning(
            self,
            "Cleaning",
            context=context,
            ledger=stores.ledger,
            machine=self.machine.state_machine_arn,
            settings=dataset.recipes,
            has_judges=any(recipe.judges for recipe in recipes),
            inference_region=settings.inference_region,
        )
        rules = promotion.rules if promotion else None
        self._admission = (
            AdmissionFunction(self, "Admission", context=context, stores=stores, settings=dataset.recipes, rules=rules)
            if rules
            else None
        )
        self._sharing = (
            Sharing(self, "Sharing", context=context, stores=stores, settings=dataset.recipes)
            if context.share_with
            else None
        )
        # Functions whose errors would go unnoticed: errors of steps show as failed runs. Settle and Expiry share the
        # dead-letter queue of Sweep.
        self.watched, self.guard = {"Dataset": dataset.function, "Sweep": sweep}, sweep
        decisions = {
            "approval": dataset.approval_url,
            "rollback": stages.promotion.rollback_url,
            "acceptance": stages.promotion.acceptance_url,
            "evaluation": stages.evaluation.request_url,
            "models": deletion.prune_url,
            "retirement": deletion.retire_url,
            "clean": cleaning.url,
            **operations.urls,
            **({VERB: self._admission.url} if self._admission else {}),
            **({SHARE: self._sharing.url} if self._sharing else {}),
        }
        signing = stages.promotion.signing
        signed = {"signing_key": signing.key.key_arn} if signing else {}
        self._publish(stores, {"dataset": dataset.function}, decisions, signed)
        deciding = [stages.promotion.rollback, stages.evaluation.request, operations.function]
        self._people(
            stores,
            dataset,
            stages.promotion,
            deciding,
            polled=[settle, sweep],
            deleting=[deletion.prune, deletion.retire],
            cleaning=[cleaning.function, operations.function, deletion.retire],
        )

    def _publish(
        self, stores: DataStores, functions: dict[str, Function], decisions: dict[str, str], signed: dict[str, str]
    ) -> None:
        """Names and ARNs for the command line."""
        where = {
            "prompts_bucket": stores.prompts.bucket_name,
            "data_bucket": stores.data.bucket_name,
            "ledger": stores.ledger.table_name,
            "state_machine": self.machine.state_machine_arn,
            "functions": {name: function.function.function_name for name, function in functions.items()},
            "decisions": decisions,
            "home_region": self.settings.home_region,
            "inference_region": self.settings.inference_region,
            "recipes": sorted(self.settings.recipes),
            **signed,
            "owns_logs": self.settings.logging is not None,
            "monthly_caps_usd": {name: str(recipe.monthly_cap_usd) for name, recipe in self.settings.recipes.items()},
        }
        hours = {name: recipe.business_hours for name, recipe in self.settings.recipes.items() if recipe.business_hours}
        if hours:
            where["business_hours"] = to_wire(hours)
        publish(self, "Where", name=self.names.pipeline, description="Names and ARNs of the pipeline", value=where)
        CfnOutput(self, "StateMachineArn", value=self.machine.state_machine_arn)
        CfnOutput(self, "StateMachineName", value=self.machine.state_machine_name)

    def _people(
        self,
        stores: DataStores,
        dataset: DatasetStage,
        promotion: PromotionStage,
        deciding: Sequence[Function],
        *,
        polled: list[Function],
        deleting: list[Function],
        cleaning: list[Function],
    ) -> None:
        """The managed policies of people: of the command line, of deciders, and of readers of texts. `deciding` are the
        functions that operators and the person on call send decisions to, `deleting` are for operators alone, and
        `cleaning` are all that `distillery clean` calls."""
        names = self.names
        there = self.settings.inference_region
        called = [dataset.function, *polled]
        deciders_named = all_name_deciders(self.settings.recipes.values())
        policies = {
            "Operator": operator_policy(
                self,
                "Operators",
                names=names,
                stores=stores,
                functions=[dataset.function],
                deciding=[*deciding, *deleting],
                deciders_named=deciders_named,
            ),
            "Approver": approver_policy(
                self,
                "Approvers",
                names=names,
                stores=stores,
                functions=[dataset.approval, promotion.acceptance],
                deciders_named=deciders_named,
            ),
            "Cleaner": cleaner_policy(self, "Cleaners", names=names, functions=cleaning, deciders_named=deciders_named),
            "Billing": billing_policy(self, "Billing", names=names, stores=stores),
            "Examiner": examiner_policy(self, "Examiners", names=names, stores=stores),
            "DataReader": reader_policy(
                self,
                "DataReaders",
                names=names,
                stores=stores,
                signing_key=promotion.signing.key if promotion.signing else None,
            ),
            "Eraser": eraser_policy(self, "Erasers", names=names, stores=stores, inference_region=there),
            "OnCall": on_call_policy(
                self,
                "OnCall",
                names=names,
                stores=stores,
                machine=self.machine,
                inference_region=there,
                functions=called,
                deciding=deciding,
                deciders_named=deciders_named,
            ),
        }
        if self._admission:
            policies["Promoter"] = promoter_policy(
                self,
                "Promoters",
                names=names,
                stores=stores,
                admission=self._admission.function,
                deciders_named=deciders_named,
            )
        if self._sharing:
            policies["Sharer"] = self._sharing.policy(self, "Sharers", deciders_named=deciders_named)
        for role, policy in policies.items():
            CfnOutput(self, f"{role}PolicyArn", value=policy.managed_policy_arn)
