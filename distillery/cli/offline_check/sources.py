"""The data sets that the arguments of `distillery check` name: files, folders, manifests, or objects in S3."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any, NoReturn

from distillery.cli.paths import why_no_file
from distillery.core.errors import BadRequest
from distillery.datasets.upload import FORMATS, MANIFEST, MAX_MANIFEST_BYTES, open_files, parse_event, parse_manifest
from distillery.datasets.validation.reading import InputFile


@dataclass(frozen=True, slots=True)
class Source:
    """A data set.

    Attributes:
        name: The argument that names it.
        size: Bytes to read; None if unknown.
        open: Yields one file after another, and calls its argument with the number of bytes of each read.
    """

    name: str
    size: int | None
    open: Callable[[Callable[[int], None]], Generator[InputFile]]


def sources(names: Iterable[str], *, together: bool = False) -> list[Source]:
    """Returns one source for each argument, or one for all of them.

    If a name does not exist, contains no prompts, or cannot be read as a whole, opening its source raises BadRequest or
    OSError. The other sources can still be checked.
    """
    found = [one for name in names for one in _found(name)]
    return [_joined(found)] if together and len(found) > 1 else found


def _found(name: str) -> list[Source]:
    try:
        return _named(name)
    except (BadRequest, OSError) as error:
        return [_unreadable(name, error)]


def _unreadable(name: str, error: Exception) -> Source:
    def opened(_on_read: Callable[[int], None]) -> Generator[InputFile]:
        raise error
        yield  # a generator, like the others

    return Source(name, None, opened)


def _named(name: str) -> list[Source]:
    if name.startswith("s3://"):
        return [_in_s3(name)]
    if not os.path.exists(name) and (matching := sorted(glob(name))):  # a pattern that the shell did not expand
        return [_local(one) for one in matching]
    return [_local(name)]


def _local(name: str) -> Source:
    files = list(_files(Path(name)))

    def opened(on_read: Callable[[int], None]) -> Generator[InputFile]:
        for file in files:
            with file.open("rb") as body:
                yield InputFile(str(file), str(file), None, _CountedReads(body, on_read))

    return Source(name, sum(file.stat().st_size for file in files), opened)


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        if found := sorted(_in_folder(path)):
            return found
        raise BadRequest(f"{path} contains no file that ends in {', '.join(FORMATS)}; name another folder")
    if not path.is_file():
        raise BadRequest(f"{why_no_file(path)}; name a file, a folder, {MANIFEST}, or s3://bucket/key")
    if path.name == MANIFEST:
        with path.open("rb") as manifest:
            names = parse_manifest(manifest.read(MAX_MANIFEST_BYTES + 1))
        return [file for name in names for file in _files(path.with_name(name))]
    if not path.name.endswith(FORMATS):
        raise BadRequest(
            f"{path} ends in none of {', '.join(FORMATS)}, so that the pipeline does not accept it; rename it, "
            "or convert another format: `distillery convert --help` lists the formats"
        )
    return [path]


def _in_folder(folder: Path) -> Iterator[Path]:
    """Yields the files that may contain prompts. Raises BadRequest for whatever cannot be looked into."""
    seen = set()
    for name, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        path = Path(name)
        if (real := path.resolve()) in seen:  # links may lead in a circle, or to the same folder twice
            folders.clear()
            continue
        seen.add(real)
        for file in map(path.joinpath, files):
            if not file.exists():
                raise BadRequest(f"{file} is a link to a file that does not exist; remove it, or name the files")
            if file.name.endswith(FORMATS):
                if not file.is_file():
                    raise BadRequest(f"{file} is neither a file nor a folder; remove it, or name the files")
                yield file


def _refuse(error: OSError) -> NoReturn:
    raise BadRequest(f"{error.filename} cannot be read ({error.strerror}); correct that, or name the files") from error


def _in_s3(uri: str) -> Source:
    def opened(_on_read: Callable[[int], None]) -> Generator[InputFile]:
        from distillery.core.aws import client  # boto3

        upload = parse_event({"recipe": "", "uri": uri})
        yield from open_files(client("s3"), upload)  # type: ignore[arg-type]  # a direct request is never ignored

    return Source(uri, None, opened)


def _joined(parts: list[Source]) -> Source:
    def opened(on_read: Callable[[int], None]) -> Generator[InputFile]:
        for part in parts:
            yield from part.open(on_read)

    sizes = [part.size for part in parts]
    known = None if None in sizes else sum(size or 0 for size in sizes)
    return Source(", ".join(part.name for part in parts), known, opened)


class _CountedReads:
    """A file that reports the size of each read."""

    def __init__(self, body: Any, on_read: Callable[[int], None]) -> None:
        self._body, self._on_read = body, on_read

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._body.read(size)
        self._on_read(len(chunk))
        return chunk
