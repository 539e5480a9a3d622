"""Every broken file of tests/corpus has exactly its expected findings."""

import tomllib
from pathlib import Path

import pytest

from distillery.datasets.validation import file_rules as rules
from tests.unit.datasets.validation.students import STUDENTS, codes, read

CORPUS = Path(__file__).parents[3] / "corpus"
EXPECTED = tomllib.loads((CORPUS / "expected.toml").read_text(encoding="utf-8"))
TESTED_ELSEWHERE = {  # needs a recipe, or a file that is too large for the repository
    *(rules.FILE_TOO_LARGE, rules.TOO_MANY_PROMPTS, rules.TOO_MANY_BAD_LINES, rules.NOTHING_HELD_OUT),
    *(rules.READING_STOPPED, rules.MIXED_LABELS_REFUSED, rules.CONFLICTING_TWINS),
    *(rules.REFERENCES_NEEDED, rules.GRADER_MISFIT, rules.MARGIN_TOO_SMALL),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_file_has_its_findings_and_no_others(name: str) -> None:
    expected = EXPECTED[name]
    reader = read((CORPUS / name).read_bytes(), name=name, limits=STUDENTS[expected.get("student", "nova")])
    found = [finding for finding in codes(reader) if finding != "too-few-prompts"]
    assert found == sorted(expected["findings"])


def test_the_corpus_and_the_expected_findings_have_the_same_files() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expected.toml"}
    assert files == set(EXPECTED)
    assert len([name for name in EXPECTED if EXPECTED[name]["findings"]]) >= 60


def test_every_rule_is_broken_in_the_corpus_or_has_its_own_test() -> None:
    found = {finding.split()[0] for expected in EXPECTED.values() for finding in expected["findings"]}
    assert {rule.code for rule in rules.RULES if rule not in TESTED_ELSEWHERE} - {
        "over-context",
        "too-few-prompts",
    } == found
