"""Workers that are forked from one process behave like separate processes."""

import io
import json
import os
import resource
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local.account import ROOT
from local.emulator.hooks.workers import ForkedWorker, start_worker, worker_server
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
            "boto3": boto3.__file__, "parent": os.getppid()}
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


def _layer(harness: EmulatorHarness, package: str, source: str) -> str:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(f"python/{package}/__init__.py", source)
    layer = harness.client("lambda").publish_layer_version(LayerName=package, Content={"ZipFile": body.getvalue()})
    return str(layer["LayerVersionArn"])


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_functions_with_other_layers_and_the_same_boto3_are_copies_of_one_process(harness: EmulatorHarness) -> None:
    layer = _layer(harness, "other", "")
    one, two = (_invoke(harness, harness.function(SEEN, Layers=layers)) for layers in ([layer], []))
    assert one["parent"] == two["parent"]


def test_a_boto3_of_a_layer_is_imported_and_others_get_the_runtimes(harness: EmulatorHarness) -> None:
    source = "class Session:\n    def __init__(*_, **__): ...\n    client = print\n"
    own, runtimes = harness.function(SEEN, Layers=[_layer(harness, "boto3", source)]), harness.function(SEEN)
    answers = [_invoke(harness, function) for function in (own, runtimes)]
    assert ["site-packages" in str(answer.get("boto3", answer)) for answer in answers] == [False, True], answers


LAMBDA_PYTHON = str(ROOT / ".venv-lambda" / "bin" / "python")


def _close(worker: ForkedWorker) -> None:
    for stream in (worker.stdin, worker.stdout, worker.stderr):
        stream.close()


@pytest.fixture
def many_files_open() -> Iterator[None]:
    """Descriptors from here on have numbers that `select.select` refuses, as in an account of some 250 workers."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, limits[1]), limits[1]))
    held = [os.open(os.devnull, os.O_RDONLY) for _ in range(1100)]
    yield
    for descriptor in held:
        os.close(descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
@pytest.mark.usefixtures("many_files_open")
def test_an_account_of_any_size_starts_workers_and_sees_their_end(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text("import os, sys\nprint(len(os.listdir('/proc/self/fd')), flush=True)\nsys.exit(int(input()))\n")
    with closing(worker_server(LAMBDA_PYTHON, ())) as server:
        workers = [start_worker(server, str(script), str(tmp_path), {}) for _ in range(2)]
        assert [worker.poll() for worker in workers] == [None, None]
        with pytest.raises(subprocess.TimeoutExpired):
            workers[0].wait(0.001)
        for code, worker in enumerate(workers, 3):
            assert int(worker.stdout.readline()) < 8  # nothing of the account or of another worker is open in it
            worker.stdin.write(f"{code}\n")
            worker.stdin.flush()
            assert worker.wait() == code
            _close(worker)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forked on Linux alone")
def test_a_server_that_ended_is_an_error_once(tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text("")
    (layer := tmp_path / "layer" / "boto3").mkdir(parents=True)
    (layer / "__init__.py").write_text("raise SystemExit(1)")
    with closing(worker_server(LAMBDA_PYTHON, (str(layer.parent),))) as server:
        with pytest.raises(OSError, match="the process that is copied ended"):
            start_worker(server, str(tmp_path / "worker.py"), str(tmp_path), {})
        (layer / "__init__.py").write_text("class Session:\n    def __init__(*_, **__): ...\n    client = print\n")
        worker = start_worker(server, str(tmp_path / "worker.py"), str(tmp_path), {})
        assert worker.wait() == 0
    _close(worker)
