"""Workers that are forked from one process behave like separate processes."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.unit.local.emulator.harness import EmulatorHarness

SEEN = """
import os, random, sys, boto3
NOISE = random.random()

def handler(event, _):
    if event == "die":
        os._exit(3)
    if event == "sleep":
        import time
        time.sleep(30)
    return {"noise": NOISE, "says": os.environ.get("SAYS"), "argv": sys.argv, "cwd": os.getcwd(), "path": sys.path[:2],
            "boto3": boto3.__file__}
"""


def _invoke(harness: EmulatorHarness, function: str, event: Any = None) -> dict[str, Any]:
    payload = harness.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))["Payload"]
    return dict(json.loads(payload.read()))


def test_each_has_its_own_environment_folder_and_chance(harness: EmulatorHarness) -> None:
    one, two = (
        _invoke(harness, harness.function(SEEN, Environment={"Variables": {"SAYS": name}})) for name in ("one", "two")
    )
    assert (one["says"], two["says"]) == ("one", "two")
    assert one["noise"] != two["noise"]
    assert one["cwd"] != two["cwd"]
    assert one["argv"] != two["argv"]


@pytest.mark.parametrize("event", ["die", "sleep"])
def test_one_that_ended_or_was_killed_is_replaced(harness: EmulatorHarness, event: str) -> None:
    function = harness.function(SEEN)
    harness.client("lambda").update_function_configuration(FunctionName=function, Timeout=1)
    before = _invoke(harness, function)
    assert "errorMessage" in _invoke(harness, function, event)
    after = _invoke(harness, function)
    assert after["noise"] != before["noise"]


def test_a_boto3_of_a_layer_is_imported_and_others_get_the_runtimes(harness: EmulatorHarness) -> None:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(
            "python/boto3/__init__.py", "class Session:\n    def __init__(*_, **__): ...\n    client = print\n"
        )
    layer = harness.client("lambda").publish_layer_version(LayerName="own", Content={"ZipFile": body.getvalue()})
    own, runtimes = harness.function(SEEN, Layers=[layer["LayerVersionArn"]]), harness.function(SEEN)
    answers = [_invoke(harness, function) for function in (own, runtimes)]
    assert ["site-packages" in str(answer.get("boto3", answer)) for answer in answers] == [False, True], answers
