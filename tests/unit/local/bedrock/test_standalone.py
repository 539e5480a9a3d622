"""The door of its own: anyone's boto3 finds both services there, and whoever starts it is told what is wrong."""

import json
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any

import botocore.exceptions
import pytest
import urllib3.exceptions

from local.account import ROOT
from local.bedrock.door import server
from local.bedrock.door.signature import service_of
from local.bedrock.wire import service_model
from tests.unit.local.bedrock.fakes import job, jsonl, prompts
from tests.unit.local.bedrock.standalone import Standalone, bucket, converse

OTHER = "222222222222"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the buckets."""
    folder = tmp_path_factory.mktemp("buckets")
    bucket(folder, jsonl(prompts()))
    return folder


@pytest.fixture(scope="module")
def running(root: Path) -> Iterator[Standalone]:
    """A simulator whose clock stands still until it is told."""
    with Standalone("--date", "2026-11-23", "--speed", "0", "--objects", str(root)) as started:
        yield started


@pytest.fixture
def faults(running: Standalone) -> Iterator[Any]:
    """Sets a fault, until the test is over."""
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
    arn = bedrock.create_model_customization_job(**job("road"))["jobArn"]
    running.admin("PUT", "clock", {"advance": 2 * 3600})
    done = bedrock.get_model_customization_job(jobIdentifier=arn)
    assert done["status"] == "Completed", done.get("failureMessage")
    metrics = root / "train-bucket" / "out" / f"model-customization-job-{arn[-12:]}" / "training_artifacts"
    assert (metrics / "step_wise_training_metrics.csv").read_text().startswith("step_number,")
    told = [event["detail"]["jobStatus"] for event in running.admin("GET", "events")]
    assert told[-2:] == ["InProgress", "Completed"]
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
        ("Bearer bedrock-api-key-YmVk", "AccessDeniedException"),
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
    asked = running.client(retries=2).create_model_customization_job(**job("found"))
    assert asked["ResponseMetadata"]["RetryAttempts"] == 1
    names = running.client().list_model_customization_jobs()["modelCustomizationJobSummaries"]
    made = {(each["jobArn"], each["jobName"]) for each in names if each["jobName"] in ("lost", "found")}
    assert made == {(asked["jobArn"], "found"), (again, "lost")}


def test_an_answer_is_slow_and_keeps_nobody_else_waiting(running: Standalone, faults: Any) -> None:
    faults(kind="slow", operation="ListCustomModels", seconds=1.5)
    slow = Thread(target=running.client().list_custom_models)
    began = monotonic()
    slow.start()
    assert converse(running.client("bedrock-runtime"))
    quick = monotonic() - began
    slow.join()
    assert quick < 1.5 <= monotonic() - began


def test_a_stream_ends_as_the_fault_says(running: Standalone, faults: Any) -> None:
    def told() -> list[dict[str, Any]]:
        said = [{"role": "user", "content": [{"text": "where is my parcel"}]}]
        return list(
            running.client("bedrock-runtime").converse_stream(modelId="amazon.nova-micro-v1:0", messages=said)["stream"]
        )

    whole = told()
    faults(kind="stream", events=2, error="ThrottlingException", times=1)
    with pytest.raises(botocore.exceptions.EventStreamError, match="throttlingException"):
        told()
    faults(kind="stream", events=2, times=1)
    with pytest.raises(urllib3.exceptions.ProtocolError):
        told()
    assert [[*event] for event in told()] == [[*event] for event in whole]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_it_is_told(sign: signal.Signals) -> None:
    with Standalone() as started:
        assert started.admin("GET", "health")["status"] == "ok"
        assert started.stop(sign) == (0, "")


def test_it_listens_on_loopback_alone() -> None:
    with server._listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.bedrock", *flags]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_a_busy_port_is_one_sentence(running: Standalone) -> None:
    port = running.url.rsplit(":", 1)[1]
    refused = run("--port", port)
    sentence = f"port {port} on 127.0.0.1 cannot be taken (Address already in use): choose another with --port.\n"
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", sentence)


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--date", "yesterday"], "argument --date: 'yesterday' is not a date: write it as 2024-12-04."),
        (["--port", "70000"], "argument --port: '70000' is not a port: there are 0 to 65535"),
        (["--speed", "-1"], "argument --speed: -1 is not a number from 0 upwards"),
        (["--account", "me"], "argument --account: 'me' is not an account: write twelve digits"),
        (["--model-units", "many"], "argument --model-units: 'many' is not a number of them: write 0 or more"),
        (["--teacher-error", "3"], "argument --teacher-error: 3 is not a share: write 0 to 1"),
        (["--s3", "nowhere"], "argument --s3: 'nowhere' is not a URL: write http://HOST:PORT"),
        (["--s3", "http://a", "--objects", "b"], "argument --objects: not allowed with argument --s3"),
        (["--fault", "earthquake"], "argument --fault: there is no fault 'earthquake'"),
        (["--fault", "slow seconds=long"], "argument --fault: Expected `float`, got `str` - at `$.seconds`"),
        (["--fault", "slow colour=red"], "argument --fault: a fault has no colour"),
        (["--colour"], "unrecognized arguments: --colour"),
    ],
)
def test_a_bad_flag_is_one_sentence(flags: list[str], sentence: str) -> None:
    refused = run(*flags)
    last = refused.stderr.splitlines()[-1]
    assert (refused.returncode, refused.stdout) == (2, "")
    assert sentence in last
    assert "Traceback" not in refused.stderr


def test_flags_are_what_the_simulator_goes_by(tmp_path: Path) -> None:
    flags = ["--model-units", "3", "--tokens-per-minute", "7", "--latency-scale", "0.25", "--account", OTHER]
    fault = 'failed-job named=dev- message="the cat sat on it" times=2'
    with Standalone("--date", "2024-12-04", "--speed", "0", *flags, "--fault", fault) as started:
        quotas = started.admin("GET", "quotas")
        assert (quotas["model_units"], quotas["tokens"]["standard"]) == (3, {"*": 7})
        assert started.admin("GET", "latency")["scale"] == 0.25
        assert started.admin("GET", "health")["now"] == "2024-12-04T00:00:00.000Z"
        assert started.variables["AWS_ACCESS_KEY_ID"] == OTHER
        (listed,) = started.admin("GET", "faults")
        assert (listed["named"], listed["message"], listed["times"]) == ("dev-", "the cat sat on it", 2)


class Sink(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    posted: list[dict[str, Any]]

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.posted.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


def test_events_are_posted_where_somebody_listens(root: Path) -> None:
    Sink.posted = []
    with HTTPServer(("127.0.0.1", 0), Sink) as sink:
        Thread(target=sink.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{sink.server_port}/events"
        with Standalone("--speed", "0", "--objects", str(root), "--events-to", url) as started:
            started.client().create_model_customization_job(**job("posted"))
            started.admin("PUT", "clock", {"advance": 3 * 3600})
            kept = started.admin("GET", "events")
            end = monotonic() + 10
            while len(Sink.posted) < len(kept) and monotonic() < end:
                pass
        sink.shutdown()
    assert Sink.posted == kept
    assert [event["detail"]["jobStatus"] for event in kept] == ["InProgress", "Completed"]


def test_events_that_nobody_takes_are_complained_of_once(root: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with Standalone("--speed", "0", "--objects", str(root), "--events-to", url) as started:
        started.client().create_model_customization_job(**job("posted"))
        started.admin("PUT", "clock", {"advance": 3 * 3600})
        code, said = started.stop()
    assert code == 0
    assert said.startswith(f"events are lost on their way to {url}: ")
    assert said.count("\n") == 1
