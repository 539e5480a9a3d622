"""Every broken file of tests/corpus has exactly the findings that are written down for it."""

import tomllib
from pathlib import Path

import pytest

from distillery.datasets.validation.rules_table import KINDS, whole
from tests.unit.datasets.validation.desk import STUDENTS, read, told

CORPUS = Path(__file__).parents[3] / "corpus"
EXPECTED = tomllib.loads((CORPUS / "expected.toml").read_text(encoding="utf-8"))
ELSEWHERE = {  # needs a recipe, or more than a file that anybody wants to keep
    *(whole.FILE_TOO_LARGE, whole.TOO_MANY_PROMPTS, whole.TOO_MANY_BAD_LINES, whole.NOTHING_HELD_OUT),
    *(whole.MIXED_LABELS_REFUSED,),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_has_its_findings_and_no_others(name: str) -> None:
    expected = EXPECTED[name]
    reading = read((CORPUS / name).read_bytes(), name=name, rules=STUDENTS[expected.get("student", "nova")])
    found = [finding for finding in told(reading) if finding != "too-few-prompts"]
    assert found == sorted(expected["findings"])


def test_the_corpus_is_what_is_expected_of_it() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expected.toml"}
    assert files == set(EXPECTED)
    assert len([name for name in EXPECTED if EXPECTED[name]["findings"]]) >= 60


def test_every_kind_of_finding_is_met_in_the_corpus_or_in_a_test_of_its_own() -> None:
    met = {finding.split()[0] for expected in EXPECTED.values() for finding in expected["findings"]}
    assert {kind.code for kind in KINDS if kind not in ELSEWHERE} - {"over-context", "too-few-prompts"} == met
