"""Builds and unpacks wheels of this checkout, as a build and an installation do."""

import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from email.message import Message
from email.parser import Parser
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement


def built(project: Path, folder: Path) -> Path:
    """Builds the wheel of a project into an empty folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=project, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def metadata(wheel: zipfile.ZipFile) -> Message:
    """Returns the wheel's metadata."""
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Parser().parsestr(wheel.read(name).decode())


def closure(wanted: Iterable[str]) -> Iterator[Distribution]:
    """Returns the distributions that these requirements need without extras, in the locked versions."""
    names, left = set(), [Requirement(one) for one in wanted]
    while left:
        requirement = left.pop()
        if requirement.name in names or not _applies(requirement):
            continue
        names.add(requirement.name)
        found = distribution(requirement.name)
        assert found.version in requirement.specifier, f"{requirement}, and {found.version} is locked"
        left += [Requirement(one) for one in found.requires or ()]
        yield found


def _applies(requirement: Requirement, *extras: str) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def install(wheel: Path, folder: Path, *extras: str, beside: Iterable[str] = ()) -> Path:
    """Fills a folder as `pip install --target` does for a wheel with extras. Dependencies are linked from the locked
    environment.
    """
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
        wanted = map(Requirement, metadata(packed).get_all("Requires-Dist", []))
    needed = [f"{one.name}{one.specifier}" for one in wanted if _applies(one, *extras)]
    for one in closure([*needed, *beside]):
        for top in {path.parts[0] for path in one.files or () if path.parts[0] not in ("..", "__pycache__")}:
            if not (folder / top).exists():  # two distributions may share a folder
                (folder / top).symlink_to(Path(str(one.locate_file(top))))
    return folder
