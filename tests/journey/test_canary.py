"""Students take a share of real traffic: one that is as good goes live by itself. Others are stopped, superseded by a
roll-back, worse, or have little traffic, and leave the alias as it was. A second press does not undo a roll-back, and
the system prompt of a student moves with its model.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from distillery.client.canary import CANARY, LIVE, position
from distillery.core.canary import CanaryOptions, CanaryOutcome, CriterionState
from distillery.core.conversation import Prompt
from distillery.core.ledger.acceptances import Acceptances
from distillery.core.ledger.canaries import Canaries, CanaryRecord
from distillery.core.ledger.table import Table
from distillery.core.pipeline import Alias, Outcome
from distillery.evaluation.canaries.judge import REFUSALS
from tests import readme, waiting
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import SPEED, Deploy
from tests.journey.environment import RECIPE, Environment
from tests.journey.notifications import listen
from tests.journey.prompts import DELIVERY, MONEY, support
from tests.journey.rollbacks import (
    assert_not_undone_by_a_second_press,
    has_versions,
    roll_back,
    served_labels,
    with_long_system,
)
from tests.runbooks import ON_CALL
from tests.unit.stacks.assembly import settings_of

MIXED = (*DELIVERY[:2], *MONEY[:2])
ASKED = [prompt.messages[-1][1] for prompt in support(*MONEY)[::40]]
MINUTES = 5
"""The fewest periods whose ratios hold at 5 %, by the sign test."""
SOME = 0.15
"""Answers without a failure hold at 5 % from 16 on."""
REFUTING = 3
"""How often all are asked until a canary that never answers is refuted: 15 of 15 requests, and none of the others."""
FEW = 5
"""So few refusals refute nothing."""
OPTIONS = CanaryOptions(
    share=0.5, min_calls=20, max_error_increase=SOME, max_refusal_increase=SOME, max_fallback_increase=SOME
)
OVER_HOURS = OPTIONS.minutes / 60 + 0.5
"""After which a canary has been looked at for the last time."""
ROLL_BACK = readme.command("rollback")
LATER = "--replace-newer"
"""What was live when the student was judged is not live any more."""


def test_a_good_canary_goes_live_by_itself_and_others_leave_the_alias_as_it_was(deploy: Deploy) -> None:
    dev = settings_of("dev")
    recipe = replace(dev.recipes[RECIPE], budget_usd=Decimal(200), monthly_budget_usd=Decimal(400), canary=OPTIONS)
    environment = deploy("dev", settings=dev.model_copy(update={"recipes": {RECIPE: recipe}}))
    first = environment.run(with_long_system(DELIVERY))
    assert first.outcome is Outcome.PROMOTED, first.reason  # nothing was live that it could be compared with
    older, canaries = environment.promoted(), CanaryJourney(environment, Canaries(_table(environment)))
    newer = canaries.passes(older)
    run = canaries.is_stopped(newer)
    canaries.is_superseded_by_a_rollback(run, older)
    canaries.is_worse(run)
    canaries.has_little_traffic(run, newer)
    assert_nothing_is_left(environment)


def _table(environment: Environment) -> Table:
    return Table(str(environment.outputs["ledger"]), environment.client("dynamodb"))


@dataclass(frozen=True, slots=True)
class CanaryJourney:
    """What canaries of a recipe go through, one after the other."""

    environment: Environment
    canaries: Canaries

    def passes(self, before: Alias) -> Alias:
        """Returns the alias, by which its student is live."""
        run = self._begun_by_a_run(with_long_system(MONEY))
        record = self._in_the_alias()
        with self._standing_clock():
            for _minute in range(MINUTES):
                assert self._answering(record) == {CANARY: {CANARY}, LIVE: {LIVE}}
                self.environment.advance_hours(1 / 60)
        self.environment.advance_hours(OVER_HOURS)
        record, alias = self._ended(), self.environment.promoted()
        assert (record.outcome, self._outcome(run)) == (CanaryOutcome.PASSED, Outcome.PROMOTED), record.reason
        assert record.judgement
        assert {record.judgement.calls, record.judgement.live_calls} == {MINUTES * len(ASKED)}
        assert "Not measured" not in record.reason
        assert (alias.run, alias.current, alias.previous) == (run, record.model, before.current)
        assert (alias.endpoint, alias.canary, alias.version) == (before.endpoint, None, before.version + 1)
        assert served_labels(self.environment, DELIVERY, MONEY) == MONEY
        return alias

    def is_stopped(self, live: Alias) -> str:
        """Returns the run, whose student may have another canary."""
        run = self._begun_by_a_run(support(*MIXED))
        record = self._in_the_alias()
        assert self._answering(record) == {CANARY: {CANARY}, LIVE: {LIVE}}
        status = self.environment.command("status", RECIPE)
        assert "takes calls until" in status
        assert "(15,000 bytes), which the route sends" in status
        assert "being withdrawn" in self.environment.command("stop", run, "--reason", "complaints")
        assert self._ended().outcome is CanaryOutcome.STOPPED
        assert self._outcome(run) is Outcome.DECLINED
        assert self.environment.promoted() == live
        assert self._answering(record) == {CANARY: {""}, LIVE: {""}}
        return run

    def is_superseded_by_a_rollback(self, run: str, before: Alias) -> None:
        """The model that was live before is live again."""
        self._begun_by_a_person(run)
        self._in_the_alias()
        said = roll_back(self.environment, *ROLL_BACK, by=ON_CALL)
        assert f"this also ends the canary of run {run}" in said
        record, alias = self._ended(), self.environment.promoted()
        assert (record.outcome, self._of_acceptance(record)) == (CanaryOutcome.SUPERSEDED, Outcome.INCONCLUSIVE)
        assert f"{before.current} of run {before.run} went live" in record.reason
        assert (alias.current, alias.run, alias.canary) == (before.current, before.run, None)
        assert served_labels(self.environment, DELIVERY, MONEY) == DELIVERY
        assert_not_undone_by_a_second_press(self.environment, *ROLL_BACK)

    def is_worse(self, run: str) -> None:
        """Its calls fail: the live model answers all of them, and it is withdrawn without anybody's doing."""
        notices, live = listen(self.environment), self.environment.promoted()
        self._begun_by_a_person(run, LATER)
        record = self._in_the_alias()
        self._inject(kind="error", error="InternalServerException")
        with self._standing_clock():
            for _time in range(REFUTING):
                assert self._answering(record) == {CANARY: {LIVE}, LIVE: {LIVE}}
        record = self._ended()
        self.environment.clear_faults()
        assert (record.outcome, self._of_acceptance(record)) == (CanaryOutcome.WORSE, Outcome.REJECTED), record.reason
        assert record.closed
        assert record.withdrawn < record.closed < record.end
        assert self.environment.promoted() == live
        assert [each["arn"] for each in self.environment.inventory()["deployments"]] == [live.endpoint.arn]
        assert any(each["Subject"] == f"Distillery: canary of {RECIPE} worse" for each in notices())

    def has_little_traffic(self, run: str, newer: Alias) -> None:
        """It is inconclusive, though it refuses all that it is asked. First the roll-back is undone: beside the other
        model, the student was worse."""
        roll_back(self.environment, *ROLL_BACK, "--to", str(newer.version), by="operator")
        live = self.environment.promoted()
        assert live.current == newer.current
        assert has_versions(live, self.environment.command("rollback", RECIPE, "--list"))
        self._begun_by_a_person(run, LATER)
        record = self._in_the_alias()
        self._inject(kind="filtered")
        with self._standing_clock():
            assert self._answering(record, ASKED[:FEW]) == {CANARY: {CANARY}, LIVE: {LIVE}}
        self.environment.clear_faults()
        self.environment.advance_hours(OVER_HOURS)
        record = self._ended()
        assert record.outcome is CanaryOutcome.INCONCLUSIVE
        assert self._of_acceptance(record) is Outcome.AWAITING_ACCEPTANCE
        assert f"it answered {FEW} requests, and {OPTIONS.min_calls} are needed" in record.reason
        assert record.judgement
        refusals = next(each for each in record.judgement.criteria if each.name == REFUSALS)
        assert (refusals.state, refusals.canary, refusals.live) == (CriterionState.OPEN, 1, 0)
        assert served_labels(self.environment, DELIVERY, MONEY) == MONEY
        assert self.environment.promoted() == live

    # steps of each

    def _begun_by_a_run(self, prompts: list[Prompt]) -> str:
        ended = self.environment.run(prompts)
        assert ended.outcome is Outcome.CANARY, ended.reason
        assert self.environment.ledger.active() == {}
        return ended.run.id

    def _begun_by_a_person(self, run: str, *options: str) -> None:
        self.environment.command("accept", run, "--reason", "it is good for others", *options, by="approver")

    def _in_the_alias(self) -> CanaryRecord:
        """The canary that callers know: new execution environments of the invoke function read the alias at once. The
        others keep it for a real minute, which is hours of the account."""
        self.environment.until(lambda: self.environment.promoted().canary, "a canary in the alias")
        self._renew_callers()
        record = self.canaries.current(RECIPE)
        assert record
        return record

    def _renew_callers(self) -> None:
        """As every update of the function does."""
        client = self.environment.client("lambda", self.environment.inference)
        function = str(self.environment.serving["function"])
        timeout = client.get_function_configuration(FunctionName=function)["Timeout"]
        client.update_function_configuration(FunctionName=function, Timeout=timeout)

    def _inject(self, **fault: str) -> None:
        """A fault of the calls that the canary's endpoint answers."""
        canary = self.environment.promoted().canary
        assert canary
        of_the_canary = {"operation": "Converse", "named": canary.endpoint.arn}
        waiting.admin(self.environment.account, "POST", "faults", {**fault, **of_the_canary})

    def _answering(self, record: CanaryRecord, asked: Sequence[str] = ASKED) -> dict[str, set[str]]:
        """Who answers the keys of the canary and those of the live model. Each asks the same."""
        keys = [f"customer-{number}" for number in range(100)]
        found = {}
        for variant in (CANARY, LIVE):
            own = [key for key in keys if (position(record.holder, key) < OPTIONS.share) == (variant == CANARY)]
            found[variant] = {self._asked(text, key) for text, key in zip(asked, own, strict=False)}
        return found

    def _asked(self, text: str, key: str) -> str:
        environment = self.environment
        payload = {"route": f"distilled/{RECIPE}", "prompt": text, "key": key}
        client = environment.client_as("caller", "lambda", environment.inference)
        answer = environment.invoke(str(environment.serving["function"]), payload, client=client)
        assert answer["text"]
        return str(answer["variant"])

    @contextmanager
    def _standing_clock(self) -> Iterator[None]:
        """Callers are as fast as this machine, and the account's time passes by hand."""
        self._set_speed(0)
        try:
            yield
        finally:
            self._set_speed(SPEED)

    def _set_speed(self, speed: float) -> None:
        waiting.admin(self.environment.account, "PUT", "clock", {"speed": speed})

    def _ended(self) -> CanaryRecord:
        """The latest canary, after its executions have ended."""
        self.environment.until(lambda: self.canaries.current(RECIPE) is None, "end of the canary")
        self.environment.until(lambda: not self._running(), "end of the executions")
        self._renew_callers()
        return self.canaries.of(RECIPE)[0]

    def _running(self) -> list[str]:
        return [each["name"] for each in self.environment.executions() if each["status"] == "RUNNING"]

    def _outcome(self, run: str) -> Outcome:
        return self.environment.ledger.run(run).outcome

    def _of_acceptance(self, record: CanaryRecord) -> Outcome:
        """How the acceptance ended that the canary followed."""
        return Acceptances(_table(self.environment)).find(RECIPE, record.acceptance).outcome
