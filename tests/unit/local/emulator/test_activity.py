"""Tests that wait see whether anything is in progress in the account."""

from tests.unit.local.emulator.workshop import Workshop

SLOW = "import time\ndef handler(event, _):\n    time.sleep(event)\n"
FAILS = "def handler(event, _):\n    raise ValueError(event)\n"


def _busy(workshop: Workshop) -> int:
    return int(workshop.admin("GET", "activity")["busy"])


def test_an_asynchronous_invocation_is_counted_from_its_request_to_its_end(workshop: Workshop) -> None:
    function = workshop.function(SLOW)
    workshop.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b"0.2")
    assert _busy(workshop) > 0
    workshop.until(lambda: not _busy(workshop))


def test_so_are_the_pauses_between_its_retries_until_its_letter_is_dead(workshop: Workshop) -> None:
    url, arn = workshop.queue()
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    function = workshop.function(FAILS, sends)
    lambda_ = workshop.client("lambda")
    lambda_.update_function_configuration(FunctionName=function, DeadLetterConfig={"TargetArn": arn})
    lambda_.invoke(FunctionName=function, InvocationType="Event", Payload=b'"why"')
    workshop.until(lambda: not _busy(workshop))
    assert not workshop.empty(url)
