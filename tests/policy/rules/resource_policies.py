"""The confused deputy: a service may access our resources only on behalf of this account."""

from typing import Any

from tests.policy.rules.examples import OURS, arn, get, key, resource, resource_policy
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import EnvironmentTemplates, Json, Resource, condition, rendered, single_stack

_OF_MODELS = "aws:bedrock:custom-model"
_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key")


def _permission(principal: str, **more: Any) -> EnvironmentTemplates:
    permission = resource("AWS::Lambda::Permission", Principal=principal, **more)
    return single_stack({"B": resource("AWS::S3::Bucket"), "P": permission})


@rule(
    any_rule=_permission("events.amazonaws.com"),
    a_bucket_by_its_name_alone=_permission("s3.amazonaws.com", SourceArn=get("B")),
    everybody=_permission("*", SourceArn=arn("events", "rule/x")),
    a_rule_of_anybody=_permission("events.amazonaws.com", SourceArn="arn:aws:events:us-east-1:*:rule/x"),
)
def a_function_is_invoked_by_a_service_only_for_a_resource_of_this_account(templates: EnvironmentTemplates) -> Facts:
    for permission in templates.resources("AWS::Lambda::Permission"):
        said_ = permission.properties
        ours = rendered(said_.get("SourceAccount", "")) == permission.stack.owner
        ours |= _names_our_account(templates, permission, said_.get("SourceArn", ""))
        yield str(permission), said_["Principal"].endswith(".amazonaws.com") and ours


def _names_our_account(templates: EnvironmentTemplates, holder: Resource, source: Any) -> bool:
    """Whether the ARN contains our account. Bucket ARNs contain none."""
    found = templates.find(holder.stack, source)
    text = rendered(source)
    return f":{holder.stack.owner}:" in text or (found is not None and found.kind != "AWS::S3::Bucket")


def _policy(kind: str, action: str, service: str, **more: Any) -> EnvironmentTemplates:
    allowed = said(action, **{"Principal": {"Service": f"{service}.amazonaws.com"}, **more})
    holder = key(allowed) if kind == "AWS::KMS::Key" else resource_policy(kind, "X", allowed)
    return single_stack({"X": resource("AWS::S3::Bucket"), "P": holder})


@rule(
    topic_for_any_alarm=_policy("AWS::SNS::TopicPolicy", "sns:Publish", "cloudwatch"),
    topic_for_everybody=_policy("AWS::SNS::TopicPolicy", "sns:Publish", "x", Principal={"AWS": "*"}, Condition=OURS),
    queue_for_any_rule=_policy(
        "AWS::SQS::QueuePolicy", "sqs:SendMessage", "events", Condition={"ArnLike": {"aws:SourceArn": "*"}}
    ),
    key_for_any_rule=_policy("AWS::KMS::Key", "kms:Decrypt", "events"),
    key_for_any_log_group=_policy(
        "AWS::KMS::Key",
        "kms:Decrypt",
        "logs.us-east-1",
        Condition={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:*:log-group:*"}},
    ),
    bucket_by_its_name_alone=_policy(
        "AWS::S3::BucketPolicy", "s3:PutObject", "logging.s3", Condition={"ArnLike": {"aws:SourceArn": get("X")}}
    ),
    key_where_a_source_may_be_left_out=_policy(
        "AWS::KMS::Key",
        "kms:Decrypt",
        "bedrock",
        Condition={"StringEqualsIfExists": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    ),
    key_for_custom_models_of_anybody=_policy(
        "AWS::KMS::Key",
        "kms:Decrypt",
        "bedrock",
        Condition={"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": _OF_MODELS}},
    ),
    account_that_is_like_ours=_policy(
        "AWS::SNS::TopicPolicy", "sns:Publish", "s3", Condition={"StringLike": {"aws:SourceAccount": "*"}}
    ),
)
def a_resources_policy_admits_services_only_on_behalf_of_this_account(templates: EnvironmentTemplates) -> Facts:
    for holder, statement in templates.statements(*_POLICIES):
        if statement["Effect"] == "Allow" and statement["Action"] != "kms:*":
            service = statement["Principal"].keys() == {"Service"}
            yield f"{holder}: {statement['Action']}", service and on_our_behalf(templates, holder, statement)


def on_our_behalf(templates: EnvironmentTemplates, holder: Resource, statement: Json) -> bool:
    """Whether a statement is limited to our account, or to a resource whose ARN contains it."""
    accounts = [rendered(one) for one in condition(statement, "aws:SourceAccount", "StringEquals")]
    keys = ("aws:SourceArn", "kms:EncryptionContext:aws:logs:arn")
    sources = [source for one in keys for source in condition(statement, one, "ArnLike", "ArnEquals")]
    named = bool(sources) and all(_names_our_account(templates, holder, source) for source in sources)
    return accounts == [holder.stack.owner] or (not accounts and (named or _of_custom_models(holder, statement)))


def _of_custom_models(holder: Resource, statement: Json) -> bool:
    """The statement of the Nova guide (customize-fine-tune-encrypt), which names no source; ours compares the account
    where one is sent. The key is named by who makes a custom model, and nobody else's principals may use it."""
    models = condition(statement, "kms:EncryptionContextKeys", "ForAnyValue:StringEquals") == [_OF_MODELS]
    accounts = [rendered(one) for one in condition(statement, "aws:SourceAccount", "StringEqualsIfExists")]
    return models and accounts == [holder.stack.owner]
