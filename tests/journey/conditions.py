"""The attack that each policy condition prevents.

A test carries it out in a running deployment: the attack is denied, and succeeds once the condition is removed.
"""

from typing import NamedTuple

from distillery.core.names import TAG_ENVIRONMENT, TAG_RECIPE, TAG_ROUTE, TAG_RUN, URL_ALIAS
from tests.journey import actions, canary_actions
from tests.journey.actions import Step
from tests.journey.canary_actions import ANOTHER, CREATED, LET_IN, but
from tests.journey.environment import Environment
from tests.journey.policies import Find, managed, resource, role
from tests.journey.tagged_resources import OURS, THEIRS, Role

EQUALS, IF_EXISTS, ALL = "StringEquals", "StringEqualsIfExists", "ForAllValues:StringEquals"
RESOURCE, REQUEST, KEYS = f"aws:ResourceTag/{TAG_ENVIRONMENT}", f"aws:RequestTag/{TAG_ENVIRONMENT}", "aws:TagKeys"
OF_ROUTE = f"aws:ResourceTag/{TAG_ROUTE}"
VIA, GRANT, PROFILE = "kms:ViaService", "kms:GrantIsForAWSResource", "bedrock:InferenceProfileArn"
ALIASES, BY_URL = "kms:ResourceAliases", "lambda:InvokedViaFunctionUrl"
RemovedCondition = tuple[str, str, str]
"""An action, and the operator and key of a condition on it."""


class ConditionCase(NamedTuple):
    """A condition of the statement that `allows` an action. The condition denies `attack`; without it AWS returns
    `then`.

    holder: the construct id of the role or policy. besides: conditions of the same policy that would also deny the
    attack; they are removed throughout.
    """

    holder: str
    policy: Find
    allows: str
    operator: str
    key: str
    attack: Step
    besides: tuple[RemovedCondition, ...] = ()
    then: str = ""


def _of(
    who: Role,
    allows: str,
    operator: str,
    key: str,
    operation: actions.Operation,
    *besides: RemovedCondition,
    then: str = "",
) -> ConditionCase:
    service = {"bedrock:InvokeModel": "bedrock-runtime"}.get(allows, allows.partition(":")[0])
    service = {"states": "stepfunctions"}.get(service, service)
    return ConditionCase(
        who.ident,
        role(who.ident, who.stack),
        allows,
        operator,
        key,
        actions.as_role(who, service, operation),
        besides,
        then,
    )


DISTILLATION, SETTLE, JOB = (Role(f"Distillation{name}Role") for name in ("Function", "Settle", "Job"))
ENDPOINT, SWEEP = Role("EndpointFunctionRole"), Role("EndpointSweepRole")
EVALUATION, PROMOTION = Role("EvaluationFunctionRole"), Role("PromotionFunctionRole")
SERVING = Role("ServingFunctionRole", "serving")
RETIRER = Role("GuardStepRole", "teardown")
PRUNE, RETIRE, OPERATIONS = Role("DeletionPruneRole"), Role("DeletionRetireRole"), Role("OperationsFunctionRole")
CLEANER, SIGNER = Role("CleaningFunctionRole"), Role("PromotionSigningFunctionRole")
CANARY = Role("PromotionCanaryFunctionRole")
DRIFT = Role("DriftFunctionRole")
COLLECTOR, WITNESS = Role("CollectionFunctionRole", "collection"), Role("WitnessFunctionRole", "foundation")

TAG, HOST = "bedrock:TagResource", "bedrock:CreateCustomModelDeployment"
TRAIN, STOP = "bedrock:CreateModelCustomizationJob", "bedrock:StopModelCustomizationJob"
DELETE, REPOINT = "bedrock:DeleteCustomModelDeployment", "bedrock:UpdateCustomModelDeployment"
DELETE_MODEL = "bedrock:DeleteCustomModel"
INVOKE, CREATE_GRANT, DECRYPT = "bedrock:InvokeModel", "kms:CreateGrant", "kms:Decrypt"
WRITE, SIGN = "kms:GenerateDataKey", "kms:Sign"

