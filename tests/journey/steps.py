"""Steps of the pipeline: each function performs one and returns the answer as text."""

import base64
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
from botocore.exceptions import ClientError

from distillery.client.errors import FunctionRefused, NotReached
from distillery.client.function_url import post_signed
from distillery.core.names import UPLOADS_PREFIX
from distillery.core.promotions import FILES, VERB, promotion_folder
from distillery.records import statement
from distillery.records.record import TrainingInputs, job_request
from distillery.records.statement import HELDOUT, TRAINING, Statement
from tests import waiting
from tests.fakes.records import Signer, evaluation, record
from tests.journey.environment import RECIPE, Environment
from tests.journey.policies import resource
from tests.journey.prompts import DELIVERY, jsonl, support

NOTHING = "nothing was logged"
EARLIER, EARLIER_KEY = "qa", Signer()
"""An environment whose records are admitted, and its key."""


def run_pipeline(environment: Environment) -> str:
    """Submits valid prompts as an operator and waits for the run to end."""
    answer = _receive(environment, jsonl(support(*DELIVERY)))
    return answer if isinstance(answer, str) else environment.wait_for_run(answer["run"]).reason


def refuse_prompts(environment: Environment) -> str:
    """Submits invalid prompts as an operator: the function reads them, writes a report and sends a notice."""
    return str(_receive(environment, b"{}\n"))


def fill_dead_letter_queue(environment: Environment) -> str:
    """Sends invalid prompts as an asynchronous event. The dataset function fails, and Lambda sends the event to its
    dead-letter queue.
    """
    payload = _upload_request(environment, b"{}\n")
    environment.client("lambda").invoke(FunctionName=_dataset(environment), InvocationType="Event", Payload=payload)
    return ""


def upload_bad_prompts(environment: Environment) -> str:
    """Uploads an invalid file as an operator to the prefix whose S3 events invoke the dataset function."""
    return str(environment.upload(b"{}\n"))


def _receive(environment: Environment, body: bytes) -> Any:
    """Returns the dataset function's answer to an operator, or the error message."""
    try:
        payload = _upload_request(environment, body)
        answer = environment.client_as("operator", "lambda").invoke(FunctionName=_dataset(environment), Payload=payload)
    except ClientError as error:
        return str(error)
    said = json.loads(answer["Payload"].read())
    return said["errorMessage"] if "FunctionError" in answer else said


def _upload_request(environment: Environment, body: bytes) -> bytes:
    """Uploads a file and returns the request that starts a run with it."""
    bucket, key = str(environment.outputs["prompts_bucket"]), f"{UPLOADS_PREFIX}{RECIPE}/prompts.jsonl"
    environment.client_as("operator", "s3").put_object(Bucket=bucket, Key=key, Body=body)
    return json.dumps({"recipe": RECIPE, "uri": f"s3://{bucket}/{key}", "again": True}).encode()


def _dataset(environment: Environment) -> str:
    return str(environment.outputs["functions"]["dataset"])


def write_log(environment: Environment) -> str:
    """Invokes a function and checks that its log has grown."""
    before = len(environment.logged(""))
    refuse_prompts(environment)
    return NOTHING if len(environment.logged("")) == before else "logged"


