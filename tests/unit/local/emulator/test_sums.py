"""DynamoDB adds to a counter under a condition, one write at a time, as the invoke function counts usage."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.emulator.harness import EmulatorHarness

ADD = "ADD taken_tokens :tokens, taken_nanodollars :nanodollars"
ROOM = (
    "(attribute_not_exists(taken_tokens) OR taken_tokens <= :room_tokens)"
    " AND (attribute_not_exists(taken_nanodollars) OR taken_nanodollars <= :room_nanodollars)"
)
"""The same condition as in tests/unit/serving/test_quota.py, which tests that the function sends it."""


@pytest.fixture
def table(harness: EmulatorHarness) -> str:
    name = f"sums-{uuid.uuid4().hex[:8]}"
    harness.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def _write(harness: EmulatorHarness, table: str, update: str, condition: str, **numbers: int) -> bool:
    try:
        harness.client("dynamodb").update_item(
            TableName=table,
            Key={"pk": {"S": "1700000000#arn:aws:sts::111122223333:assumed-role/shop"}},
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues={f":{name}": {"N": str(number)} for name, number in numbers.items()},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def _take(harness: EmulatorHarness, table: str, tokens: int, nanodollars: int) -> bool:
    """Of 100 and 1,000."""
    room = {"room_tokens": 100 - tokens, "room_nanodollars": 1000 - nanodollars}
    update = f"{ADD} SET expires_at = :expires"
    return _write(harness, table, update, ROOM, tokens=tokens, nanodollars=nanodollars, expires=2_000_000_000, **room)


def test_neither_sum_gets_past_its_limit_and_what_is_given_back_may_be_taken_again(
    harness: EmulatorHarness, table: str
) -> None:
    assert not _write(harness, table, ADD, "attribute_exists(pk)", tokens=-1, nanodollars=0), "nothing was counted yet"
    assert _take(harness, table, 100, 1)
    assert not _take(harness, table, 1, 1)
    assert _write(harness, table, ADD, "attribute_exists(pk)", tokens=-60, nanodollars=500)
    assert not _take(harness, table, 1, 500)
    assert _take(harness, table, 60, 499)
    (item,) = harness.client("dynamodb").scan(TableName=table)["Items"]
    assert [item[name]["N"] for name in ("taken_tokens", "taken_nanodollars", "expires_at")] == [
        "100",
        "1000",
        "2000000000",
    ]


def test_those_who_write_at_the_same_time_do_not_either(harness: EmulatorHarness, table: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: _take(harness, table, 10, 1), range(24)))
    assert sum(taken) == 10
