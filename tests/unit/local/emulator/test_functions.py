"""Lambda functions fail, and are isolated, as on AWS. CloudFormation sets all their properties."""

import json
import queue
import threading
import time
import uuid
from types import SimpleNamespace

from local.emulator.hooks.lambdas import END, read_log
from tests.unit.local.emulator.harness import EmulatorHarness

THROW = "class NotYet(Exception): pass\ndef handler(event, context): raise NotYet('too early')"


def test_a_failure_names_the_exceptions_class(harness: EmulatorHarness) -> None:
    failure = harness.invoke(harness.function(THROW))
    assert (failure["errorType"], failure["errorMessage"]) == ("NotYet", "too early")
    assert failure["requestId"]
    assert any("index.py" in line for line in failure["stackTrace"])


def test_a_module_that_does_not_import_says_so(harness: EmulatorHarness) -> None:
    failure = harness.invoke(harness.function("import yaml\ndef handler(event, context): pass"))
    assert failure["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'yaml'" in failure["errorMessage"]


def test_a_function_runs_on_the_old_boto3_and_sees_the_one_clock(harness: EmulatorHarness) -> None:
    code = "import boto3, os\ndef handler(e, c): return [boto3.__version__, os.environ['DISTILLERY_CLOCK_FILE']]"
    assert harness.invoke(harness.function(code)) == ["1.34.162", str(harness.account.clock_file)]


def test_what_a_logger_says_reaches_the_log_as_soon_as_its_level_allows(harness: EmulatorHarness) -> None:
    code = """import logging
def handler(event, context):
    logging.getLogger("quiet").info("not heard")
    logging.getLogger("loud").setLevel("INFO")
    logging.getLogger("loud").info("heard")
"""
    name = harness.function(code).rsplit(":", 1)[1]
    harness.invoke(name)
    logs = harness.client("logs")
    events = harness.until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])
    lines = [line for event in events for line in event["message"].splitlines()]
    assert "[INFO]\theard" in lines
    assert "not heard" not in "".join(lines)


def _worker(*lines: str, late: float = 0.0) -> SimpleNamespace:
    """Returns a worker whose log lines arrive this many real seconds after its answer, one after the other."""
    logged: queue.Queue[str] = queue.Queue()

    def write() -> None:
        for line in lines:
            time.sleep(late)
            logged.put(line)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return SimpleNamespace(_stderr_queue=logged, _stderr_thread=thread)


def test_a_log_is_read_to_its_end_however_late_its_lines_come() -> None:
    assert read_log(_worker("one", "two", END, "of the next", late=0.3)) == "one\ntwo"


def test_the_log_of_a_worker_that_died_is_what_there_is() -> None:
    assert read_log(_worker("one", "two")) == "one\ntwo"


def test_a_functions_environment_holds_nothing_of_the_callers(harness: EmulatorHarness) -> None:
    names = harness.invoke(harness.function("import os\ndef handler(e, c): return list(os.environ)"))
    assert not {"HTTP_PROXY", "HTTPS_PROXY", "VIRTUAL_ENV", "PYTHONPATH"} & set(names)


def test_cloudformation_keeps_dead_letters_and_reserved_concurrency(harness: EmulatorHarness) -> None:
    _url, queue = harness.queue()
    properties = {
        "FunctionName": f"fn-{uuid.uuid4().hex[:8]}",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": harness.role("lambda.amazonaws.com"),
        "Code": {"ZipFile": "def handler(event, context): pass"},
        "DeadLetterConfig": {"TargetArn": queue},
        "ReservedConcurrentExecutions": 3,
    }
    stack = f"s-{uuid.uuid4().hex[:8]}"
    template = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    cfn = harness.client("cloudformation")
    cfn.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    harness.until(lambda: cfn.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    found = harness.client("lambda").get_function(FunctionName=properties["FunctionName"])
    assert found["Configuration"]["DeadLetterConfig"] == {"TargetArn": queue}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