CONDITION_CASES = {
    **{
        f"{who.ident} stops no job of another environment": _of(who, STOP, EQUALS, RESOURCE, actions.stop_job(THEIRS))
        for who in (DISTILLATION, SETTLE, RETIRER, OPERATIONS, CLEANER)
    },
    **{
        f"{who.ident} deletes no model of another environment": _of(
            who, DELETE_MODEL, EQUALS, RESOURCE, actions.delete_hosted_model(THEIRS), then=".*is still hosted by.*"
        )
        for who in (RETIRER, PRUNE, RETIRE, CLEANER)
    },
    "the drift watch reads no state machine of another environment": _of(
        DRIFT, "states:DescribeStateMachine", EQUALS, RESOURCE, actions.describe_machine
    ),
    "no message is signed, only its digest": _of(SIGNER, SIGN, EQUALS, "kms:MessageType", actions.sign("RAW")),
    "nothing is signed by another algorithm": _of(
        SIGNER, SIGN, EQUALS, "kms:SigningAlgorithm", actions.sign(algorithm="ECDSA_SHA_384"), then=".*ECDSA_SHA_384.*"
    ),
    "no job is started with another environment's tag": _of(
        DISTILLATION, TRAIN, EQUALS, REQUEST, actions.start_job(THEIRS), (TAG, EQUALS, REQUEST)
    ),
    "no job is started with an unexpected tag key": _of(
        DISTILLATION, TRAIN, ALL, KEYS, actions.start_job(OURS, "owner"), (TAG, ALL, KEYS)
    ),
    "no job is started on another environment's model": _of(
        DISTILLATION,
        TRAIN,
        IF_EXISTS,
        RESOURCE,
        actions.start_job_on_foreign_model,
        then=".*customizes foundation models only.*",
    ),
    "no job is moved into another environment": _of(DISTILLATION, TAG, EQUALS, REQUEST, actions.tag_job(OURS, THEIRS)),
    "no job is taken from another environment": _of(
        DISTILLATION, TAG, IF_EXISTS, RESOURCE, actions.tag_job(THEIRS, OURS)
    ),
    "no job is tagged with an unexpected key": _of(DISTILLATION, TAG, ALL, KEYS, actions.tag_job(OURS, OURS, "owner")),
    **{
        f"{who.ident} {does}": _of(who, allows, operator, key, operation, *besides)
        for who in (ENDPOINT, PROMOTION)
        for does, allows, operator, key, operation, *besides in (
            ("hosts no model of another environment", HOST, EQUALS, RESOURCE, actions.create_endpoint(THEIRS, OURS)),
            (
                "creates no endpoint for another environment",
                HOST,
                EQUALS,
                REQUEST,
                actions.create_endpoint(OURS, THEIRS),
                (TAG, EQUALS, REQUEST),
            ),
            (
                "creates no endpoint with an unexpected tag key",
                HOST,
                ALL,
                KEYS,
                actions.create_endpoint(OURS, OURS, "owner"),
                (TAG, ALL, KEYS),
            ),
            ("moves no endpoint into another environment", TAG, EQUALS, REQUEST, actions.tag_endpoint(OURS, THEIRS)),
            (
                "takes no endpoint from another environment",
                TAG,
                IF_EXISTS,
                RESOURCE,
                actions.tag_endpoint(THEIRS, OURS),
            ),
            ("tags no endpoint with an unexpected key", TAG, ALL, KEYS, actions.tag_endpoint(OURS, OURS, "owner")),
        )
    },
    **{
        f"{who.ident} deletes no endpoint of another environment": _of(
            who, DELETE, EQUALS, RESOURCE, actions.delete_endpoint(THEIRS)
        )
        for who in (ENDPOINT, SWEEP, PROMOTION, RETIRER, RETIRE, OPERATIONS, CLEANER)
    },
    "no endpoint of another environment is updated": _of(
        PROMOTION, REPOINT, EQUALS, RESOURCE, actions.update_endpoint(THEIRS)
    ),
    "no candidate of another environment is called": _of(
        EVALUATION, INVOKE, EQUALS, RESOURCE, actions.call_endpoint(THEIRS)
    ),
    "no student of another environment is served": _of(
        SERVING, INVOKE, EQUALS, RESOURCE, actions.call_endpoint(THEIRS)
    ),
    "no endpoint without a student's route is served": _of(
        SERVING, INVOKE, "StringLike", OF_ROUTE, actions.call_endpoint(OURS, "none")
    ),
    **{
        f"{who.ident} creates no grant on its own behalf": _of(
            who, CREATE_GRANT, "Bool", GRANT, actions.create_grant, (CREATE_GRANT, EQUALS, VIA)
        )
        for who in (DISTILLATION, JOB, ENDPOINT, PROMOTION, CANARY)
    },
    "grants are created through Bedrock only": _of(
        DISTILLATION, CREATE_GRANT, EQUALS, VIA, actions.create_grant, (CREATE_GRANT, "Bool", GRANT)
    ),
    "the key decrypts through a service only": _of(DISTILLATION, DECRYPT, EQUALS, VIA, actions.decrypt),
    "only the environment's key decrypts a student": _of(
        SERVING, DECRYPT, "ForAnyValue:StringEquals", ALIASES, actions.decrypt_under_other_key, (DECRYPT, EQUALS, VIA)
    ),
    "no collected prompt is written under another key": ConditionCase(
        COLLECTOR.ident,
        role(COLLECTOR.ident, COLLECTOR.stack),
        WRITE,
        "ForAnyValue:StringEquals",
        ALIASES,
        actions.as_role(COLLECTOR, "s3", actions.write_collected_elsewhere),
    ),
    **{
        f"{who.ident} calls no teacher without its inference profile": ConditionCase(
            who.ident,
            role(who.ident),
            INVOKE,
            EQUALS,
            PROFILE,
            actions.as_role(who, "bedrock-runtime", actions.call_model_without_profile, "inference"),
            then=".*with the ID or ARN of an inference profile.*",
        )
        for who in (DISTILLATION, EVALUATION)
    },
}


