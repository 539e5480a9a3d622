"""Environments of branches: names, tags, and what must not become one."""

import shutil
import tomllib
from pathlib import Path

import pytest

from distillery.core.names import ENVIRONMENT_MAX, NAME
from distillery.settings import load
from infra.deployment.ephemeral import SOURCE, NotEphemeral, main, name_of, write
from tests.unit.stacks.assembly import DAYS

BRANCH = "feature/better-prompts"


def test_a_branch_has_a_name_of_its_own_that_fits() -> None:
    names = {name_of(branch) for branch in (BRANCH, "feature/better-prompt", "main", "x" * 200)}
    assert len(names) == 4
    assert all(NAME.fullmatch(name) and len(name) <= ENVIRONMENT_MAX for name in names)
    assert name_of(BRANCH) == name_of(BRANCH)


def test_its_settings_are_devs_with_tags_and_may_be_deployed(tmp_path: Path) -> None:
    written = write(BRANCH, 3, folder=tmp_path)
    settings, dev = load(written.stem, on=DAYS["dev"], folder=tmp_path), load("dev", on=DAYS["dev"])
    assert settings.environment == name_of(BRANCH)
    assert settings.cost_tags.keys() - dev.cost_tags.keys() == {"branch", "last_day"}
    assert settings.cost_tags["branch"] == BRANCH
    assert settings.recipes == dev.recipes
    assert not settings.keep_data


def test_the_repository_that_deploys_dev_is_no_obstacle(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(SOURCE, source)
    table = '[deployment]\nrepository = "acme/distillery"\nrepository_id = 1\nowner_id = 2\n\n'
    text = (source / "dev.toml").read_text(encoding="utf-8")
    (source / "dev.toml").write_text(text.replace("[cost_tags]\n", f"{table}[cost_tags]\n"), encoding="utf-8")
    written = write(BRANCH, 3, source=source, folder=tmp_path / "written")
    assert load(written.stem, on=DAYS["dev"], folder=written.parent).deployment is not None


def test_the_others_are_beside_it_so_that_no_account_with_kept_data_is_taken(tmp_path: Path) -> None:
    written = write(BRANCH, 3, folder=tmp_path)
    prod = tomllib.loads((tmp_path / "prod.toml").read_text(encoding="utf-8"))["account"]
    with pytest.raises(Exception, match=prod):
        load(written.stem, on=DAYS["dev"], folder=tmp_path, credentials=prod)


@pytest.mark.parametrize(
    ("before", "after", "wrong"),
    [
        ("keep_data = false", "keep_data = true", "keeps its data"),
        ("termination_protection = false", "termination_protection = true", "protects its stacks"),
        ("[cost_tags]\n", "[logging]\nkeep_days = 30\n\n[cost_tags]\n", r"\[logging\]"),
    ],
)
def test_what_is_kept_or_owned_is_no_environment_of_a_branch(
    before: str, after: str, wrong: str, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(SOURCE, source)
    text = (source / "dev.toml").read_text(encoding="utf-8")
    (source / "dev.toml").write_text(text.replace(before, after, 1), encoding="utf-8")
    with pytest.raises(NotEphemeral, match=wrong):
        write(BRANCH, 3, source=source, folder=tmp_path / "written")
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize(
    ("branch", "days"), [("", 3), ('a"\nb', 3), ("a\nb", 3), ("a;b", 3), (BRANCH, 0), (BRANCH, 31)]
)
def test_a_branch_is_a_tag_and_its_days_are_few(branch: str, days: int, tmp_path: Path) -> None:
    with pytest.raises(NotEphemeral):
        write(branch, days, folder=tmp_path / "written")


def test_the_command_says_how_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([BRANCH, "0"]) == 1
    assert "1 to 30" in capsys.readouterr().err
    assert main([BRANCH]) == 2
