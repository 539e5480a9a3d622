"""Who uploaded what a run learns from: S3 tells it of each object, in its own time; the intake, what was read."""

from collections.abc import Iterable
from dataclasses import dataclass

from distillery.core import names
from distillery.core.ledger.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """principal: the unique id, as in `AROA…:session`; None where S3 has not told it, yet."""

    uri: str
    version: str
    principal: str | None = None


class Uploads:
    """Written once each, and never changed: whoever was told to have uploaded a version, it was."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def told(self, upload: Uploaded) -> None:
        """By S3, perhaps more than once."""
        principal = upload.principal or ""
        self._table.put_new({"pk": _object(upload.uri), "sk": upload.version, "principal": principal})

    def used(self, run: str, objects: Iterable[tuple[str, str]]) -> None:
        """A run was made of these objects, by address and version; of others that hold the same prompts too."""
        for uri, version in objects:
            sk = names.digest([uri, version])  # an address may be longer than a sort key
            self._table.put_new({"pk": f"uploads#{run}", "sk": sk, "uri": uri, "version": version})

    def of(self, run: str) -> list[Uploaded]:
        """What a run was made of."""
        return [
            Uploaded(uri=uri, version=version, principal=self._principal(uri, version))
            for uri, version in ((item["uri"], item["version"]) for item in self._table.query(f"uploads#{run}"))
        ]

    def _principal(self, uri: str, version: str) -> str | None:
        return (self._table.get(_object(uri), version) or {}).get("principal")


def _object(uri: str) -> str:
    return f"object#{uri}"
