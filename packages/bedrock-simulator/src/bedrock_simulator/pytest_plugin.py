"""One fixture, `bedrock_simulator`: a simulator for the tests of an application that calls Amazon Bedrock.

The simulator starts once for a test run. Every test gets it as if it had just started. Its clock does not run until a
test moves it, so nothing waits and nothing is flaky.
"""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

_SETTINGS = ("quotas", "latency", "undocumented", "access")
_PATIENCE = 10.0  # seconds for the process to end


class Simulator:
    """A running simulator.

    Attributes:
        url: The address of both services, `http://127.0.0.1:PORT`.
        variables: The environment variables that direct any AWS SDK to it. The fixture sets them.
        buckets: The folder whose folders are S3 buckets: `buckets / "training" / "a.jsonl"` is `s3://training/a.jsonl`.
    """

    def __init__(self, greeting: str, buckets: Path) -> None:
        self.variables: dict[str, str] = dict(re.findall(r"(\w+)=(\S+)", greeting))
        self.url, self.buckets = self.variables["AWS_ENDPOINT_URL_BEDROCK"], buckets

    def client(self, service: str, *, region: str = "us-east-1", account: str = "") -> Any:
        """Returns a client of `bedrock` or `bedrock-runtime`.

        Args:
            service: The service's name, as boto3 has it.
            region: The Region.
            account: Twelve digits; by default the simulator's own account.
        """
        import botocore.session

        session: Any = botocore.session.Session()
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=self.url,
            aws_access_key_id=account or self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.variables["AWS_SECRET_ACCESS_KEY"],
        )

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the admin API, as in `admin("PUT", "clock", {"advance": 7200})`. Returns the response from JSON."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_admin/{path}", data, method=method)  # noqa: S310  # loopback
        with urllib.request.urlopen(request) as response:  # noqa: S310  # the same
            return json.load(response)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for the simulator's flags."""
    parser.addini("bedrock_simulator_flags", "flags of the command `bedrock-simulator`", type="args", default=[])


@pytest.fixture(scope="session")
def _bedrock_simulator_process(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[Simulator]:
    buckets = tmp_path_factory.mktemp("buckets")
    command = [sys.executable, "-m", "bedrock_simulator", "--port", "0", "--speed", "0", "--objects", str(buckets)]
    command += pytestconfig.getini("bedrock_simulator_flags")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        greeting = process.stdout.readline()
        if not greeting:
            pytest.fail(f"the Bedrock simulator did not start: `{' '.join(command)}` says why.", pytrace=False)
        try:
            yield Simulator(greeting, buckets)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
            process.kill()


@pytest.fixture
def bedrock_simulator(_bedrock_simulator_process: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """A simulator with empty accounts and no buckets. Environment variables direct the code under test to it."""
    simulator = _bedrock_simulator_process
    for name, value in simulator.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    before = {what: simulator.admin("GET", what) for what in ("clock", *_SETTINGS)}
    yield simulator
    for bucket in simulator.buckets.iterdir():
        shutil.rmtree(bucket)
    simulator.admin("DELETE", "faults")
    simulator.admin("POST", "reset")
    simulator.admin("PUT", "clock", {"virtual": before["clock"]["virtual"], "speed": before["clock"]["speed"]})
    for what in _SETTINGS:
        simulator.admin("PUT", what, before[what])
