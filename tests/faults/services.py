"""The services of the account beside Bedrock, in memory: those of the tests of leaks, with what a whole run needs."""

import json
from dataclasses import dataclass
from typing import Any

from tests.fakes.cloudwatch import FakeCloudWatch
from tests.fakes.errors import service_error
from tests.faults.machine import Json, StateFailed
from tests.unit.leaks.account import Account


@dataclass
class Execution:
    """status: as Step Functions describes it. error: of one that failed."""

    given: Json
    status: str = "RUNNING"
    error: str = ""


class Services(Account):
    """executions: by name. answered: what each task token was answered with. parameters: those of SSM. cloudwatch: has
    the metrics of endpoints."""

    def __init__(self) -> None:
        super().__init__()
        self.executions: dict[str, Execution] = {}
        self.answered: dict[str, Any] = {}
        self.parameters: dict[str, str] = {}
        self.cloudwatch = FakeCloudWatch(self.now)

    def now(self) -> float:
        """Virtual epoch seconds."""
        raise NotImplementedError

    def put_object(self, **p: Any) -> Any:
        if p.get("IfNoneMatch") and (p["Bucket"], p["Key"]) in self.objects:
            raise service_error("PreconditionFailed", "PutObject")
        self.objects[p["Bucket"], p["Key"]] = p["Body"]
        return {"VersionId": "v1"}

    def get_public_key(self, **p: Any) -> Any:
        return self.kms.get_public_key(**p)

    def sign(self, **p: Any) -> Any:
        return self.kms.sign(**p)

    def get_parameter(self, **p: Any) -> Any:
        if p["Name"] not in self.parameters:
            raise service_error("ParameterNotFound", "GetParameter")
        return {"Parameter": {"Value": self.parameters[p["Name"]]}}

    def put_parameter(self, **p: Any) -> Any:
        self.parameters[p["Name"]] = p["Value"]
        return {}

    def delete_parameter(self, **p: Any) -> Any:
        if self.parameters.pop(p["Name"], None) is None:
            raise service_error("ParameterNotFound", "DeleteParameter")
        return {}

    def publish(self, **p: Any) -> Any:
        return self.sns.publish(**p)

    def get_metric_data(self, **p: Any) -> Any:
        pages = self.cloudwatch.paginate(**p)
        return {"MetricDataResults": [result for page in pages for result in page["MetricDataResults"]]}

    def create_resource_share(self, **p: Any) -> Any:
        return self.ram.create_resource_share(**p)

    def delete_resource_share(self, **p: Any) -> Any:
        return self.ram.delete_resource_share(**p)

    def get_service_quota(self, **p: Any) -> Any:
        return self.quotas.get_service_quota(**p)

    def list_service_quotas(self, **_: Any) -> Any:
        return {"Quotas": []}

    def start_execution(self, **p: Any) -> Any:
        given = json.loads(p["input"])
        there = self.executions.setdefault(p["name"], Execution(given))
        if there.given != given or there.status != "RUNNING":
            raise service_error("ExecutionAlreadyExists", "StartExecution")
        return {"executionArn": f"{p['stateMachineArn'].replace('stateMachine', 'execution')}:{p['name']}"}

    def describe_execution(self, **p: Any) -> Any:
        found = self.executions.get(p["executionArn"].rpartition(":")[2])
        if found is None:
            raise service_error("ExecutionDoesNotExist", "DescribeExecution")
        return {"status": found.status}

    def stop_execution(self, **p: Any) -> Any:
        found = self.executions[p["executionArn"].rpartition(":")[2]]
        if found.status == "RUNNING":
            found.status = "ABORTED"
        return {}

    def send_task_success(self, **p: Any) -> None:
        self.answered.setdefault(p["taskToken"], json.loads(p["output"]))

    def send_task_failure(self, **p: Any) -> None:
        self.answered.setdefault(p["taskToken"], StateFailed(p["error"], p["cause"]))
