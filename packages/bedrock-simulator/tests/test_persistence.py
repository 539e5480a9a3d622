"""The stand-alone server keeps its state across a stop and a kill."""

import json
import signal
from pathlib import Path

import pytest

from simulator_support.fakes import job, jsonl, prompts
from simulator_support.standalone import Standalone, bucket, converse, run

QUESTION = "please reimburse the amount"


@pytest.fixture
def flags(tmp_path: Path) -> list[str]:
    """Flags of a simulator with a stopped clock, a state folder and a bucket."""
    bucket(tmp_path / "buckets", jsonl(prompts()))
    return ["--state", str(tmp_path / "state"), "--objects", str(tmp_path / "buckets")]


def live(started: Standalone) -> str:
    """Returns a deployment that serves a student."""
    bedrock = started.client()
    bedrock.create_model_customization_job(**job("stored"))
    started.admin("PUT", "clock", {"advance": 2 * 3600})
    model = bedrock.get_model_customization_job(jobIdentifier="stored")["outputModelArn"]
    made = bedrock.create_custom_model_deployment(modelDeploymentName="live", modelArn=model)
    started.admin("PUT", "clock", {"advance": 900})
    return str(made["customModelDeploymentArn"])


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_everything_is_restored_after_a_stop_and_after_a_kill(flags: list[str], sign: signal.Signals) -> None:
    with Standalone("--date", "2026-11-23", "--speed", "0", *flags) as first:
        student = live(first)
        generated = converse(first.client("bedrock-runtime"), QUESTION, student)
        before, now = first.admin("GET", "inventory"), first.admin("GET", "health")["now"]
        first.process.send_signal(sign)
        first.process.wait(20)
    with Standalone(*flags) as second:
        assert second.admin("GET", "health")["now"] == now == "2026-11-23T02:15:00.000Z"
        assert second.admin("GET", "inventory") == before
        assert converse(second.client("bedrock-runtime"), QUESTION, student) == generated == "refund"


def test_a_kill_between_two_changes_loses_neither(flags: list[str], tmp_path: Path) -> None:
    with Standalone("--date", "2026-11-23", "--speed", "0", *flags) as first:
        source = "arn:aws:bedrock:us-east-1:111111111111:inference-profile/us.amazon.nova-pro-v1:0"
        for number in range(20):
            first.client().create_inference_profile(
                inferenceProfileName=f"p-{number}", modelSource={"copyFrom": source}
            )
        first.process.kill()
        first.process.wait(20)
    (tmp_path / "state" / "state.json.draft").write_text("half of")
    with Standalone(*flags) as second:
        assert len(second.admin("GET", "inventory")["inference_profiles"]) == 20


def test_the_clock_stands_while_the_simulator_does(flags: list[str], tmp_path: Path) -> None:
    with Standalone("--date", "2024-12-04", "--speed", "3600", *flags) as first:
        first.stop()
    stored = json.loads((tmp_path / "state" / "clock.json").read_text())
    with Standalone(*flags, "--speed", "0") as second:
        clock = second.admin("GET", "clock")
        assert (clock["virtual"], clock["speed"]) == (stored["virtual"], 0)
        assert clock["now"].startswith("2024-12-04T")
        second.stop()
    with Standalone(*flags, "--date", "2025-07-16") as third:
        assert third.admin("GET", "health")["now"] == "2025-07-16T00:00:00.000Z"


def test_unused_training_pairs_are_deleted(flags: list[str], tmp_path: Path) -> None:
    with Standalone("--speed", "0", *flags) as first:
        first.client().delete_custom_model_deployment(customModelDeploymentIdentifier=live(first))
        first.client().delete_custom_model(modelIdentifier="stored-model")
        first.stop()
    assert len([*(tmp_path / "state" / "pairs").iterdir()]) == 1
    with Standalone(*flags) as second:
        assert [*(tmp_path / "state" / "pairs").iterdir()] == []
        assert second.admin("GET", "inventory")["jobs"][0]["status"] == "Completed"


def test_converse_writes_nothing(flags: list[str], tmp_path: Path) -> None:
    with Standalone("--speed", "0", *flags) as started:
        file = tmp_path / "state" / "state.json"
        written = file.stat().st_mtime_ns
        for _ in range(5):
            converse(started.client("bedrock-runtime"))
        assert file.stat().st_mtime_ns == written
        started.client().create_model_customization_job(**job("stored"))
        assert file.stat().st_mtime_ns > written


def test_two_simulators_do_not_share_a_memory(flags: list[str]) -> None:
    with Standalone(*flags):
        refused = run("--port", "0", *flags)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"another simulator runs from {flags[1]}: stop it, or choose another --state.\n"


@pytest.mark.parametrize(
    ("stored", "message"),
    [
        ("{", "state.json cannot be read: Input data was truncated. Choose another --state, or remove it."),
        ('{"version": 9, "memory": {}}', "cannot be read: it has version 9, and this simulator reads 1."),
    ],
)
def test_a_memory_that_cannot_be_read_is_one_sentence(
    flags: list[str], tmp_path: Path, stored: str, message: str
) -> None:
    with Standalone(*flags) as first:
        first.stop()
    (tmp_path / "state" / "state.json").write_text(stored)
    refused = run("--port", "0", *flags)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert message in refused.stderr
    assert (tmp_path / "state" / "state.json").read_text() == stored


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    refused = run("--port", "0", "--state", str(tmp_path / "file"))
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert refused.stderr.startswith(f"{tmp_path}/file cannot store the state: ")
