"""A fake account for `distillery doctor`: clients that answer operations from a table, and an account that is well."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from distillery.core import clock
from distillery.core.names import digest
from tests.fakes.errors import service_error

ACCOUNT = "111111111111"
CALLER = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ana"
HOME, THERE = "us-east-1", "us-east-2"
KEY = f"arn:aws:kms:{HOME}:{ACCOUNT}:key/k"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ],
}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:Decrypt"],
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Resource": "*",
        }
    ],
}
TEMPLATES: dict[str, Any] = {
    "distillery-dev-foundation": {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {}},
            "Key": {
                "Type": "AWS::KMS::Key",
                "Properties": {
                    "KeyPolicy": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": ["kms:Decrypt", "kms:Encrypt"],
                                "Principal": {
                                    "AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}
                                },
                                "Resource": "*",
                            }
                        ],
                    }
                },
            },
        }
    },
    "distillery-dev-telemetry": {"Resources": {}},
    "distillery-dev-pipeline": {
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                **TRUST["Statement"][0],  # type: ignore[dict-item]  # a mapping of the literal above
                                "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                            }
                        ],
                    }
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Environment": {
                        "Variables": {
                            "KEY": {
                                "Fn::GetStackOutput": {
                                    "StackName": "distillery-dev-foundation",
                                    "OutputName": "KeyArn",
                                }
                            },
                            "TABLE": {"Fn::GetAtt": ["Elsewhere", "StreamArn"]},
                        }
                    }
                },
            },
        }
    },
}
PHYSICAL = {
    "Topic": f"arn:aws:sns:{HOME}:{ACCOUNT}:topic",
    "Key": "k",
    "Role": "distillery-dev-pipeline-Role-1",
    "Function": "function-1",
}
PROMOTED = "/distillery/dev/promoted"
ACTIVE = {"status": "ACTIVE", "startOfLifeTime": datetime(2024, 12, 3, tzinfo=UTC)}


class Clients(dict[tuple[str, str | None], Any]):
    """Clients of every service and Region, over one table of answers.

    answers: `service.operation` or `service.operation@region` → what it answers, raises, or makes of its arguments. An
    operation that is not there is denied. stored: parameters that were written, where a test lets them be.
    """

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Any] = {}
        self.stored: dict[str, str] = {}
        self.asked: dict[str, list[Mapping[str, Any]]] = defaultdict(list)

    def __missing__(self, key: tuple[str, str | None]) -> "Client":
        return Client(self, key[0], key[1] or HOME)

    def call(self, service: str, operation: str, region: str, given: Mapping[str, Any]) -> Any:
        name = f"{service}.{operation}"
        self.asked[name].append(given)
        answer = self.answers.get(f"{name}@{region}", self.answers.get(name, service_error("AccessDeniedException")))
        if isinstance(answer, Exception):
            raise answer
        return answer(**given) if callable(answer) else deepcopy(answer)


class Client:
    def __init__(self, clients: Clients, service: str, region: str) -> None:
        self._clients, self._service, self._region = clients, service, region
        self.meta = SimpleNamespace(region_name=region)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **given: self._clients.call(self._service, operation, self._region, given)

    def get_paginator(self, operation: str) -> Any:
        def paginate(**given: Any) -> Iterator[Any]:
            yield self._clients.call(self._service, operation, self._region, given)

        return SimpleNamespace(paginate=paginate)


def _parameter(**values: str) -> Callable[..., Any]:
    known = {"/cdk-bootstrap/hnb659fds/version": "21", **values}

    def get(Name: str) -> Any:  # noqa: N803 the API's name
        if Name not in known:
            raise service_error("ParameterNotFound")
        return {"Parameter": {"Value": known[Name]}}

    return get


def parameters(values: Mapping[str, str | None]) -> Callable[..., Any]:
    """`ssm.get_parameter` with these beside the bootstrap's; None removes one."""
    plain = _parameter(**{name: value for name, value in values.items() if value is not None})

    def get(Name: str) -> Any:  # noqa: N803 the API's name
        if values.get(Name, "") is None:
            raise service_error("ParameterNotFound")
        return plain(Name=Name)

    return get


def simulated(decision: str = "allowed", **details: Any) -> Callable[..., Any]:
    """`iam.simulate_principal_policy` that gives every action and resource this decision."""

    def simulate(ActionNames: list[str], ResourceArns: list[str], **_: Any) -> Any:  # noqa: N803 the API's names
        return {
            "EvaluationResults": [
                {"EvalActionName": action, "EvalResourceName": arn, "EvalDecision": decision, **details}
                for action in ActionNames
                for arn in ResourceArns
            ]
        }

    return simulate


