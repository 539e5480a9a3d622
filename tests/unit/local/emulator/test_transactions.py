"""DynamoDB writes all items of a transaction or none, and gives a reason for each: the ledger relies on it."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.emulator.harness import EmulatorHarness

NEW = "attribute_not_exists(pk)"
UNCHANGED = "revision = :read"
"""The same condition as in distillery/core/ledger, whose tests check that it is sent."""


@pytest.fixture
def table(harness: EmulatorHarness) -> str:
    name, keys = f"ledger-{uuid.uuid4().hex[:8]}", {"pk": "HASH", "sk": "RANGE"}
    harness.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def _put(table: str, sk: str, condition: str, read: str = "", **attributes: str) -> dict[str, Any]:
    item = {name: {"S": value} for name, value in {"pk": "recipe#support", "sk": sk, **attributes}.items()}
    values = {"ExpressionAttributeValues": {":read": {"S": read}}} if read else {}
    return {"Put": {"TableName": table, "Item": item, "ConditionExpression": condition, **values}}


def _reasons(harness: EmulatorHarness, *puts: dict[str, Any]) -> list[str]:
    """Returns the cancellation reason of each item, or nothing if all were written."""
    try:
        harness.client("dynamodb").transact_write_items(TransactItems=list(puts))
    except ClientError as error:
        if error.response["Error"]["Code"] != "TransactionCanceledException":
            raise
        return [str(reason["Code"]) for reason in error.response["CancellationReasons"]]
    return []


def test_what_does_not_hold_is_told_of_each_item_and_nothing_is_written(harness: EmulatorHarness, table: str) -> None:
    assert _reasons(harness, _put(table, "run#1", NEW), _put(table, "month#2026-11", NEW, revision="1")) == []
    stale = _put(table, "month#2026-11", UNCHANGED, read="0", revision="1")
    assert _reasons(harness, _put(table, "run#2", NEW), stale) == ["None", "ConditionalCheckFailed"]
    assert harness.client("dynamodb").scan(TableName=table)["Count"] == 2
    fresh = _put(table, "month#2026-11", UNCHANGED, read="1", revision="2")
    assert _reasons(harness, _put(table, "run#2", NEW), fresh) == []


def test_of_many_that_read_the_same_month_at_once_one_writes_it(harness: EmulatorHarness, table: str) -> None:
    assert _reasons(harness, _put(table, "month#2026-11", NEW, revision="1")) == []

    def reserve(number: int) -> bool:
        month = _put(table, "month#2026-11", UNCHANGED, read="1", revision="2")
        return not _reasons(harness, _put(table, f"run#{number}", NEW), month)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(reserve, range(8))) == 1
    assert harness.client("dynamodb").scan(TableName=table)["Count"] == 2
