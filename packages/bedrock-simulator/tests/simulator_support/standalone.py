"""The simulator in a process of its own, and clients that use the environment variables that it printed."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any, Self

import botocore.session
import pytest
from botocore.config import Config

PACKAGE = Path(__file__).parents[2]
SOURCE = PACKAGE / "src"
VARIABLES = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "OPENBLAS_NUM_THREADS": "1"}
"""Of its process. More threads of BLAS would only wait, by spinning."""

_PATIENCE = 30.0  # seconds


@cache
def _session() -> Any:
    return botocore.session.get_session()  # one, because loading its models takes time


class Standalone:
    """`python -m bedrock_simulator` with flags; on a free port unless they name one."""

    def __init__(self, *flags: str, python: str | Path = sys.executable) -> None:
        port = () if "--port" in flags else ("--port", "0")
        self.process = subprocess.Popen(
            [str(python), "-m", "bedrock_simulator", *port, *flags],
            cwd=PACKAGE,
            env=VARIABLES,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], _PATIENCE)
        self.greeting = self.process.stdout.readline() if ready else ""
        self.variables: dict[str, str] = dict(re.findall(r"(\w+)=(\S+)", self.greeting))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @property
    def url(self) -> str:
        return self.variables["AWS_ENDPOINT_URL_BEDROCK"]

    def client(
        self, service: str = "bedrock", region: str = "us-east-1", account: str | None = None, retries: int = 0
    ) -> Any:
        """A client of one of the services."""
        return _session().create_client(
            service,
            region_name=region,
            endpoint_url=self.variables[f"AWS_ENDPOINT_URL_{service.replace('-', '_').upper()}"],
            aws_access_key_id=account or self.variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key="local",
            config=Config(retries={"max_attempts": retries}, read_timeout=20),
        )

    def admin(self, method: str, what: str, body: Any = None) -> Any:
        """Calls the admin API."""
        encoded = None if body is None else json.dumps(body).encode()
        call = urllib.request.Request(f"{self.url}/_admin/{what}", encoded, method=method)  # noqa: S310  # loopback
        with urllib.request.urlopen(call, timeout=60) as response:  # noqa: S310  # the same
            return json.load(response)

    def admin_refused(self, method: str, what: str) -> tuple[int, str]:
        """Calls the admin API; returns the status and the message of the error."""
        with pytest.raises(urllib.error.HTTPError) as refusal:
            self.admin(method, what)
        with refusal.value:
            return refusal.value.code, str(json.load(refusal.value)["message"])

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Stops it; returns its exit code and its stderr."""
        self.process.send_signal(sign)
        _, generated = self.process.communicate(timeout=_PATIENCE)
        return self.process.returncode, generated


def converse(client: Any, text: str = "where is my parcel", model: str = "amazon.nova-pro-v1:0") -> str:
    """Returns the model's answer."""
    reply = client.converse(modelId=model, messages=[{"role": "user", "content": [{"text": text}]}])
    return str(reply["output"]["message"]["content"][0]["text"])


def bucket(root: Path, body: bytes, name: str = "train-bucket") -> Path:
    """A folder that is a bucket, with a training file."""
    folder = root / name
    folder.mkdir(parents=True)
    (folder / "train.jsonl").write_bytes(body)
    return folder


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    """Runs it with flags that it rejects."""
    command = [sys.executable, "-m", "bedrock_simulator", *flags]
    return subprocess.run(
        command,
        cwd=PACKAGE,
        env=VARIABLES,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