def _person(holder: str, kind: str, named: actions.Named, stack: str = "pipeline") -> ConditionCase:
    region = "inference" if stack == "serving" else "home"
    attack = actions.invoke(kind, named, region)
    return ConditionCase(holder, managed(holder, stack), "lambda:InvokeFunction", "Bool", BY_URL, attack)


def _function(ident: str) -> actions.Named:
    return lambda environment: resource(environment, "pipeline", ident)


def _alias(environment: Environment) -> str:
    return f"{environment.serving['function']}:{URL_ALIAS}"


def _team(key: str, operation: actions.Operation) -> ConditionCase:
    return ConditionCase(TEAM, managed(TEAM, "serving"), INVOKE, EQUALS, key, actions.as_team(operation))


def _resource(tag: str) -> str:
    return f"aws:ResourceTag/{tag}"


def _request(tag: str) -> str:
    return f"aws:RequestTag/{tag}"


_LIVE = but(CREATED, run=None, route=actions.ROUTE)
_OTHERS = (
    ("of another environment", EQUALS, TAG_ENVIRONMENT, but(CREATED, environment=THEIRS)),
    ("of another recipe", EQUALS, TAG_RECIPE, but(CREATED, recipe=ANOTHER)),
    ("of no run", "Null", TAG_RUN, _LIVE),
)
"""Endpoints that a canary's role may not let callers in to, nor delete: which condition prevents it, and their tags."""


def _canary(
    allows: str, operator: str, key: str, operation: actions.Operation, *removed: RemovedCondition
) -> ConditionCase:
    return _of(CANARY, allows, operator, key, operation, *removed)


