"""Who may do what: actions, roles, and who passes them."""

import re

from tests.policy.house import House, Json, Resource, allows, broken, condition, listed, spelled
from tests.policy.rules.examples import OURS, ROOT, arn, get, key, policy, resource, role
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule


@rule(
    ends_in_one=broken({"P": policy(said("s3:Get*"))}),
    is_one=broken({"P": policy(said(["s3:GetObject", "*"]))}),
    allows_all_but=broken({"P": policy({"Effect": "Allow", "NotAction": "iam:PassRole", "Resource": "*"})}),
    key_for_a_service=broken({"K": key(said("kms:*", Principal={"Service": "s3.amazonaws.com"}))}),
    key_for_everybody=broken({"K": key(said("kms:*", Principal={"AWS": "*"}))}),
    root_of_all_tables=broken({"T": resource("AWS::DynamoDB::Table", P=said("dynamodb:*", Principal=ROOT))}),
)
def no_action_is_allowed_by_a_wildcard_but_to_the_account_root_in_a_key_policy(house: House) -> Facts:
    for holder, statement in house.statements():
        if statement["Effect"] == "Deny":
            continue
        actions = listed(statement.get("Action", "*"))
        root = holder.kind == "AWS::KMS::Key" and actions == ["kms:*"] and _is_root(holder, statement)
        yield f"{holder}: {actions}", root or not any("*" in action for action in actions)


def _is_root(holder: Resource, statement: Json) -> bool:
    return spelled(statement["Principal"].get("AWS")) == f"arn:aws:iam::{holder.stack.owner}:root"


def _role(service: str, source: str | Json, account: str = "StringEquals") -> House:
    conditions = {account: OURS["StringEquals"]} | {"ArnLike": {"aws:SourceArn": source}}
    return broken({"R": role(service, Condition=conditions)})


@rule(
    without_conditions=broken({"R": role("bedrock.amazonaws.com")}),
    for_the_account_alone=broken({"R": role("states.amazonaws.com", Condition=OURS)}),
    for_accounts_like_ours=_role("events.amazonaws.com", arn("events", "rule/*"), account="StringLike"),
    for_a_resource_of_anybody=_role("scheduler.amazonaws.com", "arn:aws:scheduler:us-east-1:*:schedule/*"),
    for_anything_of_the_account=_role("bedrock.amazonaws.com", arn("bedrock", "*")),
    for_another_service=_role("bedrock.amazonaws.com", arn("states", "stateMachine:*")),
)
def a_service_assumes_a_role_only_for_this_account_and_its_own_kind_of_resource(house: House) -> Facts:
    for holder in house.resources("AWS::IAM::Role"):
        for statement in _trust(holder):
            service = statement["Principal"].get("Service", "nobody")
            if service != "lambda.amazonaws.com":
                yield f"{holder}: {service}", _for_its_own(holder, statement, service)


def _trust(holder: Resource) -> list[Json]:
    return list(holder.properties["AssumeRolePolicyDocument"]["Statement"])


def _for_its_own(holder: Resource, statement: Json, service: str) -> bool:
    owner = holder.stack.owner
    accounts = [spelled(one) for one in condition(statement, "aws:SourceAccount", "StringEquals")]
    sources = [spelled(one) for one in condition(statement, "aws:SourceArn", "ArnLike", "ArnEquals")]
    wanted = rf"arn:aws:{service.partition('.')[0]}:{holder.stack.region}:{re.escape(owner)}:[\w-]+[:/].+"
    return accounts == [owner] and bool(sources) and all(re.fullmatch(wanted, source) for source in sources)


_FUNCTION = resource("AWS::Lambda::Function", Role=get("R"))


@rule(
    shared=broken({"R": role("lambda.amazonaws.com"), "F": _FUNCTION, "G": _FUNCTION}),
    assumed_by_others_too=broken({"R": role("lambda.amazonaws.com", Principal={"AWS": "*"}), "F": _FUNCTION}),
    of_no_template=broken({"F": resource("AWS::Lambda::Function", Role="arn:aws:iam::111111111111:role/admin")}),
)
def a_function_has_a_role_of_its_own_that_lambda_alone_may_assume(house: House) -> Facts:
    taken: set[str] = set()
    for function in house.resources("AWS::Lambda::Function"):
        found = house.find(function.stack, function.properties["Role"])
        principals = [statement["Principal"] for statement in _trust(found)] if found else []
        yield str(function), principals == [{"Service": "lambda.amazonaws.com"}] and str(found) not in taken
        taken.add(str(found))


@rule(
    to_anybody=broken({"R": role("bedrock.amazonaws.com"), "P": policy(said("iam:PassRole", get("R")))}),
    any_role=broken(
        {"P": policy(said("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "x.amazonaws.com"}}))}
    ),
)
def a_role_is_passed_by_name_and_to_one_service(house: House) -> Facts:
    for holder, statement in house.statements():
        if allows(statement, "iam:PassRole"):
            services = condition(statement, "iam:PassedToService", "StringEquals")
            named = all(house.find(holder.stack, one) is not None for one in listed(statement["Resource"]))
            yield str(holder), len(services) == 1 and named


@rule(
    open_to_everybody=broken({"U": resource("AWS::Lambda::Url", AuthType="NONE")}),
    for_any_page_of_the_web=broken(
        {"U": resource("AWS::Lambda::Url", AuthType="AWS_IAM", Cors={"AllowOrigins": ["*"]})}
    ),
)
def a_functions_url_is_for_signed_requests_of_programs(house: House) -> Facts:
    for url in house.resources("AWS::Lambda::Url"):
        yield str(url), url.properties["AuthType"] == "AWS_IAM" and "Cors" not in url.properties
