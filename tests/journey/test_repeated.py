"""The same prompts or the same event more than once give one run."""

import json
from pathlib import Path

from distillery.core.ledger.items import RunRecord
from distillery.core.pipeline import Outcome
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.environment import Environment
from tests.journey.prompts import DELIVERY, support

EVENT = Path(__file__).parents[1] / "events" / "s3-object-created.json"


def test_an_event_delivered_three_times_at_once_and_the_same_prompts_under_another_name_are_one_run(
    deploy: Deploy,
) -> None:
    environment = deploy("dev")
    put = environment.upload(support(*DELIVERY))
    event = json.loads(EVENT.read_text())
    event["detail"]["bucket"]["name"] = put["bucket"]
    event["detail"]["object"] |= {"key": put["key"], "version-id": put["version"]}
    for _ in range(2):
        environment.client("lambda").invoke(
            FunctionName=environment.outputs["functions"]["dataset"],
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
    run = environment.until(environment.runs, "run")[0].run
    record = environment.wait_for_run(run.id)
    environment.until(lambda: len(environment.logged(f"run={run.id}")) == 3, "third delivery in the log")
    assert (record.outcome, run.attempt) == (Outcome.PROMOTED, 1), record.reason
    assert len(environment.runs()) == len(environment.inventory()["jobs"]) == len(environment.executions()) == 1
    assert_nothing_is_left(environment)
    _the_same_prompts_under_another_name_are_the_same_run(environment, record)


def _the_same_prompts_under_another_name_are_the_same_run(environment: Environment, record: RunRecord) -> None:
    def same() -> int:
        return len(environment.logged(f"same: run={record.run.id}"))

    before = same()
    environment.upload(support(*DELIVERY), "once-more.jsonl")
    environment.until(lambda: same() > before, "delivery of the other name in the log")
    assert environment.runs() == [record]
    assert len(environment.inventory()["jobs"]) == len(environment.executions()) == 1
    assert_nothing_is_left(environment)
