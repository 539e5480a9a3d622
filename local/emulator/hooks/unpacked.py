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
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from local.emulator.module_copy import module_copy

PLACE = "DISTILLERY_LOCAL_UNPACKED"
"""Variable with the folder that accounts share; without it, each account has one among its temporary files."""
_UNUSED_SECONDS = 7 * 86_400.0


def link_archive(target: Path, name: str) -> bytes:
    """Returns an archive of one symbolic link."""
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16  # 3: Unix
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(entry, str(target))
    return body.getvalue()


class Archive(zipfile.ZipFile):
    """An archive that unpacks as links to the files that were unpacked from the same bytes."""

    def extractall(self, path: Any = None, *_options: Any) -> None:
        for entry in self._kept().iterdir():
            Path(path or ".", entry.name).symlink_to(entry)

    def namelist(self) -> list[str]:
        """Returns what it unpacks; an entry that may lead out of the folder as it is, so that ministack refuses it.

        ministack follows the links in each path, which takes as long as to start the worker for a thousand entries.
        """
        whole = (name if name.startswith("/") or ".." in name else name.split("/")[0] for name in super().namelist())
        return list(dict.fromkeys(whole))

    def _kept(self) -> Path:
        with Path(str(self.filename)).open("rb") as archive:
            kept = _place() / hashlib.file_digest(archive, "sha256").hexdigest()
        if kept.exists():
            os.utime(kept)
        else:
            kept.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(dir=kept.parent))
            links = [entry for entry in self.infolist() if stat.S_ISLNK(entry.external_attr >> 16)]
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
    """Replaces how the Lambda runtime unpacks."""
    discard_unused(_place(), time.time())
    lambda_runtime.zipfile = module_copy(zipfile, ZipFile=Archive)
