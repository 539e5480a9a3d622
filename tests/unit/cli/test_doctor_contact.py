"""`distillery doctor --ask-aws`: each question is asked, answered either way, recorded, and reported."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from distillery.cli.doctor.asking import UNDECIDED
from distillery.core import catalog
from distillery.core.first_contact import questions as q
from distillery.core.names import Names
from distillery.settings.reading import VARIABLE
from local.account import ROOT
from simulator_support.standalone import Standalone
from tests.fakes.errors import service_error
from tests.fakes.services import FakeSsm
from tests.unit.cli.account import FakeAccount
from tests.unit.cli.conftest import Command
from tests.unit.cli.doctor_world import Clients, well
from tests.unit.cli.routes import OPTIMIZED, PRO, publish, route_map

NAME = Names("dev").first_contact
ARN = "arn:aws:bedrock:us-east-1:111111111111:custom-model-deployment/abc"
UNITS = "arn:aws:bedrock:us-east-1:111111111111:provisioned-model/abc"


def _listed(*types: str) -> Any:
    return {"modelDetails": {"customizationsSupported": list(types), "modelLifecycle": {"status": "ACTIVE"}}}


def _metric(value: str) -> Any:
    return {"Metrics": [{"Dimensions": [{"Name": "ModelId", "Value": value}]}]}


def _product(usage: str, usd: str) -> str:
    dimension = {"pricePerUnit": {"USD": usd}}
    terms = {"OnDemand": {"a": {"priceDimensions": {"b": dimension}}}}
    return json.dumps({"product": {"attributes": {"usagetype": usage}}, "terms": terms})


HOSTED = {"modelDeploymentSummaries": [{"customModelDeploymentName": "a"}]}
BOUGHT = {"provisionedModelSummaries": [{"provisionedModelName": "a", "modelArn": "m", "status": "InService"}]}
FORM, JOB, MODEL = (
    "bedrock.get_use_case_for_model_access",
    "bedrock.get_model_customization_job",
    "bedrock.get_foundation_model",
)
METRICS, QUOTA, QUOTAS = (
    "cloudwatch.list_metrics",
    "service-quotas.get_service_quota",
    "service-quotas.list_service_quotas",
)
DEPLOYMENTS, THROUGHPUTS = "bedrock.list_custom_model_deployments", "bedrock.list_provisioned_model_throughputs"
PRICES = "pricing.get_products"
CONVERSE, GRANTS = "bedrock-runtime.converse", "kms.list_grants"
BEDROCKS = {"GranteePrincipal": "bedrock.amazonaws.com", "Operations": ["Decrypt", "CreateGrant"]}
EVERY_NAME = {"Quotas": [{"QuotaName": f"On-demand {each.quota_label or each.name}"} for each in catalog.models()]}
REPORTED = (q.KEY_GRANTS, q.LISTED_PRICES)
"""Questions whose answer is a list."""
CASES: list[tuple[str, dict[str, Any], str]] = [
    (q.MISSING_JOB, {JOB: service_error("ResourceNotFoundException")}, "ResourceNotFoundException"),
    (q.MISSING_JOB, {JOB: service_error("ValidationException")}, "ValidationException"),
    (q.MISSING_JOB, {JOB: service_error("NoSuchJobException")}, "NoSuchJobException"),
    (q.STUDENT_LISTED, {MODEL: _listed("FINE_TUNING", "DISTILLATION")}, q.YES),
    (q.STUDENT_LISTED, {MODEL: _listed("FINE_TUNING")}, q.NO),
    (q.MISSING_FORM, {FORM: {"formData": b""}}, "submitted"),
    (q.MISSING_FORM, {FORM: service_error("ResourceNotFoundException")}, "ResourceNotFoundException"),
    (q.DEPLOYMENT_METRICS, {METRICS: _metric(ARN)}, q.YES),
    (q.DEPLOYMENT_METRICS, {METRICS: _metric("abc"), DEPLOYMENTS: HOSTED}, q.NO),
    (q.THROUGHPUT_METRICS, {METRICS: _metric(UNITS)}, q.YES),
    (q.THROUGHPUT_METRICS, {METRICS: _metric("abc"), THROUGHPUTS: BOUGHT}, q.NO),
    (q.MODEL_STATES, {MODEL: _listed()}, q.YES),
    (q.MODEL_STATES, {MODEL: {"modelDetails": {"modelLifecycle": {"status": "LEGACY"}}}}, q.NO),
    (q.IN_PROGRESS_QUOTA, {QUOTA: {"Quota": {"QuotaName": "Deployments in progress", "Value": 2.0}}}, q.YES),
    (q.IN_PROGRESS_QUOTA, {QUOTA: {"Quota": {"QuotaName": "Something else", "Value": 2.0}}}, q.NO),
    (q.QUOTA_LABELS, {QUOTAS: EVERY_NAME}, q.YES),
    (q.QUOTA_LABELS, {QUOTAS: {"Quotas": []}}, q.NO),
    (q.KEY_GRANTS, {GRANTS: {"Grants": [BEDROCKS, {"GranteePrincipal": "lambda.amazonaws.com"}]}}, "1"),
    (q.LISTED_PRICES, {PRICES: {"PriceList": [_product("USE1-NovaMicro-Customization-Storage", "1.95")]}}, "1"),
    (q.MODELS_ANSWER, {CONVERSE: {}}, q.YES),
    (q.MODELS_ANSWER, {CONVERSE: service_error("ThrottlingException")}, q.YES),
    (q.MODELS_ANSWER, {CONVERSE: service_error("AccessDeniedException")}, q.NO),
]


@pytest.fixture
def clients(account: FakeAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clients:
    shutil.copytree(ROOT / "environments", tmp_path / "environments")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "environments"))
    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path / "cdk.out"))
    account.clients = made = well()
    ssm, bootstrap = FakeSsm(), made.answers["ssm.get_parameter"]
    made.answers["ssm.get_parameter"] = lambda Name: (  # noqa: N803 the API's name
        bootstrap(Name=Name) if "bootstrap" in Name else ssm.get_parameter(Name=Name)
    )
    made.answers["ssm.put_parameter"] = ssm.put_parameter
    made.stored = ssm.parameters
    return made


def recorded(clients: Clients) -> dict[str, str]:
    kept = json.loads(clients.stored[NAME])
    return {each["question"]: each["answer"] for each in kept["answers"]}


@pytest.mark.parametrize(("question", "answers", "expected"), CASES)
def test_a_question_is_answered_either_way(
    clients: Clients, command: Command, question: str, answers: dict[str, Any], expected: str
) -> None:
    clients.answers |= answers
    said = json.loads(command("doctor", "--spend", "1", "--json").out)
    assert {each["question"]: each["answer"] for each in said["answers"]}[question] == expected
    assert recorded(clients)[question] == expected
    assert f"- {question}: {expected}" in said["report"]
    shown = [each for each in said["findings"] if each["check"] == "first-contact"]
    assert any(q.question(question).text in each["what"] for each in shown)


def test_every_question_has_cases_for_both_answers() -> None:
    covered = {question: {answer for each, _, answer in CASES if each == question} for question, _, _ in CASES}
    assert set(covered) | {q.OPTIMIZED_PROFILES} == {each.id for each in q.QUESTIONS}
    assert all(len(answers) > 1 for question, answers in covered.items() if question not in REPORTED)


@pytest.mark.parametrize("refused", UNDECIDED)
def test_a_refusal_that_says_nothing_is_recorded_as_no_answer(clients: Clients, command: Command, refused: str) -> None:
    clients.answers[JOB] = service_error(refused)
    said = json.loads(command("doctor", "--ask-aws", "--json").out)
    (one,) = [each for each in said["answers"] if each["question"] == q.MISSING_JOB]
    assert one["answer"] is None
    assert refused in one["undecided"]
    assert q.MISSING_JOB not in recorded(clients)


def test_without_spend_nothing_that_costs_is_asked(clients: Clients, command: Command) -> None:
    said = json.loads(command("doctor", "--ask-aws", "--json").out)
    assert clients.asked[CONVERSE] == []
    (one,) = [each for each in said["answers"] if each["question"] == q.MODELS_ANSWER]
    assert "it costs up to $" in one["undecided"]


def test_what_is_spent_is_at_most_what_is_allowed(clients: Clients, command: Command) -> None:
    clients.answers[CONVERSE] = {}
    command("doctor", "--spend", str(q.A_CALL), "--json")
    assert clients.asked[CONVERSE] == []
    command("doctor", "--spend", "1", "--json")
    assert 0 < len(clients.asked[CONVERSE]) * q.A_CALL <= 1


def test_a_call_costs_at_most_what_a_question_says() -> None:
    prices = [price.cost(input_tokens=40, output_tokens=16) for model in catalog.models() for price in model.prices]
    assert max(prices) <= q.A_CALL


@pytest.mark.parametrize("amount", ["-1", "NaN", "much", "Infinity"])
def test_an_amount_that_is_none_is_refused(clients: Clients, command: Command, amount: str) -> None:
    assert command("doctor", "--spend", amount).code == 2


def test_without_asking_nothing_is_recorded(clients: Clients, command: Command) -> None:
    said = json.loads(command("doctor", "--json").out)
    assert (said["answers"], said["report"], clients.stored) == ([], None, {})


def test_answers_are_added_to_those_of_before(clients: Clients, command: Command) -> None:
    clients.answers[JOB] = service_error("ValidationException")
    command("doctor", "--ask-aws")
    clients.answers[JOB] = service_error("ThrottlingException")
    clients.answers[FORM] = service_error("ResourceNotFoundException")
    said = command("doctor", "--ask-aws")
    assert (recorded(clients)[q.MISSING_JOB], recorded(clients)[q.MISSING_FORM]) == (
        "ValidationException",
        "ResourceNotFoundException",
    )
    assert "please send this to the maintainers" in said.out


def test_a_model_that_refuses_blocks_and_the_report_names_no_account(clients: Clients, command: Command) -> None:
    refused = service_error("AccessDeniedException", message="user of 111111111111 may not")
    clients.answers[CONVERSE] = refused
    said = command("doctor", "--spend", "1", "--json")
    report = json.loads(said.out)["report"]
    assert said.code == 1
    assert "ACCOUNT may not" in report
    assert "111111111111" not in report


def test_an_answer_that_cannot_be_recorded_is_reported(clients: Clients, command: Command) -> None:
    del clients.answers["ssm.put_parameter"]
    found = json.loads(command("doctor", "--ask-aws", "--json").out)["findings"]
    assert any("were not recorded" in each["what"] and NAME in each["fix"] for each in found)


def test_the_page_lists_every_question_with_what_follows() -> None:
    page = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    for one in q.QUESTIONS:
        (row,) = [line for line in page.splitlines() if line.startswith(f"| `{one.id}` | {one.text} |")]
        assert all(effect in row for effect in one.does.values())
        assert all(permission in row for permission in one.permissions)


@pytest.fixture(scope="module")
def bedrock() -> Iterator[Standalone]:
    with Standalone("--speed", "0", "--date", "2026-11-23", python=ROOT / ".venv-local/bin/python") as started:
        yield started


@pytest.mark.parametrize("way", [False, True])
def test_the_simulator_answers_either_way(
    bedrock: Standalone, clients: Clients, account: FakeAccount, command: Command, way: bool
) -> None:
    bedrock.admin(
        "PUT",
        "undocumented",
        {
            "optimized_application_profiles": way,
            "students_list_distillation": way,
            "missing_jobs_are_invalid": way,
        },
    )
    bedrock.admin("PUT", "access", {"use_case_submitted": way})
    for region in ("us-east-1", "us-east-2"):
        clients["bedrock", region] = bedrock.client(region=region)
        clients["bedrock-runtime", region] = boto3.client(
            "bedrock-runtime",
            region_name=region,
            endpoint_url=bedrock.url,
            aws_access_key_id="111111111111",
            aws_secret_access_key="local",
        )
    source = {"copyFrom": f"arn:aws:bedrock:us-east-2:111111111111:inference-profile/us.{PRO}"}
    made = clients["bedrock", "us-east-2"].create_inference_profile(
        inferenceProfileName=f"contact-{way}", modelSource=source
    )
    publish(account, route_map("fast", replace(OPTIMIZED, application=made["inferenceProfileArn"])))
    said = json.loads(command("doctor", "--spend", "1", "--json").out)
    answers = {each["question"]: each["answer"] for each in said["answers"]}
    yes = q.YES if way else q.NO
    assert answers[q.MISSING_JOB] == ("ValidationException" if way else "ResourceNotFoundException")
    assert (answers[q.STUDENT_LISTED], answers[q.OPTIMIZED_PROFILES], answers[q.MODELS_ANSWER]) == (yes, yes, yes)