def trigger_alarm(environment: Environment) -> str:
    """Puts an alarm into the ALARM state."""
    cloudwatch = environment.client("cloudwatch")
    name = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmName"]
    for state in ("OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="it is tried")
    return ""


def wait_for_poll(environment: Environment) -> str:
    """Does nothing: the slow poll runs on its own schedule."""
    return ""


def run_execution(environment: Environment) -> str:
    """Starts an execution that runs its first task. Its input is a rollback that was never requested."""
    sfn, machine = environment.client("stepfunctions"), environment.outputs["state_machine"]
    nonsense = json.dumps({"action": "rollback", "recipe": RECIPE, "alias": {}, "holder": "nobody"})
    arn = sfn.start_execution(stateMachineArn=machine, input=nonsense)["executionArn"]
    ended = environment.until(
        lambda: (now := sfn.describe_execution(executionArn=arn))["status"] != "RUNNING" and now, "end"
    )
    return f"{ended['error']}: {ended['cause']}"


def update_state_machine(environment: Environment) -> str:
    """Updates the state machine without changing its role or its log configuration."""
    sfn, machine = environment.client("stepfunctions"), environment.outputs["state_machine"]
    has = sfn.describe_state_machine(stateMachineArn=machine)
    try:
        sfn.update_state_machine(stateMachineArn=machine, roleArn=has["roleArn"])
    except ClientError as error:
        return str(error)
    return ""


def destroy_buckets(environment: Environment) -> str:
    """Deletes the stack that contains the buckets."""
    cfn, name = environment.client("cloudformation"), f"distillery-{environment.settings.environment}-foundation"
    cfn.delete_stack(StackName=name)
    environment.until(
        lambda: cfn.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "DELETE_FAILED", "failure"
    )
    return str([one.get("ResourceStatusReason") for one in cfn.describe_stack_events(StackName=name)["StackEvents"]])


def approve_unknown_run(environment: Environment) -> str:
    """Approves, as an approver, a run that does not exist."""
    run = {"run": f"{RECIPE}-nobody-1", "approve": True, "usd": "1"}
    return _signed(environment, "approver", environment.outputs["decisions"]["approval"], environment.home, run)


def request_rollback(environment: Environment) -> str:
    """Requests, as an operator, a rollback to a model that does not exist."""
    asked = {"recipe": RECIPE, "version": 1}
    return _signed(environment, "operator", environment.outputs["decisions"]["rollback"], environment.home, asked)


def promote_record(environment: Environment, valid: timedelta = timedelta(days=365)) -> str:
    """Sends, as a promoter, the record of another run of the environment before, issued an hour ago and `valid` since
    then. The promotion before it is over."""
    before = environment.promotions.latest(RECIPE)
    if before:
        environment.promotions.abandon(before.id, by="nobody", reason="the next record follows")
    new, now = uuid4().hex, datetime.fromisoformat(waiting.admin(environment.account, "GET", "clock")["now"])
    issued = now - timedelta(hours=1)
    training = TrainingInputs(
        dataset_digest=new * 2, prompts=500, job_request=job_request(environment.settings.recipes[RECIPE])
    )
    found = record(
        environment=EARLIER,
        run=f"{RECIPE}-{new[:5]}-{new[5:13]}-1",
        training=training,
        training_digest=training.digest,
        evaluation=evaluation(judged="2999-01-01T00:00:00+00:00"),
        issued=issued.isoformat(timespec="seconds"),
        expires=(issued + valid).isoformat(timespec="seconds"),
    )
    subjects = dict.fromkeys((TRAINING, HELDOUT), "1" * 64)
    signed = EARLIER_KEY.sign(statement.write(Statement(record=found, subjects=subjects)))
    asked = {"record": base64.b64encode(signed).decode()}
    said = _signed(environment, "promoter", environment.outputs["decisions"][VERB], environment.home, asked)
    if "its log says why" in said:
        function = resource(environment, "pipeline", "AdmissionFunction")
        environment.until(lambda: environment.logged("operation", function), "line in the function's log")
        said += environment.logged("operation", function)[-1]
    return said


def upload_promoted(environment: Environment) -> str:
    """Uploads a file of a promotion as a promoter."""
    key = f"{promotion_folder(RECIPE, f'promotion-{RECIPE}-20261123T120000Z')}{FILES[0]}"
    s3 = environment.client_as("promoter", "s3")
    try:
        s3.put_object(Bucket=str(environment.outputs["prompts_bucket"]), Key=key, Body=b"{}")
    except ClientError as error:
        return str(error)
    return ""


def call_route(environment: Environment) -> str:
    """Calls a route through the invoke function's URL as a caller whose usage is counted."""
    asked = {"route": "haiku", "prompt": "Where is my parcel?", "max_tokens": 5}
    return _signed(environment, "caller", environment.serving["url"], environment.inference, asked)


def _signed(environment: Environment, kind: str, url: str, region: str, asked: dict[str, Any]) -> str:
    keys = environment.credentials(kind)
    session = boto3.Session(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
    try:
        return json.dumps(post_signed(session, url, asked, region=region))
    except (FunctionRefused, NotReached) as error:
        return str(error)


def record_probe(environment: Environment) -> str:
    """Records a probe result as a measurer."""
    name = environment.names.probed("fast").replace("*", "0123")
    ssm = environment.client_as("measurer", "ssm", environment.inference)
    try:
        ssm.put_parameter(Name=name, Value="true", Type="String", Overwrite=True)
    except ClientError as error:
        return str(error)
    return ""


def erase_upload(environment: Environment) -> str:
    """Lists, reads and deletes a version of an upload as an eraser."""
    return _erase(environment, "eraser", str(environment.outputs["prompts_bucket"]), f"{UPLOADS_PREFIX}{RECIPE}/gone")


def erase_logged_call(environment: Environment) -> str:
    """Lists, reads and deletes a version of a logged call as an eraser."""
    ssm = environment.client("ssm", environment.inference)
    bucket = json.loads(ssm.get_parameter(Name=environment.names.collection)["Parameter"]["Value"])["bucket"]
    return _erase(environment, "logs-eraser", bucket, "AWSLogs/gone", environment.inference)


def _erase(environment: Environment, kind: str, bucket: str, key: str, region: str | None = None) -> str:
    """Returns the error messages of the three calls."""
    root, s3 = environment.client("s3", region), environment.client_as(kind, "s3", region)
    version = root.put_object(Bucket=bucket, Key=key, Body=b"{}")["VersionId"]
    named = {"Bucket": bucket, "Key": key, "VersionId": version}
    heard = ""
    for call, asked in (
        (s3.list_object_versions, {"Bucket": bucket}),
        (s3.get_object, named),
        (s3.delete_object, named),
    ):
        try:
            call(**asked)
        except ClientError as error:
            heard += str(error)
    return heard


def expire_data_sets(environment: Environment) -> str:
    """Invokes the function that expires old data sets."""
    name = resource(environment, "pipeline", "ExpiryFunction")
    answer = environment.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    return str(json.loads(answer["Payload"].read()))
