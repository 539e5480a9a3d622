"""`cdk synth` as users run it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.stacks.assembly import ROOT

pytestmark = pytest.mark.slow


def _app(outdir: Path, **context: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "CDK_OUTDIR": str(outdir),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    return subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("context", "said"),
    [
        ({"env": "nowhere", "date": "2026-11-23"}, "there is no environment 'nowhere'"),
        ({"env": "dev", "date": "tomorrow"}, "date is 'tomorrow'; a day as YYYY-MM-DD is allowed"),
        ({"env": "dev", "date": "2026-11-23", "deployers": "true"}, "environments/dev.toml has no table [deployment]"),
        ({"pipelines": "true"}, "environments/dev.toml has no connection or no deploy_role"),
    ],
)
def test_what_cannot_be_deployed_is_said_without_a_traceback(
    context: dict[str, str], said: str, tmp_path: Path
) -> None:
    done = _app(tmp_path, **context)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.template.json"))
