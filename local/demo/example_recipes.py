"""The recipes of the examples, for an environment that does not have them."""

import shutil
from pathlib import Path

from distillery.settings.reading import environment_names, read
from local.account import ROOT

ENVIRONMENTS, EXAMPLES = ROOT / "environments", ROOT / "examples"
COPY = ROOT / ".build" / "environments"


def settings_folder(environment: str, recipe: str | None, *, copy: Path = COPY) -> Path:
    """Returns the folder of settings files in which the environment has the recipe.

    It is the checkout's, or else a copy to which the example's recipe is added: the demo does not change a file that a
    person keeps under version control.
    """
    example = EXAMPLES / (recipe or "") / "recipe.toml"
    if environment not in environment_names(ENVIRONMENTS) or not example.is_file():
        return ENVIRONMENTS
    if recipe in read(environment, ENVIRONMENTS).get("recipes", {}):
        return ENVIRONMENTS
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(ENVIRONMENTS, copy)
    with (copy / f"{environment}.toml").open("a", encoding="utf-8") as file:
        file.write("\n" + example.read_text(encoding="utf-8"))
    return copy
