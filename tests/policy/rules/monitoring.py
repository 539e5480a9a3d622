"""Alarms: each notifies a topic of its Region and links to a runbook."""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.policy.rules.examples import resource
from tests.policy.rules.registry import Facts, rule
from tests.policy.templates import EnvironmentTemplates, Json, single_stack

ROOT = Path(__file__).parents[3]
RUNBOOKS = ROOT / "docs" / "runbooks"


def _alarm(description: str, **more: object) -> Json:
    return resource("AWS::CloudWatch::Alarm", AlarmDescription=description, **more)


@rule(
    no_page=single_stack({"A": _alarm("A run failed.")}),
    a_page_that_does_not_exist=single_stack({"A": _alarm("A run failed. Runbook: docs/runbooks/nowhere.md")}),
)
def every_alarm_leads_to_a_runbook(templates: EnvironmentTemplates) -> Facts:
    for alarm in templates.resources("AWS::CloudWatch::Alarm"):
        page = re.search(r"Runbook: (docs/runbooks/[\w-]+\.md)$", alarm.properties["AlarmDescription"])
        yield f"{alarm}: {page and page[1]}", page is not None and (ROOT / page[1]).is_file()


@rule(
    nobody=single_stack({"A": _alarm("x")}),
    switched_off=single_stack(
        {"T": resource("AWS::SNS::Topic"), "A": _alarm("x", AlarmActions=[{"Ref": "T"}], ActionsEnabled=False)}
    ),
    an_arn=single_stack({"A": _alarm("x", AlarmActions=["arn:aws:sns:us-east-1:111111111111:somewhere"])}),
)
def every_alarm_tells_a_topic_of_its_region(templates: EnvironmentTemplates) -> Facts:
    for alarm in templates.resources("AWS::CloudWatch::Alarm"):
        told = [templates.find(alarm.stack, action) for action in alarm.properties.get("AlarmActions", [])]
        topics = [
            one for one in told if one and one.kind == "AWS::SNS::Topic" and one.stack.region == alarm.stack.region
        ]
        yield str(alarm), bool(topics) and alarm.properties.get("ActionsEnabled", True)


@rule(
    a_queue=single_stack({"Q": resource("AWS::SQS::Queue")}),
    a_machine=single_stack({"M": resource("AWS::StepFunctions::StateMachine")}),
)
def every_dead_letter_queue_and_the_machine_are_watched(templates: EnvironmentTemplates) -> Facts:
    """The machine of a custom resource excepted: CloudFormation reports its failure to who deletes the stack."""
    watched = set(_watched(templates))
    answering = {found.stack.part for found in templates.resources("Custom::GuardedEnvironment")}
    for found in templates.resources("AWS::SQS::Queue", "AWS::StepFunctions::StateMachine"):
        answers = found.stack.part in answering and found.kind == "AWS::StepFunctions::StateMachine"
        yield str(found), answers or str(found) in watched


def _watched(templates: EnvironmentTemplates) -> Iterator[str]:
    for alarm in templates.resources("AWS::CloudWatch::Alarm"):
        for dimension in alarm.properties.get("Dimensions", []):
            if found := templates.find(alarm.stack, dimension["Value"]):
                yield str(found)
