"""What a deployment says of admitted records is what the function reads."""

import json

import pytest

from distillery.core.errors import Misconfigured
from distillery.records import rules
from distillery.records.rules import AdmissionRules
from distillery.settings.promotion import Promotion

RULES = AdmissionRules(through=("dev", "staging"), public_keys=("one", "two"), admits_overruled=True)


def test_the_rules_are_read_as_they_were_written(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {rules.FILE: json.loads(rules.dump(RULES))}
    monkeypatch.setattr("distillery.core.env_vars.read_settings", files.__getitem__)
    assert rules.load() == RULES


def test_a_function_without_the_layer_says_so() -> None:
    with pytest.raises(Misconfigured, match="without its settings layer"):
        rules.load()


@pytest.mark.parametrize(
    ("settings", "admits"),
    [
        (Promotion(sign=True), False),
        (Promotion(through=("dev",)), False),
        (Promotion(public_keys=("k",)), False),
        (Promotion(through=("dev",), public_keys=("k",)), True),
    ],
)
def test_an_environment_admits_records_if_it_says_whose_and_by_which_key(settings: Promotion, admits: bool) -> None:
    assert (settings.rules is not None) is admits
