"""The stand-alone server: any boto3 client finds both services, and errors at the start are one message."""

import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import botocore.exceptions
import pytest
import urllib3.exceptions

from bedrock_simulator.protocol import service_model
from bedrock_simulator.server import server
from bedrock_simulator.server.application import service_of
from simulator_support.fakes import job, jsonl, prompts
from simulator_support.standalone import Standalone, bucket, converse

OTHER = "222222222222"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the buckets."""
    folder = tmp_path_factory.mktemp("buckets")
    bucket(folder, jsonl(prompts()))
    return folder


@pytest.fixture(scope="module")
def running(root: Path) -> Iterator[Standalone]:
    """A simulator with a stopped clock."""
    with Standalone("--date", "2026-11-23", "--speed", "0", "--objects", str(root)) as started:
        yield started


@pytest.fixture
def faults(running: Standalone) -> Iterator[Any]:
    """Adds a fault for the duration of the test."""
    yield lambda **fault: running.admin("POST", "faults", fault)
    running.admin("DELETE", "faults")


def test_it_prints_one_line_to_paste(running: Standalone) -> None:
    assert running.greeting.startswith("export AWS_ENDPOINT_URL_BEDROCK=http://127.0.0.1:")
    assert running.variables["AWS_ENDPOINT_URL_BEDROCK_RUNTIME"] == running.url
    assert (running.variables["AWS_ACCESS_KEY_ID"], running.variables["AWS_REGION"]) == ("111111111111", "us-east-1")


def test_one_port_answers_for_both_services(running: Standalone) -> None:
    assert converse(running.client("bedrock-runtime")) == "topic.delivery"
    assert running.client().list_foundation_models()["modelSummaries"]


def test_no_path_of_one_service_is_a_path_of_the_other() -> None:
    for service in service_model.SERVICES:
        for operation in service_model.operations(service):
            path = operation.model.http["requestUri"].split("?")[0].replace("+}", "}")
            path = path.replace("{", "a%3Ab%2F").replace("}", "")
            assert service_of(operation.method, path) == service, operation.name


def test_a_job_learns_from_a_folder_and_writes_there_and_its_student_answers(running: Standalone, root: Path) -> None:
    bedrock = running.client()
    arn = bedrock.create_model_customization_job(**job("support"))["jobArn"]
    running.admin("PUT", "clock", {"advance": 2 * 3600})
    done = bedrock.get_model_customization_job(jobIdentifier=arn)
    assert done["status"] == "Completed", done.get("failureMessage")
    metrics = root / "train-bucket" / "out" / f"model-customization-job-{arn[-12:]}" / "training_artifacts"
    assert (metrics / "step_wise_training_metrics.csv").read_text().startswith("step_number,")
    reported = [event["detail"]["jobStatus"] for event in running.admin("GET", "events")]
    assert reported[-2:] == ["InProgress", "Completed"]
    deployed = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=done["outputModelArn"])
    running.admin("PUT", "clock", {"advance": 600})
    student = deployed["customModelDeploymentArn"]
    assert converse(running.client("bedrock-runtime"), "please reimburse the amount", student) == "refund"


def test_accounts_and_regions_are_apart(running: Standalone) -> None:
    source = "arn:aws:bedrock:{}:{}:inference-profile/us.amazon.nova-pro-v1:0"
    for region, account in (("us-east-1", OTHER), ("us-west-2", OTHER)):
        running.client(region=region, account=account).create_inference_profile(
            inferenceProfileName=f"of-{region}", modelSource={"copyFrom": source.format(region, account)}
        )

    def names(region: str, account: str) -> list[str]:
        found = running.client(region=region, account=account).list_inference_profiles(typeEquals="APPLICATION")
        return [each["inferenceProfileName"] for each in found["inferenceProfileSummaries"]]

    assert [names("us-east-1", OTHER), names("us-west-2", OTHER)] == [["of-us-east-1"], ["of-us-west-2"]]
    assert names("us-east-1", "333333333333") == []
    made = running.client(account="AKIAEXAMPLE").create_inference_profile(
        inferenceProfileName="mine", modelSource={"copyFrom": source.format("us-east-1", "111111111111")}
    )
    assert ":111111111111:" in made["inferenceProfileArn"]


SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA/20261123/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "MissingAuthenticationTokenException"),
        ("Bearer ", "AccessDeniedException"),
        ("AWS4-HMAC-SHA256 SignedHeaders=host", "IncompleteSignatureException"),
        (SIGNED.format("s3"), "InvalidSignatureException"),
    ],
)
def test_a_call_that_is_not_signed_for_bedrock_is_refused(
    running: Standalone, authorization: str | None, code: str
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    call = urllib.request.Request(f"{running.url}/foundation-models", headers=headers)  # noqa: S310  # loopback
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(call)  # noqa: S310  # the same
    assert (refusal.value.code, refusal.value.headers["x-amzn-ErrorType"]) == (403, code)
    refusal.value.close()
    call.add_header("authorization", SIGNED.format("bedrock"))
    urllib.request.urlopen(call).close()  # noqa: S310  # the same


def test_an_answer_is_lost_after_the_work_and_found_by_the_clients_own_retry(running: Standalone, faults: Any) -> None:
    faults(kind="no-answer", operation="CreateModelCustomizationJob", times=1)
    with pytest.raises(botocore.exceptions.ConnectionClosedError):
        running.client().create_model_customization_job(**job("lost", clientRequestToken="lost"))
    again = running.client().create_model_customization_job(**job("lost", clientRequestToken="lost"))["jobArn"]
    faults(kind="no-answer", operation="CreateModelCustomizationJob", times=1)
    requested = running.client(retries=2).create_model_customization_job(**job("found"))
    assert requested["ResponseMetadata"]["RetryAttempts"] == 1
    names = running.client().list_model_customization_jobs()["modelCustomizationJobSummaries"]
    made = {(each["jobArn"], each["jobName"]) for each in names if each["jobName"] in ("lost", "found")}
    assert made == {(requested["jobArn"], "found"), (again, "lost")}


def test_a_slow_response_does_not_delay_others(running: Standalone, faults: Any) -> None:
    faults(kind="slow", operation="ListCustomModels", seconds=4)
    slow = Thread(target=running.client().list_custom_models)
    slow.start()
    assert converse(running.client("bedrock-runtime"))
    assert slow.is_alive()
    slow.join()


def test_a_stream_ends_as_the_fault_says(running: Standalone, faults: Any) -> None:
    def reported() -> list[dict[str, Any]]:
        generated = [{"role": "user", "content": [{"text": "where is my parcel"}]}]
        return list(
            running.client("bedrock-runtime").converse_stream(modelId="amazon.nova-micro-v1:0", messages=generated)[
                "stream"
            ]
        )

    whole = reported()
    faults(kind="stream", events=2, error="ThrottlingException", times=1)
    with pytest.raises(botocore.exceptions.EventStreamError, match="throttlingException"):
        reported()
    faults(kind="stream", events=2, times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        reported()
    assert [[*event] for event in reported()] == [[*event] for event in whole]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_on_a_signal(sign: signal.Signals) -> None:
    with Standalone() as started:
        assert started.admin("GET", "health")["status"] == "ok"
        assert started.stop(sign) == (0, "")


def test_it_listens_on_loopback_alone() -> None:
    with server._listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
