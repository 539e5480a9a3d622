"""Identity policies: actions, roles, and who may pass them."""

import re

from tests.policy.rules.examples import OURS, ROOT, arn, get, key, policy, resource, role
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import (
    EnvironmentTemplates,
    Json,
    Resource,
    allows,
    as_list,
    condition,
    rendered,
    single_stack,
)


@rule(
    ends_in_one=single_stack({"P": policy(said("s3:Get*"))}),
    is_one=single_stack({"P": policy(said(["s3:GetObject", "*"]))}),
    allows_all_but=single_stack({"P": policy({"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"})}),
    key_for_a_service=single_stack({"K": key(said("kms:*", Principal={"Service": "s3.amazonaws.com"}))}),
    key_for_everybody=single_stack({"K": key(said("kms:*", Principal={"AWS": "*"}))}),
    root_of_all_tables=single_stack({"T": resource("AWS::DynamoDB::Table", P=said("dynamodb:*", Principal=ROOT))}),
)
def no_action_is_allowed_by_a_wildcard_but_to_the_account_root_in_a_key_policy(
    templates: EnvironmentTemplates,
) -> Facts:
    for holder, statement in templates.statements():
        if statement["Effect"] == "Deny":
            continue
        actions = as_list(statement.get("Action", "*"))
        root = holder.kind == "AWS::KMS::Key" and actions == ["kms:*"] and _is_root(holder, statement)
        yield f"{holder}: {actions}", root or not any("*" in action for action in actions)


def _is_root(holder: Resource, statement: Json) -> bool:
    return rendered(statement["Principal"].get("AWS")) == f"arn:aws:iam::{holder.stack.owner}:root"


def _role(service: str, source: str | Json, account: str = "StringEquals") -> EnvironmentTemplates:
    conditions = {account: OURS["StringEquals"]} | {"ArnLike": {"aws:SourceArn": source}}
    return single_stack({"R": role(service, Condition=conditions)})


@rule(
    without_conditions=single_stack({"R": role("bedrock.amazonaws.com")}),
    for_the_account_alone=single_stack({"R": role("states.amazonaws.com", Condition=OURS)}),
    for_accounts_like_ours=_role("events.amazonaws.com", arn("events", "rule/*"), account="StringLike"),
    for_a_resource_of_anybody=_role("scheduler.amazonaws.com", "arn:aws:scheduler:us-east-1:*:schedule/*"),
    for_anything_of_the_account=_role("bedrock.amazonaws.com", arn("bedrock", "*")),
    for_another_service=_role("bedrock.amazonaws.com", arn("states", "stateMachine:*")),
)
def a_service_assumes_a_role_only_for_this_account_and_its_own_kind_of_resource(
    templates: EnvironmentTemplates,
) -> Facts:
    for holder in templates.resources("AWS::IAM::Role"):
        for statement in _trust(holder):
            service = statement["Principal"].get("Service", "nobody")
            if service != "lambda.amazonaws.com":
                yield f"{holder}: {service}", _for_its_own(holder, statement, service)


def _trust(holder: Resource) -> list[Json]:
    return list(holder.properties["AssumeRolePolicyDocument"]["Statement"])


def _for_its_own(holder: Resource, statement: Json, service: str) -> bool:
    owner = holder.stack.owner
    accounts = [rendered(one) for one in condition(statement, "aws:SourceAccount", "StringEquals")]
    sources = [rendered(one) for one in condition(statement, "aws:SourceArn", "ArnLike", "ArnEquals")]
    wanted = rf"arn:aws:{service.partition('.')[0]}:{holder.stack.region}:{re.escape(owner)}:[\w-]+[:/].+"
    return accounts == [owner] and bool(sources) and all(re.fullmatch(wanted, source) for source in sources)


_FUNCTION = resource("AWS::Lambda::Function", Role=get("R"))


@rule(
    shared=single_stack({"R": role("lambda.amazonaws.com"), "F": _FUNCTION, "G": _FUNCTION}),
    assumed_by_others_too=single_stack({"R": role("lambda.amazonaws.com", Principal={"AWS": "*"}), "F": _FUNCTION}),
    of_no_template=single_stack({"F": resource("AWS::Lambda::Function", Role="arn:aws:iam::111111111111:role/admin")}),
)
def a_function_has_a_role_of_its_own_that_lambda_alone_may_assume(templates: EnvironmentTemplates) -> Facts:
    taken: set[str] = set()
    for function in templates.resources("AWS::Lambda::Function"):
        found = templates.find(function.stack, function.properties["Role"])
        principals = [statement["Principal"] for statement in _trust(found)] if found else []
        yield str(function), principals == [{"Service": "lambda.amazonaws.com"}] and str(found) not in taken
        taken.add(str(found))


@rule(
    to_anybody=single_stack({"R": role("bedrock.amazonaws.com"), "P": policy(said("iam:PassRole", get("R")))}),
    any_role=single_stack(
        {"P": policy(said("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "x.amazonaws.com"}}))}
    ),
)
def a_role_is_passed_by_name_and_to_one_service(templates: EnvironmentTemplates) -> Facts:
    for holder, statement in templates.statements():
        if allows(statement, "iam:PassRole"):
            services = condition(statement, "iam:PassedToService", "StringEquals")
            named = all(templates.find(holder.stack, one) is not None for one in as_list(statement["Resource"]))
            yield str(holder), len(services) == 1 and named


@rule(
    open_to_everybody=single_stack({"U": resource("AWS::Lambda::Url", AuthType="NONE")}),
    for_any_page_of_the_web=single_stack(
        {"U": resource("AWS::Lambda::Url", AuthType="AWS_IAM", Cors={"AllowOrigins": ["*"]})}
    ),
)
def a_functions_url_is_for_signed_requests_of_programs(templates: EnvironmentTemplates) -> Facts:
    for url in templates.resources("AWS::Lambda::Url"):
        yield str(url), url.properties["AuthType"] == "AWS_IAM" and "Cors" not in url.properties
