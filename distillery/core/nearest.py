"""Finds the files of a checkout from wherever a person runs the command in it."""

import os
from collections.abc import Callable
from pathlib import Path


def nearest(path: str | Path, *, variable: str, exists: Callable[[Path], bool] = Path.exists) -> Path:
    """Returns the path that an environment variable names, or else the nearest in the current folder and its parents.

    Args:
        path: A relative path.
        variable: Name of the environment variable.
        exists: Whether a candidate is what is wanted.

    Returns:
        The path in the current folder, which does not exist, if there is none.
    """
    if named := os.environ.get(variable):
        return Path(named)
    here = Path.cwd()
    candidates = [folder / path for folder in (here, *here.parents)]
    return next((candidate for candidate in candidates if exists(candidate)), candidates[0])