def stack(name: str, status: str = "UPDATE_COMPLETE") -> dict[str, Any]:
    outputs = [{"OutputKey": "KeyArn", "OutputValue": KEY}] if name.endswith("foundation") else []
    return {"StackName": name, "StackStatus": status, "Outputs": outputs, "DriftInformation": compared()}


def compared(result: str = "IN_SYNC", ago: timedelta = timedelta(hours=1)) -> dict[str, Any]:
    """What CloudFormation says of its last comparison."""
    return {"StackDriftStatus": result, "LastCheckTimestamp": clock.now() - ago}


def promotion(**templates: Any) -> str:
    """The parameter of a promotion of the templates, or of others."""
    digests = {name: digest(templates.get(name.rsplit("-", 1)[1], template)) for name, template in TEMPLATES.items()}
    return json.dumps({"commit": "abc123", "at": "2026-11-20T08:00:00+00:00", "by": CALLER, "templates": digests})


def _described(StackName: str | None = None) -> Any:  # noqa: N803 the API's name
    if StackName == "CDKToolkit":
        return {"Stacks": [stack("CDKToolkit", "CREATE_COMPLETE")]}
    return {"Stacks": [stack(name) for name in TEMPLATES]}


def _resources(StackName: str) -> Any:  # noqa: N803 the API's name
    return {
        "StackResourceSummaries": [
            {"LogicalResourceId": name, "ResourceType": each["Type"], "PhysicalResourceId": PHYSICAL[name]}
            for name, each in TEMPLATES[StackName]["Resources"].items()
        ]
    }


def well() -> Clients:
    """An account in which nothing is wrong with environment dev."""
    clients = Clients()
    allowed = simulated(OrganizationsDecisionDetail={"AllowedByOrganizations": True})
    clients.answers = {
        "sts.get_caller_identity": {"Account": ACCOUNT, "Arn": CALLER},
        "iam.get_role": lambda RoleName: {  # noqa: N803 the API's name
            "Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/{RoleName}", "AssumeRolePolicyDocument": deepcopy(TRUST)}
        },
        "iam.simulate_principal_policy": allowed,
        "iam.list_role_policies": {"PolicyNames": ["own"]},
        "iam.get_role_policy": {
            "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:*"]}]}
        },
        "ssm.get_parameter": parameters({PROMOTED: promotion()}),
        "cloudformation.describe_stacks": _described,
        "cloudformation.describe_stacks@us-east-2": lambda StackName=None: (  # noqa: N803 the API's name
            _described(StackName) if StackName else {"Stacks": []}
        ),
        "cloudformation.list_stack_resources": _resources,
        "cloudformation.get_template": lambda StackName, TemplateStage: {  # noqa: N803 the API's names
            "TemplateBody": deepcopy(TEMPLATES[StackName])
        },
        "bedrock.get_foundation_model": {"modelDetails": {"modelLifecycle": ACTIVE}},
        "bedrock.get_foundation_model_availability": {
            "agreementAvailability": {"status": "AVAILABLE"},
            "authorizationStatus": "AUTHORIZED",
            "entitlementAvailability": "AVAILABLE",
            "regionAvailability": "AVAILABLE",
        },
        "bedrock.get_use_case_for_model_access": {"formData": b"x"},
        "bedrock.list_custom_model_deployments": {"modelDeploymentSummaries": []},
        "bedrock.list_provisioned_model_throughputs": {"provisionedModelSummaries": []},
        "bedrock.get_model_invocation_logging_configuration": {},
        "service-quotas.get_service_quota": {"Quota": {"Value": 10.0}},
        "lambda.get_account_settings": {"AccountLimit": {"UnreservedConcurrentExecutions": 1000}},
        "lambda.get_function_configuration": {"Environment": {"Variables": {"KEY": KEY, "TABLE": "arn:any"}}},
        "kms.get_key_policy": {"Policy": json.dumps(KEY_POLICY)},
        "sns.list_subscriptions_by_topic": {
            "Subscriptions": [{"Endpoint": "ana@example.com", "SubscriptionArn": "arn:confirmed"}]
        },
        "budgets.describe_budgets": {
            "Budgets": [{"BudgetName": "distillery_dev"}, {"BudgetName": "distillery_dev_support"}]
        },
        "ce.list_cost_allocation_tags": lambda TagKeys: {  # noqa: N803 the API's name
            "CostAllocationTags": [{"TagKey": key, "Status": "Active"} for key in TagKeys]
        },
    }
    return clients
