"""`distillery probe` against the simulator, which can be configured for both answers."""

from collections.abc import Iterator
from dataclasses import replace

import boto3
import pytest

from distillery.client.route_store import format_probe_result, probe_parameter
from local.account import ROOT
from simulator_support.standalone import Standalone
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.routes import OPTIMIZED, PRO, publish, route_map


@pytest.fixture(scope="module")
def bedrock() -> Iterator[Standalone]:
    with Standalone("--speed", "0", "--date", "2026-11-23", python=ROOT / ".venv-local/bin/python") as started:
        yield started


@pytest.mark.parametrize("works", [False, True])
def test_what_the_service_does_is_what_is_noted(
    bedrock: Standalone, account: FakeAccount, command: Command, works: bool
) -> None:
    bedrock.admin("PUT", "undocumented", {"optimized_application_profiles": works})
    source = {"copyFrom": f"arn:aws:bedrock:us-east-2:111111111111:inference-profile/us.{PRO}"}
    control = bedrock.client(region="us-east-2")
    made = control.create_inference_profile(inferenceProfileName=f"works-{works}", modelSource=source)
    application = made["inferenceProfileArn"]
    ssm = publish(account, route_map("fast", replace(OPTIMIZED, application=application)))
    account.clients["bedrock-runtime", "us-east-2"] = boto3.client(
        "bedrock-runtime",
        region_name="us-east-2",
        endpoint_url=bedrock.url,
        aws_access_key_id="111111111111",
        aws_secret_access_key="local",
    )
    said = command("probe", "fast", "--yes")
    found = ssm.parameters[probe_parameter("dev", "fast", application)]
    assert (said.code, found) == (0, format_probe_result(works)), said
