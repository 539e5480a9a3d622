"""Routes are monitored in the Region where they are called, by the client's metric names."""

import json

import pytest

from distillery.client.metrics import Dimension, Metric
from distillery.settings.reading import parse, read
from tests.unit.stacks.assembly import Json, resources, synthesized, templates


def _dashboard(template: Json) -> str:
    (found,) = resources(template, "AWS::CloudWatch::Dashboard").values()
    return json.dumps(found["DashboardBody"])


def test_a_fifth_of_an_environment_s_requests_for_fifteen_minutes_wake_somebody() -> None:
    alarms = resources(templates("dev")["telemetry-inference"], "AWS::CloudWatch::Alarm")
    (alarm,) = [each for each in alarms.values() if each["MetricName"] == Metric.DEGRADED]
    assert (alarm["Namespace"], alarm["Statistic"], alarm["Threshold"]) == ("Distillery", "Average", 0.2)
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 15 * 60
    assert alarm["Dimensions"] == [{"Name": Dimension.ENVIRONMENT, "Value": "dev"}]
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.slow
def test_one_region_for_everything_watches_its_routes_too() -> None:
    one = synthesized(parse(read("dev") | {"inference_region": "us-east-1"}, "dev"))
    assert "Degraded" in json.dumps(resources(one["telemetry"], "AWS::CloudWatch::Alarm"))


@pytest.mark.slow
def test_the_dashboard_searches_routes_in_their_region_and_has_a_fixed_size() -> None:
    said = read("dev")
    said["routes"]["another"] = {"description": "x", "model": "amazon.nova-pro-v1:0"}
    body = _dashboard(templates("dev")["telemetry"])
    assert body.count("us-east-2") == 4
    for metric in (Metric.REQUESTS, Metric.FALLBACKS, Metric.DOWNGRADES, Metric.TIME_TO_FIRST_TOKEN, Metric.COST_USD):
        assert f'MetricName=\\\\\\"{metric}' in body, metric
    assert _dashboard(synthesized(parse(said, "dev"))["telemetry"]) == body
