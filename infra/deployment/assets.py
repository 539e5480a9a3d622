"""Environments synthesized from one commit run the same code: their assets are equal but the layers of settings.

`python -m infra.deployment.assets cdk.out/staging cdk.out/prod` compares assemblies, and exits with 1 if others differ.
"""

import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distillery.core.env_vars import FOLDER
from distillery.core.escaping import one_line

_STACK = "aws:cloudformation:stack"
_SETTINGS = FOLDER.removeprefix("/opt/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """The asset of a resource. `settings` says whether it holds nothing but an environment's settings."""

    digest: str
    settings: bool


def assets(assembly: Path) -> dict[str, Asset]:
    """Returns the assets of an assembly by stack, without the environment, and logical id: `pipeline/Sdk12AB34CD`.

    Raises:
        FileNotFoundError: The folder is no cloud assembly.
    """
    artifacts = _read(assembly / "manifest.json")["artifacts"]
    stacks = {name: one["properties"] for name, one in artifacts.items() if one["type"] == _STACK}
    found = {}
    for name, properties in stacks.items():
        files = _read(assembly / f"{name}.assets.json")["files"]
        for ident, resource in _read(assembly / properties["templateFile"])["Resources"].items():
            for digest in files.keys() & set(_keys(resource.get("Properties", {}))):
                settings = _is_settings(assembly / files[digest]["source"]["path"])
                found[f"{_part(name, stacks)}/{ident}"] = Asset(digest=digest, settings=settings)
    return found


def differences(assemblies: Sequence[Path]) -> list[str]:
    """Returns a sentence for each asset that is not the same in all assemblies whose stacks have its resource."""
    by_folder = {folder: assets(folder) for folder in assemblies}
    said = []
    for resource in sorted({one for found in by_folder.values() for one in found}):
        here = {folder: found[resource] for folder, found in by_folder.items() if resource in found}
        if len({one.digest for one in here.values()}) > 1 and not all(one.settings for one in here.values()):
            where = ", ".join(f"{one.digest[:12]} in {folder}" for folder, one in here.items())
            said.append(
                f"the asset of {resource} is {where}; assemblies of one commit differ in settings alone: synthesize "
                "all of them again from one checkout and one `make install`"
            )
    return said


def _part(stack: str, stacks: Iterable[str]) -> str:
    """Returns the stack's name without the environment: what all stacks of an assembly do not have in common."""
    words = zip(*(name.split("-") for name in stacks), strict=False)
    common = sum(1 for _ in itertools.takewhile(lambda these: len(set(these)) == 1, words))
    return "-".join(stack.split("-")[common:])


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _keys(value: Any) -> Iterator[str]:
    """Yields the digests of assets in a resource: the CDK's keys of S3 objects are `<digest>.<suffix>`."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            if key == "S3Key" and isinstance(each, str):
                yield each.partition(".")[0]
            else:
                yield from _keys(each)
    elif isinstance(value, list):
        for each in value:
            yield from _keys(each)


def _is_settings(source: Path) -> bool:
    """Whether an asset is a folder of files that functions read as settings."""
    files = [file.relative_to(source).as_posix() for file in source.rglob("*") if file.is_file()]
    return bool(files) and all(file.startswith(f"{_SETTINGS}/") for file in files)


def main(arguments: Sequence[str]) -> int:
    """Compares the assemblies in these folders, and prints every difference."""
    folders = [Path(one) for one in arguments]
    if len(folders) < 2:
        print("name the folders of two assemblies or more: cdk.out/staging cdk.out/prod", file=sys.stderr)  # noqa: T201 # a command's output
        return 2
    found = differences(folders)
    for sentence in found:
        print(one_line(sentence), file=sys.stderr)  # noqa: T201 # a command's output
    if not found:
        print(f"{len(assets(folders[0]))} assets compared: {', '.join(arguments)} differ in settings alone")  # noqa: T201 # a command's output
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
