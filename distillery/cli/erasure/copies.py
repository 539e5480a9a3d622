"""Every copy in the buckets: found in all versions, told apart by whether something still needs it, and deleted.

An object is the smallest thing that goes, in all its versions, whichever of them holds what is wanted: of a file
without one line a new version would start a run, or would not be what its digest says; and an older version would take
the place of one that is deleted alone.
"""

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from distillery.cli.erasure.wanted import Holds, held, of_digest
from distillery.client import AWS_ERRORS
from distillery.core.conversation import Prompt
from distillery.core.names import (
    DATA_BY_RECIPE,
    DATA_BY_RUN,
    DATASETS_PREFIX,
    EVALUATIONS_PREFIX,
    GOLDEN_PREFIX,
    PROMPTS_BY_RECIPE,
)
from distillery.core.versions import Version, delete, versions

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """logs: whether it is that of logged calls. folders: prefixes that are looked through; at first all there is."""

    name: str
    s3: "S3Client"
    logs: bool = False
    folders: tuple[str, ...] = ("",)

    def read(self, version: Version) -> bytes:
        answer = self.s3.get_object(Bucket=self.name, Key=version.key, VersionId=version.id)
        return bytes(answer["Body"].read())


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """An object of which some version holds it; versions: all of them, with delete markers. why: it is kept."""

    bucket: Bucket
    key: str
    versions: tuple[Version, ...]
    why: str = ""

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket.name}/{self.key}"

    @property
    def dataset(self) -> tuple[str, str] | None:
        """(recipe, digest) of the data set that it is part of."""
        parts = self.key.split("/")
        return (parts[1], parts[2]) if self.key.startswith(DATASETS_PREFIX) and len(parts) > 3 else None


@dataclass(slots=True)
class Found:
    """unread: objects of which nobody knows what they hold, and why; looked: versions that were read."""

    copies: list[Copy] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    looked: int = 0

    @property
    def datasets(self) -> set[tuple[str, str]]:
        return {copy.dataset for copy in self.copies if copy.dataset}


def of_recipe(bucket: Bucket, recipe: str, runs: Iterable[str]) -> Bucket:
    """The bucket, in which that recipe's folders alone are looked through, and those of its runs."""
    folders = [f"{folder}{recipe}/" for folder in dict.fromkeys((*PROMPTS_BY_RECIPE, *DATA_BY_RECIPE))]
    folders += [f"{folder}{run}/" for folder in DATA_BY_RUN for run in runs]
    return replace(bucket, folders=tuple(folders))


def objects(bucket: Bucket, *folders: str) -> Iterator[tuple[str, tuple[Version, ...]]]:
    """Every key in the folders with all its versions: S3 lists those of a key next to each other, but for pages."""
    found = defaultdict[str, list[Version]](list)
    for folder in folders or bucket.folders:
        for version in versions(bucket.s3, bucket.name, folder):
            found[version.key].append(version)
    for key, every in found.items():
        yield key, tuple(every)


def by_digest(buckets: Iterable[Bucket], digest: str) -> Prompt | None:
    """What the prompt of that digest says, of the first copy that is found."""
    for bucket in buckets:
        for _, every in objects(bucket):
            for version in every:
                with contextlib.suppress(*AWS_ERRORS, OSError):  # the search tells what cannot be read
                    if not version.marker and (prompt := of_digest(bucket.read(version), digest)):
                        return prompt
    return None


def search(buckets: Iterable[Bucket], holds: Holds, tell: Callable[[int], None] = lambda _looked: None) -> Found:
    """What cannot be read is told and passed over."""
    found = Found()
    for bucket in buckets:
        for key, every in objects(bucket):
            if _any(bucket, every, holds, found):
                found.copies.append(Copy(bucket=bucket, key=key, versions=every))
            tell(found.looked)
    return found


def _any(bucket: Bucket, every: tuple[Version, ...], holds: Holds, found: Found) -> bool:
    for version in every:
        if version.marker or not version.size:
            continue
        found.looked += 1
        try:
            if held(bucket.read(version), holds):
                return True
        except (*AWS_ERRORS, OSError) as error:
            found.unread[f"s3://{bucket.name}/{version.key}"] = str(error)
    return False


def of_runs(bucket: Bucket, runs: Iterable[str], found: Found) -> list[Copy]:
    """What was answered to it: answers stand without their prompts, in the folders of the runs that asked."""
    known = {copy.uri for copy in found.copies}
    every = [
        Copy(bucket=bucket, key=key, versions=all_of)
        for run in runs
        for key, all_of in objects(bucket, f"{EVALUATIONS_PREFIX}{run}/")
    ]
    return [copy for copy in every if copy.uri not in known]


def is_golden(copy: Copy) -> bool:
    return copy.key.startswith(GOLDEN_PREFIX)


def erase(copies: Iterable[Copy], tell: Callable[[str], Any] = lambda _uri: None) -> dict[str, str]:
    """Why, of each object that S3 would not delete. Data sets go last: until then the search can be made again, and
    says the same of models, if this is interrupted."""
    refused = {}
    for copy in sorted(copies, key=lambda copy: (copy.dataset is not None, copy.uri)):
        try:
            delete(copy.bucket.s3, copy.bucket.name, copy.versions)
            tell(copy.uri)
        except (*AWS_ERRORS, OSError) as error:
            refused[copy.uri] = str(error)
    return refused
