"""The alarm for logged prompts watches the invoke function's metric in the function's Region."""

import pytest

from distillery.client.metrics import NAMESPACE, Dimension
from distillery.core.names import METRIC_PROMPTS_LOGGED
from distillery.settings.reading import parse, read
from tests.unit.stacks.assembly import Json, resources, synthesized, templates


def _alarms(template: Json) -> list[Json]:
    found = resources(template, "AWS::CloudWatch::Alarm").values()
    return [each for each in found if each["MetricName"] == METRIC_PROMPTS_LOGGED]


def test_the_alarm_starts_within_five_minutes_of_a_logged_prompt_and_ends_after_the_last() -> None:
    (alarm,) = _alarms(templates("dev")["telemetry-inference"])
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == (NAMESPACE, "Sum", 1)
    assert (alarm["Period"], alarm["EvaluationPeriods"]) == (300, 1)
    assert alarm["Dimensions"] == [{"Name": Dimension.ENVIRONMENT, "Value": "dev"}]
    assert alarm["TreatMissingData"] == "notBreaching"
    assert _alarms(templates("dev")["telemetry"]) == []


@pytest.mark.slow
def test_one_region_for_everything_watches_for_prompts_too() -> None:
    assert len(_alarms(synthesized(parse(read("dev") | {"inference_region": "us-east-1"}, "dev"))["telemetry"])) == 1
