"""What a job's files say, and that no content of them is an error."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from distillery.evaluation.report.job_output import MOST_STEPS, is_wanted, read_job_output
from distillery.evaluation.report.lineage import LossPoint, Training

METRICS = b"step_number,epoch_number,training_loss,perplexity\n0,0,2.5,12.18\n1,0,1.5,4.48\n"
VALIDATION = b"step_number,epoch_number,validation_loss,perplexity\n1,0,1.75,5.75\n"
INSIGHTS = "".join(
    json.dumps({"prompt": "p", "status": status, **({"reason": reason} if reason else {})}) + "\n"
    for status, reason in [("ACCEPTED", None), ("ACCEPTED", None), ("REJECTED", "too long"), ("rejected", None)]
).encode()
FOLDER = "model-customization-job-a/"


def test_the_curves_and_the_counts_of_a_job() -> None:
    files = {
        f"{FOLDER}training_artifacts/step_wise_training_metrics.csv": METRICS,
        f"{FOLDER}validation_artifacts/post_fine_tuning_validation/validation/validation_metrics.csv": VALIDATION,
        f"{FOLDER}prompt_insights/prompt_insights.jsonl": INSIGHTS,
    }
    assert all(map(is_wanted, files))
    assert read_job_output(files) == Training(
        accepted=2,
        rejected=2,
        reasons={"too long": 1, "no reason given": 1},
        loss=(LossPoint(step=0, training=2.5), LossPoint(step=1, training=1.5, validation=1.75)),
    )


@pytest.mark.parametrize("name", ["synthetic_data/sample_synthetic_data.jsonl", "a.csv", "insights.json", ""])
def test_other_files_are_not_read(name: str) -> None:
    assert not is_wanted(FOLDER + name)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff", b"step_number,training_loss\n1,nan\nx,1\n2\n", b"[" * 100_000, b'{"status": 3}\n[]\n7\n', b"{}"],
)
def test_what_does_not_fit_is_left_out(content: bytes) -> None:
    assert read_job_output({"step_wise_training_metrics.csv": content}) is None
    found = read_job_output({"insights.jsonl": content})
    assert found is None or (found.accepted, found.rejected) == (0, 0)


@given(st.dictionaries(st.sampled_from(["insights.jsonl", "validation_metrics.csv"]), st.binary()))
def test_no_content_is_an_error(files: dict[str, bytes]) -> None:
    read_job_output(files)


def test_a_long_curve_is_thinned() -> None:
    rows = "".join(f"{step},1.0\n" for step in range(3 * MOST_STEPS))
    found = read_job_output({"step_wise_training_metrics.csv": b"step_number,training_loss\n" + rows.encode()})
    assert found
    assert len(found.loss) == MOST_STEPS
