"""`distillery bench` as users run it: first what it may cost, then the figures."""

import io
import json
from pathlib import Path

import pytest

from tests.fakes.errors import service_error
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.benchmark.routes import FakeRuntime
from tests.unit.cli.benchmark.virtual import Stopwatch
from tests.unit.cli.conftest import Command
from tests.unit.cli.routes import APPLICATION, FAST, SUPPORT, publish


@pytest.fixture
def runtime(account: FakeAccount, monkeypatch: pytest.MonkeyPatch) -> FakeRuntime:
    publish(account, FAST, SUPPORT)
    made = FakeRuntime(Stopwatch())
    monkeypatch.setattr("distillery.cli.bench.perf_counter", made.watch)
    for region in ("us-east-1", "us-east-2"):
        account.clients["bedrock-runtime", region] = made
    return made


def test_the_figures_are_printed_written_and_drawn(runtime: FakeRuntime, command: Command, tmp_path: Path) -> None:
    file, chart = tmp_path / "a.json", tmp_path / "a.svg"
    words = ("--requests", "4", "--yes", "--json", str(file), "--chart", str(chart))
    said = command("bench", "fast", "support", *words)
    assert said.code == 0, said
    assert "18 requests, at most $0.0" in said.out
    assert "fast:optimized first token, ms 500 500 – 500 500 500" in said.out
    assert "tokens/s 99.0 99.0 – 99.0" in said.out
    written = json.loads(file.read_text())
    assert (written["version"], written["environment"], written["simulated"]) == (1, "dev", False)
    names = ["fast:optimized", "fast:standard", "distilled/support:standard"]
    assert [one["name"] for one in written["arms"]] == names
    assert [len(one["samples"]) for one in written["arms"]] == [4, 4, 4]
    assert chart.exists()
    assert len(runtime.asked) == 18


@pytest.mark.parametrize(
    ("asked", "identifiers"),
    [
        (["fast:1"], {"us.amazon.nova-pro-v1:0"}),
        (["fast:standard"], {APPLICATION}),
        (["fast"], {"us.amazon.nova-pro-v1:0", APPLICATION}),
    ],
)
def test_a_step_can_be_named(runtime: FakeRuntime, command: Command, asked: list[str], identifiers: set[str]) -> None:
    assert command("bench", *asked, "--requests", "2", "--yes").code == 0
    assert {one["modelId"] for one in runtime.asked} == identifiers


def test_nothing_is_sent_that_may_cost_more_than_the_cap(runtime: FakeRuntime, command: Command) -> None:
    said = command("bench", "fast", "--requests", "9000", "--yes")
    assert (said.code, runtime.asked) == (2, [])
    assert "18004 requests may cost $" in said.err
    assert "above the cap of $1; ask for fewer --requests or --max-tokens, or allow it with --max-usd" in said.err


def test_nothing_is_sent_before_somebody_agrees(
    runtime: FakeRuntime, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    said = command("bench", "fast", "--requests", "2")
    assert "8 requests, at most $0.00" in said.out
    assert (said.code, runtime.asked) == (1, [])


def test_a_variant_that_cannot_be_called_is_reported_and_the_rest_is_measured(
    runtime: FakeRuntime, command: Command
) -> None:
    runtime.errors = {APPLICATION: service_error("AccessDeniedException", message="no such permission")}
    said = command("bench", "fast", "--requests", "2", "--yes")
    assert said.code == 1
    assert "fast:standard was not measured: An error occurred (AccessDeniedException)" in said.err
    assert "fast:optimized first token, ms 500" in said.out


def test_nothing_measured_is_one_sentence(runtime: FakeRuntime, command: Command) -> None:
    runtime.errors = {"us.amazon.nova-pro-v1:0": service_error("ThrottlingException")}
    said = command("bench", "fast:1", "--requests", "2", "--yes")
    assert (said.code, said.out.endswith("$0.0035")) == (1, False)
    assert said.err.endswith("distillery: nothing was measured")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere"], "there is no route 'nowhere'; environment 'dev' has ['distilled/support', 'fast']"),
        (["fast:flex"], "route 'fast' has no step 'flex'; it has 1 (optimized), 2 (standard/priority), 3 (standard)"),
        (["fast", "--chart", "a.pdf"], "name a file that ends in .png or .svg"),
        (["fast", "--max-usd", "-1"], "is not an amount of US dollars above 0"),
        (["fast", "--max-usd", "much"], "is not an amount of US dollars above 0"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(
    runtime: FakeRuntime, command: Command, words: list[str], sentence: str
) -> None:
    said = command("bench", *words)
    assert said.code in (1, 2)
    assert sentence in said.err
    assert runtime.asked == []
