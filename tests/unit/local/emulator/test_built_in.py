"""The emulator's built-in Bedrock never answers: every operation goes to the simulator."""

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from bedrock_simulator.protocol import service_model
from bedrock_simulator.protocol.service_model import Operation
from local.account import ROOT
from tests.unit.local.emulator.harness import REGION, EmulatorHarness

OURS = "answered by ours"
# What our engine says before it would work: of bad parameters, and of operations of a later day.
OUR_SENTENCES = (OURS, "validation error(s) detected", "is not an operation of Bedrock on", "is not a parameter of")
REACHED = "the built-in Bedrock was reached"
OPERATIONS = [each for service in service_model.SERVICES for each in service_model.operations(service)]


@pytest.fixture(scope="module")
def telling(harness: EmulatorHarness) -> Iterator[EmulatorHarness]:
    """An account whose Bedrock answers every call with a sentence of ours."""
    harness.admin("POST", "faults", {"kind": "error", "error": "InternalServerException", "message": OURS})
    yield harness
    harness.admin("DELETE", "faults")


def ask(harness: EmulatorHarness, operation: Operation) -> str:
    """What is answered, as text, to a call with no body and with dummies in its path."""
    path = operation.model.http["requestUri"].split("?")[0].replace("+}", "}").replace("{", "a-").replace("}", "")
    request = AWSRequest(operation.method, harness.account.endpoint + path, data=b"{}")
    session: Any = botocore.session.get_session()
    session.set_credentials(*harness.account.root.values())
    SigV4Auth(session.get_credentials(), "bedrock", REGION).add_auth(request)
    call = urllib.request.Request(str(request.url), b"{}", dict(request.headers), method=operation.method)  # noqa: S310  # loopback
    try:
        with urllib.request.urlopen(call) as response:  # noqa: S310  # the same
            return str(response.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.read().decode()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_of_bedrock_is_answered_by_ours(telling: EmulatorHarness, operation: Operation) -> None:
    said = ask(telling, operation)
    assert any(sentence in said for sentence in OUR_SENTENCES), said


def test_the_log_tells_of_no_call_that_reached_the_built_in(telling: EmulatorHarness) -> None:
    assert REACHED not in (telling.account.state / "emulator.log").read_text()


ATTEMPT = """
import asyncio, logging
from ministack.services import {module}
kept = {module}.handle_request
from local.emulator.hooks import bedrock
logging.basicConfig()
class Nobody:
    def tick(self): pass
bedrock.install(Nobody(), print)
print(asyncio.run(kept({call})))
"""


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("bedrock", "'GET', '/foundation-models', {}, b'', {}"),
        ("bedrock", "'POST', '/model-customization-jobs', {}, b'{}', {}"),
        ("bedrock_runtime", "'POST', '/model/m/converse', {}, b'{}', {}"),
        ("bedrock_runtime", "'POST', '/v1/chat/completions', {}, b'{}', {}"),
    ],
)
def test_a_way_around_us_raises_and_is_logged(module: str, call: str) -> None:
    code = ATTEMPT.replace("{module}", module).replace("{call}", call)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ReplacedServiceCalled: ministack.services." in done.stderr
    assert REACHED in done.stderr
