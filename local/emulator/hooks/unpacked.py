"""Code and layers are unpacked once for all workers, and Python compiles a module once.

AWS: a function's code and layers are read-only, and the same for each of its environments
    (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html). An archive keeps symbolic links.
ministack: unpacks both again for every worker, each of which compiles every module again: half a second, and
    120 MB written. A link becomes a file that contains its target.
Patch: an archive is unpacked once, into a folder that is named by its content, and workers get links to its files. The
    folders outlive the account if DISTILLERY_LOCAL_UNPACKED names a place for them: the next account starts with the
    same bytecode. (Not patched: a function may write there.)
"""

import hashlib
import io
import os
import shutil
import stat
import tempfile
import time
import zipfile
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.emulator.module_copy import module_copy

PLACE = "DISTILLERY_LOCAL_UNPACKED"
"""Variable with the folder that accounts share; without it, each account has one among its temporary files."""
_UNUSED_SECONDS = 7 * 86_400.0


_starting: ContextVar[bool] = ContextVar("starting_a_worker", default=False)


def link_archive(*links: tuple[str, Path]) -> bytes:
    """Returns an archive of symbolic links, each given by its name and its target."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, target in links:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16  # 3: Unix
            archive.writestr(entry, str(target))
    return body.getvalue()


def as_links(archive: bytes) -> bytes:
    """Returns an archive of links to what an archive contains.

    One of links alone is returned as it is, and so is one that ministack has to refuse.
    """
    digest, is_linkable = _content(archive)
    if not is_linkable:
        return archive
    with Archive(io.BytesIO(archive)) as opened:
        kept = opened.kept(digest)
    return link_archive(*((entry.name, entry) for entry in kept.iterdir()))


@lru_cache(64)  # asked for each worker, with the bytes that the layer's version holds
def _content(archive: bytes) -> tuple[str, bool]:
    """Returns the digest, and whether links may replace what is in it."""
    with Archive(io.BytesIO(archive)) as opened:
        outside = any(_leads_out(name) for name in opened.namelist())
        return hashlib.sha256(archive).hexdigest(), not outside and not all(map(_is_link, opened.infolist()))


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _leads_out(name: str) -> bool:
    return name.startswith("/") or ".." in name


class Archive(zipfile.ZipFile):
    """An archive that unpacks as links to the files that were unpacked from the same bytes."""

    def extractall(self, path: Any = None, *_options: Any) -> None:
        with Path(str(self.filename)).open("rb") as archive:
            digest = hashlib.file_digest(archive, "sha256").hexdigest()
        for entry in self.kept(digest).iterdir():
            Path(path or ".", entry.name).symlink_to(entry)

    def namelist(self) -> list[str]:
        """Returns what it unpacks; an entry that may lead out of the folder as it is, so that ministack refuses it.

        ministack follows the links in each path, which takes as long as to start the worker for a thousand entries.
        """
        names = (name if _leads_out(name) else name.split("/")[0] for name in super().namelist())
        return list(dict.fromkeys(names))

    def kept(self, digest: str) -> Path:
        """Returns the folder with what it contains. digest: of its bytes."""
        kept = _place() / digest
        if kept.exists():
            os.utime(kept)
        else:
            kept.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=kept.parent))
            links = [entry for entry in self.infolist() if _is_link(entry)]
            super().extractall(draft, [entry for entry in self.infolist() if entry not in links])
            for entry in links:  # last, so that nothing is written through one
                link = draft / entry.filename
                if not link.parent.resolve().is_relative_to(draft.resolve()):
                    raise zipfile.BadZipFile(f"the archive has an entry outside of it: {entry.filename}")
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(os.fsdecode(self.read(entry)))
            try:
                draft.rename(kept)
            except OSError:  # another worker was faster
                if not kept.exists():
                    raise
                shutil.rmtree(draft)
        return kept


def _place() -> Path:
    return Path(os.environ.get(PLACE) or Path(tempfile.gettempdir(), "unpacked"))


def discard_unused(place: Path, now: float) -> None:
    """Deletes what no account has used for a week: every edit of a function leaves a folder."""
    for folder in place.glob("*"):
        try:
            unused = now - folder.stat().st_mtime
        except FileNotFoundError:  # another account is discarding as well
            continue
        if unused > _UNUSED_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def install() -> None:
    """Replaces how the Lambda runtime unpacks. A worker gets its layers as links, so that nothing copies them again."""
    discard_unused(_place(), time.time())
    lambda_runtime.zipfile = module_copy(zipfile, ZipFile=Archive)
    spawn, resolve = lambda_runtime.Worker._spawn, lambda_svc._resolve_layer_zip

    def spawn_with_links(self: Any) -> None:
        token = _starting.set(True)
        try:
            spawn(self)
        finally:
            _starting.reset(token)

    def resolve_layer_zip(attachment: Any) -> bytes | None:
        layer: bytes | None = resolve(attachment)
        return as_links(layer) if layer and _starting.get() else layer  # others look at sizes

    lambda_runtime.Worker._spawn = spawn_with_links
    lambda_svc._resolve_layer_zip = resolve_layer_zip
