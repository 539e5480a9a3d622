"""A write that conflicts with another is retried; a failed condition is an answer."""

import time
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from distillery.core.aws import ClientError, redacting
from distillery.core.ledger.table import NEW, TRIES, Table

ITEM = {"pk": "a", "sk": "b"}
WRITES: dict[str, Any] = {
    "put_item": lambda table: table.put_new(ITEM),
    "transact_write_items": lambda table: table.put_all((ITEM, NEW, {})),
    "update_item": lambda table: table.set("a", "b", {"x": "1"}, only_if="#x = :x", given={"x": "0"}),
    "delete_item": lambda table: table.delete("a", "b", attribute="x", equal="1"),
}


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    return waited


def over(answers: list[Any], operation: str) -> Any:
    """Returns the result of the operation's write and the number of responses used. A response is an error's code,
    cancellation reasons, or None for a success.
    """
    session = redacting(boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"))
    client = session.client("dynamodb")  # as functions have it, whose errors are redacted
    with Stubber(client) as stub:
        for answer in answers:
            if answer is None:
                stub.add_response(operation, {})
            elif isinstance(answer, str):
                stub.add_client_error(operation, answer)
            else:
                reasons = {"CancellationReasons": [{"Code": reason} for reason in answer]}
                stub.add_client_error(operation, "TransactionCanceledException", modeled_fields=reasons)
        said = WRITES[operation](Table("ledger", client))
        stub.assert_no_pending_responses()
    return said


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_a_condition_that_does_not_hold_is_an_answer(operation: str, waits: list[float]) -> None:
    assert over([None], operation) is True
    assert over(["ConditionalCheckFailedException"], operation) is False
    assert waits == []


@pytest.mark.parametrize("operation", ["put_item", "update_item", "delete_item"])
def test_a_write_in_a_transaction_s_way_is_tried_again(operation: str, waits: list[float]) -> None:
    assert over(["TransactionConflictException", "TransactionConflictException", None], operation) is True
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        (["None", "ConditionalCheckFailed"], False),
        (["TransactionConflict", "ConditionalCheckFailed"], False),
    ],
)
def test_a_transaction_of_which_a_condition_does_not_hold_wrote_nothing(reasons: list[str], said: bool) -> None:
    assert over([reasons], "transact_write_items") is said


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_canceled_for_no_condition_is_tried_again(reason: str, waits: list[float]) -> None:
    assert over([["None", reason], None], "transact_write_items") is True
    assert over([["None", reason], ["ConditionalCheckFailed", "None"]], "transact_write_items") is False
    assert len(waits) == 2


def test_a_permanent_transaction_conflict_is_raised_not_returned(waits: list[float]) -> None:
    with pytest.raises(ClientError, match="TransactionCanceled"):
        over([["TransactionConflict"]] * TRIES, "transact_write_items")
    assert len(waits) == TRIES - 1
    assert sum(waits) < 7


def test_any_other_error_is_raised_at_once(waits: list[float]) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        over(["AccessDeniedException"], "update_item")
    assert waits == []
