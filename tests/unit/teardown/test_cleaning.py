"""What `distillery clean` asks: it lists what is left, deletes what nothing keeps, and names the rest."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import test_evaluation_jobs as evaluations
from distillery.core.env_vars import Variable
from distillery.core.ledger.ledger import Ledger
from distillery.core.model_leases import LENGTH
from distillery.core.pipeline import Outcome
from distillery.core.serialization import to_wire
from lambdas.teardown.handler import clean
from lambdas.teardown.leftovers import recipe_of_execution
from tests.fakes.callers import ANA, HERE, LEA, event, response
from tests.fakes.pipeline import distilled, recipe
from tests.unit.teardown.account import Account, Killed, tags

KINDS = ("throughput", "deployment", "model", "job", "lease", "written")
SUBSETS = [
    pytest.param(subset, id=" ".join(subset) or "nothing", marks=[] if size in (0, 1, len(KINDS)) else pytest.mark.slow)
    for size in range(len(KINDS) + 1)
    for subset in itertools.combinations(KINDS, size)
]
WRITTEN = [
    *("/distillery/dev/drift", "/distillery/dev/first-contact", "/distillery/dev/model-dates"),
    *("/distillery/dev/promoted", "/distillery/dev/probed/fast/abc"),
]


class Cleaned(Account):
    """An account whose stacks stay. `recipes`: those of the settings."""

    def __init__(self, patch: pytest.MonkeyPatch, *kinds: str) -> None:
        super().__init__(patch, keep_data=True)
        self.recipes = {"support": recipe()}
        patch.setattr("distillery.core.recipe.load_all", lambda: self.recipes)
        for kind in kinds:
            getattr(self, kind)()
        self.end_runs()

    def end_runs(self) -> None:
        ledger = Ledger(self.table)
        for run in ledger.active().values():
            ledger.close(run, Outcome.FAILED, "over")

    def unlock(self) -> None:
        """What the guard does with the lock of a function that was killed."""
        for recipe_name, holder in Ledger(self.table).active().items():
            Ledger(self.table).unlock(recipe_name, holder)

    def judging(self) -> None:
        """An evaluation job in progress."""
        self.world.objects.objects[evaluations.DATA] = evaluations.rows()
        asked = evaluations.evaluation(evaluations.dataset("Builtin.Accuracy"), jobName="dev-judge-1")
        self.world.client().create_evaluation_job(**asked, jobTags=tags("support-aaaaa-bbbbbbbb-1"))

    def lease(self) -> None:
        Ledger(self.table).leases.take("support-aaaaa-bbbbbbbb-9", owner="ana", purpose="evaluation")

    def written(self) -> None:
        for name in WRITTEN:
            self.services.parameters[name] = "{}"

    def ask(self, by: Any = ANA, **asked: Any) -> tuple[int, Any]:
        return response(clean(event(asked, by), HERE))

    def left(self, **asked: Any) -> list[dict[str, Any]]:
        return list(self.ask(**asked)[1]["left"])

    def pass_until_done(self, **asked: Any) -> tuple[list[str], list[dict[str, Any]]]:
        """What was deleted in all, and what is left when nothing more may go."""
        deleted: list[str] = []
        for _ in range(200):
            told = self.ask(delete=True, **asked)[1]
            deleted += told["deleted"]
            if all(each["kept"] for each in told["left"]):
                return deleted, told["left"]
            self.world.pass_time(0.5, step=0.5)
        raise AssertionError(told)


@pytest.mark.slow
@pytest.mark.parametrize("kinds", SUBSETS)
def test_a_list_deletes_nothing_and_passes_delete_everything(
    kinds: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Cleaned(monkeypatch, *kinds)
    listed = account.left()
    assert account.left() == listed
    assert (listed == []) == (kinds == ())
    deleted, left = account.pass_until_done()
    assert left == []
    assert {*deleted} == {each["name"] for each in listed}
    assert account.left() == []
    assert account.is_empty()
    assert account.services.parameters == {}
    assert account.table.query("lease") == []
    assert Ledger(account.table).active() == {}


def test_each_thing_says_what_it_bills(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "throughput", "deployment")
    bills = {each["name"]: (each["costs"], each["usd_per_hour"], each["usd_per_month"]) for each in account.left()}
    assert bills == {
        "dev-support-live": ("bills $20.00 an hour, $14,600.00 a month, for 2 model units", "20", "14600"),
        "dev-support-1-candidate": ("bills by the token", "0", "0"),
        "dev-support-1": ("$1.95 of storage a month", "0", "1.95"),
    }


def test_what_a_recipe_that_serves_has_stays_and_the_rest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, *KINDS)
    account.alias("faq")
    deleted, left = account.pass_until_done()
    assert "dev-support-live" in deleted
    assert [(each["kind"], each["kept"], each["command"]) for each in left] == [
        ("alias", "recipe faq serves: its alias names arn:of-faq", "distillery --env dev retire faq --reason WHY")
    ]
    assert {*WRITTEN} <= account.services.parameters.keys(), "the environment goes on"
    account.model()
    account.alias()
    (_, kept) = account.pass_until_done()
    assert {each["recipe"] for each in kept} == {"faq", "support"}


def test_a_commitment_keeps_its_endpoint_and_its_model_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "committed", "deployment", "job")
    deleted, left = account.pass_until_done(retire=True)
    assert {*deleted} == {"dev-support-1-candidate", "dev-support-2"}
    kept = {each["kind"]: each for each in left}
    assert "committed until 2026-12-" in kept["endpoint"]["kept"]
    assert kept["endpoint"]["usd_per_hour"] == "20"
    assert kept["model"]["kept"].startswith(
        "dev-support-live-committed serves it: dev-support-live-committed, committed"
    )


def test_a_recipe_that_serves_is_left_to_its_retirement(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "deployment", "job")
    account.alias()
    told = account.ask(delete=True, retire=True)[1]
    assert (told["deleted"], {each["kept"] for each in told["left"]}) == ([], {""})
    assert [each["kind"] for each in told["left"]] == ["alias", "job", "endpoint", "model"]
    account.committed()
    account.end_runs()
    (reason,) = {each["kept"] for each in account.left(retire=True) if each["kind"] in ("alias", "job")}
    assert reason.startswith("recipe support serves from dev-support-live-committed, committed until")


@pytest.mark.parametrize("kind", ["execution", "locked"])
def test_nothing_of_a_recipe_goes_while_something_works_on_it(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "deployment")
    ledger = Ledger(account.table)
    if kind == "execution":
        account.execution()
    else:
        ledger.lock("support", "rollback-support-20261123T090807Z")
    told = account.ask(delete=True)[1]
    assert (told["deleted"], told["left"][0]["kind"]) == ([], "run")
    assert len(told["left"]) == 3
    account.services.running.clear()
    ledger.unlock("support", "rollback-support-20261123T090807Z")
    assert account.pass_until_done()[1] == []


def test_a_judge_s_job_is_stopped_where_the_function_may(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "judging")
    deleted, left = account.pass_until_done()
    assert (deleted, [each["name"] for each in left]) == ([], ["dev-judge-1"])
    assert left[0]["kept"].startswith("no recipe of the settings has a judge")
    monkeypatch.setenv(Variable.JUDGES, "true")
    assert account.pass_until_done() == (["dev-judge-1"], [])


def test_a_run_is_named_with_the_command_that_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "deployment")
    account.throughput()  # opens its run
    (run,) = [each for each in account.left() if each["kind"] == "run"]
    assert run["command"] == f"distillery --env dev stop {run['name']} --reason WHY"
    account.services.running.append(run["name"])
    assert len([each for each in account.left() if each["kind"] == "run"]) == 1


def test_a_lease_by_name_keeps_its_endpoint_until_somebody_retires_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "deployment")
    leases = Ledger(account.table).leases
    leases.hold("dev-support-1-candidate", owner="arn:ana", purpose="canary", length=timedelta(days=365))
    leases.hold("dev-faq-live", owner="arn:ana", purpose="canary", length=timedelta(days=365))
    _, left = account.pass_until_done()
    assert [each["kind"] for each in left] == ["endpoint", "model", "lease"]
    assert left[0]["kept"].startswith("a lease of arn:ana keeps it until")
    assert {each["command"] for each in left} == {"distillery --env dev clean --retire --reason WHY"}
    assert account.pass_until_done(retire=True)[1] == []


def test_a_student_that_waits_for_a_decision_stays_until_somebody_retires_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Cleaned(monkeypatch, "throughput")
    ledger = Ledger(account.table)
    (record,) = ledger.runs("support")
    student = distilled(ledger, record.run, "a")
    made = to_wire(replace(student, model_arn=account.model()))
    monkeypatch.setattr("lambdas.teardown.leftovers.model_of", lambda _record: made["model_arn"])
    key = next(key for key in account.table.items if key[1] == f"run#{record.run.id}")
    account.table.items[key]["outcome"] = Outcome.AWAITING_ACCEPTANCE.value
    _, left = account.pass_until_done()
    assert [(each["kind"], each["command"]) for each in left] == [
        ("model", f"distillery --env dev reject {record.run.id}")
    ]
    assert account.pass_until_done(retire=True)[1] == []


def test_whoever_may_not_decide_about_each_recipe_may_not_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "deployment")
    approvers, leads = ("assumed-role/approvers/*",), ("assumed-role/leads/*",)
    account.recipes = {"support": recipe(deciders=approvers), "faq": recipe(deciders=approvers)}
    assert account.ask(LEA)[0] == 403
    assert account.ask()[0] == 200
    account.recipes["faq"] = recipe(deciders=leads)
    assert (account.ask()[0], account.ask(LEA)[0]) == (403, 403)


@pytest.mark.slow
def test_a_function_that_is_killed_after_any_call_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    account = Cleaned(monkeypatch, *KINDS)
    account.services.after = calls.append
    account.pass_until_done()
    assert {"DeleteCustomModel", "DeleteProvisionedModelThroughput", "DeleteParameter"} <= {*calls}
    for killed_after in sorted({calls.index(name) for name in calls}):
        with monkeypatch.context() as patch:
            account = Cleaned(patch, *KINDS)
            made = itertools.count()

            def kill(_name: str, made: Any = made, at: int = killed_after) -> None:
                if next(made) == at:
                    raise Killed

            account.services.after = kill
            with pytest.raises(Killed):
                account.pass_until_done()
            account.unlock()
            assert account.pass_until_done()[1] == [], calls[killed_after]


@pytest.mark.parametrize(
    "name",
    [
        "support-de-aaaaa-bbbbbbbb-1",
        "evaluation-support-de-20261123T090807Z",
        "rollback-support-de-20261123T090807Z",
        "acceptance-support-de-20261123T090807Z",
    ],
)
def test_an_execution_s_name_tells_its_recipe(name: str) -> None:
    assert recipe_of_execution(name) == "support-de"
    assert recipe_of_execution("evaluation-aaaaa-bbbbbbbb-1") == "evaluation"


def test_what_another_environment_uses_stays_also_where_everything_is_retired(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Cleaned(monkeypatch, "deployment")
    account.lend("staging")
    deleted, left = account.pass_until_done(retire=True)
    assert (deleted, [each["kind"] for each in left]) == (["dev-support-1-candidate"], ["model"])
    assert left[0]["kept"].startswith("environment staging has a lease on it until")
    assert left[0]["command"] == "distillery --env staging retire support --reason WHY"
    account.world.pass_time(LENGTH / timedelta(minutes=1), step=LENGTH / timedelta(minutes=1))
    assert account.pass_until_done()[1] == []
