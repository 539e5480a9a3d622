"""Finds every copy of a text in the buckets, in all versions of objects, and deletes it.

If any version of an object contains the text, the object is deleted with all its versions. A new version without that
line would start a run or would not match its digest, and deleting only the current version would restore an older one.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from distillery.cli.erasure.matching import Matcher, find_digest, matches
from distillery.client import AWS_ERRORS
from distillery.core.conversation import Prompt
from distillery.core.names import (
    DATA_BY_RECIPE,
    DATA_BY_RUN,
    DATASETS_PREFIX,
    EVALUATIONS_PREFIX,
    GOLDEN_PREFIX,
    PROMPTS_BY_RECIPE,
    SYSTEM_PROMPTS_PREFIX,
)
from distillery.core.versions import Version, delete, versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionedBucket:
    """A bucket that is searched.

    Attributes:
        logs: Whether it contains logged calls.
        folders: Prefixes that are searched; by default, all keys.
    """

    name: str
    s3: "S3Client"
    logs: bool = False
    folders: tuple[str, ...] = ("",)

    def read(self, version: Version) -> bytes:
        answer = self.s3.get_object(Bucket=self.name, Key=version.key, VersionId=version.id)
        return bytes(answer["Body"].read())


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An object of which at least one version contains the text.

    Attributes:
        versions: All versions, with delete markers.
        needed: Why the object is kept; empty for one that may be deleted.
    """

    bucket: VersionedBucket
    key: str
    versions: tuple[Version, ...]
    needed: str = ""

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket.name}/{self.key}"

    @property
    def dataset(self) -> tuple[str, str] | None:
        """Recipe and digest of the data set that the object is part of; None for other objects."""
        parts = self.key.split("/")
        return (parts[1], parts[2]) if self.key.startswith(DATASETS_PREFIX) and len(parts) > 3 else None

    @property
    def system_prompt(self) -> tuple[str, str] | None:
        """Recipe and SHA-256 of the system prompt that the object is; None for other objects."""
        recipe, _, name = self.key.removeprefix(SYSTEM_PROMPTS_PREFIX).partition("/")
        return (recipe, name.removesuffix(".txt")) if self.key.startswith(SYSTEM_PROMPTS_PREFIX) else None


@dataclass(slots=True)
class SearchResult:
    """Result of a search.

    Attributes:
        unread: Objects that could not be read, with the error.
        searched: Number of versions that were read.
    """

    copies: list[Copy] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    searched: int = 0

    @property
    def datasets(self) -> set[tuple[str, str]]:
        return {copy.dataset for copy in self.copies if copy.dataset}

    @property
    def recipes(self) -> set[str]:
        """The recipes of data sets and system prompts."""
        named = (copy.dataset or copy.system_prompt for copy in self.copies)
        return {found[0] for found in named if found}


def limited_to(bucket: VersionedBucket, recipe: str, runs: Iterable[str]) -> VersionedBucket:
    """Returns the bucket limited to the folders of a recipe and its runs."""
    folders = [f"{folder}{recipe}/" for folder in dict.fromkeys((*PROMPTS_BY_RECIPE, *DATA_BY_RECIPE))]
    folders += [f"{folder}{run}/" for folder in DATA_BY_RUN for run in runs]
    return replace(bucket, folders=tuple(folders))


def objects(bucket: VersionedBucket, *folders: str) -> Iterator[tuple[str, tuple[Version, ...]]]:
    """Yields every key in the folders with all its versions."""
    found = defaultdict[str, list[Version]](list)
    for folder in folders or bucket.folders:
        for version in versions(bucket.s3, bucket.name, folder):
            found[version.key].append(version)
    for key, every in found.items():
        yield key, tuple(every)


def prompt_of_digest(buckets: Iterable[VersionedBucket], digest: str) -> Prompt | None:
    """Returns the prompt with that digest from the first copy that is found; None if there is none."""
    for bucket in buckets:
        for _, every in objects(bucket):
            for version in every:
                with contextlib.suppress(*AWS_ERRORS, OSError):  # `search` reports what cannot be read
                    if not version.marker and (prompt := find_digest(bucket.read(version), digest)):
                        return prompt
    return None


def search(
    buckets: Iterable[VersionedBucket], matcher: Matcher, on_object: Callable[[int], None] = lambda _searched: None
) -> SearchResult:
    """Searches the buckets, and calls `on_object` with the number of versions read so far after each object."""
    found = SearchResult()
    for bucket in buckets:
        for key, every in objects(bucket):
            if _any(bucket, every, matcher, found):
                found.copies.append(Copy(bucket=bucket, key=key, versions=every))
            on_object(found.searched)
    return found


def _any(bucket: VersionedBucket, every: tuple[Version, ...], matcher: Matcher, found: SearchResult) -> bool:
    for version in every:
        if version.marker or not version.size:
            continue
        found.searched += 1
        try:
            if matches(bucket.read(version), matcher, whole=version.key.endswith(".txt")):
                return True
        except (*AWS_ERRORS, OSError) as error:
            found.unread[f"s3://{bucket.name}/{version.key}"] = str(error)
    return False


def answers_of(bucket: VersionedBucket, runs: Iterable[str], found: SearchResult) -> list[Copy]:
    """Returns the answers of runs that evaluated on the text: they are stored by run, without their prompts."""
    known = {copy.uri for copy in found.copies}
    every = [
        Copy(bucket=bucket, key=key, versions=all_of)
        for run in runs
        for key, all_of in objects(bucket, f"{EVALUATIONS_PREFIX}{run}/")
    ]
    return [copy for copy in every if copy.uri not in known]


def is_golden(copy: Copy) -> bool:
    return copy.key.startswith(GOLDEN_PREFIX)


def erase(copies: Iterable[Copy], on_deleted: Callable[[str], Any] = lambda _uri: None) -> dict[str, str]:
    """Deletes the copies, and returns the error of each object that S3 refuses to delete.

    Data sets are deleted last. Until then, after an interruption, a new search finds the same models.
    """
    refused = {}
    for copy in sorted(copies, key=lambda copy: (copy.dataset is not None, copy.uri)):
        try:
            delete(copy.bucket.s3, copy.bucket.name, copy.versions)
            on_deleted(copy.uri)
        except (*AWS_ERRORS, OSError) as error:
            refused[copy.uri] = str(error)
    return refused
