"""Many files as one: the CDK looks at every file of an asset at every synth, and a layer has more than a thousand."""

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path


def archive(target: Path, files: Mapping[Path, Path]) -> Path:
    """The archive at `target`, written unless it is there. files: name inside → file.

    The same files give the same bytes, for no time of theirs is kept. It is renamed when whole: others may be at it.
    """
    if not target.exists():
        opened, unfinished = tempfile.mkstemp(dir=target.parent)
        with open(opened, "wb") as into, zipfile.ZipFile(into, "w") as packed:
            for name, file in files.items():
                entry = zipfile.ZipInfo(name.as_posix())
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(target)
    return target
