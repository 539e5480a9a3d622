"""Athena in the account: who may query, where results go, what a workgroup limits, and the event at the end."""

import json
import uuid
from typing import Any

import pytest

from tests.unit.collection.records import converse, packed, record
from tests.unit.local.emulator.athena_logs import GLUE
from tests.unit.local.emulator.harness import REGION, EmulatorHarness, allow

SQL = "SELECT line FROM invocations WHERE datehour >= ? AND datehour < ?"
HOURS = ["'2025/11/01/00'", "'2025/12/03/00'"]
ACCOUNT = "111111111111"
LEAST = 10_000_000  # bytes, the smallest limit that Athena accepts
HOUR = "2025/12/01/00"  # the account's clock starts on this day


class LogTable:
    """A bucket of logs, a table over it, and a workgroup."""

    def __init__(self, harness: EmulatorHarness, **configuration: Any) -> None:
        self.harness, self.name = harness, f"lake{uuid.uuid4().hex[:8]}"
        s3, glue = harness.client("s3"), harness.client("glue")
        s3.create_bucket(Bucket=self.name)
        s3.put_object(Bucket=self.name, Key=f"logs/{HOUR}/a.json.gz", Body=packed(record(converse("a"))))
        parameters = {**GLUE["Parameters"], "storage.location.template": f"s3://{self.name}/logs/${{datehour}}/"}
        glue.create_database(DatabaseInput={"Name": self.name})
        glue.create_table(DatabaseName=self.name, TableInput={**GLUE, "Name": "invocations", "Parameters": parameters})
        results = {"OutputLocation": f"s3://{self.name}/queries/"}
        told = {"EnforceWorkGroupConfiguration": True, "ResultConfiguration": results, **configuration}
        harness.client("athena").create_work_group(Name=self.name, Configuration=told)

    def query(self, athena: Any, sql: str = SQL, parameters: list[str] = HOURS) -> dict[str, Any]:  # read only
        """Runs a query and returns its final state."""
        ident = athena.start_query_execution(
            QueryString=sql,
            **({"ExecutionParameters": parameters} if parameters else {}),
            WorkGroup=self.name,
            QueryExecutionContext={"Database": self.name},
            ResultConfiguration={"OutputLocation": "s3://somewhere-else/"},
        )["QueryExecutionId"]

        def ended() -> dict[str, Any] | None:
            found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=ident)["QueryExecution"]
            return None if found["Status"]["State"] in ("QUEUED", "RUNNING") else found

        execution: dict[str, Any] = self.harness.until(ended)
        return execution

    @property
    def statements(self) -> dict[str, dict[str, Any]]:
        """Returns the statements that a query needs, each by a name."""
        glue, bucket = f"arn:aws:glue:{REGION}:{ACCOUNT}", f"arn:aws:s3:::{self.name}"
        tables = [f"{glue}:catalog", f"{glue}:database/{self.name}", f"{glue}:table/{self.name}/invocations"]
        workgroup = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{self.name}"
        return {
            "start": allow("athena:StartQueryExecution", workgroup),
            "look": allow("athena:GetQueryExecution", workgroup),
            "table": allow("glue:GetTable", *tables),
            "list": allow("s3:ListBucket", bucket),
            "read": allow("s3:GetObject", f"{bucket}/logs/*"),
            "where": allow("s3:GetBucketLocation", bucket),
            "write": allow("s3:PutObject", f"{bucket}/queries/*"),
        }


@pytest.fixture(scope="module")
def log_table(harness: EmulatorHarness) -> LogTable:
    return LogTable(harness)


def test_a_result_lands_where_the_workgroup_says(harness: EmulatorHarness, log_table: LogTable) -> None:
    execution = log_table.query(harness.client("athena"))
    assert execution["Status"]["State"] == "SUCCEEDED", execution
    where = execution["ResultConfiguration"]["OutputLocation"]
    assert where == f"s3://{log_table.name}/queries/{execution['QueryExecutionId']}.csv"
    key = where.removeprefix(f"s3://{log_table.name}/")
    body = harness.client("s3").get_object(Bucket=log_table.name, Key=key)["Body"].read().decode()
    assert body.startswith('"line"\n"{""schemaType"": ""ModelInvocationLog"",')
    scanned = execution["Statistics"]["DataScannedInBytes"]
    assert (
        scanned
        == harness.client("s3").head_object(Bucket=log_table.name, Key=f"logs/{HOUR}/a.json.gz")["ContentLength"]
    )


