"""Which of the principals that IAM allows may decide about a recipe."""

from collections.abc import Mapping

import pytest

from distillery.core.decisions import all_name_deciders, check_decider
from distillery.core.errors import NotAdmitted
from distillery.core.function_url import Caller
from distillery.core.recipe import Recipe
from tests.fakes.pipeline import recipe

ACCOUNT, STRANGE = "111111111111", "999999999999"
LEADS, TEAM = ("assumed-role/support-leads/*",), ("assumed-role/returns-team/*", "user/ana")
EACH = {"support": recipe(deciders=LEADS), "returns": recipe(name="returns", deciders=TEAM)}
SOME = {"support": recipe(deciders=LEADS), "returns": recipe(name="returns")}
NONE = {"support": recipe(), "returns": recipe(name="returns")}


def arn(resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:{'iam' if resource.startswith('user/') else 'sts'}::{account}:{resource}"


LEAD = arn("assumed-role/support-leads/lea")
REFUSED: Mapping[str, tuple[Mapping[str, Recipe], str, str]] = {
    "a decider of one recipe decides about another": (EACH, "returns", LEAD),
    "and the other way round": (EACH, "support", arn("user/ana")),
    "a role of that name in another account": (EACH, "support", arn("assumed-role/support-leads/lea", STRANGE)),
    "a user of that name in another account": (EACH, "returns", arn("user/ana", STRANGE)),
    "a role whose name begins so": (EACH, "support", arn("assumed-role/support-leads-2/lea")),
    "a session that is called as the role": (EACH, "support", arn("assumed-role/other/support-leads")),
    "a session name that goes on": (EACH, "support", arn("assumed-role/other/assumed-role/support-leads/x")),
    "another line": (EACH, "support", f"{arn('user/eve')}\n{LEAD}"),
    "the account's own name": (EACH, "support", f"arn:aws:iam::{ACCOUNT}:root"),
    "a limited recipe beside one without deciders": (SOME, "support", arn("user/ana")),
    "a recipe that there is not, where all are limited": (EACH, "gone", LEAD),
    "a recipe without a name, where all are limited": (EACH, "", LEAD),
    "part of a recipe's name, where all are limited": (EACH, "supp", LEAD),
}
ADMITTED: Mapping[str, tuple[Mapping[str, Recipe], str, str]] = {
    "a decider": (EACH, "support", LEAD),
    "another of several": (EACH, "returns", arn("user/ana")),
    "the first of several": (EACH, "returns", arn("assumed-role/returns-team/tom")),
    "anybody, of a recipe without deciders beside a limited one": (SOME, "returns", LEAD),
    "anybody, of recipes without deciders": (NONE, "support", arn("user/eve")),
    "anybody, of a recipe that the settings lost, where not all are limited": (SOME, "gone", arn("user/eve")),
    "anybody, where there are no recipes": ({}, "gone", arn("user/eve")),
}


def _by(arn: str) -> Caller:
    """The decider's account is the one in the ARN."""
    return Caller(arn=arn, id="AROAX:x", account=STRANGE if STRANGE in arn else ACCOUNT)


@pytest.mark.parametrize(("recipes", "name", "by"), REFUSED.values(), ids=REFUSED.keys())
def test_these_are_refused(recipes: Mapping[str, Recipe], name: str, by: str) -> None:
    with pytest.raises(NotAdmitted, match="only the deciders in its settings may"):
        check_decider(name, _by(by), account=ACCOUNT, recipes=recipes)


@pytest.mark.parametrize(("recipes", "name", "by"), ADMITTED.values(), ids=ADMITTED.keys())
def test_these_decide(recipes: Mapping[str, Recipe], name: str, by: str) -> None:
    check_decider(name, _by(by), account=ACCOUNT, recipes=recipes)


def test_a_refusal_does_not_tell_whether_there_is_such_a_recipe() -> None:
    said = set()
    for name in ("returns", "gone"):
        with pytest.raises(NotAdmitted) as refused:
            check_decider(name, _by(LEAD), account=ACCOUNT, recipes=EACH)
        said.add(str(refused.value).replace(name, "…"))
    assert len(said) == 1


@pytest.mark.parametrize("account", ["", STRANGE])
def test_a_function_that_does_not_know_its_own_account_admits_nobody_by_a_name_alone(account: str) -> None:
    with pytest.raises(NotAdmitted):
        check_decider("support", _by(LEAD), account=account, recipes=EACH)


def test_a_whole_arn_admits_somebody_of_another_account() -> None:
    recipes = {"support": recipe(deciders=(arn("assumed-role/leads/*", STRANGE),))}
    check_decider("support", _by(arn("assumed-role/leads/lea", STRANGE)), account=ACCOUNT, recipes=recipes)
    with pytest.raises(NotAdmitted):
        check_decider("support", _by(arn("assumed-role/leads/lea")), account=ACCOUNT, recipes=recipes)


@pytest.mark.parametrize(("recipes", "limited"), [(EACH, True), (SOME, False), (NONE, False), ({}, False)])
def test_all_are_limited_where_there_are_some_and_each_names_somebody(
    recipes: Mapping[str, Recipe], limited: bool
) -> None:
    assert all_name_deciders(recipes.values()) is limited


def test_a_run_is_named_without_its_recipe_s_deciders() -> None:
    assert recipe(deciders=LEADS).digest == recipe().digest
