"""The access table: every role, every kind of resource, every verb. What the tables do not list is denied."""

import functools
from collections.abc import Iterator, Mapping

import pytest

from distillery.settings.reading import parse, read
from tests.policy.engine import Ask, decide
from tests.policy.principals import EXECUTIONS, ITEMS, KEYS, LISTINGS, OBJECTS, PARAMETERS, TAG, AccessTarget, Roles
from tests.policy.synthesis import synthesized, templates
from tests.policy.templates import as_list

GET, VERSION, PUT = "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"
MARK, DELETE = "s3:DeleteObject", "s3:DeleteObjectVersion"
VERBS: Mapping[str, tuple[Mapping[str, AccessTarget], tuple[str, ...]]] = {
    "objects": (
        OBJECTS,
        (GET, VERSION, PUT, "s3:AbortMultipartUpload", MARK, DELETE, "s3:PutObjectAcl"),
    ),
    "listings": (LISTINGS, ("s3:ListBucket", "s3:ListBucketVersions")),
    "items": (
        ITEMS,
        ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"),
    ),
    "parameters": (PARAMETERS, ("ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter")),
    "keys": (KEYS, ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant")),
    "executions": (EXECUTIONS, ("states:DescribeExecution", "states:GetExecutionHistory", "states:StopExecution")),
}
Cell = tuple[str, str]
"""A kind of resource, and the verb."""

UPLOADED = ("prompts", "uploads")
TEXTS = (
    "prompts",
    "uploads",
    "collected",
    "training",
    "held-out",
    "quarantined",
    "system prompt",
    "answers",
    "verdict",
    "job output",
)


def _cells(things: tuple[str, ...], *verbs: str) -> set[Cell]:
    return {(thing, verb) for thing in things for verb in verbs}


def _found(*listings: str) -> set[Cell]:
    return _cells(tuple(f"listed {one}" for one in listings), "s3:ListBucketVersions")


S3, DYNAMODB, SQS = ("s3 of us-east-1",), ("dynamodb of us-east-1",), ("sqs of us-east-1", "sqs of us-east-2")
S3_OF_CALLS = ("s3 of us-east-2",)
WHERE = _cells(("where",), "ssm:GetParameter")
RUNS = _cells(("runs", "what runs are made of", "who uploaded"), "dynamodb:GetItem", "dynamodb:Query")
KEPT = _cells(("locks", "leases"), "dynamodb:Query")
MAY: Mapping[str, set[Cell]] = {
    "Operator": WHERE
    | RUNS
    | _cells(("alias",), "ssm:GetParameter")
    | _cells(UPLOADED, PUT, "s3:AbortMultipartUpload")
    | _cells(("report", "refusal"), GET)
    | _cells(S3, "kms:Decrypt", "kms:GenerateDataKey")
    | _cells(DYNAMODB, "kms:Decrypt"),
    "Approver": WHERE | RUNS | _cells(("report",), GET) | _cells((*S3, *DYNAMODB), "kms:Decrypt"),
    "Billing": WHERE | RUNS | KEPT | _cells(("alias",), "ssm:GetParameter") | _cells(DYNAMODB, "kms:Decrypt"),
    "Cleaner": WHERE | _cells(("alias",), "ssm:GetParameter"),
    "Examiner": WHERE
    | _cells(("golden",), GET, VERSION, PUT, "s3:AbortMultipartUpload")
    | {("listed golden", verb) for verb in ("s3:ListBucket", "s3:ListBucketVersions")}
    | _cells(S3, "kms:Decrypt", "kms:GenerateDataKey"),
    "DataReader": WHERE
    | _cells((*TEXTS, "report", "refusal"), GET, VERSION)
    | {
        (f"listed {what}", verb)
        for what in ("prompts", "data sets", "evaluations")
        for verb in ("s3:ListBucket", "s3:ListBucketVersions")
    }
    | _cells(S3, "kms:Decrypt"),
    "Eraser": WHERE
    | _cells(("runs",), "dynamodb:Query")
    | _cells(("alias", "collection"), "ssm:GetParameter")
    | _cells((*TEXTS, "report", "refusal", "golden", "old exam"), VERSION, MARK, DELETE)
    | _found("prompts", "golden", "data sets", "evaluations", "all prompts", "all data")
    | _cells((*S3, *DYNAMODB), "kms:Decrypt"),
    "LogsEraser": _cells(("logged calls", "query results"), VERSION, MARK, DELETE)
    | _found("calls")
    | _cells(S3_OF_CALLS, "kms:Decrypt"),
    "OnCall": WHERE
    | RUNS
    | _cells(("alias", "route", "serving"), "ssm:GetParameter")
    | _cells(("execution",), "states:DescribeExecution", "states:GetExecutionHistory")
    | _cells((*DYNAMODB, *SQS), "kms:Decrypt"),
    "Collector": WHERE | _cells(("collection",), "ssm:GetParameter"),
    "Measurer": WHERE
    | _cells(("serving", "route", "finding"), "ssm:GetParameter")
    | _cells(("finding",), "ssm:PutParameter"),
    "Caller": WHERE | _cells(("serving", "route", "finding"), "ssm:GetParameter"),
}
"""What a user without a recipe tag may do, for any recipe."""

CALLS = {
    "Operator": {"pipeline Dataset"},
    "OnCall": {"pipeline Dataset", "pipeline DistillationSettle", "pipeline EndpointSweep"},
    "Collector": {"collection Collection"},
    "Caller": {"serving Serving"},
}
"""The functions that a user without a recipe tag may invoke, with an arbitrary event."""

SIGNED = {
    "Operator": {
        "pipeline DeletionPrune",
        "pipeline DeletionRetire",
        "pipeline EvaluationRequest",
        "pipeline Operations",
        "pipeline PromotionRollback",
    },
    "Approver": {"pipeline DatasetApproval", "pipeline PromotionAcceptance"},
    "Cleaner": {"pipeline Cleaning", "pipeline DeletionRetire", "pipeline Operations"},
    "OnCall": {"pipeline EvaluationRequest", "pipeline Operations", "pipeline PromotionRollback"},
    "Caller": {"serving Serving"},
}
"""The functions that users may call through their URLs, which identify the caller."""

UNTAGGED = {
    "Billing": KEPT,
    "Eraser": _found("all prompts", "all data"),
    "LogsEraser": MAY["LogsEraser"] - _cells(S3_OF_CALLS, "kms:Decrypt"),
}
"""What a recipe tag denies altogether: listing a whole bucket, logged calls, which belong to no recipe, and the locks
and leases of all recipes."""

OF_NO_RECIPE = {
    ("where", "ssm:GetParameter"),
    ("collection", "ssm:GetParameter"),
    *((key, verb) for key in KEYS for verb in VERBS["keys"][1]),
}
"""What a recipe tag does not limit: names of resources, and keys, which alone give access to no data."""

NOT_BY_RECIPE = {("OnCall", thing, verb) for thing, verb in MAY["OnCall"] - RUNS} | {
    (role, thing, verb) for role in ("Collector", "Measurer", "Caller") for thing, verb in MAY[role]
}
"""Roles that access no text: alarms, routes and their maps belong to no recipe."""


@functools.cache
def roles() -> Roles:
    return Roles(templates("prod"))


def _things() -> Iterator[tuple[str, AccessTarget, str]]:
    """Yields every cell: the name of its resource kind, the kind, and the verb."""
    for kind, (things, verbs) in VERBS.items():
        for name, thing in things.items():
            for verb in verbs:
                yield f"listed {name}" if kind == "listings" else name, thing, verb


@functools.cache
def _decided(asking: str, tag: str | None) -> Mapping[str, set[Cell]]:
    """role → what it may do to the resources of a recipe."""
    held = {} if tag is None else {TAG: tag}
    cells = list(_things())
    asks = [thing.of(asking, verb, held) for _, thing, verb in cells]
    decided = decide([(document, asks) for document in roles().documents.values()])
    return {
        role: {(name, verb) for (name, _, verb), yes in zip(cells, each, strict=True) if yes}
        for role, each in zip(roles().documents, decided, strict=True)
    }


def allowed(role: str, *, asking: str, tag: str | None) -> set[Cell]:
    return _decided(asking, tag)[role]


def test_there_is_one_policy_for_each_role() -> None:
    assert set(roles().documents) == set(MAY)


@pytest.mark.parametrize("role", MAY)
def test_without_the_tag_a_role_may_this_in_every_recipe_and_nothing_else(role: str) -> None:
    assert allowed(role, asking="support", tag=None) == MAY[role]


@pytest.mark.parametrize("role", MAY)
def test_with_the_tag_a_role_may_this_in_its_own_recipe(role: str) -> None:
    assert allowed(role, asking="support", tag="support") == MAY[role] - UNTAGGED.get(role, set())


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize(
    ("tag", "other"),
    [("support", "returns"), ("support", "support-de"), ("support-de", "support"), ("sup", "support"), ("", "support")],
)
def test_with_the_tag_nobody_reaches_another_recipe(role: str, tag: str, other: str) -> None:
    found = {(role, *cell) for cell in allowed(role, asking=other, tag=tag) - OF_NO_RECIPE}
    assert found - NOT_BY_RECIPE == set()


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize(
    ("table", "action", "keys"),
    [
        (CALLS, "lambda:InvokeFunction", {"lambda:InvokedViaFunctionUrl": "false"}),
        (SIGNED, "lambda:InvokeFunctionUrl", {"lambda:FunctionUrlAuthType": "AWS_IAM"}),
    ],
    ids=["directly", "by URL"],
)
def test_functions_are_called_by_these_and_by_nobody_with_the_tag(
    role: str, table: Mapping[str, set[str]], action: str, keys: Mapping[str, str]
) -> None:
    """IAM cannot see which recipe a request is for."""
    functions = roles().functions
    for tag in ({}, {TAG: "support"}):
        asks = [thing.of("", action, {**keys, **tag}) for thing in functions.values()]
        (decided,) = decide([(roles().documents[role], asks)])
        found = {name for name, yes in zip(functions, decided, strict=True) if yes}
        assert found == (table.get(role, set()) if not tag or role == "Caller" else set())


@functools.cache
def _decisions(named: tuple[bool, ...]) -> Roles:
    """Returns the decisions for an environment with one recipe for each value: whether it names its deciders."""
    said = read("prod")
    recipes = {
        f"recipe-{at}": said["recipes"]["support"] | ({"deciders": ["assumed-role/leads/*"]} if one else {})
        for at, one in enumerate(named)
    }
    return Roles(synthesized(parse(said | {"recipes": recipes}, "prod")))


DECIDING = {role: {one for one in those if one.startswith("pipeline ")} for role, those in SIGNED.items()}


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("tag", [{}, {TAG: "recipe-0"}, {TAG: "another"}], ids=["untagged", "tagged", "another's"])
@pytest.mark.parametrize("named", [(True, True), (True, False)], ids=["every", "one of two"])
def test_tagged_users_decide_only_if_every_recipe_names_its_deciders(
    role: str, named: tuple[bool, ...], tag: Mapping[str, str]
) -> None:
    """One that names none is everybody's who gets to the function, so nobody gets there whom a tag keeps from it."""
    of = _decisions(named)
    url, signed = {"lambda:InvokedViaFunctionUrl": "true"}, {"lambda:FunctionUrlAuthType": "AWS_IAM"}
    decisions = [one for one in of.functions if one in set().union(*DECIDING.values())]
    direct = {"lambda:InvokedViaFunctionUrl": "false"}
    ways = (("lambda:InvokeFunction", url), ("lambda:InvokeFunctionUrl", signed), ("lambda:InvokeFunction", direct))
    asks = [of.functions[one].of("", action, {**keys, **tag}) for one in decisions for action, keys in ways]
    (decided,) = decide([(of.documents[role], asks)])
    through = DECIDING.get(role, set()) if all(named) or not tag else set()
    assert decided == [one in through and keys is not direct for one in decisions for _, keys in ways]


@pytest.mark.parametrize("role", MAY)
def test_deciders_let_nobody_with_the_tag_run_or_collect(role: str) -> None:
    of = _decisions((True, True))
    keys = {"lambda:InvokedViaFunctionUrl": "false", TAG: "recipe-0"}
    asks = [thing.of("", "lambda:InvokeFunction", keys) for thing in of.functions.values()]
    (decided,) = decide([(of.documents[role], asks)])
    found = {name for name, yes in zip(of.functions, decided, strict=True) if yes}
    assert found == (CALLS["Caller"] if role == "Caller" else set())


@pytest.mark.parametrize("role", MAY)
def test_no_role_may_what_no_person_is_to_do(role: str) -> None:
    """On any resource: no policy limits a principal that has one of these permissions."""
    actions = (
        *("iam:PassRole", "iam:AttachUserPolicy", "iam:TagUser", "iam:UntagUser", "sts:AssumeRole", "sts:TagSession"),
        *("states:StartExecution", "states:SendTaskSuccess", "states:RedriveExecution", "lambda:UpdateFunctionCode"),
        *("bedrock:CreateModelCustomizationJob", "bedrock:TagResource", "bedrock:InvokeModel"),
        *("s3:PutBucketPolicy", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "dynamodb:Scan", "sns:Publish"),
        *("athena:StartQueryExecution", "glue:GetTable", "logs:DeleteLogGroup", "cloudwatch:PutMetricData"),
    )
    document = roles().documents[role]
    named = {one for statement in document["Statement"] for one in as_list(statement["Resource"])}
    anything = "arn:aws:any:us-east-1:333333333333:thing"
    asks = [Ask(action, anything if one == "*" else one) for action in actions for one in named]
    (decided,) = decide([(document, asks)])
    assert [ask for ask, yes in zip(asks, decided, strict=True) if yes] == []


def test_golden_sets_are_written_by_the_examiner_alone() -> None:
    """Functions cannot write them either: neither the uploads' nor the collector's."""
    writers = {
        str(holder)
        for holder, statement in templates("prod").statements("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        if "s3:PutObject" in as_list(statement["Action"]) and "/golden/" in str(statement["Resource"])
    }
    assert len(writers) == 1
    assert "Examiners" in writers.pop()
