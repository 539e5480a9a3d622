"""An account behind boto3's own clients, in which a test can make one call fail.

Its services are the fakes of the stages' tests. The clients are the ones that `distillery.core.aws` creates in
production; their last method before the network is replaced.
"""

import io
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore import xform_name
from botocore.client import BaseClient
from botocore.response import StreamingBody

from distillery.core.env_vars import Variable
from distillery.core.ledger.ledger import Ledger
from tests.fakes.bedrock import FakeBedrock
from tests.fakes.drift import FakeComparisons
from tests.fakes.errors import service_error
from tests.fakes.ram import FakeRam
from tests.fakes.records import FakeKms, Signer
from tests.fakes.services import FakeRuntime, FakeSns, FakeStepFunctions
from tests.fakes.table import MemoryTable, _holds
from tests.fakes.usage_table import FakeUsageTable
from tests.unit.collection.fakes import FakeAthena, FakeProfiles
from tests.unit.distillation.fakes import FakeBedrock as FakeJobs
from tests.unit.distillation.fakes import FakeQuotas, FakeTokens
from tests.unit.invocation_logging.fakes import FakeLogging, FakeParameters

LOGS = "s3://logs/AWSLogs/111111111111/BedrockModelInvocationLogs/us-east-1/"
SETTINGS = {
    Variable.ENVIRONMENT: "dev",
    Variable.LEDGER: "ledger",
    Variable.DATA_BUCKET: "data",
    Variable.PROMPTS_BUCKET: "prompts",
    Variable.JOB_ROLE: "arn:aws:iam::111111111111:role/job",
    Variable.MODEL_KEY: "arn:aws:kms:us-east-1:111111111111:key/1",
    Variable.STATE_MACHINE: "arn:aws:states:us-east-1:111111111111:stateMachine:pipeline",
    Variable.TOPIC: "arn:aws:sns:us-east-1:111111111111:told",
    Variable.HOME_REGION: "us-east-1",
    Variable.INFERENCE_REGION: "us-east-2",
    Variable.CANARIES: '["support"]',
    Variable.DATA_DAYS: "30",
    Variable.QUOTAS: "quotas",
    Variable.LOGS: LOGS,
    Variable.JUDGES: "true",
    Variable.IDLE_DAYS: "14",
    Variable.SIGNING_KEY: "arn:aws:kms:us-east-1:111111111111:key/2",
    Variable.RECORD_DAYS: "30",
    Variable.ADMITTED_WAYS: '{"lenders": ["qa"], "copy_from": ["111111111111"]}',
    Variable.BORROWS: "true",
    Variable.SHARES: "true",
    Variable.SHARE_WITH: '["222222222222"]',
}

STUDENT = "arn:aws:bedrock:us-east-1:111111111111:custom-model/m"
BASE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0:128k"
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
Call = tuple[str, str]