CONDITION_CASES |= {
    "a canary serves no model of another environment": _canary(HOST, EQUALS, RESOURCE, canary_actions.create(THEIRS)),
    "a canary serves no model of another recipe": _canary(
        HOST, EQUALS, _resource(TAG_RECIPE), canary_actions.create(recipe=ANOTHER)
    ),
    "a canary is not made for another environment": _canary(
        HOST, EQUALS, REQUEST, canary_actions.create(says=but(CREATED, environment=THEIRS)), (TAG, EQUALS, REQUEST)
    ),
    "a canary is not made for another recipe": _canary(
        HOST,
        EQUALS,
        _request(TAG_RECIPE),
        canary_actions.create(says=but(CREATED, recipe=ANOTHER)),
        (TAG, EQUALS, _request(TAG_RECIPE)),
    ),
    "a canary has no unexpected tag key": _canary(
        HOST, ALL, KEYS, canary_actions.create(says=but(CREATED, owner="x")), (TAG, ALL, KEYS)
    ),
    "a canary is not moved to another environment": _canary(
        TAG, EQUALS, REQUEST, canary_actions.tag(but(LET_IN, environment=THEIRS))
    ),
    "a canary is not moved to another recipe": _canary(
        TAG, EQUALS, _request(TAG_RECIPE), canary_actions.tag(but(CREATED, recipe=ANOTHER))
    ),
    "a canary is not let in to another route": _canary(
        TAG, EQUALS, _request(TAG_ROUTE), canary_actions.tag(but(LET_IN, route="distilled/x"))
    ),
    "a canary gets no unexpected tag key": _canary(TAG, ALL, KEYS, canary_actions.tag(but(CREATED, owner="x"))),
    "a canary takes no endpoint of another environment": _canary(
        TAG, IF_EXISTS, RESOURCE, canary_actions.tag(CREATED, has=but(CREATED, environment=THEIRS))
    ),
    "a canary takes no endpoint of another recipe": _canary(
        TAG, IF_EXISTS, _resource(TAG_RECIPE), canary_actions.tag(CREATED, has=but(CREATED, recipe=ANOTHER))
    ),
    "a canary takes no endpoint that is live": _canary(
        TAG, "Null", _resource(TAG_ROUTE), canary_actions.tag(CREATED, has=_LIVE)
    ),
    **{
        f"a canary lets nobody in to an endpoint {of}": _canary(
            TAG, operator, _resource(tag), canary_actions.tag(LET_IN, has=has)
        )
        for of, operator, tag, has in _OTHERS
    },
    **{
        f"a canary deletes no endpoint {of}": _canary(DELETE, operator, _resource(tag), canary_actions.delete(has))
        for of, operator, tag, has in _OTHERS
    },
}
TEAM = "ServingCallersdistilledsupport"
CONDITION_CASES |= {
    "an approver cannot forge an identity": _person("Approvers", "approver", _function("DatasetApprovalFunction")),
    "an operator cannot forge an identity": _person("Operators", "operator", _function("PromotionRollbackFunction")),
    "a cleaner cannot forge an identity": _person("Cleaners", "cleaner", _function("CleaningFunction")),
    "on-call staff cannot forge an identity": _person("OnCall", "on-call", _function("PromotionRollbackFunction")),
    "a caller cannot forge an identity": _person("Callers", "caller", _alias, "serving"),
    "a team calls no student of another environment": _team(RESOURCE, actions.call_endpoint(THEIRS)),
    "a team calls no student of another route": _team(OF_ROUTE, actions.call_endpoint(OURS, "distilled/another")),
}
"""The first five of these attacks write the event themselves, in which they could claim any identity."""

ADMISSION_CASES = {
    "a promoter cannot forge an identity": _person("Promoters", "promoter", _function("AdmissionFunction"))
}
"""The same where an environment admits records of others."""
