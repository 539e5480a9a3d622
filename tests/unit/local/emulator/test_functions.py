"""Lambda functions fail, and are isolated, as on AWS; CloudFormation gives them all of their properties."""

import json
import uuid

from tests.unit.local.emulator.workshop import Workshop

THROW = "class NotYet(Exception): pass\ndef handler(event, context): raise NotYet('too early')"


def test_a_failure_names_the_exceptions_class(workshop: Workshop) -> None:
    failure = workshop.invoke(workshop.function(THROW))
    assert (failure["errorType"], failure["errorMessage"]) == ("NotYet", "too early")
    assert failure["requestId"]
    assert any("index.py" in line for line in failure["stackTrace"])


def test_a_module_that_does_not_import_says_so(workshop: Workshop) -> None:
    failure = workshop.invoke(workshop.function("import yaml\ndef handler(event, context): pass"))
    assert failure["errorType"] == "Runtime.ImportModuleError"
    assert "No module named 'yaml'" in failure["errorMessage"]


def test_a_function_runs_on_the_old_boto3_and_sees_the_one_clock(workshop: Workshop) -> None:
    code = "import boto3, os\ndef handler(e, c): return [boto3.__version__, os.environ['DISTILLERY_CLOCK_FILE']]"
    assert workshop.invoke(workshop.function(code)) == ["1.34.162", str(workshop.account.clock_file)]


def test_what_a_logger_says_reaches_the_log_as_soon_as_its_level_allows(workshop: Workshop) -> None:
    code = """import logging
def handler(event, context):
    logging.getLogger("quiet").info("not heard")
    logging.getLogger("loud").setLevel("INFO")
    logging.getLogger("loud").info("heard")
"""
    name = workshop.function(code).rsplit(":", 1)[1]
    workshop.invoke(name)
    logs = workshop.client("logs")
    events = workshop.until(lambda: logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"])
    lines = [line for event in events for line in event["message"].splitlines()]
    assert "[INFO]\theard" in lines
    assert "not heard" not in "".join(lines)


def test_a_functions_environment_holds_nothing_of_the_callers(workshop: Workshop) -> None:
    names = workshop.invoke(workshop.function("import os\ndef handler(e, c): return list(os.environ)"))
    assert not {"HTTP_PROXY", "HTTPS_PROXY", "VIRTUAL_ENV", "PYTHONPATH"} & set(names)


def test_cloudformation_keeps_dead_letters_and_reserved_concurrency(workshop: Workshop) -> None:
    _url, queue = workshop.queue()
    properties = {
        "FunctionName": f"fn-{uuid.uuid4().hex[:8]}",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": workshop.role("lambda.amazonaws.com"),
        "Code": {"ZipFile": "def handler(event, context): pass"},
        "DeadLetterConfig": {"TargetArn": queue},
        "ReservedConcurrentExecutions": 3,
    }
    stack = f"s-{uuid.uuid4().hex[:8]}"
    template = {"Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": properties}}}
    cfn = workshop.client("cloudformation")
    cfn.create_stack(StackName=stack, TemplateBody=json.dumps(template))
    workshop.until(lambda: cfn.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")
    found = workshop.client("lambda").get_function(FunctionName=properties["FunctionName"])
    assert found["Configuration"]["DeadLetterConfig"] == {"TargetArn": queue}
    assert found["Concurrency"] == {"ReservedConcurrentExecutions": 3}
