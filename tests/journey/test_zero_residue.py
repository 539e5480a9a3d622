"""After `distillery clean` and `cdk destroy`, nothing of an environment is left in its account, in either hosting mode.

The persons are users with the policies of their roles alone: the operator prunes and retires, the cleaner cleans.
"""

import json
import os
import subprocess
from typing import Any

import pytest
from botocore.exceptions import ClientError

from distillery.core.hosting_mode import HostingMode
from distillery.core.pipeline import Outcome
from local.deploy import Deployment
from tests.assemblies import assembly_of
from tests.journey.conftest import Start
from tests.journey.environment import RECIPE, Environment
from tests.journey.prompts import DELIVERY, support
from tests.journey.unmanaged import Unmanaged, retained
from tests.journey.zero_residue import remains
from tests.unit.stacks.assembly import settings_of

LOST = "triage"
"""A recipe that the settings do not have."""
MODES = {
    HostingMode.ON_DEMAND: HostingMode.PROVISIONED,
    HostingMode.PROVISIONED: HostingMode.ON_DEMAND,
}
WHY = ("--reason", "the team moved on")


def deployed(start: Start, name: str) -> Environment:
    number = settings_of(name).account
    account, settings = start(name, model_units=4, **({"account": number} if number else {}))
    Deployment(account).up(assembly_of(settings).folder)
    return Environment(account, settings)


def distillery(environment: Environment, by: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Runs the command on the local account, whose clock passes hours while it waits for seconds."""
    account, name = environment.account, environment.settings.environment
    account.publish(name, region=environment.home, variables=environment.credentials(by))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "DISTILLERY_LOCAL", "true")
        patch.setitem(os.environ, "DISTILLERY_LOCAL_ACCOUNT", str(account.client_file))
        return environment.command_as(*words, by=by)


def ran(done: "subprocess.CompletedProcess[str]", code: int = 0) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def destroy(environment: Environment) -> None:
    """Deletes the stacks, after their policies are detached from persons (README, First deployment)."""
    iam, ours = environment.client("iam"), f"distillery-{environment.settings.environment}-"
    for user in (each for each in iam.list_users()["Users"] if each["UserName"].startswith(ours)):
        for policy in iam.list_attached_user_policies(UserName=user["UserName"])["AttachedPolicies"]:
            iam.detach_user_policy(UserName=user["UserName"], PolicyArn=policy["PolicyArn"])
    Deployment(environment.account).down(assembly_of(environment.settings).folder)


def unexpected(environment: Environment, kept: set[str]) -> list[str]:
    """What is left besides what the templates keep on purpose."""
    return [found for found in remains(environment) if not any(name in found for name in kept)]


def left(environment: Environment) -> dict[str, Any]:
    done = distillery(environment, "cleaner", "clean", "--json")
    return dict(json.loads(done.stdout))


def test_a_person_prunes_retires_and_cleans_what_runs_have_made(start: Start) -> None:
    environment = deployed(start, "dev")
    record = environment.run(support())
    assert record.outcome is Outcome.PROMOTED, record.reason
    made = Unmanaged(environment)
    spare, other = made.model(RECIPE), made.model(LOST)
    made.serve(LOST, HostingMode.PROVISIONED, other)
    _prune(environment, spare)
    _refuse(environment)
    _retire_lost(environment)
    made.start_job("")
    made.write_parameters()
    made.lease(f"{LOST}-aaaaa-bbbbbbbb-1")
    environment.upload(support(*DELIVERY), "another.jsonl")
    environment.until(lambda: environment.ledger.active(), "second run")
    said = ran(distillery(environment, "cleaner", "clean", "--retire", "--yes", *WHY))
    assert said.endswith("nothing of dev is left\n")
    stopped = [each for each in environment.runs() if each.outcome is Outcome.STOPPED]
    assert [each.stop.reason for each in stopped if each.stop] == [WHY[1]]
    assert environment.ledger.leases.all() == ()
    told = left(environment)
    assert (told["listed"], told["left"], told["done"]) == ([], [], True)
    assert ran(distillery(environment, "cleaner", "clean", "--yes")) == "nothing of dev is left\n"
    assert retained(environment) == set()
    destroy(environment)
    assert remains(environment) == []


def _prune(environment: Environment, spare: str) -> None:
    """The student that the alias names stays, and so does the lost recipe's that an endpoint serves."""
    said = ran(distillery(environment, "operator", "models", "prune", "--keep", "0", "--yes"))
    assert f"deleted {spare}" in said
    assert said.count("deleted ") == 1
    assert environment.promoted().current in said


def _refuse(environment: Environment) -> None:
    """What serves stays, with its price and the command that retires it."""
    said = ran(distillery(environment, "cleaner", "clean", "--yes"), code=4)
    for recipe in (RECIPE, LOST):
        assert f"recipe {recipe} serves: its alias names" in said
        assert f"retire {recipe} --reason WHY" in said
    assert "deleted " not in said


def _retire_lost(environment: Environment) -> None:
    words = ("retire", LOST, *WHY, "--students", "--yes")

    def retired() -> str:
        done = distillery(environment, "operator", *words)
        assert done.returncode in (0, 1), done.stderr  # throughput that is being created cannot be deleted yet
        return done.stdout if done.returncode == 0 else ""

    assert f"recipe {LOST} is retired" in environment.until(retired, "retirement")
    assert environment.inventory()["provisioned_throughput"] == []


@pytest.mark.parametrize("name", ["staging", "prod", "launch"])
def test_nothing_of_an_environment_outlives_its_removal(start: Start, name: str) -> None:
    environment = deployed(start, name)
    made, mode = Unmanaged(environment), environment.settings.recipes[RECIPE].hosting
    made.serve(RECIPE, mode, made.model(RECIPE))
    other = made.model(LOST)
    if name == "launch":  # Bedrock hosts the student of that day on Provisioned Throughput alone
        with pytest.raises(ClientError):
            made.serve(LOST, MODES[mode], other)
    else:
        made.serve(LOST, MODES[mode], other)
    made.start_job(RECIPE)
    made.write_parameters()
    listed = left(environment)["listed"]
    assert {each["kind"] for each in listed} == {"alias", "job", "endpoint", "model"}
    ran(distillery(environment, "cleaner", "clean", "--retire", "--yes", *WHY))
    kept = retained(environment)
    assert bool(kept) == environment.settings.keep_data
    destroy(environment)
    assert unexpected(environment, kept) == []
