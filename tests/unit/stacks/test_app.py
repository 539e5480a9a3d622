"""`cdk synth` as users run it."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from aws_cdk import App

from app import main
from tests.unit.stacks.assembly import ROOT

pytestmark = pytest.mark.slow
UNKNOWN = ({"env": "nowhere", "date": "2026-11-23"}, "there is no environment 'nowhere'")


def test_its_process_ends_with_an_error_and_no_traceback(tmp_path: Path) -> None:
    context, said = UNKNOWN
    environment = os.environ | {
        "CDK_OUTDIR": str(tmp_path),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.glob("*.template.json"))


@pytest.mark.parametrize(
    ("context", "said"),
    [
        UNKNOWN,
        ({"env": "dev", "date": "tomorrow"}, "date is 'tomorrow'; a day as YYYY-MM-DD is allowed"),
        ({"env": "dev", "date": "2026-11-23", "deployers": "true"}, "environments/dev.toml has no table [deployment]"),
        ({"env": "dev", "date": "2026-11-23", "bootstrap": "true"}, "permissions_boundary is None"),
        ({"pipelines": "true"}, "environments/dev.toml has no connection or no deploy_role"),
    ],
)
def test_what_cannot_be_deployed_is_said_in_a_sentence(
    context: dict[str, str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("app.App", functools.partial(App, context=context, outdir=str(tmp_path)))
    assert main() == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*.template.json"))
