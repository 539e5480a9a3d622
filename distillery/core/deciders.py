"""Who of those that hold the policy may approve, reject and roll back: whom the recipe's `deciders` name, or all.

The settings are those of today, not of the day on which a run began. Whether every recipe names somebody is asked here
for the policies of people too: where each does, IAM lets those through whom a tag holds to one recipe, and this alone
is what limits them.
"""

from collections.abc import Iterable, Mapping

from distillery.core.caller import Caller
from distillery.core.errors import NotAdmitted
from distillery.core.escaping import NAME_MAX, address, quoted
from distillery.core.principals import Principals
from distillery.core.recipe import Recipe


def all_limited(recipes: Iterable[Recipe]) -> bool:
    """Whether there are recipes and each names its deciders."""
    said = [bool(recipe.deciders) for recipe in recipes]
    return bool(said) and all(said)


def check(name: str, by: Caller, *, account: str, recipes: Mapping[str, Recipe]) -> None:
    """Raises NotAdmitted, in the same words whether or not there is such a recipe.

    account: the function's own, which patterns without one stand for: with the caller's, a stranger's role of the same
    name would do. A recipe that the settings lost has no deciders any more; where all the others have, it is nobody's.
    """
    patterns = recipes[name].deciders if name in recipes else ()
    if Principals.of(patterns, account=account).admit(by.arn):
        return
    if patterns or (name not in recipes and all_limited(recipes.values())):
        raise NotAdmitted(
            f"decisions about recipe {quoted(address(name, NAME_MAX))} are for the deciders that its settings name, "
            "and whoever signed this request is not among them"
        )
