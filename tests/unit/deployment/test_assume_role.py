"""In CodeBuild, the commands that follow `make assume-role` act by the role of the environment."""

import os
import subprocess
from pathlib import Path

import botocore.session
import pytest

ROOT = Path(__file__).parents[3]
ROLE = "arn:aws:iam::333333333333:role/distillery-prod-deployers-Deploy-A1"


def test_the_file_makes_the_role_the_default_of_awss_sdks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "new" / "aws-config"
    variables = {**os.environ, "DEPLOY_ROLE": ROLE, "AWS_CONFIG_FILE": str(file)}
    subprocess.run(["make", "--silent", "assume-role"], cwd=ROOT, env=variables, check=True)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    profile = botocore.session.Session().get_scoped_config()
    assert profile == {"role_arn": ROLE, "role_session_name": "delivery", "credential_source": "EcsContainer"}
