"""The clients of the functions: how long they wait, and what their errors keep."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from distillery.core import aws
from lambdas.evaluation.answers import MARGIN_MS

ROOT = Path(__file__).parents[3]
LAMBDA_SECONDS = 900
PAUSE = 20
"""The longest pause between two attempts in standard mode (boto3 guide, Retries)."""
SECRET = "the user's own words"


def _longest(config: Any) -> float:
    attempts = config.retries["total_max_attempts"]
    return float(attempts * (config.connect_timeout + config.read_timeout) + (attempts - 1) * PAUSE)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    made = aws.redacting(boto3.Session(region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"))
    monkeypatch.setattr(aws, "session", lambda: made)
    aws._client.cache_clear()
    return made


@pytest.mark.usefixtures("session")
def test_a_request_to_a_model_ends_before_the_function_that_sent_it() -> None:
    config: Config = aws.client("bedrock-runtime").meta.config
    assert _longest(config) <= aws.ANSWER_SECONDS
    assert aws.ANSWER_SECONDS < MARGIN_MS / 1000 <= LAMBDA_SECONDS / 2
    assert 2 * aws.ANSWER_SECONDS < LAMBDA_SECONDS, "the preflight asks two models one after the other"


def test_a_canceled_transaction_keeps_its_reasons_and_nothing_else_of_them(session: boto3.Session) -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": SECRET, "Item": {"pk": {"S": SECRET}}}]
    client = session.client("dynamodb")
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items", "TransactionCanceledException", SECRET, modeled_fields={aws.REASONS: reasons}
        )
        with pytest.raises(aws.ClientError) as raised:
            client.transact_write_items(TransactItems=[{"Delete": {"TableName": "ledger", "Key": {"pk": {"S": "a"}}}}])
    kept: Any = raised.value.response
    assert kept[aws.REASONS] == [{"Code": "None"}, {"Code": "ConditionalCheckFailed"}]
    assert SECRET not in json.dumps(kept)


@pytest.mark.parametrize(("variables", "loaded"), [({"AWS_LAMBDA_FUNCTION_NAME": "f"}, True), ({}, False)])
def test_a_function_loads_boto3_while_it_is_initialized(variables: dict[str, str], loaded: bool) -> None:
    code = "import sys, lambdas; sys.exit('boto3' in sys.modules)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ | variables, check=False)
    assert bool(ended.returncode) is loaded
