"""Who reads and writes golden sets: one role writes, and the functions of recipes that name one read their own."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from distillery.settings.reading import parse, read
from tests.policy.engine import Ask, decide
from tests.policy.synthesis import settings, synthesized, templates
from tests.policy.templates import EnvironmentTemplates, as_list, rendered

PIPELINE = "pipeline"
READERS = {"DatasetFunctionRole", "EvaluationFunctionRole", "EvaluationGradingRole", "EvaluationRequestRole"}
READ = ("s3:GetObject", "s3:GetObjectVersion")


@pytest.fixture(scope="module")
def named() -> EnvironmentTemplates:
    """prod with two recipes, of which one names a golden set."""
    said = read("prod")
    support = said["recipes"]["support"]
    recipes = {"support": support | {"golden_set": "exam.jsonl"}, "returns": support}
    return synthesized(parse(said | {"recipes": recipes}, "prod"))


def granted(of: EnvironmentTemplates, verbs: tuple[str, ...]) -> Mapping[str, set[str]]:
    """Policies of functions that may do one of these with something under `golden/` → the patterns of its keys."""
    found: dict[str, set[str]] = {}
    for holder, statement in of.statements("AWS::IAM::Policy"):
        if statement["Effect"] == "Allow" and set(verbs) & set(as_list(statement["Action"])):
            keys = {text for one in as_list(statement["Resource"]) if "/golden/" in (text := rendered(one))}
            if keys:
                found.setdefault(holder.id, set()).update("golden/" + key.partition("/golden/")[2] for key in keys)
    return found


def test_without_a_golden_set_no_function_reads_any() -> None:
    for environment in ("dev", "prod"):
        assert granted(templates(environment), READ) == {}


def test_the_functions_that_ask_and_judge_read_the_folders_of_their_recipes_only(named: EnvironmentTemplates) -> None:
    readers = granted(named, READ)
    assert {name.partition("DefaultPolicy")[0] for name in readers} == READERS
    assert set().union(*readers.values()) == {"golden/support/*"}


def test_no_function_writes_or_deletes_golden_sets(named: EnvironmentTemplates) -> None:
    verbs = ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload", "s3:*", "*")
    assert granted(named, verbs) == {}


@pytest.mark.parametrize("key", ["exam.jsonl", "../prompts/support/a.jsonl", "", "other/exam.jsonl"])
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl"])
def test_attacks_on_the_folder_fail_for_everybody_but_examiners(
    named: EnvironmentTemplates, action: str, key: str
) -> None:
    """Every policy of people and functions, with the patterns of its resources as they are."""
    allowed = set()
    for holder in named.resources("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        document = holder.properties["PolicyDocument"]
        resources = {
            rendered(one)
            for statement in document["Statement"]
            for one in as_list(statement.get("Resource", []))
            if "/golden/" in rendered(one) or rendered(one).endswith(("prompts/*", "uploads/*"))
        }
        buckets = {one.partition("/")[0] for one in resources}
        plain = {
            "Version": "2012-10-17",
            "Statement": [
                statement | {"Resource": [rendered(one) for one in as_list(statement.get("Resource", []))]}
                for statement in document["Statement"]
                if "Resource" in statement
            ],
        }
        asks = [Ask(action, f"{bucket}/golden/support/{key}") for bucket in sorted(buckets)]
        if asks and any(decide([(plain, asks)])[0]):
            allowed.add(holder.id.partition("Policy")[0])
    assert {name.rstrip("0123456789ABCDEF") for name in allowed} <= {"Examiners", "Erasers"}
    assert (action == "s3:PutObject") <= any(name.startswith("Examiners") for name in allowed)
    if action == "s3:PutObject":
        assert not any(name.startswith("Erasers") for name in allowed)


def test_dev_synthesizes_with_a_golden_set_and_every_rule() -> None:
    dev = settings("dev")
    recipes = {name: replace(recipe, golden_set="exam.jsonl") for name, recipe in dev.recipes.items()}
    assert granted(synthesized(dev.model_copy(update={"recipes": recipes})), READ)
