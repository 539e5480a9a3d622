"""A Map over chunks of prompts. Each chunk is an execution of its own, so that no number of prompts and no pace reaches
the 25,000 events of one execution's history (Step Functions guide, service-quotas)."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.constructs.function import Function
from infra.constructs.state_machine import DISCARD, step


def each_chunk(
    scope: Construct,
    name: str,
    *,
    label: str,
    chunks: str,
    at_a_time: int,
    work: sfn.CustomState,
    progress: str,
    first: Mapping[str, Any],
    keeper: Function,
) -> sfn.DistributedMap:
    """A Map that invokes `work` for each chunk, with the pauses that it asks for, until nothing of the chunk is left.

    Its executions end with it: where it is stopped, and where one of them fails. The failure of a chunk is stored,
    because Step Functions says no more of it than that one failed.

    Args:
        scope: The construct that the states belong to.
        name: The name of the Map.
        label: Of its executions, see `running.run_chunks`; what is done, as part of the states' names.
        chunks: JSON path of the list of chunks.
        at_a_time: How many are worked on at the same time.
        work: The task. It receives `state`, `chunk` and `progress`, and answers `{"left": …, "pause": …, "rounds": …}`.
        progress: Where the answer is stored, as `answered`.
        first: What the task receives as `progress` the first time.
        keeper: The function with the step `keep_failure`.
    """
    every = sfn.DistributedMap(
        scope,
        name,
        label=label,
        map_execution_type=sfn.StateMachineType.STANDARD,
        items_path=chunks,
        max_concurrency=at_a_time,
        item_selector={
            "state": sfn.JsonPath.entire_payload,
            "chunk": sfn.JsonPath.string_at("$$.Map.Item.Value"),
            progress: first,
        },
        result_path=DISCARD,
    )
    what = label.lower()
    pause = sfn.Wait(scope, f"Pause before {what}", time=sfn.WaitTime.seconds_path(f"$.{progress}.pause"))
    # The output of all chunks together may have no more bytes than that of one state.
    done = sfn.Succeed(scope, f"Chunk {progress}", output_path=DISCARD)
    more = (
        sfn.Choice(scope, f"More {what}?")
        .when(sfn.Condition.number_greater_than(f"$.{progress}.pause", 0), pause.next(work))
        .when(sfn.Condition.number_greater_than(f"$.{progress}.left", 0), work)
        .otherwise(done)
    )
    work.next(more)
    work.add_catch(_failure(scope, what, keeper), errors=["States.ALL"], result_path="$.failure")
    return every.item_processor(more)


def _failure(scope: Construct, what: str, keeper: Function) -> sfn.IChainable:
    keep = step(
        scope,
        f"Keep failure of {what}",
        function=keeper,
        action="keep_failure",
        result_path=DISCARD,
        payload={f"{name}.$": f"$.{name}" for name in ("state", "chunk", "failure")},
    )
    failed = sfn.Fail(scope, f"{what.capitalize()} failed", error_path="$.failure.Error", cause_path="$.failure.Cause")
    keep.add_catch(failed, errors=["States.ALL"], result_path=DISCARD)
    return keep.next(failed)
