"""The OIDC token of a workflow's job: asked of GitHub, kept from everybody else, and never asked of anything else."""

import json
import stat
import urllib.request
from pathlib import Path

import pytest

from infra.deployment.web_identity import FILE, SECRET, URL, NotInAWorkflow, main, write_token


class GitHub:
    """Answers with a token, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[urllib.request.Request] = []

    def __call__(self, request: urllib.request.Request) -> bytes:
        self.asked.append(request)
        return json.dumps({"count": 1, "value": f"token-{len(self.asked)}"}).encode()


def variables(file: Path, **other: str) -> dict[str, str]:
    return {
        URL: "https://pipelines.example/token?api-version=2.0",
        SECRET: "bearer-of-the-job",
        FILE: str(file),
    } | other


def test_a_token_for_aws_is_written_for_its_owner_alone_and_replaced_by_the_next(tmp_path: Path) -> None:
    github, file = GitHub(), tmp_path / "new" / "token"
    for expected in ("token-1", "token-2"):
        assert write_token(variables(file), github) == file
        assert file.read_text(encoding="utf-8") == expected
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (asked, _) = github.asked
    assert asked.full_url == "https://pipelines.example/token?api-version=2.0&audience=sts.amazonaws.com"
    assert asked.headers["Authorization"] == "bearer bearer-of-the-job"


@pytest.mark.parametrize("missing", [URL, SECRET, FILE])
def test_outside_a_job_nothing_is_asked(missing: str, tmp_path: Path) -> None:
    github = GitHub()
    with pytest.raises(NotInAWorkflow, match=f"^{missing} is not set; .*id-token: write"):
        write_token(variables(tmp_path / "token", **{missing: ""}), github)
    assert github.asked == []


def test_the_secret_of_a_job_is_sent_by_https_alone(tmp_path: Path) -> None:
    github = GitHub()
    with pytest.raises(NotInAWorkflow, match="https://"):
        write_token(variables(tmp_path / "token", **{URL: "http://pipelines.example/token?a=b"}), github)
    assert github.asked == []


def test_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (URL, SECRET, FILE):
        monkeypatch.delenv(name, raising=False)
    assert main() == 1
    assert "aws sso login" in capsys.readouterr().err
