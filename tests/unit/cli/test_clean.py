"""`distillery clean`: it lists, asks, stops, retires, deletes in rounds, and names what is left."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.client import FunctionRefused
from distillery.core import clock
from distillery.core.serialization import to_wire
from tests.fakes.pipeline import alias
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command

RUN = "support-aaaaa-bbbbbbbb-1"
STOP = f"distillery --env dev stop {RUN} --reason WHY"
WHY = ("--reason", "closing down")


def leftover(kind: str, name: str, **more: Any) -> dict[str, Any]:
    told = {"costs": "bills by the token", "usd_per_hour": "0", "usd_per_month": "0", "kept": "", "command": ""}
    return {"kind": kind, "name": name, "arn": f"arn:{name}", "recipe": "support", **told, **more}


LIVE = leftover("endpoint", "dev-support-live", costs="bills $20.00 an hour", usd_per_hour="20", usd_per_month="14600")
MODEL = leftover("model", "dev-m", costs="$1.95 of storage a month", usd_per_month="1.95")
JOB = leftover("job", "dev-job", usd_per_hour=None, usd_per_month=None)
WORKS = leftover("run", RUN, command=STOP)
NAMES = leftover("alias", "/distillery/dev/alias/support")
SERVES = {"kept": "recipe support serves", "command": "distillery --env dev retire support --reason WHY"}


@dataclass
class Held(FakeAccount):
    """held: what is there; each round deletes its first kind. busy: how often a kind or a verb is refused."""

    held: list[dict[str, Any]] = field(default_factory=list)
    busy: dict[str, int] = field(default_factory=dict)

    def invoke(self, function: str, payload: Mapping[str, Any], *, region: str | None = None) -> Mapping[str, Any]:
        self.calls.append((function, payload, region))
        match function:
            case "stop-function":
                self._refused("stop", "NothingToStop")
                self._drop("run")
                return {}
            case "retirement-function":
                self._refused("retire", "RunActive")
                self._drop("alias")
                return {"endpoints": self._drop("endpoint"), "models": [], "left": []}
        assert function == "clean-function"
        deleted = []
        if payload["delete"] and not any(each["kind"] in ("run", "alias") and not each["kept"] for each in self.held):
            kinds = [each["kind"] for each in self.held if not each["kept"]]
            deleted = self._drop(kinds[0]) if kinds and not self._is_busy(kinds[0]) else []
        return {"deleted": deleted, "left": list(self.held)}

    def _refused(self, what: str, kind: str) -> None:
        if self._is_busy(what):
            raise FunctionRefused(kind, "not now")

    def _is_busy(self, what: str) -> bool:
        self.busy[what] = self.busy.get(what, 0) - 1
        return self.busy[what] >= 0

    def _drop(self, kind: str) -> list[str]:
        gone = [each for each in self.held if each["kind"] == kind and not each["kept"]]
        self.held = [each for each in self.held if each not in gone]
        return [each["name"] for each in gone]

    @property
    def asked(self) -> list[str]:
        return [function.partition("-")[0] for function, _, _ in self.calls]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Held:
    made = Held()
    decisions = {**made.pipeline["decisions"], "stop": "https://stop.example/", "clean": "https://clean.example/"}
    made.pipeline = {**made.pipeline, "decisions": decisions}
    now = [datetime.fromisoformat("2026-11-23T09:00:00+00:00")]

    def sleep(seconds: float) -> None:
        now[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(clock, "timestamp", lambda: now[0].timestamp())
    monkeypatch.setattr("distillery.cli.clean.time", SimpleNamespace(sleep=sleep))
    return made


def test_where_nothing_is_left_nothing_is_asked(account: Held, command: Command) -> None:
    said = command("clean")
    assert (said.code, said.out, account.asked) == (0, "nothing of dev is left", ["clean"])


def test_it_shows_what_each_thing_bills_and_asks_before_it_deletes(
    account: Held, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.held = [JOB, LIVE, MODEL]
    asked: list[str] = []

    def no(question: str, *, abort: bool) -> None:
        asked.append(question)
        raise SystemExit(1)

    monkeypatch.setattr("typer.confirm", no)
    said = command("clean")
    assert (said.code, len(asked), account.asked) == (1, 1, ["clean"])
    assert "endpoint dev-support-live bills $20.00 an hour arn:dev-support-live" in said.out
    assert "dev bills $20.00 an hour, $14,601.95 a month, and 1 more at a price that is not known" in said.out


def test_runs_are_stopped_recipes_retired_and_the_rest_deleted_in_rounds(account: Held, command: Command) -> None:
    account.held = [WORKS, NAMES, JOB, LIVE, MODEL]
    account.aliases["support"] = to_wire(alias())
    account.busy = {"stop": 1, "retire": 1, "model": 3}
    said = command("clean", "--retire", "--yes", *WHY)
    assert said.code == 0
    assert said.out.endswith("nothing of dev is left")
    assert account.held == []
    sent = {function: payload for function, payload, _ in account.calls}
    assert sent["stop-function"] == {"run": RUN, "reason": "closing down"}
    asked = {"recipe": "support", "version": 2, "reason": "closing down", "students": True}
    assert sent["retirement-function"] == asked
    assert sent["clean-function"] == {"delete": True, "retire": True}
    for name in ("dev-support-live", "dev-m", "dev-job", "/distillery/dev/alias/support"):
        assert said.out.count(f"deleted {name}") == 1


def test_what_stays_is_named_with_its_price_and_the_command_that_removes_it(account: Held, command: Command) -> None:
    bound = leftover("endpoint", "dev-faq-live", kept="dev-faq-live, committed until 2026-12-23")
    account.held = [bound, NAMES | SERVES, MODEL]
    said = command("clean", "--yes")
    assert said.code == 4
    assert "deleted dev-m" in said.out
    assert (
        "left arn:/distillery/dev/alias/support (bills by the token): recipe support serves: "
        "distillery retire support --reason WHY" in said.out
    )
    assert "left arn:dev-faq-live (bills by the token): dev-faq-live, committed until 2026-12-23: wait" in said.out
    account.calls.clear()
    assert command("clean", "--yes").code == 4
    assert account.asked == ["clean"], "nothing may be deleted"


def test_what_aws_does_not_delete_in_time_is_named_with_the_command_to_repeat(account: Held, command: Command) -> None:
    account.held, account.busy = [LIVE], {"endpoint": 10_000}
    said = command("clean", "--yes", "--minutes", "2")
    assert said.code == 7
    assert len(account.calls) == 2 + 2 * 60 // 15
    assert said.out.endswith(
        "left arn:dev-support-live (bills $20.00 an hour): AWS has not deleted it yet: distillery clean --reason WHY"
    )


def test_nothing_begins_without_a_reason_where_the_ledger_keeps_one(account: Held, command: Command) -> None:
    account.held = [WORKS, MODEL]
    assert (command("clean", "--retire", "--yes").code, account.calls) == (2, [])
    said = command("clean", "--yes")
    assert (said.code, account.asked) == (2, ["clean"])
    assert f"{RUN} would be stopped" in said.err


def test_an_interruption_is_continued_by_the_same_command(
    account: Held, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.held, account.busy = [MODEL], {"model": 1}

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("distillery.cli.clean.time", SimpleNamespace(sleep=interrupt))
        said = command("clean", "--yes")
    assert (said.code, account.held) == (130, [MODEL])
    assert "continue with: distillery clean --reason WHY" in said.err
    assert command("clean", "--yes").code == 0


@pytest.mark.parametrize(
    ("held", "words", "code", "deleted"),
    [
        ([], [], 0, []),
        ([MODEL], [], 1, []),
        ([MODEL], ["--yes"], 0, ["dev-m"]),
        ([NAMES | SERVES], [], 4, []),
    ],
)
def test_json_deletes_nothing_without_yes(
    account: Held, command: Command, held: list[Any], words: list[str], code: int, deleted: list[str]
) -> None:
    account.held = list(held)
    said = command("clean", "--json", *words)
    told = json.loads(said.out)
    assert (said.code, told["deleted"], told["done"]) == (code, deleted, code == 0)
    assert [each["name"] for each in told["listed"]] == [each["name"] for each in held]
    assert (told["left"] == []) == told["done"]


def test_another_alias_than_the_person_saw_is_not_retired(account: Held, command: Command) -> None:
    account.held = [NAMES, LIVE]
    account.busy = {"retire": 1}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(account, "alias", lambda _: {"version": 5 + len(account.calls)})
        assert command("clean", "--retire", "--yes", *WHY).code == 0
    sent = [payload["version"] for function, payload, _ in account.calls if function == "retirement-function"]
    assert sent == [6, 6]
