"""What local Lambda functions run on."""

import io
import zipfile
from importlib.metadata import version
from typing import Any

from tests.journey.conftest import Deploy
from tests.journey.environment import Environment

PROBE = """
import boto3, botocore
def handler(event, context):
    return {"boto3": boto3.__version__, "botocore": botocore.__version__, "file": boto3.__file__}
"""


def test_functions_import_the_layers_boto3_not_the_runtimes(deploy: Deploy) -> None:
    environment = deploy("dev")
    home, away = _functions(environment, environment.home), _functions(environment, environment.inference)
    assert [one["FunctionName"] for one in (*home, *away) if not one.get("Layers")] == []
    locked, old = (_probe(environment, like=home[0], layered=layered) for layered in (True, False))
    assert (locked["boto3"], locked["botocore"]) == (version("boto3"), version("botocore"))
    assert ".venv-lambda" not in locked["file"]
    assert ".venv-lambda" in old["file"]
    assert old["boto3"] != locked["boto3"], "the runtime's boto3 must be older, or this test could not fail"


def _functions(environment: Environment, region: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = environment.client("lambda", region).list_functions()["Functions"]
    assert found, f"there are no functions in {region}"
    return found


def _probe(environment: Environment, *, like: dict[str, Any], layered: bool) -> dict[str, Any]:
    """Returns the versions that a function with our configuration imports, with or without its layers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", PROBE)
    made = environment.client("lambda").create_function(
        FunctionName=f"probe-{'layered' if layered else 'bare'}",
        Runtime=like["Runtime"],
        Handler="index.handler",
        Role=like["Role"],
        Code={"ZipFile": buffer.getvalue()},
        Layers=[layer["Arn"] for layer in like["Layers"]] if layered else [],
    )
    return environment.invoke(made["FunctionName"], {})
