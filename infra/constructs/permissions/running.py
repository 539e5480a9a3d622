"""Functions, the state machine and parameters."""

from collections.abc import Iterable

from infra.constructs.arn import Location
from infra.constructs.permissions.permission import Permission

_EXECUTIONS = "Executions are named by runs; the statement names their state machine."
_CHUNKS = "Executions of chunks are named by Step Functions; the statement names their state machine and their Map."
_PARAMETERS = "Parameters are named by recipes and routes; the statement names their folder."
_STACKS = "CloudFormation ends the ARN of a stack with an id; the statement names the stack."
_ACCOUNT_WIDE = "These actions take no resource: the Service Authorization Reference allows `*` alone."


def invoke(*functions: str) -> Permission:
    return Permission(actions=("lambda:InvokeFunction",), resources=functions)


def invoke_by_url(function: str, alias: str | None = None) -> tuple[Permission, ...]:
    """Invoke by the function's URL, signed; since October 2025 this needs both actions (Lambda guide, urls-auth).

    Direct invocations are allowed for the function's own name, which is another resource than its alias. If there is an
    alias, the URL belongs to it and it can only be invoked by the URL, so no caller can forge what the URL states.
    """
    if alias:
        return invoke(function), *decide(f"{function}:{alias}")
    return invoke(function), _signed(function)


def decide(*functions: str) -> tuple[Permission, ...]:
    """Invoke only through the function's URL: an event that is sent directly could claim any caller."""
    by_url = {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    via = Permission(actions=("lambda:InvokeFunction",), resources=functions, conditions=by_url)
    return via, _signed(*functions)


def _signed(*functions: str) -> Permission:
    signed = {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
    return Permission(actions=("lambda:InvokeFunctionUrl",), resources=functions, conditions=signed)


def start(machine: str) -> Permission:
    return Permission(actions=("states:StartExecution",), resources=(machine,))


def run_chunks(location: Location, machine: str, machine_name: str, *labels: str) -> tuple[Permission, ...]:
    """What a state machine's role needs for its Distributed Maps (Step Functions guide, iam-policies-eg-dist-map)."""
    children = tuple(location.arn("states", f"execution:{machine_name}/{label}:*") for label in labels)
    follow = ("states:DescribeExecution", "states:StopExecution")
    return start(machine), Permission(actions=follow, resources=children, because=_CHUNKS)


def read_executions(location: Location, machine_name: str, *more: str) -> Permission:
    """Describe executions; `more` are other read actions on them."""
    resources = (location.arn("states", f"execution:{machine_name}:*"),)
    return Permission(actions=("states:DescribeExecution", *more), resources=resources, because=_EXECUTIONS)


def stop_executions(location: Location, machine_name: str) -> Permission:
    """Describe and end executions."""
    return read_executions(location, machine_name, "states:StopExecution")


def list_executions(machine: str) -> Permission:
    return Permission(actions=("states:ListExecutions",), resources=(machine,))


def answer_tasks(machine: str) -> Permission:
    """Answer task tokens, which belong to their state machine."""
    return Permission(actions=("states:SendTaskFailure", "states:SendTaskSuccess"), resources=(machine,))


def read_parameters(location: Location, *names: str) -> Permission:
    """Read SSM parameters by name, or all beneath a path (`/a/b/*`)."""
    return Permission(actions=("ssm:GetParameter",), resources=_parameters(location, names), because=_PARAMETERS)


def write_parameters(location: Location, *names: str) -> Permission:
    return Permission(actions=("ssm:PutParameter",), resources=_parameters(location, names), because=_PARAMETERS)


def delete_parameters(location: Location, *names: str) -> Permission:
    return Permission(actions=("ssm:DeleteParameter",), resources=_parameters(location, names), because=_PARAMETERS)


def own_parameter(location: Location, name: str) -> Permission:
    """Create, read and delete one SSM parameter."""
    actions = ("ssm:DeleteParameter", "ssm:GetParameter", "ssm:PutParameter")
    return Permission(actions=actions, resources=_parameters(location, (name,)))


def list_parameters(location: Location, path: str) -> Permission:
    """List the parameters beneath a path, with their values."""
    return Permission(actions=("ssm:GetParametersByPath",), resources=_parameters(location, (path,)))


def describe_stack(location: Location, name: str) -> Permission:
    """The status of a stack, by its name: its ARN ends with an id."""
    stack = location.arn("cloudformation", f"stack/{name}/*")
    return Permission(actions=("cloudformation:DescribeStacks",), resources=(stack,), because=_STACKS)


def deliver_logs() -> Permission:
    """What Step Functions needs to log to CloudWatch (Developer Guide, cw-logs)."""
    verbs = ("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries")
    more = ("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups")
    actions = tuple(f"logs:{verb}" for verb in (*verbs, *more))
    return Permission(actions=actions, resources=("*",), because=_ACCOUNT_WIDE)


def trace() -> Permission:
    """X-Ray (Step Functions Developer Guide, concepts-xray-tracing)."""
    verbs = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
    return Permission(actions=tuple(f"xray:{v}" for v in verbs), resources=("*",), because=_ACCOUNT_WIDE)


def log_to(*streams: str) -> Permission:
    return Permission(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=streams)


def _parameters(location: Location, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(location.arn("ssm", f"parameter{name}") for name in names)
