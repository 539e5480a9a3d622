"""`cdk synth` of settings that cannot be deployed lists every reason at once and writes nothing."""

import functools
from pathlib import Path

import pytest
from aws_cdk import App

import app

SOUND = (app.ENVIRONMENTS / "dev.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("environment", "text", "said"),
    [
        pytest.param(
            "pord", SOUND, ["there is no environment 'pord'", "dev, prod", "-c env="], id="unknown environment"
        ),
        pytest.param("dev", "account = nobody\n", ["dev.toml", "not TOML", "line 1"], id="broken TOML"),
        pytest.param("dev", f"hom_region = 'us-east-1'\n{SOUND}", ["hom_region", "home_region"], id="unknown key"),
        pytest.param(
            "dev",
            SOUND.replace('student = "amazon.nova-micro-v1:0"', 'student = "amazon.nova-premier-v1:0"'),
            ["amazon.nova-premier-v1:0", "recipes.support"],
            id="a pair that Bedrock does not offer",
        ),
        pytest.param(
            "dev",
            SOUND.replace('"us-east-1"', '"eu-west-1"').replace("budget_usd = 25", "budget_usd = -1"),
            ["eu-west-1", "us-east-1", "budget_usd"],
            id="two things at once",
        ),
    ],
)
def test_settings_that_cannot_be_deployed_are_reported_in_full(
    environment: str,
    text: str,
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, out = tmp_path / "environments", tmp_path / "out"
    folder.mkdir()
    (folder / "dev.toml").write_text(text, encoding="utf-8")
    (folder / "prod.toml").write_text(SOUND, encoding="utf-8")
    monkeypatch.setattr(app, "ENVIRONMENTS", folder)
    context = {"env": environment, "date": "2026-11-23"}
    monkeypatch.setattr(app, "App", functools.partial(App, context=context, outdir=str(out)))
    assert app.main() == 1
    told = capsys.readouterr().err
    for words in said:
        assert words in told, told
    assert "Traceback" not in told
    assert not list(out.glob("*.template.json"))


def test_a_deploy_with_credentials_of_an_account_where_data_is_kept_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    monkeypatch.setenv("CDK_DEFAULT_ACCOUNT", "333333333333")
    context = {"env": "dev", "date": "2026-11-23"}
    monkeypatch.setattr(app, "App", functools.partial(App, context=context, outdir=str(out)))
    assert app.main() == 1
    assert "the account of prod, which keeps its data" in capsys.readouterr().err
    assert not list(out.glob("*.template.json"))