def test_a_query_above_the_workgroups_limit_is_cancelled(harness: EmulatorHarness) -> None:
    log_table = LogTable(harness, BytesScannedCutoffPerQuery=LEAST)
    harness.client("s3").put_object(Bucket=log_table.name, Key=f"logs/{HOUR}/large.json", Body=b"x" * LEAST)
    status = log_table.query(harness.client("athena"))["Status"]
    assert (status["State"], status["StateChangeReason"]) == ("CANCELLED", "Bytes scanned limit was exceeded")


@pytest.mark.parametrize("wrong", [[], ["'a' OR 1=1", "'b'"]])
def test_a_query_that_cannot_be_understood_fails(
    harness: EmulatorHarness, log_table: LogTable, wrong: list[str]
) -> None:
    given = {} if wrong else {"sql": "SELECT nothing FROM invocations"}
    execution = log_table.query(harness.client("athena"), **given, parameters=wrong)
    assert execution["Status"]["State"] == "FAILED"


def test_a_query_does_what_its_asker_may(harness: EmulatorHarness, log_table: LogTable) -> None:
    acting = harness.acting("athena", *log_table.statements.values())
    assert log_table.query(acting)["Status"]["State"] == "SUCCEEDED"


@pytest.mark.parametrize("missing", ["table", "list", "read", "where", "write"])
def test_a_query_fails_where_its_asker_may_not(harness: EmulatorHarness, log_table: LogTable, missing: str) -> None:
    granted = [statement for name, statement in log_table.statements.items() if name != missing]
    status = log_table.query(harness.acting("athena", *granted))["Status"]
    assert status["State"] == "FAILED"
    assert status["StateChangeReason"].startswith("Insufficient permissions"), status


@pytest.mark.parametrize("missing", ["start", "look"])
def test_starting_and_looking_are_permissions_of_the_workgroup(
    harness: EmulatorHarness, log_table: LogTable, missing: str
) -> None:
    granted = [statement for name, statement in log_table.statements.items() if name != missing]
    with pytest.raises(Exception, match="AccessDenied"):
        log_table.query(harness.acting("athena", *granted))


def test_the_end_of_a_query_is_an_event(harness: EmulatorHarness) -> None:
    log_table = LogTable(harness)  # A workgroup of its own: the event of another test's query may still be on its way.
    events, (url, arn) = harness.client("events"), harness.queue()
    pattern = {
        "source": ["aws.athena"],
        "detail-type": ["Athena Query State Change"],
        "detail": {"workgroupName": [log_table.name], "currentState": ["SUCCEEDED"]},
    }
    events.put_rule(Name=log_table.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=log_table.name, Targets=[{"Id": "q", "Arn": arn}])
    harness.client("sqs").set_queue_attributes(
        QueueUrl=url,
        Attributes={
            "Policy": json.dumps(
                {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}]}
            )
        },
    )
    ident = log_table.query(harness.client("athena"))["QueryExecutionId"]
    assert harness.message(url)["detail"]["queryExecutionId"] == ident


def test_a_workgroup_that_there_is_not_is_refused(harness: EmulatorHarness) -> None:
    with pytest.raises(Exception, match="WorkGroup nowhere is not found"):
        harness.client("athena").start_query_execution(QueryString="SELECT 1", WorkGroup="nowhere")


def test_a_named_query_is_made_and_goes_with_its_stack(harness: EmulatorHarness, log_table: LogTable) -> None:
    properties = {"Name": "usage", "Database": log_table.name, "QueryString": "SELECT 1", "WorkGroup": log_table.name}
    template = {"Resources": {"Q": {"Type": "AWS::Athena::NamedQuery", "Properties": properties}}}
    athena, cloudformation = harness.client("athena"), harness.client("cloudformation")

    def named() -> list[str]:
        return list(athena.list_named_queries(WorkGroup=log_table.name)["NamedQueryIds"])

    cloudformation.create_stack(StackName=log_table.name, TemplateBody=json.dumps(template))
    (ident,) = harness.until(named)
    assert athena.get_named_query(NamedQueryId=ident)["NamedQuery"]["QueryString"] == "SELECT 1"
    cloudformation.delete_stack(StackName=log_table.name)
    assert harness.until(lambda: not named())
