"""Golden sets: prompts that examiners keep, and that every student must answer, whoever uploads its prompts.

A run pins its golden set when it is opened: the version of the object, and the SHA-256 of its bytes. An evaluation uses
exactly these bytes, or fails.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from distillery.core import conversation
from distillery.core.conversation import Prompt
from distillery.core.errors import EvaluationFailed
from distillery.core.names import GOLDEN_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from distillery.core.aws import ObjectStore
    from distillery.core.recipe import Recipe

FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\.jsonl")
"""The name of a golden set, in the folder of its recipe."""
MOST_PROMPTS = 500
"""The maximum number of prompts of a golden set. All contestants answer them in every run, and people write them by
hand."""
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldenSet:
    """A golden set as a run pinned it.

    Attributes:
        version: The S3 version id; empty where the bucket has no versions.
        sha256: Of the object's bytes.
        tokens: The estimated tokens of its prompts.
        families: The family of each prompt; empty if each stands alone.
    """

    uri: str
    version: str
    sha256: str
    prompts: int
    tokens: int = 0
    families: tuple[int, ...] = ()


def key_of(recipe: str, name: str) -> str:
    """The key of a golden set in the prompts bucket."""
    return f"{GOLDEN_PREFIX}{recipe}/{name}"


def golden_folders(recipes: "Iterable[Recipe]") -> tuple[str, ...]:
    """The folders of the prompts bucket with the golden sets of these recipes, for the functions that read them."""
    return tuple(sorted(key_of(recipe.name, "") for recipe in recipes if recipe.golden_set))


def read_pinned(pinned: GoldenSet, store: "ObjectStore") -> list[Prompt]:
    """The prompts of a pinned golden set.

    Raises:
        EvaluationFailed: The version is gone, or its bytes are not those that were pinned.
    """
    from distillery.core.aws import ClientError, code

    where = f"the golden set {pinned.uri} (version {pinned.version or 'newest'})"
    fix = "evaluate the run with --current-settings, which asks the golden set of today"
    try:
        body = store.read(pinned.uri, pinned.version or None)
    except ClientError as error:
        if code(error) not in ("NoSuchKey", "NoSuchVersion", "AccessDenied", "404", "403", "MethodNotAllowed"):
            raise
        raise EvaluationFailed(
            f"{where} cannot be read, S3 returned {code(error)}; a run asks the version that it was opened with: {fix}"
        ) from error
    if (found := hashlib.sha256(body).hexdigest()) != pinned.sha256:
        raise EvaluationFailed(
            f"{where} has changed since the run was opened: its SHA-256 is {found}, {pinned.sha256} is needed; {fix}"
        )
    return parse(body)


def parse(body: bytes) -> list[Prompt]:
    """The prompts of a valid file, in its order; of equal prompts the first."""
    lines = (conversation.parse(line) for line in body.decode().split("\n") if line.strip())
    return list({prompt.digest: prompt for prompt in reversed(list(lines))}.values())[::-1]
