"""`distillery doctor`: each check finds what is wrong, says how to mend it, and never ends the others."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from distillery.cli.doctor import hosting
from distillery.cli.doctor.checks import CHECKS
from distillery.core.names import Names
from distillery.settings.reading import VARIABLE
from tests.fakes.errors import service_error
from tests.fakes.pipeline import provisioned
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.doctor_cases import CASES, LOGGED, Change
from tests.unit.cli.doctor_world import ACCOUNT, Clients, parameters, well

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def clients(account: FakeAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clients:
    """An account that is well, and the settings of dev with somebody who is notified."""
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    file = tmp_path / "environments" / "dev.toml"
    file.write_text(file.read_text().replace("notify = []", 'notify = ["ana@example.com"]'))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "environments"))
    monkeypatch.setattr("distillery.core.clock.timestamp", lambda: NOW.timestamp())
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "cdk.out"))
    account.clients = made = well()
    return made


def findings(command: Command, *words: str, code: int = 0) -> list[dict[str, Any]]:
    said = command("doctor", "--json", *words)
    assert said.code == code, said
    found: list[dict[str, Any]] = json.loads(said.out)["findings"]
    return found


def test_an_account_that_is_well_has_nothing_to_mend(clients: Clients, command: Command) -> None:
    found = findings(command, "--strict")
    assert {each["severity"] for each in found} == {"info"}, [each for each in found if each["severity"] != "info"]
    assert {each["check"] for each in found} >= {check.name for check in CHECKS} - {
        "concurrency",
        "templates",
        "settings",
    }


@pytest.mark.parametrize(("check", "severity", "what", "fix", "change"), CASES)
def test_what_is_wrong_is_found_with_what_mends_it(
    clients: Clients, command: Command, check: str, severity: str, what: str, fix: str, change: Change
) -> None:
    change(clients)
    said = command("doctor", "--json")
    found = json.loads(said.out)["findings"]
    (one, *_) = [each for each in found if each["check"] == check and what in each["what"]] or [{}]
    assert one, [each["what"] for each in found if each["check"] == check]
    assert (one["severity"], fix in one["fix"]) == (severity, True), one
    assert bool(one["why"]) == (severity != "info")
    assert (said.code == 1) == any(each["severity"] == "blocks" for each in found)


LOGGING = """
[logging]
keep_days = 30
"""
OWNER = "/distillery/logging-owner"


@pytest.mark.parametrize(
    ("configured", "owner", "replace", "severity", "what"),
    [
        ({}, None, False, "info", "nobody has configured"),
        (LOGGED, None, False, "blocks", "configured by somebody else"),
        (LOGGED, None, True, "info", "is restored"),
        ({"loggingConfig": {"cloudWatchConfig": {}}}, None, True, "blocks", "log group"),
        (LOGGED, "prod", True, "blocks", "environment prod owns"),
        (LOGGED, "dev", False, "info", "environment dev owns"),
        ({}, "dev", False, "warns", "was deleted"),
    ],
)
def test_who_logs_is_found_where_the_environment_wants_to(
    clients: Clients,
    command: Command,
    tmp_path: Path,
    configured: Any,
    owner: str | None,
    replace: bool,
    severity: str,
    what: str,
) -> None:
    file = tmp_path / "environments" / "dev.toml"
    file.write_text(file.read_text() + LOGGING + f"replace = {str(replace).lower()}\n")
    record = None if owner is None else json.dumps({"environment": owner})
    clients.answers["ssm.get_parameter"] = parameters({OWNER: record})
    clients.answers["bedrock.get_model_invocation_logging_configuration"] = configured
    found = json.loads(command("doctor", "--json").out)["findings"]
    assert [each["severity"] for each in found if each["check"] == "logging" and what in each["what"]] == [severity]


BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/limit"


@pytest.mark.parametrize(
    ("policy", "limits", "severity", "what"),
    [
        ({"Policy": {}}, "limit", "info", "every role gets the permissions boundary limit"),
        (service_error("NoSuchEntity"), "limit", "blocks", f"the account has no policy {BOUNDARY}"),
        (service_error("AccessDenied"), "limit", "unchecked", f"policy {BOUNDARY}: AccessDenied"),
        ({"Policy": {}}, "", "warns", "us-east-2 has no boundary; the settings name 'limit'"),
        ({"Policy": {}}, "another", "warns", "us-east-1 has another boundary; the settings name 'limit'"),
    ],
)
def test_a_boundary_of_the_settings_exists_and_limits_cloudformation(
    clients: Clients, command: Command, tmp_path: Path, policy: Any, limits: str, severity: str, what: str
) -> None:
    file = tmp_path / "environments" / "dev.toml"
    file.write_text('permissions_boundary = "limit"\n' + file.read_text())
    given = [{"ParameterKey": "InputPermissionsBoundary", "ParameterValue": limits}]
    clients.answers["iam.get_policy"] = policy
    clients.answers["cloudformation.describe_stacks"] = lambda StackName=None: {  # noqa: N803 the API's name
        "Stacks": [{"StackName": StackName, "StackStatus": "CREATE_COMPLETE", "Parameters": given}] if StackName else []
    }
    found = [each for each in json.loads(command("doctor", "--json").out)["findings"] if each["check"] == "bootstrap"]
    (one,) = [each for each in found if what in each["what"]]
    assert (one["severity"], "ENV=dev" in one["fix"]) == (severity, severity in ("blocks", "warns")), one
    assert clients.asked["iam.get_policy"] == [{"PolicyArn": BOUNDARY}]


def test_before_the_first_deployment_the_settings_are_enough(clients: Clients, command: Command) -> None:
    clients.answers |= {
        "cloudformation.describe_stacks": lambda StackName=None: {"Stacks": []},  # noqa: N803 the API's name
        "budgets.describe_budgets": {},
    }
    found = findings(command)
    assert [each["what"] for each in found if each["check"] == "stacks"] == ["dev is not deployed in this account"]
    assert {each["severity"] for each in found} <= {"info", "warns", "unchecked"}


def test_without_settings_the_rest_is_examined(
    clients: Clients, command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none"))
    found = findings(command, "--strict")
    assert [each["check"] for each in found if each["severity"] == "unchecked"] == ["settings"]
    assert "bootstrap" in {each["check"] for each in found}


def test_what_synth_refuses_blocks(clients: Clients, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "environments" / "dev.toml"
    file.write_text(file.read_text().replace("data_days = 90", "data_days = 1"))
    found = findings(command, code=1)
    assert [each["severity"] for each in found if each["check"] == "settings"] == ["blocks"]


def test_another_account_than_that_of_the_settings_blocks(clients: Clients, command: Command, tmp_path: Path) -> None:
    file = tmp_path / "environments" / "dev.toml"
    file.write_text(file.read_text().replace('# account = "111111111111"', 'account = "999999999999"'))
    found = findings(command, code=1)
    assert "the settings name 999999999999" in next(each["what"] for each in found if each["severity"] == "blocks")


@pytest.mark.parametrize(
    "answer", [service_error("AccessDeniedException"), service_error("UnknownOperation"), {}, None]
)
def test_an_account_that_answers_nothing_is_no_error(clients: Clients, command: Command, answer: Any) -> None:
    known = clients.answers["sts.get_caller_identity"]
    clients.answers = {name: (lambda **_: answer) if answer is None else answer for name in clients.answers}
    clients.answers["sts.get_caller_identity"] = known
    found = json.loads(command("doctor", "--json").out)["findings"]
    assert "unchecked" in {each["severity"] for each in found}
    assert all(each["why"] and each["fix"] for each in found if each["severity"] != "info")


@pytest.mark.parametrize("operation", sorted(well().answers))
def test_one_call_that_is_denied_leaves_the_other_checks(clients: Clients, command: Command, operation: str) -> None:
    if operation.startswith("sts"):
        return
    clients.answers[operation] = service_error("AccessDeniedException")
    found = findings(command)
    checked = {each["check"] for each in found if each["severity"] == "info"}
    assert len(checked) >= 5
    assert {each["severity"] for each in found} <= {"info", "unchecked", "warns"}


def test_a_terminal_says_why_and_how(clients: Clients, command: Command) -> None:
    clients.answers["service-quotas.get_service_quota"] = {"Quota": {"Value": 0.0}}
    said = command("doctor")
    assert said.code == 1
    assert "why: a run is refused" in said.out
    assert "fix: aws service-quotas request-service-quota-increase --region us-east-1" in said.out
    assert "send: Amazon Bedrock, service quota increase" in said.out
    assert said.out.endswith("1 block a deployment or a run, 0 warn, 0 could not be checked")


def test_a_template_that_is_not_the_deployed_one_warns(clients: Clients, command: Command, tmp_path: Path) -> None:
    (tmp_path / "cdk.out").mkdir()
    (tmp_path / "cdk.out" / "distillery-dev-pipeline.template.json").write_text('{"Resources": {}}')
    found = [each for each in findings(command) if each["check"] == "templates"]
    assert [each["severity"] for each in found] == ["warns"]
    assert "cdk diff distillery-dev-pipeline" in found[0]["fix"]


@pytest.mark.parametrize(("ceiling", "severity"), [(None, "info"), (2, "blocks"), (3, "info")])
def test_a_ceiling_of_model_units_without_room_for_a_candidate_blocks(
    monkeypatch: pytest.MonkeyPatch, ceiling: int | None, severity: str
) -> None:
    held = [SimpleNamespace(name="dev-lost-live", units=1, status="InService", run="")]
    monkeypatch.setattr("distillery.core.unit_ceiling.take_throughputs", lambda _names, _bedrock: held)
    settings = SimpleNamespace(environment="dev", max_model_units=ceiling, recipes={"support": provisioned()})
    examined: Any = SimpleNamespace(
        settings=settings,
        names=Names("dev"),
        client=lambda _service: None,
        on=SimpleNamespace(command=lambda *words: " ".join(words)),
    )
    found = list(hosting.unit_ceiling(examined))
    assert [each.severity.value for each in found] == [severity]
    if severity == "blocks":
        assert "dev-lost-live 1" in found[0].what
