"""Tests that wait can see whether anything is in progress in the account."""

from tests.unit.local.emulator.harness import EmulatorHarness

SLOW = "import time\ndef handler(event, _):\n    time.sleep(event)\n"
FAILS = "def handler(event, _):\n    raise ValueError(event)\n"


def _busy(harness: EmulatorHarness) -> int:
    return int(harness.admin("GET", "activity")["busy"])


def test_an_asynchronous_invocation_is_counted_from_its_request_to_its_end(harness: EmulatorHarness) -> None:
    function = harness.function(SLOW)
    harness.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"0.2")
    assert _busy(harness) > 0
    harness.until(lambda: not _busy(harness))


def test_so_are_the_pauses_between_its_retries_until_its_letter_is_dead(harness: EmulatorHarness) -> None:
    url, arn = harness.queue()
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    function = harness.function(FAILS, sends)
    lambda_ = harness.client("lambda")
    lambda_.update_function_configuration(FunctionName=function, DeadLetterConfig={"TargetArn": arn})
    lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b'"why"')
    harness.until(lambda: not _busy(harness))
    assert not harness.empty(url)
