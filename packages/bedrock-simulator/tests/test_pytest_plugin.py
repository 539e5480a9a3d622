"""The pytest fixture: the code under test finds the simulator, and no state passes from one test to the next."""

import subprocess
import sys
from pathlib import Path

from simulator_support.standalone import SOURCE

SETTINGS = """
[pytest]
addopts = -q -p no:cacheprovider -p no:bedrock_simulator -p bedrock_simulator.pytest_plugin
filterwarnings = error
bedrock_simulator_flags = --date 2026-11-23 --model-units 3
"""
TESTS = """
import os
import botocore.exceptions
import botocore.session
import pytest

SAID = [{"role": "user", "content": [{"text": "Where is my parcel?"}]}]


def runtime():
    return botocore.session.Session().create_client("bedrock-runtime")


@pytest.mark.parametrize("time", [1, 2])
def test_everything_is_as_it_was(bedrock_simulator, time):
    assert bedrock_simulator.admin("GET", "clock")["now"] == "2026-11-23T00:00:00.000Z"
    assert bedrock_simulator.admin("GET", "quotas")["model_units"] == 3
    assert bedrock_simulator.admin("GET", "faults") == []
    assert not [*bedrock_simulator.buckets.iterdir()]
    control = bedrock_simulator.client("bedrock", region="us-west-2", account="222222222222")
    assert control.list_inference_profiles(typeEquals="APPLICATION")["inferenceProfileSummaries"] == []

    assert runtime().converse(modelId="us.amazon.nova-pro-v1:0", messages=SAID)["stopReason"] == "end_turn"
    source = {"copyFrom": "arn:aws:bedrock:us-west-2:222222222222:inference-profile/us.amazon.nova-pro-v1:0"}
    control.create_inference_profile(inferenceProfileName="mine", modelSource=source)
    (bedrock_simulator.buckets / "training" / "deep").mkdir(parents=True)
    bedrock_simulator.admin("PUT", "clock", {"date": "2027-01-01", "speed": 360})
    bedrock_simulator.admin("PUT", "quotas", {"model_units": 1})
    fault = {"kind": "error", "operation": "Converse", "error": "AccessDeniedException"}
    bedrock_simulator.admin("POST", "faults", fault)
    with pytest.raises(botocore.exceptions.ClientError, match="AccessDenied"):
        runtime().converse(modelId="us.amazon.nova-pro-v1:0", messages=SAID)


def test_elsewhere_the_environment_is_untouched():
    assert "AWS_ENDPOINT_URL_BEDROCK" not in os.environ
"""


def run(folder: Path, tests: str, settings: str = SETTINGS) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text(settings)
    (folder / "test_mine.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "--rootdir", str(folder)]
    environment = {"PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_one_test_leaves_nothing_to_the_next(tmp_path: Path) -> None:
    done = run(tmp_path, TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


def test_a_flag_that_is_refused_fails_the_test_and_not_the_run(tmp_path: Path) -> None:
    done = run(tmp_path, TESTS, SETTINGS.replace("2026-11-23", "yesterday"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "the Bedrock simulator did not start" in done.stdout
    assert "1 passed, 2 errors" in done.stdout
