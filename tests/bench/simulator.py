"""The local Bedrock's time for a Converse call over HTTP, with latency modelling off: one caller, and 200 concurrent
ones.

A boto3 client alternates between `bedrock-simulator` and the same web server with a constant answer of the same size.
With 200 callers the figure is wall time divided by calls, since callers compete for the processor.
"""

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from rich.console import Console
from rich.table import Table

from simulator_support.fakes import SYSTEM, job, jsonl, prompts
from simulator_support.standalone import Standalone, bucket
from tests.bench.bar import Bar
from tests.bench.process import ROOT

PYTHON = ROOT / ".venv-local" / "bin" / "python"
MOST_MILLISECONDS = 5.0
CALLERS, ROUNDS, TURNS = 200, 3, 300
TEACHER = "us.amazon.nova-pro-v1:0"


def bench(console: Console) -> list[Bar]:
    table = Table("answered by", "median, ms", "90th percentile, ms", f"{CALLERS} at once, ms each", "errors")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="distillery-bench-")))
        bucket(folder, jsonl(prompts()))
        flags = ("--speed", "0", "--objects", str(folder))
        server = stack.enter_context(Standalone(*flags, python=PYTHON))
        runtime = _client(server.url)
        models = {"a teacher": TEACHER, "a distilled student": _student(server)}
        (folder / "answer.json").write_text(json.dumps(_shape(_ask(runtime, TEACHER, 0))))
        constant = _client(stack.enter_context(constant_server(folder / "answer.json")))
        bars = [bar for name, model in models.items() for bar in _measure(table, name, model, runtime, constant)]
    console.print(table)
    return bars


def _measure(table: Table, name: str, model: str, runtime: Any, constant: Any) -> list[Bar]:
    alone, floor = _by_turns(model, runtime, constant)
    crowds = [(_crowd(model, runtime), _crowd(model, constant)) for _ in range(ROUNDS)]
    each, idle = (statistics.median(crowd[side][0] for crowd in crowds) for side in (0, 1))
    errors, floor_errors = (sum(crowd[side][1] for crowd in crowds) for side in (0, 1))
    table.add_row(name, *_spread(alone), f"{each:.2f}", str(errors))
    table.add_row("  the constant", *_spread(floor), f"{idle:.2f}", str(floor_errors))
    added = statistics.median(mine - its for mine, its in zip(alone, floor, strict=True))
    return [
        Bar(what=f"errors of {CALLERS} callers at once, {name}", measured=errors, limit=0, floor="none", unit="calls"),
        _bar(f"added by {name}, median", added),
        _bar(f"the same, {CALLERS} at once, each", each - idle),
    ]


def _bar(what: str, added: float) -> Bar:
    floor = "the same server, answering a constant"
    return Bar(what=what, measured=added, limit=MOST_MILLISECONDS, floor=floor, unit="ms")


def _spread(took: list[float]) -> tuple[str, str]:
    return f"{statistics.median(took):.2f}", f"{statistics.quantiles(took, n=10)[-1]:.2f}"


def _client(url: str) -> Any:
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="111111111111",
        aws_secret_access_key="local",
        config=Config(retries={"max_attempts": 0}, max_pool_connections=CALLERS, proxies={}),
    )


def _student(server: Standalone) -> str:
    """Creates a deployment that serves."""
    bedrock = server.client()
    arn = bedrock.create_model_customization_job(**job("bench"))["jobArn"]
    server.admin("PUT", "clock", {"advance": 2 * 3600})
    model = bedrock.get_model_customization_job(jobIdentifier=arn)["outputModelArn"]
    made = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    server.admin("PUT", "clock", {"advance": 900})
    return str(made["customModelDeploymentArn"])


def _ask(client: Any, model: str, number: int) -> Any:
    said = [{"role": "user", "content": [{"text": f"where is my parcel number {number}"}]}]
    limit = {"maxTokens": 50}
    return client.converse(modelId=model, system=[{"text": SYSTEM}], messages=said, inferenceConfig=limit)


def _shape(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@contextmanager
def constant_server(answer: Path) -> Iterator[str]:
    """Starts a server that answers everything with the file's content. Yields its URL."""
    command = [str(PYTHON), "-m", "tests.bench.constant", str(answer)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:  # otherwise an error of the benchmark would wait for the server forever
            process.terminate()


def _by_turns(model: str, runtime: Any, constant: Any) -> tuple[list[float], list[float]]:
    """Returns the milliseconds of single calls to both, one after the other."""
    pairs = [(_took(runtime, model, turn), _took(constant, model, turn)) for turn in range(TURNS)]
    return [mine for mine, _ in pairs], [floor for _, floor in pairs]


def _took(client: Any, model: str, number: int) -> float:
    began = time.perf_counter()
    _ask(client, model, number)
    return (time.perf_counter() - began) * 1000


def _crowd(model: str, client: Any) -> tuple[float, int]:
    """Returns the milliseconds per call with so many concurrent callers, and the number of failed calls."""
    with ThreadPoolExecutor(CALLERS) as callers:
        began = time.perf_counter()
        answered = list(callers.map(lambda number: _answered(client, model, number), range(CALLERS)))
        return (time.perf_counter() - began) * 1000 / CALLERS, answered.count(False)


def _answered(client: Any, model: str, number: int) -> bool:
    try:
        _ask(client, model, number)
    except Exception:  # any error is counted
        return False
    return True
