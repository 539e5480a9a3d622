"""Where a conversion is written: a new file that is complete or absent, or standard output."""

import contextlib
import json
import os
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from distillery.cli.conversion.convert import LeftOutRecord
from distillery.core.errors import BadRequest
from distillery.datasets.upload import FORMATS


def check_target(target: Path, source: str, *, force: bool, endings: tuple[str, ...] = FORMATS) -> None:
    """Raises BadRequest for a file that exists, is the source, or has a name that the pipeline does not accept."""
    if not target.name.endswith(endings):
        raise BadRequest(f"{target} ends in none of {', '.join(endings)}; name it so")
    if target.exists() and source != "-" and os.path.samefile(target, source):
        raise BadRequest(f"{target} is the file that is converted; name another one")
    if target.exists() and (not force or not target.is_file()):
        raise BadRequest(f"{target} exists; name another file, or pass --force to replace it")
    if not target.parent.is_dir():
        raise BadRequest(f"there is no folder {target.parent}; create it, or name another one")


@contextlib.contextmanager
def new_file(target: Path, *, force: bool) -> Iterator[GzipFile | IO[bytes]]:
    """Opens a file that gets its name only when it is complete. Raises BadRequest if one of that name exists by then.

    A name that ends in .gz is compressed, with equal bytes for equal lines.
    """
    with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as temporary:
        try:
            if target.name.endswith(".gz"):
                with GzipFile("", "wb", fileobj=temporary, mtime=0) as packed:
                    yield packed
            else:
                yield temporary
            temporary.flush()
            _name(Path(temporary.name), target, force=force)
        finally:
            Path(temporary.name).unlink(missing_ok=True)


def _name(made: Path, target: Path, *, force: bool) -> None:
    mask = os.umask(0)
    os.umask(mask)
    made.chmod(0o666 & ~mask)  # a temporary file is its owner's alone
    if force:
        made.replace(target)
        return
    try:
        target.hardlink_to(made)
    except FileExistsError:
        raise BadRequest(f"{target} exists; name another file, or pass --force to replace it") from None


def report_line(left_out: LeftOutRecord) -> bytes:
    return json.dumps({"line": left_out.line, "reason": left_out.reason}).encode() + b"\n"
