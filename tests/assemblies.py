"""Cloud assemblies for tests, synthesized once for each state of the sources and each settings.

Unit tests, snapshots, policies and journeys read the same templates, each in several processes. The first process that
needs an assembly synthesizes it with all rules enabled; the others read its files, which takes neither the CDK nor
Node. An assembly is stored under a digest of everything that synth reads, so after an edit it is made again. The tests
of synth itself (determinism, the rule packs, the command line) do not use this store.
"""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from distillery.settings import Settings

ROOT = Path(__file__).parents[1]
STORE = ROOT / ".build" / "assemblies"
SOURCES = ("app.py", "cdk.json", "distillery", "environments", "infra", "lambdas", "stacks")
"""What synth reads from a checkout. The tests of determinism synthesize in a folder with nothing else."""
FETCHED = (".build/wheels",)
"""What synth reads of that which `make install` downloads into the checkout."""
STATES = 3
"""States of the sources whose assemblies are kept: a checkout is tested before and after an edit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesizedStack:
    """A stack as the manifest of its assembly lists it. `account` is `unknown-account` without one in the settings."""

    name: str
    account: str
    region: str
    protected: bool
    template: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Assembly:
    """A cloud assembly in a folder that several processes read: do not change it."""

    folder: Path

    @property
    def stacks(self) -> tuple[SynthesizedStack, ...]:
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        artifacts = manifest["artifacts"].items()
        return tuple(self._stack(name, one) for name, one in artifacts if one["type"] == "aws:cloudformation:stack")

    def _stack(self, artifact_id: str, artifact: dict[str, Any]) -> SynthesizedStack:
        properties = artifact["properties"]
        account, region = artifact["environment"].removeprefix("aws://").split("/")
        return SynthesizedStack(
            name=properties.get("stackName", artifact_id),
            account=account,
            region=region,
            protected=properties.get("terminationProtection", False),
            template=json.loads((self.folder / properties["templateFile"]).read_text(encoding="utf-8")),
        )


def assembly_of(settings: Settings) -> Assembly:
    """Returns the assembly of these settings. Raises if a rule has a finding that is not acknowledged."""
    state = _state_folder()
    said = f"{settings!r}\n{settings.model_dump_json()}"
    out = state / hashlib.sha256(said.encode()).hexdigest()[:16]
    with out.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "manifest.json").exists():  # synth writes this file last
            _synthesize(settings, out)
    return Assembly(out)


def _synthesize(settings: Settings, out: Path) -> None:
    from tests.unit.stacks.assembly import app_of  # starts Node

    unfinished = out.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    app_of(settings, unfinished).synth()
    for asset in unfinished.glob("asset.*.zip"):  # 20 MB of packages in each assembly: stored once
        _share(asset, STORE / "assets" / asset.name)
    unfinished.rename(out)


def _share(asset: Path, shared: Path) -> None:
    """Makes both names of a file, which contains a digest of its content, the same file."""
    shared.parent.mkdir(exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.link(asset, shared)
    same = asset.with_suffix(".same")
    with contextlib.suppress(FileNotFoundError):  # another process has deleted it: this file stays its own
        os.link(shared, same)
        same.replace(asset)


@functools.cache
def _state_folder() -> Path:
    """Returns the folder for this state of the sources, and deletes those of all but the latest states."""
    folder = STORE / digest(ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    os.utime(folder)
    states = sorted((one for one in STORE.iterdir() if one.name != "assets"), key=_used, reverse=True)
    for old in states[STATES:]:
        shutil.rmtree(old, ignore_errors=True)  # another process may be deleting it as well
    for asset in (STORE / "assets").glob("*"):
        with contextlib.suppress(FileNotFoundError):  # another process deletes them as well
            if asset.stat().st_nlink == 1:
                asset.unlink()
    return folder


def _used(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # another process has deleted it
        return 0.0


def digest(root: Path) -> str:
    """Returns 16 hexadecimal digits that change with everything that synth reads, besides the settings.

    That is: the checkout's sources by their content, the fetched packages by size and time, the installed packages by
    their records, the interpreter, and the variables of the CDK.
    """
    sha256 = hashlib.sha256(sys.version.encode())
    for part in (*_contents(root), *_sizes(root), *_installed(), *sorted(_variables())):
        sha256.update(part + b"\0")
    return sha256.hexdigest()[:16]


def _contents(root: Path) -> Iterator[bytes]:
    for file in _files(root, SOURCES):
        yield str(file.relative_to(root)).encode()
        yield hashlib.sha256(file.read_bytes()).digest()


def _sizes(root: Path) -> Iterator[bytes]:
    for file in _files(root, FETCHED):
        found = file.stat()
        yield f"{file.relative_to(root)} {found.st_size} {found.st_mtime_ns}".encode()


def _files(root: Path, names: tuple[str, ...]) -> Iterator[Path]:
    for name in names:
        found = [root / name, *sorted((root / name).rglob("*"))]
        yield from (file for file in found if file.suffix != ".pyc" and file.is_file())


@functools.cache
def _installed() -> list[bytes]:
    return sorted(f"{one.name} {one.version} {one.read_text('RECORD')}".encode() for one in distributions())


def _variables() -> Iterator[bytes]:
    return (f"{name}={value}".encode() for name, value in os.environ.items() if name.startswith("CDK_"))