class Account:
    """calls: service and operation of each call since `listen`. sent: their parameters. cloudformation: responses sent
    to it. refuse: number of a call → what it raises, created when the call is made.
    """

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.ledger = Ledger(self.table)
        self.objects: dict[tuple[str, str], bytes] = {}
        self.hosting, self.jobs, self.profiles, self.logging = FakeBedrock(), FakeJobs(), FakeProfiles(), FakeLogging()
        self.quotas = FakeQuotas({"L-1EF80F3E": 10, "L-BE77399C": 10})
        self.sns, self.machine, self.tokens = FakeSns(), FakeStepFunctions(), FakeTokens()
        self.athena, self.ssm, self.sums = FakeAthena(), FakeParameters(), FakeUsageTable()
        self.comparisons = FakeComparisons()
        self.runtime, self.kms, self.ram = FakeRuntime(_Any()), FakeKms(Signer()), FakeRam()
        self.copies: dict[str, Any] = {}
        self.evaluations: dict[str, str] = {}
        self.emptied, self.stack_status = False, "DELETE_IN_PROGRESS"
        self.tags: dict[str, Any] = {}
        self.refuse: Mapping[int, Callable[[str], Exception]] = {}
        self.listen()

    def listen(self) -> None:
        self.calls: list[Call] = []
        self.sent: list[str] = []
        self.cloudformation: list[str] = []

    def answer(self, client: BaseClient, operation: str, sent: Mapping[str, Any]) -> Any:
        name = xform_name(operation)
        self.calls.append((client.meta.service_model.service_name, name))
        self.sent.append(repr(sent))
        if raised := self.refuse.get(len(self.calls) - 1):
            raise raised(operation)
        if name.startswith("list_") and name.endswith(("deployments", "throughputs")):
            return self._hosted(name, sent)
        for part in (self, self.hosting, self.jobs, self.profiles, self.logging, self.quotas, self.sns, self.machine):
            if hasattr(part, name):
                return getattr(part, name)(**sent) or {}
        for other in (self.tokens, self.athena, self.ssm, self.runtime, self.kms, self.ram, self.comparisons):
            if hasattr(other, name):
                return getattr(other, name)(**sent) or {}
        raise AssertionError(f"the account does not implement {operation}")

    def _hosted(self, name: str, sent: Mapping[str, Any]) -> Any:
        told = {
            "status": "Active",
            "modelArn": STUDENT,
            "modelUnits": 1,
            "createdAt": LONG_AGO,
            "creationTime": LONG_AGO,
        }
        page = self.hosting._list(name, sent.get("nameContains", ""))
        return {key: [row | told for row in rows] for key, rows in page.items()}

    # copies of models, and shares

    def create_model_copy_job(self, **p: Any) -> Any:
        job = f"{STUDENT.replace('custom-model/', 'model-copy-job/')}"
        self.copies = {"jobArn": job, "targetModelName": p["targetModelName"], "creationTime": LONG_AGO}
        return {"jobArn": job}

    def list_model_copy_jobs(self, **_: Any) -> Any:
        return {"modelCopyJobSummaries": [self.copies] if self.copies else []}

    def get_model_copy_job(self, **_: Any) -> Any:
        return {**self.copies, "status": "Completed", "targetModelArn": STUDENT}

    def get_resource_shares(self, **p: Any) -> Any:
        (page,) = self.ram._pages(**p)
        return page

    # S3

    def get_object(self, **p: Any) -> Any:
        if (p["Bucket"], p["Key"]) not in self.objects:
            raise service_error("NoSuchKey")
        body = self.objects[p["Bucket"], p["Key"]]
        return {"Body": StreamingBody(io.BytesIO(body), len(body)), "VersionId": "v1"}

    def head_object(self, **p: Any) -> Any:
        if (p["Bucket"], p["Key"]) not in self.objects:
            raise service_error("404")
        return {}

    def put_object(self, **p: Any) -> Any:
        self.objects[p["Bucket"], p["Key"]] = p["Body"]
        return {"VersionId": "v1"}

    def delete_object(self, **p: Any) -> Any:
        self.objects.pop((p["Bucket"], p["Key"]), None)
        return {}

    def delete_objects(self, **p: Any) -> Any:
        for each in p["Delete"]["Objects"]:
            self.objects.pop((p["Bucket"], each["Key"]), None)
        return {}

    def get_bucket_policy(self, **_: Any) -> Any:
        return {"Policy": '{"Version": "2012-10-17", "Statement": []}'}

    def put_bucket_policy(self, **_: Any) -> Any:
        return {}

    def list_objects_v2(self, **p: Any) -> Any:
        found = {key: body for (bucket, key), body in sorted(self.objects.items()) if bucket == p["Bucket"]}
        sized = [{"Key": key, "Size": len(body)} for key, body in found.items() if key.startswith(p["Prefix"])]
        return {"Contents": sized} if sized else {}

    def list_object_versions(self, **p: Any) -> Any:
        keys = [key for bucket, key in self.objects if bucket == p["Bucket"] and key.startswith(p.get("Prefix", ""))]
        told = {"VersionId": "v1", "LastModified": LONG_AGO, "IsLatest": True}
        return {"Versions": [{"Key": key, **told} for key in keys]}

    def get_bucket_tagging(self, **_: Any) -> Any:
        return {"TagSet": [{"Key": "distillery:emptied-on-delete", "Value": "true"}]}

    # Lists of an inventory

    def list_custom_models(self, **_: Any) -> Any:
        made = {"modelArn": STUDENT, "modelName": "dev-support-a", "creationTime": LONG_AGO, "baseModelArn": BASE}
        return {"modelSummaries": [] if self.emptied else [made]}

    def delete_custom_model(self, **_: Any) -> Any:
        return {}

    def list_model_customization_jobs(self, **_: Any) -> Any:
        made = {
            "jobArn": f"{STUDENT}-job",
            "jobName": "dev-support-a",
            "creationTime": LONG_AGO,
            "status": "InProgress",
        }
        return {"modelCustomizationJobSummaries": [] if self.emptied else [made]}

    # What an environment's removal calls besides

    def describe_stacks(self, **_: Any) -> Any:
        return {"Stacks": [{"StackName": "teardown", "StackStatus": self.stack_status}]}

    def list_executions(self, **_: Any) -> Any:
        return {"executions": []}

    def get_parameters_by_path(self, **p: Any) -> Any:
        found = [{"Name": n, "Value": v} for n, v in self.ssm.values.items() if n.startswith(p["Path"])]
        return {"Parameters": found}

    def get_metric_data(self, **p: Any) -> Any:
        nothing = {"Timestamps": [], "Values": [], "StatusCode": "Complete"}
        return {"MetricDataResults": [{"Id": query["Id"], **nothing} for query in p["MetricDataQueries"]]}

    def get_metric_statistics(self, **_: Any) -> Any:
        return {"Datapoints": []}

    # A team's function, and evaluation jobs

    def invoke(self, **_: Any) -> Any:
        body = b'{"version": 1, "score": 1}'
        return {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body))}

    def create_evaluation_job(self, **p: Any) -> Any:
        if p["jobName"] in self.evaluations:
            raise service_error("ConflictException")
        self.evaluations[p["jobName"]], self.tags[p["jobName"]] = "InProgress", p["jobTags"]
        return {"jobArn": f"arn:aws:bedrock:us-east-1:111111111111:evaluation-job/{p['jobName']}"}

    def get_evaluation_job(self, **p: Any) -> Any:
        return {"status": self.evaluations[p["jobIdentifier"].rpartition("/")[2]]}

    def stop_evaluation_job(self, **_: Any) -> Any:
        return {}

    def list_tags_for_resource(self, **p: Any) -> Any:
        if p["resourceARN"] in self.tags:
            return {"tags": self.tags[p["resourceARN"]]}
        if ":evaluation-job/" not in p["resourceARN"]:
            return self.hosting.list_tags_for_resource(**p)
        return {"tags": self.tags[p["resourceARN"].rpartition("/")[2]]}

    def list_evaluation_jobs(self, **p: Any) -> Any:
        names = [name for name in self.evaluations if p["nameContains"] in name]
        prefix = "arn:aws:bedrock:us-east-1:111111111111:evaluation-job/"
        told = {"creationTime": LONG_AGO}
        jobs = [{"jobName": name, "jobArn": prefix + name, "status": self.evaluations[name], **told} for name in names]
        return {"jobSummaries": jobs}

    def end_evaluations(self) -> None:
        """All jobs end, without output."""
        self.evaluations = dict.fromkeys(self.evaluations, "Failed")

    # DynamoDB

    def get_item(self, **p: Any) -> Any:
        key = _plain(p["Key"])
        found = self.table.get(key["pk"], key["sk"])
        return {} if found is None else {"Item": _typed(found)}

    def query(self, **p: Any) -> Any:
        values = _plain(p["ExpressionAttributeValues"])
        return {"Items": [_typed(item) for item in self.table.query(values[":pk"], values.get(":prefix", ""))]}

    def put_item(self, **p: Any) -> Any:
        item = _plain(p["Item"])
        if "ConditionExpression" not in p:
            self.table.put(item)
        elif not self.table.put_new(item):
            raise service_error("ConditionalCheckFailedException")
        return {}

    def transact_write_items(self, **p: Any) -> Any:
        puts = [put["Put"] for put in p["TransactItems"]]
        told = [
            (_plain(put["Item"]), put["ConditionExpression"], _plain(put.get("ExpressionAttributeValues", {})))
            for put in puts
        ]
        if not self.table.put_all(*told):
            error = service_error("TransactionCanceledException")
            error.response["CancellationReasons"] = [{"Code": "ConditionalCheckFailed"} for _ in told]
            raise error
        return {}

    def update_item(self, **p: Any) -> Any:
        if p["TableName"] == "quotas":
            return self.sums.update_item(**p)
        key, names = _plain(p["Key"]), p["ExpressionAttributeNames"]
        values = _plain(p["ExpressionAttributeValues"])
        item = self.table.get(key["pk"], key["sk"])
        condition = p["ConditionExpression"].removeprefix("attribute_exists(pk) AND ")
        if item is None or not _holds(condition, item, values, names):
            raise service_error("ConditionalCheckFailedException")
        for change in p["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = change.split(" = ")
            item[names[name]] = values[value]
        self.table.put(item)
        return {}

    def delete_item(self, **p: Any) -> Any:
        key, equal = _plain(p["Key"]), _plain(p["ExpressionAttributeValues"])[":equal"]
        attribute = p["ExpressionAttributeNames"]["#attribute"]
        if not self.table.delete(key["pk"], key["sk"], attribute=attribute, equal=equal):
            raise service_error("ConditionalCheckFailedException")
        return {}


class _Any:
    """Every model gives the same answer."""

    def __getitem__(self, _model: str) -> str:
        return "billing"


def _plain(item: Mapping[str, Any]) -> dict[str, str]:
    return {key: value["S"] for key, value in item.items()}


def _typed(item: Mapping[str, str]) -> dict[str, Any]:
    return {key: {"S": value} for key, value in item.items()}


class Transport:
    """Receives the calls of all clients and passes them to the current account."""

    account: Account

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        for variable, value in SETTINGS.items():
            patch.setenv(variable, value)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setattr("lambdas.bucket_cleanup.handler.PAUSE", 0.0)
        patch.setattr(BaseClient, "_make_api_call", lambda client, name, sent: self.account.answer(client, name, sent))
