"""The command prints no prompt that AWS quotes in an error: its output ends up in the logs of CI jobs."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.eventstream import EventStream
from botocore.exceptions import ClientError, EventStreamError

from distillery.cli.offline_check.sources import sources
from distillery.cli.target import Target
from distillery.client import Account
from distillery.client.published_maps import PublishedMaps
from distillery.client.single_step import SingleStep

CANARY = "My quokka Xylander swallowed card 4929 1001 2002 3003"
PARTS = ("quokka", "Xylander", "swallowed", "4929 1001")
REFUSAL: Any = {"Error": {"Code": "ValidationException", "Message": f"Value '{CANARY}' failed: {CANARY}"}}

ASKS: dict[str, Callable[[Account, Path], object]] = {
    "what is published": lambda account, _: account.pipeline,
    "an alias": lambda account, _: account.alias("support"),
    "an upload": lambda account, file: account.upload(file, "support", prefix="uploads/"),
    "an object": lambda account, _: account.read("s3://data/report.json"),
    "a function": lambda account, _: account.invoke("serving", {"prompt": CANARY}),
    "the ledger": lambda account, _: account.dynamodb().get_item(TableName="ledger", Key={}),
    "a map": lambda account, _: PublishedMaps(account).get("fast"),
    "a model": lambda account, _: SingleStep(account).runtime("us-east-1").converse(modelId=CANARY),
    "a model's stream": lambda account, _: list(
        SingleStep(account).runtime("us-east-1").converse_stream(modelId="m")["stream"]
    ),
    "prompts in S3": lambda _, file: [list(one.open(lambda _: None)) for one in sources(["s3://prompts/a.jsonl"])],
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS.keys())
def test_no_call_of_the_command_lets_a_prompt_out(
    ask: Callable[[Account, Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Any = EventStream

    def refuse(_client: BaseClient, operation: str, _sent: Any) -> Any:
        if operation == "ConverseStream":
            return {"stream": made(iter([b""]), None, None, operation)}
        raise ClientError(REFUSAL, operation)

    def broken(_stream: Any, _event: Any) -> Any:
        raise EventStreamError(REFUSAL, "ConverseStream")

    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")
    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    monkeypatch.setattr(EventStream, "_parse_event", broken)
    monkeypatch.setattr(EventStream, "_create_raw_event_generator", lambda stream: stream._raw_stream)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    account = Target(environment="dev", region="us-east-1", local=False).account
    account.__dict__["pipeline"] = {"prompts_bucket": "prompts", "inference_region": "us-east-1"}
    if ask is ASKS["what is published"]:
        del account.__dict__["pipeline"]
    with pytest.raises(Exception) as raised:  # noqa: PT011  # whichever it is
        ask(account, file)
    error = raised.value
    shown = "".join(traceback.format_exception(error)) + repr((error, error.args, vars(error), error.__cause__))
    assert "ValidationException" in shown
    assert not [part for part in PARTS if part in shown], shown
