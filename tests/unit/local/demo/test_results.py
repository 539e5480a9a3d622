"""The end of the demo shows texts of users and models, which cannot control the terminal."""

import json
import re

import pytest

from distillery.cli.target import Target
from distillery.core.ledger.ledger import Ledger
from distillery.core.pipeline import Outcome, Stage
from local.demo.results import show_results
from tests.fakes.hostile_text import ACTIVE, ATTACKS
from tests.fakes.pipeline import distilled, open_run, verdict
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.test_ask import ANSWER

MARKUP = "[link=https://evil.example]here[/link] [/]"


@pytest.mark.parametrize("text", [*ATTACKS.values(), MARKUP], ids=[*ATTACKS, "markup"])
def test_no_answer_and_no_prompt_acts_on_who_reads_the_demo(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = FakeAccount()
    account.answers["serving-function"] = ANSWER | {"text": text}
    account.aliases["support"] = {"current": text}
    ledger = Ledger(account.table)
    run = open_run(ledger)
    distilled(ledger, run, "a")
    ledger.begin(run.id, Stage.EVALUATION)
    ledger.end(run.id, Stage.EVALUATION, verdict())
    ledger.close(run.id, Outcome.PROMOTED, "")
    answers = {who: {"text": f"{who} {text}"} for who in ("teacher", "base")}
    prompt = {"messages": [{"content": [{"text": text}]}], "answers": answers, "reference": text}
    account.objects[verdict().report_uri] = json.dumps({"prompts": [prompt]}).encode()
    monkeypatch.setattr("distillery.client.Account", lambda _environment, _region, **_: account)
    monkeypatch.setattr("distillery.core.ledger.table.Table", lambda _name, table: table)
    show_results(Target(environment="dev", region="us-east-1", local=True), "support", run.id)
    out = capsys.readouterr().out
    assert not ACTIVE.search(re.sub(r"\x1b\[[0-9;]*m", "", out))
    assert "Where to look next" in out
    if text is MARKUP:
        assert "[link=https://evil" in out
