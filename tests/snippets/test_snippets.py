"""Runs every printed snippet with the real package against the local Bedrock: `make snippets`.

A proxy records what the package requests, so that a mode or tag that it drops fails here.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from distillery.cli.snippet_templates import SNIPPETS, RouteCall
from distillery.client.converse import ResolvedStep
from distillery.client.route_map import RouteMap, Step
from local.account import ROOT
from simulator_support.standalone import Standalone
from tests.snippets.proxy import Proxy
from tests.snippets.student import MICRO, PRO, student, training_file

BIN = ROOT / ".venv-snippets/bin"
BEDROCK = ROOT / ".venv-local/bin/python"
TAGS = {"distillery:environment": "dev", "distillery:route": "fast", "team": "search for $HOME"}
STEPS = {
    "optimized": Step(model=PRO, region="us-east-2", identifier=f"us.{PRO}", latency="optimized"),
    "priority": Step(model=PRO, region="us-east-1", identifier=PRO, tier="priority"),
    "standard": Step(model=PRO, region="us-east-2", identifier="its application profile"),
    "distilled": Step(model=MICRO, region="us-east-1", alias="/distillery/dev/alias/support"),
}


@pytest.fixture(scope="session")
def bedrock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standalone]:
    objects = tmp_path_factory.mktemp("buckets")
    training_file(objects)
    with Standalone("--speed", "0", "--date", "2026-11-23", "--objects", str(objects), python=BEDROCK) as started:
        yield started


@pytest.fixture(scope="session")
def identifiers(bedrock: Standalone) -> dict[str, str]:
    """`modelId` by step: a system profile, a model, an application profile, a student's deployment."""
    control = bedrock.client(region="us-east-2")
    source = f"arn:aws:bedrock:us-east-2:111111111111:inference-profile/us.{PRO}"
    made = control.create_inference_profile(inferenceProfileName="fast", modelSource={"copyFrom": source})
    return {
        "optimized": f"us.{PRO}",
        "priority": PRO,
        "standard": made["inferenceProfileArn"],
        "distilled": student(bedrock),
    }


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("package", SNIPPETS)
def test_a_snippet_runs_and_asks_what_the_map_says(
    bedrock: Standalone, identifiers: dict[str, str], package: str, step: str, tmp_path: Path
) -> None:
    route = RouteMap(
        environment="dev", route="fast", description="", max_tokens=300, steps=tuple(STEPS.values()), tags=TAGS
    )
    told = SNIPPETS[package](RouteCall.of(route, ResolvedStep(0, STEPS[step], identifiers[step], STEPS[step].model)))
    with Proxy(bedrock.url) as proxy:
        said = _run(told, package, proxy.url, tmp_path)
    ((path, asked),) = proxy.asked
    assert f"/model/{identifiers[step]}/converse" in path
    assert asked["inferenceConfig"]["maxTokens"] == 300
    assert asked["requestMetadata"] == TAGS
    assert asked.get("performanceConfig") == ({"latency": "optimized"} if step == "optimized" else None)
    assert asked.get("serviceTier") == ({"type": "priority"} if step == "priority" else None)
    assert "card_arrival" in said
    if package not in ("litellm", "strands"):
        assert (step in said) == (step in ("optimized", "priority"))  # the answer says what was served


def _run(told: str, package: str, url: str, folder: Path) -> str:
    """Returns the output. The environment contains only the local Bedrock and an access key."""
    file = folder / "snippet"
    file.write_text(told)
    environ = {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(folder),
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_BEDROCK_RUNTIME_ENDPOINT": url,  # LiteLLM's own name for the same value
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_EC2_METADATA_DISABLED": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "true",  # otherwise it downloads prices from GitHub
        "NO_PROXY": "127.0.0.1",
    }
    command = ["sh", str(file)] if package == "cli" else [str(BIN / "python"), str(file)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
