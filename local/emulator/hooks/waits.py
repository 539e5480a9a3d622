"""Wait states and Retry intervals follow the virtual clock.

AWS: a Wait ends at its time; a Retry waits IntervalSeconds * BackoffRate ** n, at most MaxDelaySeconds
    (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
ministack: scales both by a constant, reads Timestamps by the real clock, cuts every Retry interval at 60
    seconds, and continues to sleep after StopExecution.
Patch: both sleep on the virtual clock, uncut, and end with their execution.
"""

from datetime import datetime
from typing import Any

from ministack.services import stepfunctions

from local.emulator.clock import VirtualClock
from local.emulator.hooks.executions import check_running, running


def retry_delay(retrier: dict[str, Any], attempts: int) -> float:
    """Returns the seconds before the next attempt after `attempts` retries, as Step Functions counts them."""
    delay = float(retrier.get("IntervalSeconds", 1)) * float(retrier.get("BackoffRate", 2.0)) ** attempts
    return min(delay, float(retrier.get("MaxDelaySeconds", delay)))


def install(clock: VirtualClock) -> None:
    """Switches every sleep of a state machine to the virtual clock."""
    find = stepfunctions._find_matching_retrier

    def sleep(seconds: float) -> None:
        clock.sleep(seconds, while_=running)
        check_running()

    def sleep_until(timestamp: str) -> None:
        clock.sleep_until(datetime.fromisoformat(timestamp).timestamp(), while_=running)
        check_running()

    def find_matching_retrier(
        retriers: list[dict[str, Any]], error: str, counts: dict[int, int]
    ) -> tuple[dict[str, Any] | None, int]:
        retrier, index = find(retriers, error, counts)
        if retrier is None:
            return None, index
        sleep(retry_delay(retrier, counts.get(index, 0)))
        return {**retrier, "IntervalSeconds": 0}, index

    stepfunctions._scaled_sleep = sleep
    stepfunctions._sleep_until = sleep_until
    stepfunctions._find_matching_retrier = find_matching_retrier
