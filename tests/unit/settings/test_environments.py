"""The files in environments/, and how one is found and read."""

import tomllib
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pytest

from distillery.settings import ConfigError, environment_names, load
from distillery.settings.reading import find_folder

FOLDER = Path(__file__).parents[3] / "environments"
TODAY = date(2026, 11, 23)
ANNOUNCED = date(2024, 12, 4)


@pytest.mark.parametrize(
    ("name", "on"),
    [("dev", TODAY), ("staging", TODAY), ("prod", TODAY), ("launch", TODAY), ("launch", ANNOUNCED)],
)
def test_it_loads_on_its_day(name: str, on: date) -> None:
    settings = load(name, on=on)
    assert settings.environment == name
    assert "distilled/support" in settings.routes


def test_every_file_is_loaded_above() -> None:
    assert environment_names() == ["dev", "launch", "prod", "staging"]


def test_the_day_is_in_no_setting() -> None:
    assert load("launch", on=ANNOUNCED) == load("launch", on=TODAY)
    assert load("dev", on=TODAY) == load("dev", on=TODAY + timedelta(days=90))


def text_without(acknowledged: Iterable[str]) -> str:
    head, *tables = (FOLDER / "launch.toml").read_text().split("[[acknowledged]]")
    return "[[acknowledged]]".join(
        [head, *(table for table in tables if not any(one in table for one in acknowledged))]
    )


MODELS = [one["model"] for one in tomllib.loads((FOLDER / "launch.toml").read_text())["acknowledged"]]


def test_launch_needs_no_acknowledgement_in_its_own_month(tmp_path: Path) -> None:
    (tmp_path / "launch.toml").write_text(text_without(MODELS))
    assert load("launch", on=ANNOUNCED, folder=tmp_path).acknowledged == ()


@pytest.mark.parametrize("model", MODELS)
def test_launch_needs_each_acknowledgement_today(model: str, tmp_path: Path) -> None:
    (tmp_path / "launch.toml").write_text(text_without([model]))
    with pytest.raises(ConfigError) as refused:
        load("launch", on=TODAY, folder=tmp_path)
    assert all(repr(model) in finding.wrong and "successor" in finding.fix for finding in refused.value.findings)


def test_an_unknown_environment_is_told_the_known_ones() -> None:
    with pytest.raises(ConfigError) as refused:
        load("stagin", on=TODAY)
    (finding,) = refused.value.findings
    assert finding.wrong == "there is no environment 'stagin'"
    assert finding.allowed == "dev, launch, prod, staging"
    assert "near it: staging" in finding.fix


@pytest.mark.parametrize("name", ["../environments/dev", "", "dev.toml"])
def test_an_environment_is_a_name_and_not_a_path(name: str) -> None:
    with pytest.raises(ConfigError, match="there is no environment"):
        load(name, on=TODAY)


def test_a_file_that_is_not_toml_says_where(tmp_path: Path) -> None:
    (tmp_path / "dev.toml").write_text("home_region = us-east-1\n")
    with pytest.raises(ConfigError, match=r"dev\.toml: the file is not TOML: .*line 1"):
        load("dev", on=TODAY, folder=tmp_path)


@pytest.mark.parametrize("name", ["staging", "prod"])
def test_two_environments_in_one_account_are_refused(name: str, tmp_path: Path) -> None:
    for file in FOLDER.glob("*.toml"):
        (tmp_path / file.name).write_text(file.read_text().replace("333333333333", "222222222222"))
    with pytest.raises(ConfigError) as refused:
        load(name, on=TODAY, folder=tmp_path)
    (finding,) = refused.value.findings
    other = "prod" if name == "staging" else "staging"
    assert finding.where == "account"
    assert finding.wrong == f"'222222222222' is also the account of {other}"
    assert finding.fix == f"give {name} or {other} an account of its own"


def test_a_broken_neighbour_does_not_stand_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "prod.toml").write_text((FOLDER / "prod.toml").read_text())
    (tmp_path / "broken.toml").write_text("=")
    assert load("prod", on=TODAY, folder=tmp_path).account == "333333333333"


def test_nothing_is_deployed_with_the_credentials_of_an_account_where_data_is_kept() -> None:
    with pytest.raises(ConfigError) as refused:
        load("dev", on=TODAY, credentials="333333333333")
    (finding,) = refused.value.findings
    assert finding.where == "account"
    assert "333333333333, the account of prod, which keeps its data" in finding.wrong


@pytest.mark.parametrize(("name", "credentials"), [("dev", "111111111111"), ("dev", None), ("prod", "333333333333")])
def test_credentials_of_an_account_without_kept_data_of_others_are_taken(name: str, credentials: str | None) -> None:
    assert load(name, on=TODAY, credentials=credentials).environment == name


def test_a_neighbour_that_keeps_nothing_is_no_reason(tmp_path: Path) -> None:
    for name in ("dev", "launch"):
        text = (FOLDER / "dev.toml").read_text()
        (tmp_path / f"{name}.toml").write_text(text if name == "dev" else f'account = "444444444444"\n{text}')
    assert load("dev", on=TODAY, folder=tmp_path, credentials="444444444444").account is None


def test_the_folder_is_found_from_a_folder_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = tmp_path / "deep" / "below"
    below.mkdir(parents=True)
    (tmp_path / "environments").mkdir()
    monkeypatch.chdir(below)
    assert find_folder() == tmp_path / "environments"
    monkeypatch.setenv("DISTILLERY_ENVIRONMENTS", str(FOLDER))
    assert find_folder() == FOLDER


def test_without_a_folder_the_refusal_says_where_to_have_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISTILLERY_ENVIRONMENTS", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"there is no folder .*none.*DISTILLERY_ENVIRONMENTS"):
        load("dev", on=TODAY)
