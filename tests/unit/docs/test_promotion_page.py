"""docs/promotion.md: its commands are accepted as they stand, its tables are settings, and it explains every refusal.

`tests/journey/test_promotion.py` runs the commands.
"""

import re
import shutil
from pathlib import Path

import pytest

from distillery.records.refusal import Refusal
from distillery.settings import load
from local.account import ROOT
from local.people import POLICY_OUTPUTS
from tests import promotion_page
from tests.fakes.records import Signer
from tests.promotion_page import PAGE, PageCommand
from tests.unit.cli.test_texts import parse
from tests.unit.stacks.assembly import DAYS

ENVIRONMENTS = ("dev", "staging", "prod")
KEY = re.compile(r"-----BEGIN PUBLIC KEY-----\n.*?-----END PUBLIC KEY-----\n", re.DOTALL)


@pytest.mark.parametrize("command", promotion_page.commands(), ids=lambda command: " ".join(command.words))
def test_a_command_of_the_page_is_accepted_as_it_stands(command: PageCommand) -> None:
    parse(["--env", command.environment, *command.words])


def test_the_page_goes_from_the_first_environment_to_the_last() -> None:
    commands = promotion_page.commands()
    assert [one.words[3] for one in commands if one.verb == "promote" and "--dry-run" in one.words] == [
        "staging",
        "prod",
    ]
    assert {one.kind for one in commands} == set(promotion_page.KINDS.values())
    assert {one.environment for one in commands if one.verb == "accept"} == {"staging", "prod"}


def test_the_page_names_the_policy_of_each_role() -> None:
    rows = re.findall(r"^\| ([\w ]+) of the \w+ \| `(\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {promotion_page.KINDS[role]: output for role, output in rows} == {
        kind: POLICY_OUTPUTS[kind][1] for kind in promotion_page.KINDS.values()
    }


def test_the_tables_of_the_page_are_settings(tmp_path: Path) -> None:
    folder = tmp_path / "environments"
    shutil.copytree(ROOT / "environments", folder)
    for name, table in zip(ENVIRONMENTS, promotion_page.settings(), strict=True):
        with (folder / f"{name}.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n{KEY.sub(Signer().public.pem, table)}")
        promotion = load(name, on=DAYS[name], folder=folder).promotion
        assert promotion is not None
        assert promotion.through == ENVIRONMENTS[: ENVIRONMENTS.index(name)]


def test_every_refusal_has_a_row() -> None:
    explained = set(re.findall(r"^\| (`[\w`, -]+`) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert {word for cell in explained for word in re.findall(r"`([\w-]+)`", cell)} >= {each.value for each in Refusal}
