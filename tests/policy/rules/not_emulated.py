"""Permissions that the local account does not check: X-Ray for state machines, S3 access log delivery."""

from collections.abc import Iterator
from typing import Any

from tests.policy.rules.examples import OURS, get, policy, resource, resource_policy
from tests.policy.rules.examples import statement as said
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import EnvironmentTemplates, Json, Resource, as_list, condition, rendered, single_stack

TRACES = frozenset(
    f"xray:{verb}" for verb in ("GetSamplingRules", "GetSamplingTargets", "PutTelemetryRecords", "PutTraceSegments")
)
"""Step Functions guide, concepts-xray-tracing."""

_TRACED = resource("AWS::StepFunctions::StateMachine", RoleArn=get("Role"), TracingConfiguration={"Enabled": True})
_ROLE = resource("AWS::IAM::Role", AssumeRolePolicyDocument={"Statement": []})


@rule(
    not_at_all=single_stack({"M": _TRACED, "Role": _ROLE, "P": policy(said("lambda:InvokeFunction"))}),
    without_one=single_stack({"M": _TRACED, "Role": _ROLE, "P": policy(said(sorted(TRACES)[1:]))}),
    somewhere=single_stack(
        {"M": _TRACED, "Role": _ROLE, "P": policy(said(sorted(TRACES), "arn:aws:xray:us-east-1:1:group/x"))}
    ),
    by_another_role=single_stack({"M": _TRACED, "Role": _ROLE, "P": policy(said(sorted(TRACES)), role="Other")}),
)
def a_traced_machine_may_send_its_traces(templates: EnvironmentTemplates) -> Facts:
    for machine in templates.resources("AWS::StepFunctions::StateMachine"):
        if machine.properties.get("TracingConfiguration", {}).get("Enabled"):
            yield str(machine), set(_everywhere(templates, machine)) >= TRACES


def _everywhere(templates: EnvironmentTemplates, machine: Resource) -> Iterator[str]:
    """Yields what the state machine's role may do on every resource."""
    role = templates.find(machine.stack, machine.properties["RoleArn"])
    for held in templates.resources("AWS::IAM::Policy"):
        if str(role) in [str(templates.find(held.stack, one)) for one in held.properties["Roles"]]:
            for statement in held.properties["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow" and as_list(statement["Resource"]) == ["*"]:
                    yield from as_list(statement["Action"])


def _logging(prefix: str, *statements: Json) -> EnvironmentTemplates:
    to = {"DestinationBucketName": {"Ref": "L"}, "LogFilePrefix": prefix}
    logs = resource_policy("AWS::S3::BucketPolicy", "L", *statements)
    return single_stack(
        {"L": resource("AWS::S3::Bucket"), "B": resource("AWS::S3::Bucket", LoggingConfiguration=to), "P": logs}
    )


def _admits(folder: str, **more: Any) -> Json:
    of_b = {**OURS, "ArnLike": {"aws:SourceArn": get("B")}}
    service = {"Principal": {"Service": "logging.s3.amazonaws.com"}, "Condition": of_b}
    return said("s3:PutObject", {"Fn::Join": ["", [get("L"), f"/{folder}*"]]}, **{**service, **more})


@rule(
    nobody=_logging("b/"),
    another_folder=_logging("b/", _admits("c/")),
    another_service=_logging("b/", _admits("b/", Principal={"Service": "s3.amazonaws.com"})),
    another_bucket=_logging("b/", _admits("b/", Condition={"ArnLike": {"aws:SourceArn": get("L")}})),
)
def a_bucket_that_logs_its_access_is_admitted_where_it_logs(templates: EnvironmentTemplates) -> Facts:
    for bucket in templates.resources("AWS::S3::Bucket"):
        if told := bucket.properties.get("LoggingConfiguration"):
            target = templates.find(bucket.stack, told["DestinationBucketName"])
            wanted = f"<{target.id}.Arn>/{told.get('LogFilePrefix', '')}*" if target else ""
            yield f"{bucket} → {wanted}", any(_lets(templates, one, bucket, wanted) for one in templates.statements())


def _lets(templates: EnvironmentTemplates, held: tuple[Resource, Json], bucket: Resource, wanted: str) -> bool:
    holder, statement = held
    sources = condition(statement, "aws:SourceArn", "ArnLike", "ArnEquals")
    return (
        holder.stack == bucket.stack
        and statement["Effect"] == "Allow"
        and "s3:PutObject" in as_list(statement["Action"])
        and statement.get("Principal") == {"Service": "logging.s3.amazonaws.com"}
        and wanted in map(rendered, as_list(statement["Resource"]))
        and str(bucket) in [str(templates.find(holder.stack, source)) for source in sources]
    )
