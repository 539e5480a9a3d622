"""The commit that an assembly is of: signed records name it, and so does what `make deploy` records.

`python -m infra.deployment.commit` prints it, for `cdk synth -c commit=…`.
"""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from infra.packing import ROOT

_COMMITS = ("GITHUB_SHA", "CODEBUILD_RESOLVED_SOURCE_VERSION")
"""Variables in which GitHub's and CodeBuild's jobs have the commit."""


def commit_of(variables: Mapping[str, str], folder: Path) -> str:
    """Returns the commit of a job, or else of the checkout, with `+` if files were edited. Empty if none is known."""
    if found := next((variables[name] for name in _COMMITS if variables.get(name)), ""):
        return found
    head = _git(folder, "rev-parse", "HEAD")
    return f"{head}+" if head and _git(folder, "status", "--porcelain", "--untracked-files=no") else head


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False)
    except FileNotFoundError:  # no git here
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    print(commit_of(os.environ, ROOT))  # noqa: T201 # a command's output
