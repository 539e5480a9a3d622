"""The pipeline on real prompts: 77 intents of a bank's customers."""

import pytest

from distillery.core.pipeline import Outcome, Stage
from tests.data_sets import BANKING77
from tests.journey.cleanup import assert_nothing_is_left
from tests.journey.conftest import Deploy
from tests.journey.prompts import banking77

ROWS = 3000


@pytest.mark.skipif(
    not (BANKING77 / "train.csv").exists(),
    reason=f"this journey needs banking77, which is not in {BANKING77}: name its folder in DISTILLERY_BANKING77",
)
def test_a_student_of_three_thousand_queries_beats_its_base_model(deploy: Deploy) -> None:
    environment = deploy("dev")
    record = environment.run(banking77(BANKING77, ROWS))
    verdict = record.stages[Stage.EVALUATION].product
    scores = {who: verdict[who]["value"] for who in ("teacher", "student", "base")}
    assert verdict["measure"] == "accuracy"
    assert scores["student"] > scores["base"] + 0.3, scores
    assert record.outcome is Outcome.PROMOTED, record.reason
    assert_nothing_is_left(environment)
